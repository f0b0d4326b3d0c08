"""Export: every format comes back as it was, the segmenter cuts as the pipeline did, and damage does not pass."""

import io
import json
import os
import random
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tarfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from backports import zstd
from conftest import Front, read_corpus, write_articles
from hypothesis import example, given, settings
from hypothesis import strategies as st

import ciliu
from ciliu.engine_native import import_native
from ciliu.normal_form import normalize
from pipeline import cache, shard_files
from pipeline.cli import ciliu as command
from pipeline.export import check, formats, licence, rows, schema, table, tar, target, verdict, verification
from pipeline.export.bundle import About, make_bundle
from pipeline.export.bundled import verify
from pipeline.export.formats import spacy
from pipeline.export.segmenter import link_segmenter, write_part
from pipeline.export.table import Table

OWN = ["numpy", "word2vec", "word2vec.gz", "word2vec-text", "word2vec-text.gz", "word2vec-text.zst", "gensim",
       "keyedvectors", "fasttext", "glove.zst", "tensorboard", "float16", "int8", "safetensors"]  # fmt: skip


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Front:
    """A run over real articles, with a user dictionary, stop words and protected words."""
    folder = tmp_path_factory.mktemp("done")
    articles = [*read_corpus("xwlb", 0, 200), *read_corpus("fudan", 0, 40)]
    write_articles(folder / "text" / "news.jsonl", articles)
    write_articles(folder / "text" / "private" / "reviews.jsonl", read_corpus("reviews", 0, 300))
    (folder / "own.txt").write_text("新闻联播 500\n二氧化碳 300 n\n", encoding="utf-8")  # the evening news, CO2
    (folder / "stop.txt").write_text("的\n了\n", encoding="utf-8")  # whose, done
    (folder / "protect.txt").write_text("iPhone 12\nre: #[^#\\n]+#\n", encoding="utf-8")
    files = [f"Dictionary.files={folder}/own.txt", f"Segment.stop_words={folder}/stop.txt",
             f"Segment.protect={folder}/protect.txt", "Train.threads=1", "Train.vector_size=16"]  # fmt: skip
    front = Front(folder)
    front.run(folder / "text", *(f"--set={setting}" for setting in files))
    return front


@pytest.fixture(scope="module")
def out(done: Front, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle in all formats that need no extra."""
    folder = tmp_path_factory.mktemp("out") / "bundle"
    done("export", "--to", folder, *(f"--format={name}" for name in OWN), "--licence", "cc-by-sa-4.0", "--name", "测试")
    return folder


def made(front: Front) -> Path:
    return front.folder("export") / "bundle"


def whole(front: Front) -> Table:
    return table.read_table(made(front), made(front) / "vectors.npy")


@example([0.00009999999747378752, 0.00010000000474974513, 999999.9375, 1e6, -1e-45])
@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=8))
def test_numbers_are_written_as_numpy_does_and_come_back_to_the_bit(numbers: list[float]) -> None:
    row = np.array([numbers], dtype=np.float32)
    text = rows.format_rows("词\n".encode(), row, len(numbers), " ")
    assert text.decode() == f"词 {' '.join(map(str, row[0]))}\n"
    words, back = rows.parse_rows(text, len(numbers), True, " ")
    assert (words.decode(), back) == ("词\n", row.tobytes())


@given(st.floats(allow_nan=False, allow_infinity=False, width=64), st.integers(1, 17))
def test_a_decimal_of_any_length_is_rounded_as_the_c_library_does(number: float, digits: int) -> None:
    import ctypes

    if import_native() is None:
        pytest.skip("the native core was not built")
    text = f"{number:.{digits}g}"
    strtof = ctypes.CDLL(None).strtof
    strtof.restype = ctypes.c_float
    _, back = rows.parse_rows(f"{text}\n".encode(), 1, False, " ")
    assert back == struct.pack("<f", strtof(text.encode(), None))


@pytest.mark.parametrize("text", [b"a 1.0\n", b"a 1.0 x\n", b"a 1.0 2.0 3.0\n", b"1.0\n", b"a  1.0\n", b"a 1.0 2.0 \n"])
@pytest.mark.parametrize("core", [True, False], ids=["as it is", "without the native core"])
def test_a_line_that_is_no_word_with_its_numbers_is_refused_with_its_number(
    text: bytes, core: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not core:
        monkeypatch.setattr(rows, "import_native", lambda: None)
    with pytest.raises(ValueError, match=r"line 2: no word with 2 numbers|fewer numbers"):
        rows.parse_rows(b"a 1.0 2.0\n" + text, 2, True, " ")


def test_the_text_file_is_gensims_own_to_the_byte(done: Front, tmp_path: Path) -> None:
    from gensim.models import KeyedVectors

    keyed = KeyedVectors.load(str(done.folder("train") / "model.gensim")).wv
    keyed.save_word2vec_format(str(tmp_path / "vectors.txt"))
    keyed.save_word2vec_format(str(tmp_path / "vectors.bin"), binary=True)
    for name in ("vectors.txt", "vectors.bin"):
        assert (tmp_path / name).read_bytes() == (made(done) / name).read_bytes()


@pytest.mark.parametrize("name", OWN)
def test_each_format_gives_back_words_values_and_neighbours(name: str, out: Path, done: Front) -> None:
    """By Ciliu's reader here, whoever loaded it back when it was made."""
    one, known = formats.parse(name), whole(done)
    parts = list(one.module.read(out, one.packing, known))
    assert [word for words, _ in parts for word in words] == known.words
    told = cache.read_json(out / "manifest.json")["formats"][name]
    matrix = np.concatenate([part for _, part in parts])
    if told["exact"]:
        assert np.array_equal(matrix, known.matrix)
    else:
        assert np.abs(matrix - known.matrix).max() <= told["loss"]["largest_difference"] * 1.01
        assert told["loss"]["neighbours_kept"] > 0.9


@pytest.mark.parametrize("name", ["word2vec", "word2vec-text", "glove", "fasttext"])
def test_gensim_reads_what_is_written_in_its_formats(name: str, done: Front, tmp_path: Path) -> None:
    from gensim.models import KeyedVectors

    one, known = formats.parse(name), whole(done)
    one.module.write(known, tmp_path, "")
    path = str(tmp_path / one.module.FILES[0])
    loaded = KeyedVectors.load_word2vec_format(path, binary=name == "word2vec", no_header=name == "glove")
    assert loaded.index_to_key == known.words
    assert np.array_equal(loaded.vectors, known.matrix)


def test_parquet_is_read_by_pyarrow(done: Front, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    from pyarrow import parquet

    one, known = formats.parse("parquet"), whole(done)
    one.module.write(known, tmp_path, "")
    read = parquet.read_table(tmp_path / "vectors.parquet")
    assert read["word"].to_pylist() == known.words
    assert read["count"].to_pylist() == known.counts.tolist()
    assert check.check(one, tmp_path, known)["loaded_by"].startswith("pyarrow")


@given(st.lists(st.text("词a语é𠀀", min_size=1, max_size=20), max_size=20), st.integers(1, 9))
def test_binary_rows_are_each_word_a_space_and_its_numbers_with_and_without_the_native_core(
    words: list[str], size: int
) -> None:
    """词 word, 语 language."""
    matrix = np.random.default_rng(1).standard_normal((len(words), size)).astype(np.float32)
    expected = b"".join(f"{word} ".encode() + row.tobytes() for word, row in zip(words, matrix, strict=True))
    assert formats.word2vec.pack((words, matrix)) == expected
    with pytest.MonkeyPatch.context() as without_core:
        without_core.setattr(formats.word2vec, "import_native", lambda: None)
        assert formats.word2vec.pack((words, matrix)) == expected


@pytest.mark.parametrize("name", ["model2vec", "sentence-transformers"])
def test_a_tokenizer_with_the_segmenter_in_it_has_the_words_by_their_rows(
    name: str, done: Front, tmp_path: Path
) -> None:
    one, known = formats.parse(name), whole(done)
    shutil.copytree(made(done) / "segmenter", tmp_path / "segmenter")
    one.module.write(known, tmp_path, "")
    assert check.check(one, tmp_path, known)["exact"]


def test_a_tokenizer_cuts_real_text_into_the_words_of_the_pipeline(done: Front, tmp_path: Path) -> None:
    """Fewer than one known word in 10,000 differs, over text that the model was not trained on; why, the card says."""
    tokenizers = pytest.importorskip("tokenizers")
    rules = {"keep_punctuation": False, "stop_words": [], "protect": {"words": [], "patterns": []}}
    plain = Path(shutil.copytree(made(done), tmp_path / "plain"))
    told = cache.read_json(plain / "segmenter" / "segmenter.json")
    (plain / "segmenter" / "segmenter.json").write_text(json.dumps(told | rules), encoding="utf-8")
    formats.parse("model2vec").module.write(whole(done), plain, "")
    tokenizer, model = tokenizers.Tokenizer.from_file(str(plain / "model2vec" / "tokenizer.json")), ciliu.load(plain)

    def known(text: str) -> list[str]:
        rows = tokenizer.encode(text, add_special_tokens=False).ids
        return [model.words[row] for row in rows if row < len(model.words)]

    names = ("xwlb", "reviews", "fudan", "tech", "wiki_paras", "cn_laws", "modern_translation")
    texts = [article["text"] for name in names for article in read_corpus(name, 700, 8)]
    lines = [line for text in texts for line in text.split("\n")][:3000]
    ours = [[word for word in model.cut(line) if word in model] for line in lines]
    assert sum(map(len, ours)) > 20_000
    different = sum(len(words) for words, line in zip(ours, lines, strict=True) if words != known(line))
    assert different < sum(map(len, ours)) / 1000  # words of lines in which any differs
    for text in (
        "ＧＤＰ增长５％",
        "中国\u3000经济\u200b",
        "e\u0301，新闻联播",
    ):  # growth; a word with a space; an accent of its own
        assert known(text) == [word for word in model.cut(text) if word in model]


def test_the_card_says_where_a_tokenizer_cuts_otherwise(done: Front, tmp_path: Path) -> None:
    done("export", "--to", tmp_path / "out", "--format=sentence-transformers", "--top", "50")
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "`sentence-transformers` cut by a `tokenizer.json`" in card
    for sentence in ("protected words are not kept whole", "stop words are not dropped", "leaves out entities"):
        assert sentence in card
    assert "HMM guesses" not in card


def test_the_cards_command_makes_the_model_again(done: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run where the files of the model lie, it finds that there is nothing to do."""
    folder = done.data.parent
    card = (made(done) / "README.md").read_text(encoding="utf-8")
    command_line = card.partition("## Make it again")[2].partition("```sh\n")[2].partition("```")[0]
    program, verb, sources, *settings = shlex.split(command_line.replace("\\\n", " "))
    assert (program, verb, sources) == ("ciliu", "run", "SOURCES")
    assert "Dictionary.files=own.txt" in settings
    monkeypatch.chdir(folder)
    assert done.run("text", "--set", "Train.threads=1", *settings) == set()


def test_the_card_loads_each_format_in_five_lines_that_work(done: Front, out: Path, tmp_path: Path) -> None:
    """The code of the card as it stands, in the folder, for each format whose library is here."""
    card = (out / "README.md").read_text(encoding="utf-8").partition("## Load")[2].partition("## Cut")[0]
    folder, ran = shutil.copytree(out, tmp_path / "out"), set()
    for code in re.findall(r"```python\n(.*?)```", card, re.DOTALL):
        assert len(code.splitlines()) <= 5
        library = next(name for name in ("ciliu", "fasttext", "gensim", "safetensors", "numpy") if f"{name}" in code)
        if find_spec(library):
            environment = os.environ | {"PYTHONPATH": str(Path(ciliu.__file__).parents[1])}
            done_here = subprocess.run([sys.executable, "-X", "utf8", "-c", code], cwd=folder, capture_output=True,
                                       text=True, check=False, timeout=120, env=environment)  # fmt: skip
            assert done_here.returncode == 0, (code, done_here.stderr)
            ran.add(library)
    assert ran >= {"ciliu", "gensim", "numpy"}


def test_the_licence_of_each_source_is_that_of_the_first_pattern_that_fits() -> None:
    names = ["corpora/wiki.xml.bz2", "corpora/2024/news.jsonl", "corpora/2025/news.jsonl", "forum/a b.txt"]

    def told(*given: str) -> list[tuple[str, str]]:
        return [(row["source"], row["licence"]) for row in licence.by_source(given, names)]

    assert told() == [("*", "")]
    assert told("cc-by-4.0") == [("*", "cc-by-4.0")]
    assert told("see https://example.org/?a=b") == [("*", "see https://example.org/?a=b")]
    assert told("https://example.org/?a=b") == [("*", "https://example.org/?a=b")]
    assert told("2024=bought", "*.jsonl=by = contract") == [("2024", "bought"), ("*.jsonl", "by = contract"), ("*", "")]
    assert told("corpora/*=cc0", "forum=none", "mit") == [("corpora/*", "cc0"), ("forum", "none")]
    with pytest.raises(ValueError, match=r"no source is called radio\*; there is corpora/wiki.xml.bz2, corpora/2024"):
        told("radio*=cc0")
    with pytest.raises(ValueError, match="two licences for all others"):
        told("cc0", "mit")


def test_a_run_carries_the_licence_of_each_source_to_manifest_and_card(
    done: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newspaper's, and of the reviews none is stated; no file is named, and no folder of this machine."""
    monkeypatch.chdir(done.data.parent)
    again = Front(tmp_path)
    shutil.copytree(done.data, again.data, copy_function=os.link)
    with pytest.raises(SystemExit):
        again.run("--set", 'Export.licence=["radio*=cc0"]')
    assert again.run("--set", 'Export.licence=["news*=by contract | internal"]') == {"export"}
    manifest, card = (made(again) / name for name in ("manifest.json", "README.md"))
    rows = [{"source": "news*", "licence": "by contract | internal"}, {"source": "*", "licence": ""}]
    assert cache.read_json(manifest)["licences"] == rows
    assert "| `news*` | by contract \\| internal |\n| all others 其余 | not stated 未说明 |" in card.read_text("utf-8")
    assert 'license: "other"' in card.read_text("utf-8")
    for path in (manifest, card):
        assert not re.search(
            rf"{tmp_path}|{done.data.parent}|private|reviews\.jsonl|news\.jsonl", path.read_text("utf-8")
        )
    again("export", "--to", tmp_path / "same", "--format=numpy", "--top=9")
    assert cache.read_json(tmp_path / "same" / "manifest.json")["licences"] == rows
    again("export", "--to", tmp_path / "new", "--format=numpy", "--top=9", "--licence=private=mit", "--licence=cc0")
    told = cache.read_json(tmp_path / "new" / "manifest.json")
    assert told["licences"] == [{"source": "private", "licence": "mit"}, {"source": "*", "licence": "cc0"}]
    assert verification.find_faults(tmp_path / "new") == []


def test_the_card_says_coverage_and_bias(done: Front) -> None:
    card = (made(done) / "README.md").read_text(encoding="utf-8")
    counts = cache.read_json(made(done) / "manifest.json")["stages"]["evaluate"]["counts"]
    for name, share in counts["coverage"].items():
        assert re.search(rf"\\| {re.escape(name)}, .* \\| {share:.0%} \\|", card)
    assert "Bias" in card.partition("## Limits")[2]
    shown = verdict.describe_bias({"bias": {"flowers": {"effect_size": 1.5, "p": 0.01, "found": 30, "asked": 40}}})
    assert "| flowers | +1.50 | 0.01 | 30 of 40 |" in shown


def test_spacy_cuts_as_the_pipeline_and_has_the_vectors(done: Front, tmp_path: Path) -> None:
    pytest.importorskip("spacy")
    done("export", "--to", tmp_path / "out", "--format=spacy")
    code = (
        "import json, sys, spacy, spacy_tokenizer\n"
        "nlp = spacy.load('spacy-zh'); doc = nlp('用iPhone 12看中国经济。')\n"  # see China's economy with an iPhone
        "print(json.dumps([[t.text, t.vector.tolist() if t.has_vector else None] for t in doc]))"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path / "out", capture_output=True, text=True, check=True,
                         timeout=120)  # fmt: skip
    told = json.loads(ran.stdout.splitlines()[-1])
    model = ciliu.load(made(done))
    assert [word for word, _ in told] == list(model.cutter.pieces("用iPhone 12看中国经济。"))
    for word, vector in told:
        assert (vector == model.vector(word).tolist()) if word in model else vector is None
    assert verification.find_faults(tmp_path / "out") == []


@settings(deadline=None)  # the first one imports spaCy
@given(st.text(min_size=1))
def test_a_word_has_the_hash_that_spacy_gives_it(word: str) -> None:
    strings = pytest.importorskip("spacy.strings")
    assert spacy.murmur_hash(word.encode("utf-8")) == strings.hash_string(word)


def test_spacys_files_are_those_that_spacy_itself_writes(done: Front, tmp_path: Path) -> None:
    """To the byte, but for key2row: its numbers are all of one width, which msgpack allows."""
    srsly, vocab, vectors = (pytest.importorskip(name) for name in ("srsly", "spacy.vocab", "spacy.vectors"))
    known = whole(done)
    known.words[7], known.words[9] = "ORG", 'a"\u2028\x85\\'  # one of spaCy's symbols; signs that JSON escapes
    theirs = vocab.Vocab(strings=known.words)
    keys = np.array([theirs.strings[word] for word in known.words], np.uint64)
    theirs.vectors = vectors.Vectors(strings=theirs.strings, data=np.asarray(known.matrix), keys=keys)
    theirs.to_disk(tmp_path / "theirs")
    spacy.write(known, tmp_path, "")
    ours = tmp_path / "spacy-zh" / "vocab"
    assert {path.name for path in ours.iterdir()} == {path.name for path in (tmp_path / "theirs").iterdir()}
    for path in (tmp_path / "theirs").iterdir():
        if path.name != "key2row":
            assert (ours / path.name).read_bytes() == path.read_bytes(), path.name
    key_to_row = [srsly.read_msgpack(folder / "key2row") for folder in (ours, tmp_path / "theirs")]
    assert key_to_row[0] == key_to_row[1]
    assert key_to_row[0][383] == 7  # ORG by its number
    assert [word for words, _ in spacy.read(tmp_path, "", known) for word in words] == known.words


@pytest.mark.parametrize("name", ["model2vec", "spacy"])
def test_a_library_that_holds_all_it_reads_is_given_the_first_words_and_our_reader_all(
    name: str, done: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The card says so; what either gives back otherwise than it was written is refused."""
    pytest.importorskip(name)
    one, known = formats.parse(name), whole(done)
    write_part(made(done), set(known.words), tmp_path)
    one.module.write(known, tmp_path, "")
    monkeypatch.setattr(check, "PART", 100)
    there = sorted(tmp_path.rglob("*"))
    told = check.check(one, tmp_path, known)
    assert re.fullmatch(rf"{name} \S+ \(the first 100 words\), Ciliu's reader \(all\)", told["loaded_by"])
    assert sorted(tmp_path.rglob("*")) == there
    for reader, words in (("read", len(known.words)), ("read_by_library", 100)):
        read, asked = getattr(one.module, reader), []

        def read_wrong(folder: Path, packing: str, given: Table, read: Any = read, asked: Any = asked) -> Any:
            asked.append(len(given.words))
            return ((part, rows + np.float32(1)) for part, rows in read(folder, packing, given))

        with monkeypatch.context() as wrong:
            wrong.setattr(one.module, reader, read_wrong)
            with pytest.raises(ValueError, match="does not give back the values"):
                check.check(one, tmp_path, known)
        assert asked == [words]


@pytest.mark.parametrize(
    "damage",
    [
        lambda vocab: (vocab / "strings.json").write_bytes(b"[" * 100_000),
        lambda vocab: (vocab / "strings.json").write_bytes(b"{}"),
        lambda vocab: (vocab / "key2row").write_bytes((vocab / "key2row").read_bytes()[:-14]),
        lambda vocab: (vocab / "key2row").write_bytes((vocab / "key2row").read_bytes()[:-1] + b"\0"),
        lambda vocab: (vocab / "key2row").write_bytes((vocab / "key2row").read_bytes().replace(b"\xcf", b"\xce")),
        lambda vocab: (vocab / "vectors").write_bytes((vocab / "vectors").read_bytes()[:-4]),
    ],
)
def test_a_damaged_spacy_folder_is_a_fault_without_spacy(damage: Any, done: Front, tmp_path: Path) -> None:
    pytest.importorskip("spacy")
    few = check.first_words(whole(done))
    spacy.write(few, tmp_path, "")
    assert [word for words, _ in spacy.read(tmp_path, "", few) for word in words] == few.words
    damage(tmp_path / "spacy-zh" / "vocab")
    with pytest.raises(ValueError, match=r"strings\.json|key2row|vectors"):
        list(spacy.read(tmp_path, "", few))


@pytest.mark.parametrize("name", ["parquet", "sentence-transformers", "model2vec", "spacy"])
def test_formats_of_libraries_repeat_to_the_byte(name: str, done: Front, tmp_path: Path) -> None:
    one = formats.FORMATS[name]
    if not all(map(find_spec, one.WRITERS)):
        pytest.skip(f"needs {one.WRITERS}")
    for again in ("one", "two"):
        done("export", "--to", tmp_path / again, f"--format={name}", "--top", "300")
    for path in sorted(path for path in (tmp_path / "one").rglob("*") if path.is_file()):
        assert (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes() == path.read_bytes(), path.name


def test_a_format_that_gives_back_something_else_is_never_published(
    done: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    word2vec = formats.FORMATS["word2vec"]
    write = word2vec.write

    def write_wrong(given: Table, folder: Path, packing: str) -> None:
        write(given, folder, packing)
        data = bytearray((folder / "vectors.bin").read_bytes())
        data[-1] ^= 1
        (folder / "vectors.bin").write_bytes(data)

    monkeypatch.setattr(word2vec, "write", write_wrong)
    with pytest.raises(SystemExit):
        done("export", "--to", tmp_path / "new", "--format", "word2vec")
    assert not list(tmp_path.iterdir())


ODD = [
    "a b",
    "",
    "\u3000",
    "换\n行",
    "长" * 1000,
    "\u00a0好\u00a0",
    "好",
    "tab\tin",
    "\u2028",
    "c_d",
    "c d",
    "\ufeff云",
]
MENDED = ["a_b", "换_行", "长" * 1000, "好", "tab_in", "c_d", "\ufeff云"]


def odd_bundle(done: Front, folder: Path, names: list[str]) -> Table:
    given = Table(
        ODD, np.arange(len(ODD))[::-1].copy(), np.random.default_rng(1).normal(size=(len(ODD), 4)).astype("f4")
    )
    mended = table.mend(given)
    folder.mkdir()
    origin = cache.read_json(made(done) / "manifest.json")["stages"]
    asked = [formats.parse(name) for name in names]
    make_bundle(
        folder, mended, asked, About(origin), model=folder, write_segmenter=lambda to: link_segmenter(made(done), to)
    )
    return mended


def test_words_that_break_files_are_mended_by_one_rule_and_every_format_holds_what_is_left(
    done: Front, tmp_path: Path
) -> None:
    mended = odd_bundle(done, tmp_path / "odd", [name for name in OWN if name not in ("gensim", "int8")])
    assert sorted(mended.words) == sorted(MENDED)
    assert mended.words.index("好") < mended.words.index("c_d")
    repaired = cache.read_json(tmp_path / "odd" / "manifest.json")["repaired"]
    assert len(repaired) == len(mended.repaired) == 8
    assert "Mended here: 8 words" in (tmp_path / "odd" / "README.md").read_text(encoding="utf-8")
    assert verification.find_faults(tmp_path / "odd") == []
    assert ciliu.load(tmp_path / "odd").words == mended.words


def test_a_subset_and_unit_vectors(done: Front, tmp_path: Path) -> None:
    (tmp_path / "list").write_text("中国\n经济\n从未见过的词\n", encoding="utf-8")  # China, economy, a word never seen
    done("export", "--to", tmp_path / "top", "--format=numpy", "--format=word2vec", "--top", "50", "--normalized")
    done("export", "--to", tmp_path / "few", "--format=numpy", "--words", tmp_path / "list")
    top, all_words = ciliu.load(tmp_path / "top"), whole(done)
    assert top.words == all_words.words[:50]
    assert np.allclose(np.linalg.norm(top.matrix, axis=1), 1, atol=1e-6)
    assert set(ciliu.load(tmp_path / "few").words) == {"中国", "经济"}
    assert verification.find_faults(tmp_path / "top") == []
    with pytest.raises(SystemExit):
        done("export", "--to", tmp_path / "no", "--format=gensim", "--top", "50")


def test_segmenter_py_cuts_as_the_pipeline_did_with_jieba_alone(done: Front, tmp_path: Path) -> None:
    """In a process that has no Ciliu, on the articles of the run and on others."""
    folder = shutil.copytree(made(done), tmp_path / "bundle")
    texts = [normalize(article["text"])[0] for article in read_corpus("tech", 0, 20)] + [
        "用iPhone 12看#新闻 联播#，好！"
    ]
    (tmp_path / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    code = (
        "import sys, json; sys.modules['ciliu'] = sys.modules['pipeline'] = sys.modules['numpy'] = None\n"
        f"sys.path.insert(0, {str(folder)!r}); import segmenter; cutter = segmenter.load()\n"
        f"print(json.dumps([cutter.cut(text) for text in json.load(open({str(tmp_path / 'texts.json')!r}))]))"
    )
    alone = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    model = ciliu.load(folder)
    assert json.loads(alone.stdout.splitlines()[-1]) == [model.cut(text) for text in texts]
    assert model.cut("用iPhone 12看#新闻 联播#，好！") == [
        "用",
        "iPhone_12",
        "看",
        "#新闻_联播#",
        "好",
    ]  # use, see, good


def test_using_the_segmenter_leaves_the_bundle_as_it_was(done: Front, tmp_path: Path) -> None:
    """Python writes byte code before it runs a module; segmenter.py removes it, and what others left is a fault."""
    folder = shutil.copytree(made(done), tmp_path / "bundle")
    writing = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for line in ("import segmenter; segmenter.load()", "import verify"):
        subprocess.run([sys.executable, "-c", line], cwd=folder, check=True, timeout=60, env=writing)
    faults = verification.find_faults(folder, quick=True)
    assert [fault.partition(" ")[0].rpartition("/")[2].partition(".")[0] for fault in faults] == ["verify"]
    assert "Python would run it instead" in faults[0]
    shutil.rmtree(folder / "__pycache__")
    assert (
        subprocess.run([sys.executable, "segmenter.py"], cwd=folder, input=b"", check=True, env=writing).returncode == 0
    )
    assert verification.find_faults(folder, quick=True) == []


def test_the_commands_that_sign_a_bundle_do_so(done: Front, tmp_path: Path) -> None:
    """Those of docs/export.md, as they stand there but for the names of the key and its owner's file."""
    if not shutil.which("ssh-keygen"):
        pytest.skip("needs OpenSSH's ssh-keygen")
    shutil.copytree(made(done), tmp_path / "model")
    make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")]
    subprocess.run(make, check=True, timeout=60)
    (tmp_path / "allowed").write_text(f"you@example.org {(tmp_path / 'key.pub').read_text()}")
    page = (Path(target.__file__).parents[2] / "docs" / "export.md").read_text(encoding="utf-8")
    sign, check_it = (line for line in page.splitlines() if line.startswith("ssh-keygen -Y"))

    def run(line: str) -> int:
        line = line.replace("~/.ssh/id_ed25519", "key")
        return subprocess.run(line, shell=True, cwd=tmp_path, capture_output=True, check=False, timeout=60).returncode

    assert run(sign) == run(check_it) == 0
    with (tmp_path / "model" / "XXH128SUMS").open("a") as sums:
        sums.write(f"{'0' * 32}  evil.py\n")
    assert run(check_it) != 0


def test_the_bundle_cuts_the_articles_of_the_run_into_the_words_of_the_run(done: Front) -> None:
    model, texts = ciliu.load(made(done)), []
    for path in sorted(done.folder("dedup").glob("*.jsonl")):
        texts += [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines()]
    ours = [sentence for text in texts for sentence in model.cutter.sentences(text)]
    assert ours == [sentence for sentence in shard_files.read_sentences(done.folder("segment")) if sentence]
    assert sum(map(len, ours)) > 50_000


def test_a_loaded_bundle_looks_up_compares_and_says_what_it_knows(done: Front) -> None:
    model = ciliu.load(str(made(done)))
    assert "中国" in model  # China
    assert model.vector("中国").shape == (16,)
    assert len(model.similar("中国", 3)) == 3
    encoded = model.encode(["中国经济", "魑魅魍魉"])  # the economy of China; demons, which no news tells of
    unit = [model.vector(word) / np.linalg.norm(model.vector(word)) for word in ("中国", "经济")]
    assert np.allclose(encoded[0], np.mean(unit, axis=0), atol=1e-6)
    assert not encoded[1].any()
    assert model.known(["中国经济", "魑魅魍魉", ""]) == [1.0, 0.0, 0.0]


def test_the_same_run_gives_the_same_bytes_on_another_day(
    done: Front, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 86_400 * 40)
    again = tmp_path / "again"
    done("export", "--to", again, *(f"--format={name}" for name in OWN), "--licence", "cc-by-sa-4.0", "--name", "测试")
    for path in [path for path in out.rglob("*") if path.is_file()]:
        assert (again / path.relative_to(out)).read_bytes() == path.read_bytes(), path.name


def test_the_manifest_keeps_to_its_schema_and_the_schema_is_one(out: Path, done: Front) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    manifest, told = cache.read_json(out / "manifest.json"), cache.read_json(schema.SCHEMA)
    jsonschema.Draft202012Validator.check_schema(told)
    for wrong in (manifest, {**manifest, "words": 0}, {**manifest, "more": 1}, {**manifest, "type": "float64"},
                  {**manifest, "files": {"a": {"size": -1, "xxh3_128": "0" * 32}}}, {**manifest, "words": "7"},
                  {**manifest, "format_version": 2}, {**manifest, "normalized": 1},
                  {**manifest, "formats": []}):  # fmt: skip
        theirs = bool(list(jsonschema.Draft202012Validator(told).iter_errors(wrong)))
        assert bool(list(schema.find_faults(wrong))) == theirs
    assert not list(schema.find_faults(manifest))


def test_no_path_user_or_password_is_in_a_bundle(done: Front, out: Path) -> None:
    import getpass

    secrets = [str(done.data.parent), str(Path.home()), str(out), "text/news.jsonl", "private/", "own.txt\\", "seconds"]
    secrets += [getpass.getuser()] if len(getpass.getuser()) > 4 else []
    for path in [
        path for path in out.rglob("*") if path.is_file() and path.suffix not in (".gz", ".zst", ".npy", ".bin")
    ]:
        for secret in secrets[: None if path.suffix == ".json" else 5]:
            assert secret.encode() not in path.read_bytes(), (path.name, secret)


# 300 damages: what may happen to a file, and to a folder


def cut(path: Path, chance: random.Random) -> None:
    path.write_bytes(path.read_bytes()[: chance.randrange(path.stat().st_size)])


def flip(path: Path, chance: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


def swap(path: Path, chance: random.Random) -> None:
    other = chance.choice([one for one in all_files(path) if one.read_bytes() != path.read_bytes()])
    mine, theirs = path.read_bytes(), other.read_bytes()
    path.write_bytes(theirs)
    other.write_bytes(mine)


def remove(path: Path, chance: random.Random) -> None:
    path.unlink()


def add(path: Path, chance: random.Random) -> None:
    (path.parent / f"{path.name}.{chance.randrange(10)}").write_bytes(b"x")


def rename(path: Path, chance: random.Random) -> None:
    path.rename(path.with_name(f"{path.name}_"))


def link(path: Path, chance: random.Random) -> None:
    path.rename(path.parent.parent.parent / "elsewhere")
    path.symlink_to(path.parent.parent.parent / "elsewhere")


def stale(path: Path, chance: random.Random) -> None:
    """The manifest is that of a bundle with another such file, and the sums were made anew with it."""
    files = all_files(path)
    folder = next(file.parent for file in files if file.name == verify.MANIFEST)
    manifest, sums = folder / verify.MANIFEST, folder / verify.SUMS
    told, before = cache.read_json(manifest), verify.digest(manifest)
    told["files"][chance.choice(sorted(told["files"]))]["xxh3_128"] = f"{chance.getrandbits(128):032x}"
    cache.write_json(manifest, told)
    sums.write_text(sums.read_text(encoding="utf-8").replace(before, verify.digest(manifest)), encoding="utf-8")


def all_files(path: Path) -> list[Path]:
    root = path
    while root.name != "broken":
        root = root.parent
    return sorted(file for file in root.rglob("*") if file.is_file())


def test_three_hundred_damages_are_found_by_verify_and_by_the_bundles_own_script(done: Front, tmp_path: Path) -> None:
    """One after the other, each mended before the next; verify.py as a module, and once as the command that it is."""
    sound, chance = tmp_path / "sound", random.Random(7)
    done("export", "--to", sound, "--format=numpy", "--format=word2vec", "--format=word2vec-text.zst", "--top", "300")
    for big in ("dictionary.bin",):  # 23 MB to copy each time; the dictionary is read without it
        (sound / "segmenter" / big).unlink()
    reseal(sound)
    assert verification.find_faults(sound) == []
    broken = tmp_path / "a" / "broken"
    for number in range(300):
        shutil.rmtree(broken.parent, ignore_errors=True)
        shutil.copytree(sound, broken)
        files = all_files(broken)
        damage = [cut, flip, swap, remove, add, rename, link, stale][number % 8]
        path = files[number // 8 % len(files)]
        damage(path, chance)
        (tmp_path / "elsewhere").unlink(missing_ok=True) if damage is not link else None
        assert list(verify.find_faults(broken)), (damage.__name__, path.name)
        assert verification.find_faults(broken, quick=True), (damage.__name__, path.name)
    script = [sys.executable, str(sound / "verify.py")]
    assert subprocess.run([*script, str(broken)], capture_output=True, check=False).returncode == 1
    assert subprocess.run(script, capture_output=True, check=False).returncode == 0


def test_xxh128sum_itself_checks_the_sums(done: Front, tmp_path: Path) -> None:
    """The command that the card names, as Debian's package xxhash has it; each file in turn damaged and gone."""
    if not shutil.which("xxh128sum"):
        pytest.skip("needs the program xxh128sum: apt-get install xxhash")
    done("export", "--to", tmp_path / "out", "--format=numpy", "--format=word2vec", "--top", "100")

    def complaints() -> set[str]:
        ran = subprocess.run(["xxh128sum", "-c", "XXH128SUMS"], cwd=tmp_path / "out", capture_output=True, text=True,
                             check=False, timeout=60)  # fmt: skip
        told = re.findall(r"^(.*): FAILED$|Could not open or read '(.*)'", ran.stdout + ran.stderr, re.MULTILINE)
        assert ran.returncode == bool(told), ran.stdout + ran.stderr
        return {damaged or gone for damaged, gone in told}

    assert complaints() == set()
    for path in [path for path in (tmp_path / "out").rglob("*") if path.is_file() and path.name != "XXH128SUMS"]:
        name, sound = path.relative_to(tmp_path / "out").as_posix(), path.read_bytes()
        path.write_bytes(sound[:-1] + bytes([sound[-1] ^ 1]))
        assert complaints() == {name}
        path.unlink()
        assert complaints() == {name}
        path.write_bytes(sound)
    assert complaints() == set()


def reseal(folder: Path, **changes: Any) -> None:
    """Make manifest and sums agree with the files again, as somebody would who wants to deceive."""
    manifest = json.loads((folder / "manifest.json").read_bytes()) | changes
    files = {name: entry for name, entry in cache.describe_files(folder, {}).items() if name != "XXH128SUMS"}
    (folder / "manifest.json").write_text(json.dumps(manifest | {"files": files}), encoding="utf-8")
    from pipeline.export.bundle import write_sums

    write_sums(folder, files)


def test_what_has_right_sums_is_looked_into(done: Front, tmp_path: Path) -> None:
    sound = tmp_path / "sound"
    done("export", "--to", sound, "--format=numpy", "--format=word2vec", "--format=glove", "--top", "100")

    def faults(change: Any, **changes: Any) -> str:
        broken = tmp_path / "broken"
        shutil.rmtree(broken, ignore_errors=True)
        shutil.copytree(sound, broken)
        change(broken)
        reseal(broken, **changes)
        assert verification.find_faults(broken, quick=True) == []
        return " / ".join(verification.find_faults(broken))

    def patch(name: str, old: bytes, new: bytes) -> Any:
        return lambda folder: (folder / name).write_bytes((folder / name).read_bytes().replace(old, new, 1))

    nan = np.float32("nan").tobytes()
    first = np.load(sound / "vectors.npy")[0, 0].tobytes()
    assert "NaN or infinite" in faults(patch("vectors.npy", first, nan))
    assert "header says" in faults(patch("vectors.npy", b"(100, 16)", b"(999, 16)"))
    assert "header says" in faults(patch("vectors.bin", b"100 16\n", b"2000000000 1000\n"))
    assert "no new word" in faults(patch("vocab.tsv", whole(done).words[1].encode(), whole(done).words[0].encode()))
    assert "words instead of" in faults(lambda folder: None, words=99)
    assert "is no boolean" in faults(lambda folder: None, normalized=1)
    assert "vectors.glove.txt" in faults(patch("vectors.glove.txt", b" 0.", b" 1."))
    assert "does not know" in faults(lambda folder: None, extra=1)


def test_what_is_made_to_harm_is_refused_with_a_sentence_and_nothing_is_run(done: Front, tmp_path: Path) -> None:
    sound, broken = tmp_path / "sound", tmp_path / "broken"
    done("export", "--to", sound, "--format=numpy", "--format=keyedvectors", "--top", "50")
    proof = tmp_path / "proof"
    evil = b"\x80\x02cos\nsystem\n(S'touch %s'\ntR." % str(proof).encode()
    shutil.copytree(sound, broken)
    (broken / "vectors.kv").write_bytes(evil)
    reseal(broken)
    assert "os.system" in " ".join(verification.find_faults(broken))
    ciliu.load(broken)  # which opens no pickle
    (broken / "segmenter.py").write_text(f"open({str(proof)!r}, 'w')", encoding="utf-8")
    ciliu.load(broken).cut("中国")
    assert not proof.exists()
    (broken / "manifest.json").write_text("[" * 100_000, encoding="utf-8")
    assert verification.find_faults(broken) == ["manifest.json is nested too deep to be read"]
    with pytest.raises(ValueError, match="nested too deep"):
        ciliu.load(broken)
    shutil.copyfile(sound / "manifest.json", broken / "manifest.json")
    header = (
        b"\x93NUMPY\x01\x00\x76\x00"
        + b"{'descr': '<f4', 'fortran_order': False, 'shape': (2000000000, 1000), }".ljust(117)
    )
    (broken / "vectors.npy").write_bytes(header + b"\n" + bytes(100))
    with pytest.raises(ValueError, match=r"vectors\.npy"):
        ciliu.load(broken)
    (broken / "vectors.npy").unlink()
    told = {"vectors": {"dtype": "F32", "shape": [2_000_000_000, 1_000], "data_offsets": [0, 8_000_000_000_000]}}
    head = json.dumps(told).encode()
    (broken / "vectors.safetensors").write_bytes(len(head).to_bytes(8, "little") + head + bytes(100))
    with pytest.raises(ValueError, match="needs more than"):
        ciliu.load(broken)


def test_what_is_made_to_harm_takes_little_memory(done: Front, tmp_path: Path) -> None:
    """In a process that may take 1.5 GB: headers that promise terabytes, files that unpack to gigabytes."""
    sound = tmp_path / "sound"
    done("export", "--to", sound, "--format=numpy", "--format=word2vec.zst", "--format=word2vec-text.zst",
         "--format=sentence-transformers", "--top", "50")  # fmt: skip
    with zstd.open(tmp_path / "zeros.zst", "wb") as packed:
        for _ in range(1500):
            packed.write(b"x" * (1 << 20))
    bomb = (tmp_path / "zeros.zst").read_bytes()
    with zstd.open(tmp_path / "head.zst", "wb") as packed:
        packed.write(b"2000000000 1000\n" + bytes(100))
    deep = b"[" * 100_000
    cases = {
        "vectors.txt.zst": [bomb, (tmp_path / "head.zst").read_bytes()],
        "vectors.bin.zst": [zstd.compress(b"50 16\n") + bomb, (tmp_path / "head.zst").read_bytes()],
        "sentence-transformers/0_StaticEmbedding/tokenizer.json": [deep, b'{"model": {"vocab": [[1, 2]]}}', b"{}"],
        "segmenter/segmenter.json": [deep],
        "XXH128SUMS": [b"0" * (17 << 20)],
        "manifest.json": [deep, b"[" * (17 << 20)],
    }
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (3 << 29, 3 << 29))\n"
        "from pathlib import Path; import ciliu; from pipeline.export import verification\n"
        "for folder in sys.argv[1:]:\n"
        "    try: ciliu.load(folder).cut('中国')\n"
        "    except ValueError as error: print('load', error)\n"
        "    faults = verification.find_faults(Path(folder)); print('verify', faults)\n"
        "    assert faults or 'segmenter.json' in folder, folder\n"
    )
    folders = []
    for name, contents in cases.items():
        for number, content in enumerate(contents):
            folder = shutil.copytree(sound, tmp_path / f"{name.replace('/', '-')}-{number}")
            (folder / name).write_bytes(content)
            if name not in ("XXH128SUMS", "manifest.json"):
                reseal(folder)
            folders.append(str(folder))
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    command_line = [sys.executable, "-c", code, *folders]
    ran = subprocess.run(command_line, capture_output=True, text=True, check=False, timeout=300, env=environment)
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert "nested too deep" in ran.stdout
    assert "Traceback" not in ran.stdout + ran.stderr


def write_tar(path: Path, entries: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    with zstd.open(path, "wb") as packed, tarfile.open(fileobj=packed, mode="w|") as archive:  # type: ignore[call-overload] # a file
        for entry, content in entries:
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    return made


def test_an_archive_holds_the_bundle_and_repeats_to_the_byte(done: Front, tmp_path: Path, capsys: Any) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        done("export", "--to", tmp_path / name / "news.tar.zst", "--format=numpy", "--top", "100")
    assert (tmp_path / "one/news.tar.zst").read_bytes() == (tmp_path / "two/news.tar.zst").read_bytes()
    command.main(["verify", str(tmp_path / "one/news.tar.zst")], standalone_mode=False)
    with zstd.open(tmp_path / "one/news.tar.zst") as packed, tarfile.open(fileobj=packed, mode="r|") as archive:  # type: ignore[call-overload] # a file
        archive.extractall(tmp_path / "there", filter="data")
    assert verification.find_faults(tmp_path / "there/news") == []
    data = (tmp_path / "one/news.tar.zst").read_bytes()
    for size in range(0, len(data), len(data) // 10):
        (tmp_path / "cut.tar.zst").write_bytes(data[:size])
        assert verification.find_faults(tmp_path / "cut.tar.zst", quick=True)


def test_archives_that_lead_out_link_repeat_or_grow_are_refused(tmp_path: Path) -> None:
    manifest = json.dumps({"files": {"a": {"size": 3, "xxh3_128": "0" * 32}}}).encode()
    bombs = json.dumps({"files": {"a": {"size": 1 << 40, "xxh3_128": "0" * 32}}}).encode()
    first = (entry("m/manifest.json"), manifest)
    cases = {
        "leads out": [(entry("m/../../evil"), b"x")],
        "leads out of": [(entry("/etc/evil"), b"x")],
        "no plain file": [(entry("m/link", tarfile.SYMTYPE, "/etc/passwd"), b"")],
        "is no plain": [(entry("m/hard", tarfile.LNKTYPE, "m/manifest.json"), b"")],
        "not what the manifest lists": [first, (entry("m/b"), b"x")],
        "larger than it says": [first, (entry("m/a"), b"four")],
        "lies beside": [first, (entry("n/a"), b"abc")],
        "ends without": [first],
        "times its own size": [(entry("m/manifest.json"), bombs)],
        "larger than it": [(entry("m/manifest.json"), b" " * ((16 << 20) + 1))],
        "or larger": [first, (entry("m/a"), b"abc"), (entry("m/a"), b"abc")],
    }
    for number, (message, entries) in enumerate(cases.items()):
        path, folder = write_tar(tmp_path / f"{number}.tar.zst", entries), tmp_path / str(number)
        folder.mkdir()
        with pytest.raises(ValueError, match=message):
            tar.unpack(path, folder)
    assert not (tmp_path / "evil").exists()


def test_a_release_has_its_folder_and_latest_names_it(done: Front, tmp_path: Path) -> None:
    for release in ("2026-10", "2026-11"):
        done("export", "--to", tmp_path / "news", "--format=numpy", "--top", "50", "--release", release)
    assert (tmp_path / "news/latest").read_text() == "2026-11\n"
    assert ciliu.load(tmp_path / "news").folder == tmp_path / "news/2026-11"
    (tmp_path / "news/latest").write_text("../../etc\n")
    with pytest.raises(ValueError, match="no version beside it"):
        ciliu.load(tmp_path / "news")


def test_an_upload_that_is_cut_off_goes_on_and_the_manifest_comes_last(
    done: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsspec = pytest.importorskip("fsspec")
    system, sent = fsspec.filesystem("memory"), []
    put = type(system).put_file

    def put_some(self: Any, source: str, place: str, **options: Any) -> None:
        if len(sent) == 5:
            sent.append(place)
            raise ConnectionResetError("cut off")
        sent.append(place)
        put(self, source, place, **options)

    monkeypatch.setattr(type(system), "put_file", put_some)
    fill = lambda folder: shutil.copytree(made(done), folder, dirs_exist_ok=True)  # noqa: E731 - a line
    with pytest.raises(ConnectionError, match=r"memory://models/news/1 .*the same command goes on from here"):
        target.publish(fill, "memory://models/news", "1")
    assert not system.exists("/models/news/1/manifest.json")
    assert not system.exists("/models/news/latest")
    target.publish(fill, "memory://models/news", "1")
    assert len(sent) == len(set(sent)) + 1  # what was there and sound was not sent again
    assert [name.rsplit("/", 1)[1] for name in sent[-2:]] == ["manifest.json.partial", "latest.partial"]
    assert system.cat_file("/models/news/latest") == b"1\n"
    system.get("/models/news/1", str(tmp_path / "there"), recursive=True)
    assert verification.find_faults(tmp_path / "there") == []
    with pytest.raises(ValueError, match="there already"):
        target.publish(fill, "memory://models/news", "1")


def test_what_is_wrong_in_a_command_is_said_before_any_work(done: Front, tmp_path: Path) -> None:
    for name in ("word3vec", "numpy.gz", "word2vec.rar"):
        with pytest.raises(ValueError, match=r"format (word3vec|numpy\.gz|word2vec\.rar): (one of|give)"):
            formats.parse(name)
    with pytest.raises(SystemExit):
        command.main(["verify", str(tmp_path / "nothing")], standalone_mode=False)
