"""ciliu import: models of other tools and of old gensim releases.

The files in ``models/`` were made by the gensim releases that their folders name (``models/make.py``).
"""

import builtins
import bz2
import gzip
import json
import os
import pickle
import random
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from backports import zstd
from click.testing import CliRunner, Result
from conftest import examples
from gensim.models import Doc2Vec, FastText, KeyedVectors, Word2Vec
from gensim.models.doc2vec import TaggedDocument
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from pipeline.cli import ciliu
from pipeline.models import Model, folder, read_model

Matrix = npt.NDArray[np.float32]

OLD = sorted(path for path in (Path(__file__).parent / "models").glob("gensim-*"))
FULL = [folder / name for folder in OLD for name in ("model", "one")]
ALONE = [folder / "words" for folder in OLD if (folder / "words").exists()]
BYTES = [folder / "bytes" for folder in OLD if (folder / "bytes").exists()]

# 微信 WeChat, 电脑 computer, 朋友 friend, 聊天 to chat
WORDS = ["微信", "电脑", "朋友", "聊天"]
MATRIX = np.array([[1, 2.5, -3], [0.1, 1e-20, 3e20], [0, -0.0, 7], [4, 5, 6]], dtype=np.float32)


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def read(tmp_path: Path, content: bytes) -> Model:
    (tmp_path / "file").write_bytes(content)
    return read_model(tmp_path / "file")


def read_or_refuse(tmp_path: Path, content: bytes) -> Model | str:
    """The model, or the sentence that refuses it. Any other error goes on."""
    try:
        return read(tmp_path, content)
    except ValueError as error:
        return str(error)


def binary(words: list[bytes], matrix: Matrix = MATRIX, end: bytes = b"") -> bytes:
    """word2vec's binary format; ``end`` is a line end in the C tool's."""
    records = (word + b" " + row.tobytes() + end for word, row in zip(words, matrix, strict=True))
    return b"%d %d\n" % matrix.shape + b"".join(records)


def lines(words: list[bytes], matrix: Matrix = MATRIX) -> bytes:
    """word2vec's text format without its header, which is GloVe's."""
    numbers = (" ".join(map(repr, row.tolist())).encode() for row in matrix)
    return b"".join(word + b" " + row + b"\n" for word, row in zip(words, numbers, strict=True))


def text(words: list[bytes], matrix: Matrix = MATRIX) -> bytes:
    """word2vec's text format."""
    return b"%d %d\n" % matrix.shape + lines(words, matrix)


def encoded(words: list[str]) -> list[bytes]:
    return [word.encode() for word in words]


def repairs(model: Model) -> list[tuple[str, str, str | None]]:
    return [(repair.place, repair.original, repair.word) for repair in model.repaired]


def same(model: Model, words: list[str], matrix: Matrix) -> None:
    assert model.words == words
    assert model.vectors.dtype == np.float32
    np.testing.assert_array_equal(model.vectors, matrix)


# --- gensim's own models, old and new ---


def expected(folder: Path) -> tuple[list[str], list[int], Matrix]:
    """Words, counts and vectors as that gensim itself wrote them down."""
    rows = [line.split("\t") for line in (folder / "expected.tsv").read_text(encoding="utf-8").splitlines()]
    return [row[0] for row in rows], [int(row[1]) for row in rows], np.array([row[2:] for row in rows], np.float32)


@pytest.mark.parametrize("path", [*FULL, *ALONE], ids=name_of)
def test_a_model_of_an_old_gensim_is_read_as_that_gensim_read_it(path: Path) -> None:
    words, counts, matrix = expected(path.parent)
    model = read_model(path)
    same(model, words, matrix)
    assert model.counts is not None
    assert model.counts.tolist() == counts
    assert (model.repaired, model.notes) == ([], [])


@pytest.mark.parametrize("path", FULL, ids=name_of)
def test_a_full_old_model_comes_with_its_parameters_and_output_matrices(path: Path) -> None:
    model = read_model(path)
    known = {"vector_size": 4, "window": 3, "min_count": 2, "hs": 1, "negative": 3, "sg": 1, "epochs": 5, "seed": 7}
    assert known.items() <= model.parameters.items()
    assert model.outputs.keys() == {"syn1", "syn1neg"}
    assert all(matrix.any() for matrix in model.outputs.values())
    assert model.tree is not None


@pytest.mark.parametrize("path", BYTES, ids=name_of)
def test_byte_strings_of_python_2_become_the_words_that_they_spell(path: Path) -> None:
    """gensim's own load makes 'å¾®ä¿¡' of 微信 (WeChat)."""
    model = read_model(path)
    assert set(model.words) == set(expected(path.parent)[0])
    assert {repair.word for repair in model.repaired} == set(model.words)
    assert {r"\xe5\xbe\xae\xe4\xbf\xa1"} == {repair.original for repair in model.repaired if repair.word == "微信"}
    assert model.repaired[0].why == "a byte string of Python 2, read as UTF-8"


def test_words_that_an_earlier_load_spoilt_are_mended(tmp_path: Path) -> None:
    """Read as Latin-1 by a gensim on Python 3, then saved again; café is no such word."""
    keyed = KeyedVectors(3)
    keyed.add_vectors(["å¾®ä¿¡", "电脑", "café", "聊天"], MATRIX)
    keyed.save(str(tmp_path / "file"))
    model = read_model(tmp_path / "file")
    same(model, ["微信", "电脑", "café", "聊天"], MATRIX)
    assert repairs(model) == [("word 1", "å¾®ä¿¡", "微信")]


def test_gensims_own_reading_of_its_last_old_release_is_ours(tmp_path: Path) -> None:
    """But for ``sample_int``: with ``sample=0`` the old 2³² becomes 0 there, which would train no word at all."""
    path = next(path for path in FULL if name_of(path) == "gensim-3.8.3/model")
    reference = Word2Vec.load(str(path))
    ours = imported(path, tmp_path)
    assert ours.wv.index_to_key == reference.wv.index_to_key
    for name in ("syn1", "syn1neg"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(reference, name))
    np.testing.assert_array_equal(ours.wv.expandos["count"], reference.wv.expandos["count"])
    for name in ("code", "point"):
        for row in range(len(ours.wv)):
            np.testing.assert_array_equal(ours.wv.expandos[name][row], reference.wv.expandos[name][row])
    np.testing.assert_array_equal(ours.cum_table, reference.cum_table)
    for name in ("window", "min_count", "sample", "hs", "negative", "sg", "epochs", "alpha", "min_alpha", "seed"):
        assert getattr(ours, name) == getattr(reference, name), name


def imported(path: Path, tmp_path: Path) -> Any:
    folder.publish(read_model(path), tmp_path / "made")
    return Word2Vec.load(str(tmp_path / "made" / "model.gensim"))


@pytest.mark.parametrize("path", FULL, ids=name_of)
def test_training_goes_on_where_the_old_model_stopped(path: Path, tmp_path: Path) -> None:
    model = imported(path, tmp_path)
    before = {name: matrix.copy() for name, matrix in read_model(path).outputs.items()}
    for name, matrix in before.items():
        np.testing.assert_array_equal(getattr(model, name), matrix)
    sentences = [["微信", "朋友", "聊天"], ["电脑", "朋友", "用"]] * 50  # WeChat friend chat; computer friend use
    model.train(sentences, total_examples=len(sentences), epochs=2)
    assert np.isfinite(model.wv.vectors).all()
    for name, matrix in before.items():
        assert np.isfinite(getattr(model, name)).all()
        assert not np.array_equal(getattr(model, name), matrix)


@pytest.mark.parametrize("limit", [0, 10**9], ids=["arrays beside", "one file"])
@pytest.mark.parametrize("suffix", ["", ".gz", ".bz2"])
def test_a_model_of_this_gensim_comes_back_whole(tmp_path: Path, limit: int, suffix: str) -> None:
    made = Word2Vec([WORDS] * 9, vector_size=5, min_count=1, hs=1, negative=2, workers=1, sg=1)
    made.save(str(tmp_path / f"model{suffix}"), sep_limit=limit)
    model = read_model(tmp_path / f"model{suffix}")
    same(model, made.wv.index_to_key, made.wv.vectors)
    np.testing.assert_array_equal(model.outputs["syn1"], made.syn1)
    np.testing.assert_array_equal(model.outputs["syn1neg"], made.syn1neg)
    assert model.format.startswith("gensim 4.x Word2Vec")
    assert model.parameters["window"] == made.window
    again = imported(tmp_path / f"model{suffix}", tmp_path)
    np.testing.assert_array_equal(again.wv.vectors, made.wv.vectors)
    assert [again.wv.get_vecattr(word, "count") for word in WORDS] == [9] * 4


def test_of_models_with_more_than_words_the_words_are_read_or_it_is_said_why_not(tmp_path: Path) -> None:
    tagged = [TaggedDocument(WORDS, [number]) for number in range(9)]
    documents = Doc2Vec(tagged, vector_size=5, min_count=1, workers=1)
    documents.save(str(tmp_path / "documents"))
    model = read_model(tmp_path / "documents")
    same(model, documents.wv.index_to_key, documents.wv.vectors)
    assert model.notes == ["of a Doc2Vec only the vectors of whole words are taken over"]
    FastText([WORDS] * 9, vector_size=5, min_count=1, bucket=9, workers=1).save(str(tmp_path / "parts"))
    with pytest.raises(ValueError, match="FastTextKeyedVectors has no vectors of whole words"):
        read_model(tmp_path / "parts")


def copy(path: Path, target: Path) -> Path:
    for file in path.parent.glob(f"{path.name}*"):
        shutil.copyfile(file, target / file.name)
    return target / path.name


@pytest.mark.parametrize("path", [path for path in FULL if path.name == "model"], ids=name_of)
def test_missing_files_are_named(path: Path, tmp_path: Path) -> None:
    file = copy(path, tmp_path)
    (lost,) = tmp_path.glob("*syn1neg.npy")
    lost.unlink()
    model = read_model(file)
    assert model.notes == [f"syn1neg should lie beside in {lost.name}, which is missing"]
    assert not folder.can_train(model)
    (vectors,) = [found for name in ("syn0", "vectors") for found in tmp_path.glob(f"model*.{name}.npy")]
    vectors.unlink()
    with pytest.raises(ValueError, match=f"should lie beside it in {vectors.name}, which is missing"):
        read_model(file)


def test_a_truncated_array_beside_is_refused(tmp_path: Path) -> None:
    file = copy(next(path for path in FULL if path.name == "model"), tmp_path)
    vectors = tmp_path / "model.syn0.npy"
    vectors.write_bytes(vectors.read_bytes()[:-1])
    with pytest.raises(ValueError, match=r"model\.syn0\.npy is damaged or truncated"):
        read_model(file)


def test_an_array_beside_may_not_carry_objects(tmp_path: Path) -> None:
    file = copy(next(path for path in FULL if path.name == "model"), tmp_path)
    np.save(tmp_path / "model.syn0.npy", np.array([Run(tmp_path / "ran")], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match=r"model\.syn0\.npy is damaged"):
        read_model(file)
    assert not (tmp_path / "ran").exists()


def test_a_path_out_of_the_tree_is_refused(tmp_path: Path) -> None:
    """gensim's C code would write wherever it leads."""
    made = Word2Vec([WORDS] * 9, vector_size=5, min_count=1, hs=1, negative=0, workers=1)
    made.wv.expandos["point"][2] = made.wv.expandos["point"][2] + np.uint32(1000)
    made.save(str(tmp_path / "file"))
    with pytest.raises(ValueError, match="leads out of syn1's 4 rows"):
        read_model(tmp_path / "file")


# --- pickles that carry code ---


class Run:
    """Pickled, it asks whoever loads it to make a file."""

    def __init__(self, target: Path, function: Callable[..., Any] = os.system) -> None:
        self.target, self.function = target, function

    def __reduce__(self) -> tuple[Any, ...]:
        if self.function is os.system:
            return os.system, (f"touch {self.target}",)
        return self.function, (f"open({str(self.target)!r}, 'w')",)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    ("function", "name"),
    [(os.system, "system"), (builtins.eval, "eval"), (builtins.exec, "exec")],
)
@pytest.mark.parametrize("nested", [False, True], ids=["bare", "within a model"])
def test_a_pickle_that_carries_code_is_refused_and_does_not_run(
    tmp_path: Path, protocol: int, function: Callable[..., Any], name: str, nested: bool
) -> None:
    ran = tmp_path / "ran"
    content: object = Run(ran, function)
    if nested:
        keyed = KeyedVectors(3)
        keyed.add_vectors(WORDS, MATRIX)
        keyed.expandos["count"] = content
        content = keyed
    (tmp_path / "file").write_bytes(pickle.dumps(content, protocol))
    with pytest.raises(
        ValueError, match=rf"\w+\.{name}, which no model of word vectors needs|_frombuffer|no model in a format"
    ):
        read_model(tmp_path / "file")
    assert not ran.exists()
    pickle.loads((tmp_path / "file").read_bytes())  # what gensim's own load does first
    assert ran.exists()


@pytest.mark.parametrize(
    "named",
    ["builtins getattr", "subprocess Popen", "importlib import_module", "pickle loads", "functools partial",
     "operator attrgetter", "numpy load", "numpy.testing._private.utils runstring", "__main__ Model", "scipy.sparse x",
     "gensimx.models y", "collections namedtuple", "numpy.core.multiarray frombuffer"],
)  # fmt: skip
def test_a_name_that_is_not_on_the_list_is_refused(tmp_path: Path, named: str) -> None:
    with pytest.raises(ValueError, match=f"names {named.replace(' ', '.')}, which no model"):
        read(tmp_path, b"\x80\x02c" + named.replace(" ", "\n").encode() + b"\n.")


def test_a_pickle_of_something_else_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is a pickle of dict, not of gensim's word vectors"):
        read(tmp_path, pickle.dumps({"微信": [1.0]}))
    with pytest.raises(ValueError, match=r"is a pickle of gensim\.corpora\.Dictionary"):
        read(tmp_path, b"\x80\x02cgensim.corpora\nDictionary\n)\x81.")


@pytest.mark.parametrize("content", [b"\x80\x02]r\xff\xff\xff\x7f.", b"\x80\x05\x96\x00\x00\x00\x00\x08\x00\x00\x00."])
def test_a_pickle_cannot_take_memory_by_a_mere_number(tmp_path: Path, content: bytes) -> None:
    """A memo of 2³¹ places, a byte array of 32 GiB."""
    with pytest.raises(ValueError, match=r"is a pickle of list|damaged"):
        read(tmp_path, content)


def test_a_pickle_cannot_change_what_stands_for_its_names(tmp_path: Path) -> None:
    for name in (b"numpy.core.multiarray\n_reconstruct", b"collections\nOrderedDict", b"numpy\ndtype", b"gensim.x\ny"):
        for state in (b"}(X\x01\x00\x00\x00aK\x01ub", b"N}(X\x08\x00\x00\x00__call__K\x01u\x86b"):
            with pytest.raises(ValueError, match=r"refused|damaged"):
                read(tmp_path, b"\x80\x02c" + name + b"\n" + state + b".")


@pytest.mark.parametrize("path", [path for path in [*FULL, *ALONE, *BYTES] if path.name != "model"], ids=name_of)
def test_a_damaged_pickle_is_read_or_refused_in_a_sentence(path: Path, tmp_path: Path) -> None:
    whole, chance = path.read_bytes(), random.Random(name_of(path))
    for end in range(0, len(whole), 97):
        with pytest.raises(ValueError, match="file"):
            read(tmp_path, whole[:end])
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(chance.choice((1, 3))):
            damaged[chance.randrange(len(whole))] = chance.randrange(256)
        outcome = read_or_refuse(tmp_path, bytes(damaged))
        if isinstance(outcome, Model):
            assert len(outcome.words) == len(outcome.vectors) == len(set(outcome.words))
        else:
            assert "\n" not in outcome


# --- word2vec, fastText, GloVe ---

# no white space, no control characters: what text and binary formats can hold
WORD = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=6)
NUMBER = st.floats(allow_nan=False, allow_infinity=False, width=32)


@st.composite
def vectors(draw: st.DrawFn) -> tuple[list[str], Matrix]:
    size = draw(st.integers(2, 5))
    rows = draw(st.dictionaries(WORD, st.lists(NUMBER, min_size=size, max_size=size), min_size=1, max_size=6))
    return list(rows), np.array(list(rows.values()), dtype=np.float32)


@examples(80)
@given(vectors(), st.booleans(), st.sampled_from(["", "gzip", "bzip2", "zstd"]))
def test_what_gensim_writes_is_read_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, given_: tuple[list[str], Matrix], as_binary: bool, compressed: str
) -> None:
    words, matrix = given_
    keyed = KeyedVectors(matrix.shape[1])
    keyed.add_vectors(words, matrix)
    path = tmp_path_factory.mktemp("w2v") / "vectors"
    keyed.save_word2vec_format(str(path), binary=as_binary)
    compress = {"": bytes, "gzip": gzip.compress, "bzip2": bz2.compress, "zstd": zstd.compress}[compressed]
    path.write_bytes(compress(path.read_bytes()))
    model = read_model(path)
    same(model, words, matrix)
    assert (model.repaired, model.notes, model.counts) == ([], [], None)
    expected = f"word2vec {'binary' if as_binary else 'text'}{', ' if compressed else ''}{compressed}"
    assert model.format == expected


@settings(deadline=None, max_examples=40)
@example((["0"], np.array([[4.6736047e16, 0.0]], dtype=np.float32)))  # whose bytes end in one that looks like a number
@given(vectors())
def test_what_the_c_tool_writes_is_read_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, given_: tuple[list[str], Matrix]
) -> None:
    words, matrix = given_
    assume(b"\n" not in matrix[0].tobytes() or 0 in matrix[0])  # of two dimensions "0\n&[" is a line of text as well
    path = tmp_path_factory.mktemp("c")
    same(read(path, binary(encoded(words), matrix, b"\n")), words, matrix)
    same(read(path, text(encoded(words), matrix).replace(b"\n", b" \n")), words, matrix)  # a space ends each line
    same(read(path, text(encoded(words), matrix).replace(b"\n", b"\r\n")), words, matrix)


def test_a_file_of_fasttext_is_word2vecs_text(tmp_path: Path) -> None:
    model = read(tmp_path, "2 3\n</s> 0.0016 0.0005 -0.0104 \n微信 0.1 -0.2 3e-05 \n".encode())  # 微信 WeChat
    same(model, ["</s>", "微信"], np.array([[0.0016, 0.0005, -0.0104], [0.1, -0.2, 3e-5]], dtype=np.float32))


def test_glove_has_no_header_and_words_with_spaces(tmp_path: Path) -> None:
    model = read(tmp_path, lines([b"\xe5\xbe\xae\xe4\xbf\xa1", b". . .", b"7", b"to 2"]))  # 微信 WeChat
    same(model, ["微信", "._._.", "7", "to_2"], MATRIX)
    assert model.format == "GloVe text"
    assert repairs(model) == [("line 2", ". . .", "._._."), ("line 4", "to 2", "to_2")]
    assert "nobody can see whether some are missing" in model.notes[0]


@pytest.mark.parametrize("end", [b"", b"\n"], ids=["gensim", "C"])
@pytest.mark.parametrize("row", range(4))
@pytest.mark.parametrize(
    "word", ["Edu Trust", "Edu Trust 认证", "北京\u3000大学"]
)  # 认证 certificate, 北京大学 a university
def test_a_space_in_a_word_of_a_binary_file_shifts_nothing(tmp_path: Path, end: bytes, row: int, word: str) -> None:
    words = [*WORDS[:row], word, *WORDS[row + 1 :]]
    model = read(tmp_path, binary(encoded(words), end=end))
    mended = "_".join(word.split())
    same(model, [*WORDS[:row], mended, *WORDS[row + 1 :]], MATRIX)
    assert repairs(model) == [(f"word {row + 1}", word, mended)]


def test_the_first_of_equal_words_stays(tmp_path: Path) -> None:
    for content, place in ((text, "line"), (binary, "word")):
        model = read(tmp_path, content(encoded(["微信", "电脑", "微信", "聊天"])))
        same(model, ["微信", "电脑", "聊天"], MATRIX[[0, 1, 3]])
        first, again = (2, 4) if place == "line" else (1, 3)
        assert repairs(model) == [(f"{place} {again}", "微信", None)]
        assert model.repaired[0].why == f"left out: 微信 stands at {place} {first} too"


def test_a_mended_word_does_not_push_out_one_that_was_right(tmp_path: Path) -> None:
    model = read(tmp_path, text([b"New York", b"\xe7\x94\xb5\xe8\x84\x91", b"New_York", b"\xc2\xa0x"]))
    same(model, ["电脑", "New_York", "x"], MATRIX[1:])
    assert repairs(model) == [("line 2", "New York", None), ("line 5", "\xa0x", "x")]


def test_bytes_that_are_no_utf8_are_replaced_and_listed(tmp_path: Path) -> None:
    words = ["微信".encode(), "电脑".encode()[:5], "朋友".encode(), "聊天".encode("gbk")]  # cut off; another encoding
    for content in (text(words), binary(words), binary(words, end=b"\n")):
        model = read(tmp_path, content)
        assert model.words[:3] == ["微信", "电\ufffd", "朋友"]
        assert len(model.words) == 4
        assert [repair.original for repair in model.repaired] == [r"电\xe8\x84", r"\xc1\xc4\xcc\xec"]


def test_an_empty_word_is_left_out_and_listed(tmp_path: Path) -> None:
    for content in (text, binary):
        model = read(tmp_path, content([b"\xe5\xbe\xae\xe4\xbf\xa1", b"", b"\xc2\xa0", b"a"]))
        same(model, ["微信", "a"], MATRIX[[0, 3]])
        assert [repair.word for repair in model.repaired] == [None, None]


@pytest.mark.parametrize("content", [text, binary])
def test_nan_and_infinity_are_refused_with_the_word(tmp_path: Path, content: Callable[..., bytes]) -> None:
    for bad in (np.nan, np.inf):
        matrix = MATRIX.copy()
        matrix[2, 1] = bad
        with pytest.raises(ValueError, match=r"(line 4|word 3): the vector of '朋友' holds NaN or infinity"):
            read(tmp_path, content(encoded(WORDS), matrix))


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        (b"5 3", "promises 5 words and has 4|no end of a word; the file is truncated"),
        (b"3 3", "the header promises 3 words, here is one more|bytes stand behind the 3 words"),
        (b"4 4", "3 numbers where 4 should stand|ends within word 4 of 4"),
        (b"2000000000 1000", "more than its"),
        (b"0 3", "nothing to import"),
        (b"4 0", "nothing to import"),
    ],
)
@pytest.mark.parametrize("content", [text, binary])
def test_a_header_that_lies_is_refused(
    tmp_path: Path, content: Callable[..., bytes], header: bytes, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        read(tmp_path, content(encoded(WORDS)).replace(b"4 3", header, 1))


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_truncated_binary_file_is_refused_wherever_it_ends(tmp_path: Path, end: bytes) -> None:
    whole = binary(encoded(WORDS), end=end)
    for length in range(len(whole) - len(end)):
        with pytest.raises(ValueError, match="file"):
            read(tmp_path, whole[:length])


def test_a_truncated_text_is_refused_or_says_that_its_last_number_may_be_cut_off(tmp_path: Path) -> None:
    whole = text(encoded(WORDS))
    for length in range(len(whole)):
        outcome = read_or_refuse(tmp_path, whole[:length])
        if isinstance(outcome, Model):
            assert "its last number may be cut off" in outcome.notes[0]
            assert length > len(whole) - len("6.0\n")


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, zstd.compress])
def test_a_truncated_or_damaged_compressed_file_is_refused(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    whole = compress(text(encoded(WORDS)))
    for length in (len(whole) - 1, len(whole) // 2, 5):
        with pytest.raises(ValueError, match="cannot be unpacked to its end"):
            read(tmp_path, whole[:length])


def test_a_word_that_is_no_number_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="file, line 2: b'2,5' is no number; 3 should stand after the word"):
        read(tmp_path, text(encoded(WORDS)).replace(b"2.5", b"2,5"))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04" + b"x" * 99, "a zip archive; unpack it"),
        (struct.pack("<ii", 793712314, 12) + b"x" * 99, r"fastText's own \.bin; import the \.vec"),
        ("微信 朋友 聊天\n电脑 朋友\n".encode(), "no model in a format that Ciliu reads; it begins with"),
        (b"\x00" * 300, "no model in a format"),
        (b"x" * 257 + b"ustar" + b"x" * 99, "a tar archive"),
    ],
)
def test_what_is_no_model_is_refused_with_what_it_is(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        read(tmp_path, content)


# --- the verb ---


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(ciliu, ["import", *map(str, arguments)])


def test_the_folder_holds_a_gensim_model_its_vocabulary_and_what_was_found(tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_bytes(text([*encoded(WORDS[:3]), b"Edu Trust"]))
    done = run(tmp_path / "file.txt", "--to", tmp_path / "made")
    assert done.exit_code == 0, done.output
    assert "format      word2vec text" in done.output
    assert "4 words × 3 dimensions" in done.output
    assert "line 5: “Edu Trust” → Edu_Trust (white space)" in done.output
    made = tmp_path / "made"
    keyed = KeyedVectors.load(str(made / "model.gensim"))
    assert keyed.index_to_key == [*WORDS[:3], "Edu_Trust"]
    np.testing.assert_array_equal(keyed.vectors, MATRIX)
    np.testing.assert_array_equal(np.load(made / "vectors.npy"), MATRIX)
    assert (made / "vocab.tsv").read_text(encoding="utf-8").splitlines()[:2] == ["word\tcount\trank", "微信\t0\t0"]
    facts = json.loads((made / "import.json").read_text(encoding="utf-8"))
    assert facts["counts"] is False
    assert facts["repaired"] == [
        {"place": "line 5", "original": "Edu Trust", "word": "Edu_Trust", "why": "white space"}
    ]
    assert facts["files"].keys() == {"file.txt"}
    assert str(tmp_path) not in (made / "import.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [FULL[0], ALONE[-1]], ids=name_of)
def test_the_same_file_gives_the_same_bytes_without_a_path(path: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert run(path, "--to", tmp_path / name).exit_code == 0
    files = sorted(file.name for file in (tmp_path / "one").iterdir())
    assert files == sorted(file.name for file in (tmp_path / "two").iterdir())
    for name in files:
        content = (tmp_path / "one" / name).read_bytes()
        assert content == (tmp_path / "two" / name).read_bytes(), name
        assert str(tmp_path).encode() not in content


def test_json_is_what_the_folder_says(tmp_path: Path) -> None:
    done = run(FULL[0], "--to", tmp_path / "made", "--json")
    facts = json.loads(done.output)
    assert facts == json.loads((tmp_path / "made" / "import.json").read_text(encoding="utf-8"))
    assert (facts["words"], facts["training_can_go_on"], facts["outputs"]) == (6, True, ["syn1", "syn1neg"])
    assert facts["files"].keys() == {"model", "model.syn0.npy", "model.syn1.npy", "model.syn1neg.npy"}


def test_a_mistake_leaves_no_folder_and_exit_status_3(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(text(encoded(WORDS))[:-9])
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    for arguments, sentence in (
        ((tmp_path / "file", "--to", tmp_path / "made"), "numbers where 3 should stand"),
        ((tmp_path / "nothing", "--to", tmp_path / "made"), "there is no file"),
        ((FULL[0], "--to", tmp_path / "full"), "is there already and not empty"),
    ):
        done = run(*arguments)
        assert (done.exit_code, sentence in done.output) == (3, True), done.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "full"]


def test_a_failure_while_writing_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipeline.cache.write_json", fail)
    assert run(FULL[0], "--to", tmp_path / "made").exit_code == 4
    assert list(tmp_path.iterdir()) == []


def test_of_many_repaired_words_ten_are_shown(tmp_path: Path) -> None:
    words = [f"词 {number}".encode() for number in range(12)]  # 词 word
    (tmp_path / "file").write_bytes(text(words, np.ones((12, 2), dtype=np.float32)))
    shown = run(tmp_path / "file", "--to", tmp_path / "made").output
    assert "repaired    12 words" in shown
    assert shown.count(" → ") == 10
    assert "all of them are in import.json" in shown
