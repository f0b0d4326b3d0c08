"""Segment: articles to sentences, sentences to words as jieba cuts them; every character accounted for."""

import io
import itertools
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from backports import zstd
from conftest import examples
from gensim.models.word2vec import LineSentence
from hypothesis import given
from hypothesis import strategies as st

from ciliu.engine_jieba import import_jieba
from ciliu.engine_native import import_native
from ciliu.normal_form import normalize
from ciliu.sentences import is_punctuation, split_sentences
from pipeline import dictionary, segment, shard_files
from pipeline.segment import segment_shard
from pipeline.segment.lexicon import END, MAX_WORDS, PUNCTUATION, STOP_WORD, WHITE_SPACE, Encoder, Lexicon, split_words

SHARED = Path(__file__).parents[2] / "shared"

ENGINES = ["jieba", "native"] if import_native() else ["jieba"]

many = examples(200)
some = examples(80)

# Text in normal form, rich in ends of sentences, white space, Latin, digits, and what stands outside jieba's blocks.
TEXT = st.lists(
    st.one_of(
        st.sampled_from([*"北京大学生前来应聘研究生命起源他说好的了在是丄〇𠮷·é１"]),
        st.sampled_from(["3.14", "opensource.com", "……", "。”", "！？", "...", "C++", "100%", "“好。”", "—— "]),
        st.sampled_from([*"。！？!?….．，、；：”’\"'」』)）】》〉“《 \n\n.aZ09+#&_%-/@"]),
    ),
    max_size=60,
).map(lambda parts: normalize("".join(parts))[0])


# ---------------------------------------------------------------- sentences


@many
@given(TEXT)
def test_the_sentences_joined_are_the_text_without_its_line_ends(text: str) -> None:
    assert "".join(split_sentences(text)) == text.replace("\n", "")


@many
@given(st.text())
def test_no_sentence_is_empty_or_has_a_line_end_inside(text: str) -> None:
    sentences = list(split_sentences(text))
    assert "".join(sentences) == text.replace("\n", "")
    assert all(sentence and "\n" not in sentence for sentence in sentences)


@many
@given(TEXT, TEXT)
def test_a_line_end_always_ends_a_sentence(one: str, other: str) -> None:
    assert list(split_sentences(f"{one}\n{other}")) == [*split_sentences(one), *split_sentences(other)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("他来了。我走了。", ["他来了。", "我走了。"]),  # 他 he, 来 come, 了 (done), 我 I, 走 go
        ("真的吗？真的！好", ["真的吗？", "真的！", "好"]),  # 真的 really, 吗 (question), 好 good
        ("等等……他来了", ["等等……", "他来了"]),  # 等等 wait
        ("什么？！走吧", ["什么？！", "走吧"]),  # 什么 what, 吧 (let us)
        ("他说：“好。”我走了。", ["他说：“好。”", "我走了。"]),  # 说 say
        ("「好。」他说", ["「好。」", "他说"]),
        ("（他走了。）我来", ["（他走了。）", "我来"]),
        ("圆周率是3.14。", ["圆周率是3.14。"]),  # 圆周率 pi, 是 is
        ("看opensource.com的文章", ["看opensource.com的文章"]),  # 看 see, 的 of, 文章 article
        ("价格是3.", ["价格是3."]),  # 价格 price
        ("他来了.我走了.", ["他来了.", "我走了."]),
        ("他来了．我走了．", ["他来了．", "我走了．"]),
        ("Is it? Yes! I go.", ["Is it?", " Yes!", " I go."]),
        ("标题\n正文。", ["标题", "正文。"]),  # 标题 title, 正文 body
        ("一，二；三：四、五", ["一，二；三：四、五"]),  # one to five; commas and colons end nothing
        ("", []),
        ("\n\n", []),
        ("。", ["。"]),
        ("……", ["……"]),
    ],
)
def test_a_sentence_ends_behind_its_full_stop_and_the_quotes_that_follow(text: str, sentences: list[str]) -> None:
    assert list(split_sentences(text)) == sentences


@pytest.mark.parametrize("text", ["." * 200_000, "a." * 100_000, "”" * 200_000, "。" * 200_000, "字" * 1_000_000])
def test_no_text_takes_long_to_split(text: str) -> None:
    assert "".join(split_sentences(text)) == text


@pytest.mark.parametrize("word", ["，", "——", "★", "…", "+", "%", "++", "·", "😀", "￥", "　", "“”", "#"])
def test_a_word_without_letter_or_digit_is_punctuation(word: str) -> None:
    assert is_punctuation(word)


@pytest.mark.parametrize("word", ["的", "C++", "3.14", "é", "〇", "一", "γ", "の", "１", "5%", "a-b", "²", "한"])
def test_a_word_with_a_letter_or_digit_of_any_script_is_none(word: str) -> None:
    assert not is_punctuation(word)


# ---------------------------------------------------------------- the word list of a shard


def split_lines(text: str) -> Iterator[list[str]]:
    """Words parted by ``|``, sentences by line ends."""
    return (line.split("|") for line in text.split("\n"))


def flush(lexicon: Encoder) -> list[int]:
    file = io.BytesIO()
    lexicon.flush(file)
    return np.frombuffer(file.getvalue(), "<i4").tolist()


def test_ids_count_up_by_first_use_and_reasons_stand_for_what_is_dropped() -> None:
    lexicon = Lexicon(split_lines, keep_punctuation=False, stop_words=["的"])  # 的 of
    lexicon.encode("我|的|书|，| |我")  # 我 I, 书 book
    assert flush(lexicon) == [0, 1, 0, END]
    assert lexicon.words().decode() == "我\t2\n书\t1\n"
    assert lexicon.counts() == {
        "characters": 11,
        "sentences": 1,
        "split_sentences": 0,
        "words": 3,
        "word_characters": 3,
        "dropped": {"white_space": 1, "punctuation": 1, "stop_words": 1},
        "dropped_characters": 3,
    }


@many
@given(
    st.lists(st.lists(st.sampled_from(["我", "的", "书", "C++", "，", " ", "\u3000", "——"]), min_size=1)), st.booleans()
)
def test_a_word_list_says_what_was_encoded(sentences: list[list[str]], keep_punctuation: bool) -> None:
    lexicon = Lexicon(split_lines, keep_punctuation, ["的"])  # 我 I, 的 of, 书 book
    everything = [word for sentence in sentences for word in sentence]
    if sentences:
        lexicon.encode("\n".join("|".join(sentence) for sentence in sentences))
    encoded = flush(lexicon)
    wanted = [word for word in everything if word != "的" and not word.isspace()]
    kept = [word for word in wanted if keep_punctuation or not is_punctuation(word)]
    listed = [line.split("\t") for line in lexicon.words().decode().splitlines()]
    assert [listed[number][0] for number in encoded if number != END] == kept
    assert {word: int(count) for word, count in listed} == Counter(kept)
    counts = lexicon.counts()
    assert counts["words"] + sum(counts["dropped"].values()) == len(everything)
    assert counts["word_characters"] + counts["dropped_characters"] == sum(map(len, everything))


def test_text_that_is_cut_already_is_parted_at_white_space_alone() -> None:
    sentences = split_words("我 来自 北京大学 。 C++ 3.14 a.b !\n\n 好")  # 我 I, 来自 come from, 北京大学 PKU, 好 good
    assert [sentence for sentence in sentences if sentence] == [
        ["我", "来自", "北京大学", "。"],
        ["C++", "3.14", "a.b", "!"],
        ["好"],
    ]


def test_the_reasons_for_dropping_are_no_ids() -> None:
    assert len({END, WHITE_SPACE, PUNCTUATION, STOP_WORD}) == 4
    assert max(END, WHITE_SPACE, PUNCTUATION, STOP_WORD) < 0


# ---------------------------------------------------------------- a shard

USER_WORDS = "云计算平台\n微信\nC++ 3 n\n"  # cloud computing platform, WeChat, C++


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a compiled dictionary: jieba's own, and a few words."""
    folder = tmp_path_factory.mktemp("dictionary")
    words = tmp_path_factory.mktemp("user") / "words.txt"
    words.write_text(USER_WORDS, encoding="utf-8")
    dictionary.run([words], folder, frequencies="file")
    return folder


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """jieba's own tokenizer with the same words, by its own ``load_userdict``; its cache file out of the way."""
    folder = tmp_path_factory.mktemp("jieba")
    (folder / "words.txt").write_text(USER_WORDS, encoding="utf-8")
    tokenizer = import_jieba().Tokenizer()
    tokenizer.tmp_dir = str(folder)
    tokenizer.load_userdict(str(folder / "words.txt"))
    return tokenizer


def write_articles(path: Path, texts: Iterable[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for number, text in enumerate(texts):
            row = {"id": str(number), "source": "a", "title": "", "label": "", "text": text}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path


def cut(
    folder: Path,
    compiled: Path,
    texts: Iterable[str],
    *,
    HMM: bool = False,
    keep_punctuation: bool = False,
    stop_words: Sequence[str] = (),
    protect: Sequence[str] = (),
) -> dict[str, Any]:
    """The counts of one shard; its files lie in ``folder``. Cut by each engine that is there: all give the same."""
    path = str(write_articles(folder / "articles.jsonl", texts))
    results = []
    for engine in ENGINES:
        counts = segment_shard(folder, "00000", path, str(compiled), engine, protect, HMM, keep_punctuation, stop_words)
        results.append((counts, [(folder / f"00000{suffix}").read_bytes() for suffix in (".ids", ".words")]))
    assert all(result == results[0] for result in results)
    return results[0][0]


def read_text(folder: Path) -> list[list[str]]:
    """The sentences as the reader gives them."""
    return list(shard_files.read_sentences(folder))


def read_words(folder: Path) -> list[tuple[str, int]]:
    lines = (folder / "00000.words").read_bytes().decode().split("\n")
    assert lines.pop() == ""
    return [(word, int(count)) for word, count in (line.split("\t") for line in lines)]


def decode(folder: Path) -> list[list[str]]:
    """The sentences as the ids have them."""
    words = [word for word, _ in read_words(folder)]
    sentences: list[list[str]] = [[]]
    for number in np.fromfile(folder / "00000.ids", dtype="<i4").tolist():
        if number == END:
            sentences.append([])
        else:
            sentences[-1].append(words[number])
    assert sentences.pop() == []
    return sentences


def expect(reference: Any, texts: Iterable[str], HMM: bool = False) -> list[list[str]]:
    """What jieba makes of the sentences, without white space and punctuation."""
    cuts = (reference.lcut(sentence, HMM=HMM) for text in texts for sentence in split_sentences(text))
    kept = ([word for word in words if not word.isspace() and not is_punctuation(word)] for words in cuts)
    return [words for words in kept if words]


@some
@given(
    texts=st.lists(TEXT, max_size=4),
    HMM=st.booleans(),
    keep_punctuation=st.booleans(),
    stop_words=st.sampled_from([(), ("的", "了"), ("北京", "，", "a")]),
)
def test_every_character_is_accounted_for_and_ids_and_text_say_the_same(
    tmp_path_factory: pytest.TempPathFactory,
    compiled: Path,
    texts: list[str],
    HMM: bool,
    keep_punctuation: bool,
    stop_words: tuple[str, ...],
) -> None:
    folder = tmp_path_factory.getbasetemp() / "shard"
    counts = cut(folder, compiled, texts, HMM=HMM, keep_punctuation=keep_punctuation, stop_words=stop_words)
    sentences = read_text(folder)
    line_ends = sum(text.count("\n") for text in texts)
    assert counts["articles"] == len(texts)
    assert counts["characters"] == sum(map(len, texts))
    assert counts["word_characters"] + counts["dropped_characters"] + line_ends == counts["characters"]
    assert counts["word_characters"] == sum(len(word) for sentence in sentences for word in sentence)
    assert counts["words"] == sum(map(len, sentences))
    assert counts["sentences"] == len(sentences)
    assert decode(folder) == sentences
    assert dict(read_words(folder)) == Counter(word for sentence in sentences for word in sentence)
    assert all(word and word.split() == [word] for sentence in sentences for word in sentence)
    assert not {word for sentence in sentences for word in sentence} & set(stop_words)


VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)
ARTICLE = st.tuples(
    st.dictionaries(st.text(max_size=4), VALUE, max_size=2),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.dictionaries(st.sampled_from(["id", "text ", "\\text", 'te"xt', "标题"]), VALUE, max_size=3),
).map(lambda parts: {**parts[0], "text": parts[1], **parts[2]})


@many
@given(st.lists(ARTICLE, max_size=4), st.booleans(), st.sampled_from([(",", ":"), (" , ", " : ")]))
def test_every_form_of_json_is_read_as_python_reads_it(
    tmp_path_factory: pytest.TempPathFactory,
    compiled: Path,
    articles: list[dict[str, Any]],
    ensure_ascii: bool,
    separators: tuple[str, str],
) -> None:
    folder = tmp_path_factory.getbasetemp() / "json"
    folder.mkdir(exist_ok=True)
    lines = (json.dumps(article, ensure_ascii=ensure_ascii, separators=separators) + "\n" for article in articles)
    path = folder / "articles.jsonl"
    path.write_bytes("".join(lines).encode("utf-8", "replace"))  # lone surrogates in what is not the text
    results = []
    for engine in ENGINES:
        counts = segment_shard(folder, "00000", str(path), str(compiled), engine, (), False, True, ())
        results.append((counts, (folder / "00000.words").read_bytes(), (folder / "00000.ids").read_bytes()))
    assert all(result == results[0] for result in results)
    assert results[0][0]["articles"] == len(articles)
    assert results[0][0]["characters"] == sum(len(article["text"]) for article in articles)


@some
@given(texts=st.lists(TEXT, max_size=4), HMM=st.booleans())
def test_the_words_are_those_of_jieba(
    tmp_path_factory: pytest.TempPathFactory, compiled: Path, reference: Any, texts: list[str], HMM: bool
) -> None:
    folder = tmp_path_factory.getbasetemp() / "shard"
    cut(folder, compiled, texts, HMM=HMM)
    assert read_text(folder) == expect(reference, texts, HMM)


SENTENCES = [
    "北京大学生前来应聘，他们来自云计算平台公司。",
    "小明硕士毕业于中国科学院计算所，后在日本京都大学深造。",
    "二〇二四年，微信用户超过13.5亿，同比增长3.14%。",
    "他来到了网易杭研大厦，学习C++和Python编程。",
    "“乒乓球拍卖完了！”老板说：“明天再来吧……”",
    "结婚的和尚未结婚的，都要登记；南京市长江大桥今天通车。",
    "工信处女干事每月经过下属科室都要亲口交代24口交换机等技术性器件的安装工作。",
    "The quick brown fox 跳过了 lazy dog，访问https://opensource.com/article?id=1。",
]


@pytest.mark.parametrize("HMM", [False, True])
def test_real_looking_sentences_are_cut_as_jieba_cuts_them(
    tmp_path: Path, compiled: Path, reference: Any, HMM: bool
) -> None:
    cut(tmp_path, compiled, SENTENCES, HMM=HMM)
    assert read_text(tmp_path) == expect(reference, SENTENCES, HMM)


@pytest.mark.parametrize(("HMM", "articles"), [(False, 200), (True, 40)])
def test_real_articles_are_cut_as_jieba_cuts_them(
    tmp_path: Path, compiled: Path, reference: Any, HMM: bool, articles: int
) -> None:
    path = SHARED / "corpora" / "xwlb.jsonl.zst"
    if not path.exists():
        pytest.skip(f"there is no {path}: the shared corpora are not beside the repository")
    with zstd.open(path, "rt", encoding="utf-8") as lines:
        texts = [normalize(json.loads(line)["text"])[0] for line in itertools.islice(lines, articles)]
    counts = cut(tmp_path, compiled, texts, HMM=HMM)
    assert read_text(tmp_path) == expect(reference, texts, HMM)
    line_ends = sum(text.count("\n") for text in texts)
    assert counts["word_characters"] + counts["dropped_characters"] + line_ends == counts["characters"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        # 北京 Beijing, 大学生 university student, 前来 come, 应聘 apply for a job;
        # not 北京大学 Peking University, 生 to bear
        ("北京大学生前来应聘", "北京 大学生 前来 应聘"),
        # 云计算平台 cloud computing platform (a word of the user's), 很 very, 好 good
        ("云计算平台很好！", "云计算平台 很 好"),
        # 他 he, 在 at, 用 use, 微信 WeChat (a word of the user's), 聊天 to chat
        ("他在用微信聊天。", "他 在 用 微信 聊天"),
        # 研究 study, 生命 life, 起源 origin; not 研究生 graduate student
        ("研究生命起源", "研究 生命 起源"),
        # 圆周率 pi, 约 about, 为 is; without the HMM jieba parts a number at its point
        ("圆周率约为3.14", "圆周率 约 为 3 14"),
    ],
)
def test_worked_examples(tmp_path: Path, compiled: Path, text: str, words: str) -> None:
    cut(tmp_path, compiled, [text])
    assert "\n".join(map(" ".join, read_text(tmp_path))) == words


def test_the_hmm_finds_words_that_no_dictionary_has(tmp_path: Path, compiled: Path) -> None:
    text = "他来到了网易杭研大厦"  # 他 he, 来到 come to, 了 (done), 网易 NetEase, 杭研 Hangzhou Research, 大厦 tower
    cut(tmp_path / "off", compiled, [text])
    cut(tmp_path / "on", compiled, [text], HMM=True)
    assert read_text(tmp_path / "off") == [["他", "来到", "了", "网易", "杭", "研", "大厦"]]
    assert read_text(tmp_path / "on") == [["他", "来到", "了", "网易", "杭研", "大厦"]]


def test_punctuation_is_dropped_or_kept_as_the_parameter_says(tmp_path: Path, compiled: Path) -> None:
    text = "好，C++ 100%！\n……"  # 好 good
    dropped = cut(tmp_path / "off", compiled, [text])
    kept = cut(tmp_path / "on", compiled, [text], keep_punctuation=True)
    assert read_text(tmp_path / "off") == [["好", "C++", "100"]]
    assert read_text(tmp_path / "on") == [["好", "，", "C++", "100", "%", "！"], ["…", "…"]]
    assert dropped["dropped"] == {"white_space": 1, "punctuation": 5, "stop_words": 0}
    assert kept["dropped"] == {"white_space": 1, "punctuation": 0, "stop_words": 0}


def test_stop_words_are_dropped_and_counted(tmp_path: Path, compiled: Path) -> None:
    counts = cut(
        tmp_path, compiled, ["北京的大学的"], stop_words=["的", "大学"]
    )  # 北京 Beijing, 的 of, 大学 university
    assert read_text(tmp_path) == [["北京"]]
    assert counts["dropped"] == {"white_space": 0, "punctuation": 0, "stop_words": 3}
    assert counts["dropped_characters"] == 4


def test_a_sentence_with_nothing_left_is_no_sentence(tmp_path: Path, compiled: Path) -> None:
    counts = cut(tmp_path, compiled, ["……\n  \n。好。"])  # 好 good
    assert read_text(tmp_path) == decode(tmp_path) == [["好"]]
    assert counts["sentences"] == 1


@pytest.mark.parametrize(
    ("words", "pieces"),
    [(MAX_WORDS, [MAX_WORDS]), (MAX_WORDS + 1, [MAX_WORDS, 1]), (25_000, [MAX_WORDS, MAX_WORDS, 5_000])],
)
def test_a_sentence_too_long_for_gensim_becomes_several_and_is_counted(
    tmp_path: Path, compiled: Path, words: int, pieces: list[int]
) -> None:
    counts = cut(tmp_path, compiled, ["北京。" + "北京，" * words + "。北京。"])  # 北京 Beijing
    assert [len(sentence) for sentence in read_text(tmp_path)] == [1, *pieces, 1]
    assert decode(tmp_path) == read_text(tmp_path)
    assert counts["sentences"] == len(pieces) + 2
    assert counts["split_sentences"] == (len(pieces) > 1)
    assert counts["words"] == words + 2


def test_gensim_reads_the_same_sentences_from_a_line_each(tmp_path: Path, compiled: Path) -> None:
    cut(tmp_path, compiled, [*SENTENCES, "北京，" * 12_000])  # 北京 Beijing
    lines = "".join(" ".join(words) + "\n" for words in read_text(tmp_path))
    (tmp_path / "lines").write_text(lines, encoding="utf-8", newline="\n")
    assert list(LineSentence(str(tmp_path / "lines"))) == read_text(tmp_path)


# ---------------------------------------------------------------- the stage


def run(dedup: Path, compiled: Path, output: Path, stop_words: Sequence[Path] = (), **parameters: Any) -> Any:
    output.mkdir(parents=True)
    return segment.run(
        dedup, compiled, stop_words, [], output, **{"HMM": False, "keep_punctuation": False, **parameters}
    )


def contents(output: Path) -> dict[str, bytes]:
    """The bytes of an output's files; not the notes on its shards."""
    return {path.name: path.read_bytes() for path in sorted(output.iterdir()) if path.is_file()}


def test_two_processes_write_the_same_bytes_as_one(tmp_path: Path, compiled: Path) -> None:
    for number in range(3):
        write_articles(tmp_path / "dedup" / f"{number:05d}.jsonl", SENTENCES[number:])
    counts = [run(tmp_path / "dedup", compiled, tmp_path / f"out{number}", processes=number) for number in (1, 2)]
    assert counts[0] == counts[1]
    assert contents(tmp_path / "out1") == contents(tmp_path / "out2")
    assert counts[0]["articles"] == 3 * len(SENTENCES) - 3
    assert [file.path.name for file in shard_files.files(tmp_path / "out1", ".ids")] == [
        "00000.ids",
        "00001.ids",
        "00002.ids",
    ]


def test_an_empty_shard_gives_empty_files(tmp_path: Path, compiled: Path) -> None:
    write_articles(tmp_path / "dedup" / "00000.jsonl", [])
    counts = run(tmp_path / "dedup", compiled, tmp_path / "out")
    assert contents(tmp_path / "out") == {"00000.ids": b"", "00000.words": b""}
    assert (counts["articles"], counts["words"], counts["sentences"]) == (0, 0, 0)


def test_stop_words_come_from_files_with_a_word_a_line(tmp_path: Path, compiled: Path) -> None:
    one, other = tmp_path / "1.txt", tmp_path / "2.txt"
    one.write_bytes("\ufeff的\r\n\r\n大学\r\n".encode())  # 的 of, 大学 university
    other.write_bytes("的\n".encode())
    write_articles(tmp_path / "dedup" / "00000.jsonl", ["北京的大学"])  # 北京 Beijing
    run(tmp_path / "dedup", compiled, tmp_path / "out", stop_words=[one, other])
    assert read_text(tmp_path / "out") == [["北京"]]


def test_a_stop_list_that_is_no_utf_8_is_an_error_with_its_line(tmp_path: Path, compiled: Path) -> None:
    stops = tmp_path / "stop.txt"
    stops.write_bytes(b"a\n" + "的\n".encode("gbk"))  # 的 of
    write_articles(tmp_path / "dedup" / "00000.jsonl", ["好"])  # 好 good
    with pytest.raises(ValueError, match=r"stop\.txt, line 2: not UTF-8.*GBK"):
        run(tmp_path / "dedup", compiled, tmp_path / "out", stop_words=[stops])
