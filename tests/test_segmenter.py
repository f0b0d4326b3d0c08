"""Segmenter: the native core gives jieba's own words, whatever the text and the dictionary."""

import json
import re
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import examples, read_corpus
from hypothesis import given
from hypothesis import strategies as st

from ciliu import Segmenter
from ciliu.engine_jieba import JiebaEngine, import_jieba, read_jieba_dictionary
from ciliu.engine_native import NativeEngine, compile_dictionary, import_native, map_dictionary
from ciliu.segmenter import TABLE, choose_engine
from pipeline import dictionary

native_core = import_native()
needs_native = pytest.mark.skipif(native_core is None, reason="needs the native core, which needs a C compiler")

many = examples(400)

# Few characters, so that words overlap, scores tie and the HMM meets runs: some of them with no emission in jieba's HMM
# (丄 䶮), some outside its blocks (〇 𠮷 é · white space), signs and digits that it joins by rules of their own.
LETTERS = "北京大学生前来的了一丄龥鿕〇䶮𠮷é·aB1.%+-#&_ \n\r\t，。\u3000\u2028\x00\x85😀\u200d"
TEXT = st.one_of(st.text(LETTERS, max_size=30), st.text(max_size=20))
WORD = st.one_of(st.text("北京大学生aB1.%+-", min_size=1, max_size=5), st.text(LETTERS, min_size=1, max_size=3))
WORDS = st.dictionaries(
    WORD.filter(lambda word: not re.search("[\t\n]", word)),
    st.one_of(st.integers(0, 3), st.integers(1, 10**12)),
    max_size=12,
)


def engines(words: dict[str, int], extra: int = 0) -> tuple[JiebaEngine, NativeEngine]:
    """jieba and the native core over the same words; those with frequency 0 are words that the HMM must split."""
    assert native_core is not None
    total = sum(words.values()) + extra
    force_split = [word for word, frequency in words.items() if not frequency]
    lines = "".join(f"{word}\t{frequency}\n" for word, frequency in words.items()).encode()
    table = compile_dictionary(lines, total, force_split)
    return JiebaEngine(words.items(), total, force_split), NativeEngine(native_core, table, "the table")


# ---------------------------------------------------------------- jieba's own words


@needs_native
@many
@given(WORDS, TEXT, st.booleans(), st.integers(0, 10))
def test_words_are_jiebas_for_any_text_and_any_dictionary(
    words: dict[str, int], text: str, HMM: bool, extra: int
) -> None:
    jieba, native = engines(words, extra)
    assert native.lcut(text, HMM) == jieba.lcut(text, HMM)
    assert "".join(native.lcut(text, HMM)) == text


@needs_native
@many
@given(WORDS, TEXT, st.booleans())
def test_cut_all_and_cut_for_search_are_jiebas_too(words: dict[str, int], text: str, HMM: bool) -> None:
    jieba, native = engines(words)
    assert native.lcut_all(text) == jieba.lcut_all(text)
    assert native.lcut_for_search(text, HMM) == jieba.lcut_for_search(text, HMM)


@needs_native
@many
@given(WORDS, TEXT, st.booleans(), st.sampled_from([" ", "", "/", " | ", "　", "\x01"]))
def test_lines_in_lines_out(words: dict[str, int], text: str, HMM: bool, separator: str) -> None:
    jieba, native = engines(words)
    expected = "\n".join(separator.join(jieba.lcut(line, HMM)) for line in text.split("\n"))
    assert native.cut_lines(text.encode(), separator.encode(), HMM).decode() == expected


@needs_native
@many
@given(st.dictionaries(st.text("北京大学", min_size=1, max_size=4), st.just(7)), st.text("北京大学", max_size=12))
def test_ties_are_broken_as_jieba_breaks_them(words: dict[str, int], text: str) -> None:
    """All words equally frequent: many ways have the same score."""
    jieba, native = engines(words)
    assert native.lcut(text, False) == jieba.lcut(text, False)
    assert native.lcut(text, True) == jieba.lcut(text, True)


@needs_native
@many
@given(st.text(st.characters(), max_size=20))
def test_lone_surrogates_are_cut_as_jieba_cuts_them(text: str) -> None:
    jieba, native = engines({"北京": 3, "大学": 2})  # 北京 Beijing, 大学 university
    text += "\ud800北京\udfff"
    for HMM in (False, True):
        assert native.lcut(text, HMM) == jieba.lcut(text, HMM)
    assert native.lcut_all(text) == jieba.lcut_all(text)


def all_characters() -> Iterator[str]:
    return (chr(point) for point in range(sys.maxunicode + 1))


@needs_native
@pytest.mark.slow
def test_every_character_of_unicode_is_cut_as_jieba_cuts_it() -> None:
    jieba, native = engines({"北京": 3})  # 北京 Beijing
    text = "".join(f"北{character}京" for character in all_characters())
    for HMM in (False, True):
        assert native.lcut(text, HMM) == jieba.lcut(text, HMM)
    assert native.lcut_all(text) == jieba.lcut_all(text)


@pytest.fixture(scope="module")
def both() -> list[Segmenter]:
    """jieba's own dictionary, on each engine that is there."""
    return [Segmenter(engine=name) for name in ("jieba", "native")[: 1 + (native_core is not None)]]


EXAMPLES = [
    # 研究 research, 生命 life, 起源 origin
    ("研究生命起源", False, ["研究", "生命", "起源"]),
    # a character that jieba's HMM never saw decides by the states' letters from there on
    ("研究丄生命起源", True, ["研究", "丄", "生命", "起源"]),
    # 他 he, 来到 came to, 网易 NetEase, 大厦 tower; 杭研 (short for Hangzhou research) only the HMM knows
    ("他来到了网易杭研大厦", True, ["他", "来到", "了", "网易", "杭研", "大厦"]),
    ("他来到了网易杭研大厦", False, ["他", "来到", "了", "网易", "杭", "研", "大厦"]),
    # numbers: without the HMM their signs stand alone
    ("3.14和100%", False, ["3", ".", "14", "和", "100", "%"]),  # 和 and
    ("3.14和100%", True, ["3.14", "和", "100%"]),
    # 〇 (zero) is in no block: 二 two, 四年 year four
    ("二〇二四年", False, ["二", "〇", "二", "四年"]),
    ("a\r b\r\n", False, ["a", "\r", " ", "b", "\r\n"]),
]


@pytest.mark.parametrize(("text", "HMM", "words"), EXAMPLES)
def test_worked_examples(both: list[Segmenter], text: str, HMM: bool, words: list[str]) -> None:
    reference = import_jieba().Tokenizer()
    reference.FREQ, reference.total, reference.initialized = both[0]._engine.tokenizer.FREQ, 60_101_967, True  # type: ignore[union-attr] # the first is jieba
    assert reference.lcut(text, HMM=HMM) == words
    for segmenter in both:
        assert segmenter.lcut(text, HMM=HMM) == words


def test_offsets_say_where_each_word_stands(both: list[Segmenter]) -> None:
    text = "𠮷野家在北京大学。"  # 𠮷野家 Yoshinoya, 在 in, 北京大学 Peking University
    for segmenter in both:
        for mode in ("default", "search"):
            tokens = list(segmenter.tokenize(text, mode))
            assert tokens == list(both[0]._engine.tokenizer.tokenize(text, mode, HMM=False))  # type: ignore[union-attr] # the first is jieba
            assert all(text[start:end] == word for word, start, end in tokens)
    with pytest.raises(ValueError, match="mode 'all': default or search"):
        list(both[0].tokenize(text, "all"))


def test_the_methods_are_those_of_jieba(both: list[Segmenter]) -> None:
    text = "小明硕士毕业于中国科学院计算所"  # Xiao Ming took his master at the CAS institute of computing
    for segmenter in both:
        jieba: Any = both[0]._engine.tokenizer  # type: ignore[union-attr] # the first is jieba
        assert list(segmenter.cut(text, HMM=True)) == list(jieba.cut(text))
        assert list(segmenter.cut(text, cut_all=True)) == list(jieba.cut(text, cut_all=True))
        assert list(segmenter.cut_for_search(text, HMM=True)) == list(jieba.cut_for_search(text))
        assert list(segmenter.batches([text, ""])) == [segmenter.lcut(text), []]
        assert "科学院" in segmenter  # academy
        assert "学院计" not in segmenter


@needs_native
@pytest.mark.parametrize("corpus", ["reviews", "tech", "wiki_paras"])
def test_real_text_is_cut_as_jieba_cuts_it(both: list[Segmenter], corpus: str) -> None:
    lines = [line for article in read_corpus(corpus, 700, 40) for line in article["text"].split("\n")][:400]
    jieba, native = both
    for HMM in (False, True):
        words = [jieba.lcut(line, HMM=HMM) for line in lines]
        assert [native.lcut(line, HMM=HMM) for line in lines] == words
        assert native.cut_lines("\n".join(lines).encode(), b"/", HMM).decode().split("\n") == [
            "/".join(x) for x in words
        ]


# ---------------------------------------------------------------- what is bad, and what is long


@pytest.mark.parametrize(
    ("data", "offset"),
    [
        (b"ab\xff", 2),
        ("好".encode()[:2], 0),
        ("北京".encode() + b"\x80", 6),
        (b"\xed\xa0\x80", 0),
        (b"\xc0\x80", 0),
        (b"\xf4\x90\x80\x80", 0),
        ("好。".encode() * 5_000 + b"\xe4\xb8", 30_000),
    ],
)
def test_bytes_that_are_no_utf_8_are_refused_with_their_offset(both: list[Segmenter], data: bytes, offset: int) -> None:
    for segmenter in both:
        with pytest.raises(UnicodeDecodeError) as error:
            segmenter.cut_lines(data)
        assert error.value.start == offset


def outcome(work: Callable[[], bytes]) -> bytes | int:
    """What ``work`` returns, or the offset at which it finds no UTF-8."""
    try:
        return work()
    except UnicodeDecodeError as error:
        return error.start


@needs_native
@many
@given(st.binary(max_size=12))
def test_what_is_utf_8_is_what_python_decodes(data: bytes) -> None:
    _, native = engines({"a": 1})
    assert outcome(lambda: native.cut_lines(data, b"", False)) == outcome(lambda: data.decode().encode())


@needs_native
@pytest.mark.slow
def test_a_word_of_five_thousand_characters_and_a_dictionary_of_it_alone() -> None:
    word = "北京大学" * 1_250  # Peking University
    jieba, native = engines({word: 3})
    for text in (word, word[:-1], word + word, "大" + word):
        assert native.lcut(text, False) == jieba.lcut(text, False)


@needs_native
def test_a_word_that_is_too_long_is_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="a word of more than 65,535 characters"):
        compile_dictionary(("北" * 65_536 + "\t1\n").encode(), 1, [])


def test_an_empty_dictionary_gives_single_characters() -> None:
    words = ["北", "京", "，", "a1", "。"]  # 北京 Beijing
    assert JiebaEngine([], 0, []).lcut("北京，a1。", False) == words
    if native_core:
        assert engines({})[1].lcut("北京，a1。", False) == words


@needs_native
def test_a_long_run_without_punctuation_is_cut_as_jieba_cuts_it(both: list[Segmenter]) -> None:
    text = "研究生命起源他来到了网易杭研大厦abc" * 3_000  # as in the examples
    jieba, native = both
    for HMM in (False, True):
        assert native.lcut(text, HMM=HMM) == jieba.lcut(text, HMM=HMM)


@needs_native
def test_threads_may_share_one_segmenter(both: list[Segmenter]) -> None:
    data = "他来到了网易杭研大厦。研究生命起源\n".encode() * 20_000  # as in the examples
    expected = both[1].cut_lines(data)
    results: list[bytes] = []
    threads = [threading.Thread(target=lambda: results.append(both[1].cut_lines(data))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 8


# ---------------------------------------------------------------- the compiled file


@pytest.fixture
def compiled(tmp_path: Path) -> Path:
    words = tmp_path / "words.txt"
    words.write_text("云计算\n的 0\n", encoding="utf-8")  # 云计算 cloud computing; 的 of is removed
    folder = tmp_path / "compiled"
    folder.mkdir()
    dictionary.run([words], folder, frequencies="file")
    return folder


@needs_native
def test_a_dictionary_compiled_twice_is_the_same_and_opens_as_jieba_does(compiled: Path) -> None:
    table = (compiled / TABLE).read_bytes()
    facts = json.loads((compiled / "dictionary.json").read_bytes())
    lines = (compiled / "dictionary.tsv").read_bytes()
    assert compile_dictionary(lines, facts["total"], facts["force_split"]) == table
    text = "好的确认了的云计算"  # 的确 indeed: without 的 it is cut out of 好的确认
    mapped, made, jieba = Segmenter(compiled), Segmenter(compiled), Segmenter(compiled, engine="jieba")
    (compiled / TABLE).unlink()
    made = Segmenter(compiled)
    assert (mapped.engine, made.engine, jieba.engine) == ("native", "native", "jieba")
    for HMM in (False, True):
        assert mapped.lcut(text, HMM=HMM) == made.lcut(text, HMM=HMM) == jieba.lcut(text, HMM=HMM)


@needs_native
def test_a_damaged_or_foreign_file_is_refused(compiled: Path, tmp_path: Path) -> None:
    table = bytearray((compiled / TABLE).read_bytes())
    for place in (60, 300_000, len(table) - 1):
        (compiled / TABLE).write_bytes(bytes(table[:place]) + bytes([table[place] ^ 1]) + bytes(table[place + 1 :]))
        with pytest.raises(ValueError, match=r"dictionary\.bin is damaged"):
            Segmenter(compiled)
    for content, reason in [(b"", "it is empty"), (b"PK\x03\x04" * 100, "no compiled dictionary")]:
        (compiled / TABLE).write_bytes(content)
        with pytest.raises(ValueError, match=reason):
            Segmenter(compiled)
    (compiled / TABLE).write_bytes(bytes(table[:-100]))
    with pytest.raises(ValueError, match="is damaged"):
        Segmenter(compiled)


@needs_native
@given(st.data())
@examples(60)
def test_a_file_made_up_with_right_sums_never_leaves_its_bytes(data: st.DataObject) -> None:
    """Also where somebody computed the sum anew: a node that points outside is seen before the first walk."""
    assert native_core is not None
    table = bytearray(compile_dictionary("北京\t3\n大学\t2\n".encode(), 5, []))  # 北京 Beijing, 大学 university
    for _ in range(data.draw(st.integers(1, 20))):
        place = data.draw(st.integers(40, len(table) - 1))
        table[place] = data.draw(st.integers(0, 255))
    try:
        engine = NativeEngine(native_core, bytes(table), "the table")
    except ValueError:
        return
    for HMM in (False, True):
        assert "".join(engine.lcut("北京大学，生来", HMM)) == "北京大学，生来"


@needs_native
def test_ready_at_once_with_a_large_dictionary(tmp_path: Path) -> None:
    """Mapped and checked, not read word by word; the benchmark has the seconds for 800,000 words."""
    words, total = read_jieba_dictionary()
    dictionary.write(tmp_path, [(word, count) for word, count in words if count], total, [])
    import time

    began = time.process_time()
    NativeEngine(native_core, map_dictionary(tmp_path / TABLE), "it").lcut("北京", False)  # type: ignore[arg-type] # it is there
    assert time.process_time() - began < 0.15


def test_an_engine_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="engine 'fast': one of auto, native, jieba"):
        choose_engine("fast")
    monkeypatch.setattr("ciliu.segmenter.import_native", lambda: None)
    assert choose_engine("auto") == "jieba"
    assert Segmenter().engine == "jieba"
    with pytest.raises(ValueError, match="the native core was not built"):
        Segmenter(engine="native")
