"""Vocabulary: the words that stand often enough, by count."""

import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import examples
from gensim.models import Word2Vec
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import dictionary, segment, shard_files, vocabulary
from pipeline.segment.lexicon import END
from pipeline.shard_files import File
from pipeline.vocabulary import make_groups
from pipeline.vocabulary.counter import OUT, PythonCounter, make_counter
from pipeline.vocabulary_files import read_maps

few = settings(deadline=None, max_examples=8)
many = examples(200)

WORD = st.text(st.characters(exclude_characters="\t\n", exclude_categories=["Cs"]), min_size=1)


def word_list(counts: Mapping[str, int]) -> bytes:
    """A shard's word list."""
    return "".join(f"{word}\t{count}\n" for word, count in counts.items()).encode()


def rank_words(counts: Mapping[str, int], min_count: int) -> tuple[list[str], list[str]]:
    """The words that are kept, and the others, by rank. Counted natively and in Python: both give the same."""
    results = []
    for counter in (PythonCounter(), make_counter()):
        counter.add(word_list(counts))
        kept, words, words_in = counter.rank(min_count)
        listed = counter.lines(0, len(counter))
        ranked = [line.split("\t")[0] for line in listed.decode().split("\n")[:-1]]
        assert sum(counts[word] for word in ranked[:kept]) == words
        assert sum(counts.values()) == words_in
        results.append((ranked[:kept], ranked[kept:], listed, counter.ranks()))
    assert results[0] == results[1]
    return results[0][0], results[0][1]


# ---------------------------------------------------------------- the rule


@many
@given(st.lists(st.dictionaries(WORD, st.integers(1, 10**15))), st.integers(1, 10**15))
def test_counts_of_several_shards_add_up_natively_as_in_python(lists: list[dict[str, int]], min_count: int) -> None:
    python, native = PythonCounter(), make_counter()
    for counts in lists:
        assert python.add(word_list(counts)) == native.add(word_list(counts))
    assert python.counts() == native.counts()
    assert python.rank(min_count) == native.rank(min_count)
    assert len(python) == len(native)
    assert python.lines(0, len(python)) == native.lines(0, len(native))
    assert python.ranks() == native.ranks()


@many
@given(st.dictionaries(WORD, st.integers(1, 6)), st.integers(1, 7))
def test_words_come_by_falling_count_then_by_code_point(counts: dict[str, int], min_count: int) -> None:
    kept, dropped = rank_words(counts, min_count)
    assert Counter([*kept, *dropped]) == Counter(counts.keys())
    assert all(counts[word] >= min_count for word in kept)
    assert all(counts[word] < min_count for word in dropped)
    for words in (kept, dropped):
        keys = [(-counts[word], [ord(character) for character in word]) for word in words]
        assert keys == sorted(keys)


@many
@given(st.dictionaries(WORD, st.integers(1, 6)), st.randoms())
def test_the_order_in_which_words_are_met_does_not_matter(counts: dict[str, int], random: Any) -> None:
    words = list(counts)
    random.shuffle(words)
    assert rank_words({word: counts[word] for word in words}, 3) == rank_words(counts, 3)


def test_many_words_of_few_counts_come_in_the_same_order() -> None:
    """They are shared out by count and sorted byte by byte; many have the same first bytes, some counts are large."""
    draw = random.Random(1)
    counts = {
        "".join(draw.choices("中国人aé𠮷", k=draw.randint(1, 7))): draw.choice(
            (1, 1, 1, 2, 65_534, 65_535, 65_536, 10**9)
        )
        for _ in range(20_000)
    }
    kept, dropped = rank_words(counts, 2)
    assert [*kept, *dropped] == sorted(counts, key=lambda word: (-counts[word], word))


def test_equal_counts_are_ordered_by_code_point() -> None:
    counts = {"好": 2, "C++": 2, "一": 5, "的": 9, "坏": 1}  # 好 good, 一 one, 的 of, 坏 bad
    assert rank_words(counts, 2) == (["的", "一", "C++", "好"], ["坏"])


def test_a_word_that_stands_exactly_min_count_times_is_kept() -> None:
    assert rank_words({"好": 5, "坏": 4}, 5) == (["好"], ["坏"])  # 好 good, 坏 bad


def test_each_line_added_gets_its_words_number() -> None:
    for counter in (PythonCounter(), make_counter()):
        counter.add(word_list({"好": 1, "坏": 2}))  # 好 good, 坏 bad
        numbers = np.frombuffer(counter.add(word_list({"坏": 1, "一": 1, "好": 3})), dtype="<i4")  # 一 one
        assert numbers.tolist() == [1, 2, 0]
        assert counter.counts().decode() == "好\t4\n坏\t3\n一\t1\n"


# ---------------------------------------------------------------- groups


FILES = st.lists(st.integers(0, 2**128 - 1), unique=True, max_size=200).map(
    lambda digests: [File(Path(f"{digest:032x}"), 1, f"{digest:032x}") for digest in digests]
)


@many
@given(FILES)
def test_every_shard_is_in_one_group_in_order(files: list[File]) -> None:
    groups = make_groups(files)
    assert [file for group in groups for file in group] == files
    assert all(groups)


@many
@given(FILES, st.data())
def test_another_shard_in_the_middle_changes_at_most_two_groups(files: list[File], data: st.DataObject) -> None:
    less = list(files)
    if less:
        less.pop(data.draw(st.integers(0, len(less) - 1)))
    if round(np.log2(max(1, len(less))) / 2) == round(np.log2(max(1, len(files))) / 2):  # the size of groups stays
        before = make_groups(less)
        assert sum(group not in before for group in make_groups(files)) <= 2


# ---------------------------------------------------------------- the stage

# 今天 today, 天气 weather, 很 very, 好 good, 我们 we, 去 go, 北京 Beijing, 上海 Shanghai, 大学 university, 学习 study
PARTS = [
    ["今天天气很好。我们去北京。", "我们去上海！上海天气很好。"],
    ["北京大学。上海大学。", "今天我们学习，今天我们去大学。"],
    [],
    ["好好学习。C++ 很好。"],
]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a compiled dictionary: jieba's own."""
    folder = tmp_path_factory.mktemp("dictionary")
    dictionary.run([], folder, frequencies="file")
    return folder


def segment_parts(folder: Path, compiled: Path, parts: Sequence[Sequence[str]]) -> Path:
    """An output of Segment with a shard for each part."""
    (folder / "dedup").mkdir(parents=True)
    (folder / "segment").mkdir()
    for number, texts in enumerate(parts):
        rows = (json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts)
        (folder / "dedup" / f"{number:05d}.jsonl").write_text("".join(rows), encoding="utf-8", newline="\n")
    segment.run(folder / "dedup", compiled, [], [], folder / "segment", HMM=False, keep_punctuation=False)
    return folder / "segment"


@pytest.fixture(scope="module")
def segmented(tmp_path_factory: pytest.TempPathFactory, compiled: Path) -> Path:
    return segment_parts(tmp_path_factory.mktemp("parts"), compiled, PARTS)


def make(segmented: Path, output: Path, min_count: int) -> dict[str, Any]:
    output.mkdir(parents=True)
    return vocabulary.run(segmented, output, min_count=min_count)


def read_sentences(segmented: Path) -> list[list[str]]:
    return list(shard_files.read_sentences(segmented))


def read_table(path: Path) -> list[tuple[str, int, int]]:
    """(word, count, rank); each line is whole and the first says what the columns are."""
    head, *lines, last = path.read_bytes().decode().split("\n")
    assert (head, last) == ("word\tcount\trank", "")
    return [(word, int(count), int(rank)) for word, count, rank in (line.split("\t") for line in lines)]


def read_ids(segmented: Path, output: Path, name: str) -> list[list[int]]:
    """The sentences of a shard as ranks (or OUT): its ids through its map."""
    ranks = dict(read_maps(output))[name].tolist()
    sentences: list[list[int]] = [[]]
    for number in np.fromfile(segmented / f"{name}.ids", dtype="<i4").tolist():
        if number == END:
            sentences.append([])
        else:
            sentences[-1].append(ranks[number])
    return sentences[:-1]


@pytest.mark.parametrize("min_count", [1, 2, 3, 4])
def test_the_words_and_counts_are_those_of_the_sentences(tmp_path: Path, segmented: Path, min_count: int) -> None:
    make(segmented, tmp_path / "out", min_count)
    counts = Counter(word for sentence in read_sentences(segmented) for word in sentence)
    kept, dropped = (read_table(tmp_path / "out" / name) for name in ("vocab.tsv", "dropped.tsv"))
    assert {word: count for word, count, _ in [*kept, *dropped]} == counts
    assert [word for word, _, _ in kept] == rank_words(counts, min_count)[0]
    assert [rank for _, _, rank in kept] == list(range(len(kept)))
    assert min(count for _, count, _ in kept) >= min_count
    assert max((count for _, count, _ in dropped), default=0) < min_count


@pytest.mark.parametrize("min_count", [1, 2, 3])
def test_the_vocabulary_is_that_of_gensim(tmp_path: Path, segmented: Path, min_count: int) -> None:
    make(segmented, tmp_path / "out", min_count)
    model = Word2Vec(min_count=min_count, vector_size=2)
    model.build_vocab(read_sentences(segmented))
    expected = {word: model.wv.get_vecattr(word, "count") for word in model.wv.index_to_key}
    found = read_table(tmp_path / "out" / "vocab.tsv")
    assert {word: count for word, count, _ in found} == expected
    # gensim orders by count, and equal counts by chance
    assert [count for _, count, _ in found] == [expected[word] for word in model.wv.index_to_key]


def test_worked_example(tmp_path: Path, segmented: Path) -> None:
    counts = make(segmented, tmp_path / "out", 3)
    # 我们 we; equal counts by code point: 去 go (U+53BB), 好 good (U+597D), 很 very (U+5F88)
    rows = ["word\tcount\trank", "我们\t4\t0", "去\t3\t1", "好\t3\t2", "很\t3\t3", ""]
    assert (tmp_path / "out" / "vocab.tsv").read_bytes().decode().split("\n") == rows
    # 上海 Shanghai, 今天 today
    assert read_table(tmp_path / "out" / "dropped.tsv")[:2] == [("上海", 2, 4), ("今天", 2, 5)]
    assert "好好学习" in {word for word, _, _ in read_table(tmp_path / "out" / "dropped.tsv")}  # study well: an idiom
    dropped = [word for word, _, _ in read_table(tmp_path / "out" / "dropped.tsv")]
    assert "C++" in dropped[:10]
    assert counts["examples_dropped"] == [word for word in dropped if not word.isascii()][:10]


@pytest.mark.parametrize("min_count", [1, 2, 4])
def test_the_maps_turn_a_shards_ids_into_ranks(tmp_path: Path, segmented: Path, min_count: int) -> None:
    make(segmented, tmp_path / "out", min_count)
    words = [word for word, _, _ in read_table(tmp_path / "out" / "vocab.tsv")]
    names = sorted(path.stem for path in segmented.glob("*.ids"))
    assert [name for name, _ in read_maps(tmp_path / "out")] == names
    expected = [
        [words.index(word) if word in words else OUT for word in sentence] for sentence in read_sentences(segmented)
    ]
    assert [ids for name in names for ids in read_ids(segmented, tmp_path / "out", name)] == expected


@pytest.mark.parametrize("min_count", [1, 2, 4])
def test_the_totals_add_up(tmp_path: Path, segmented: Path, min_count: int) -> None:
    counts = make(segmented, tmp_path / "out", min_count)
    sentences = read_sentences(segmented)
    kept, dropped = (read_table(tmp_path / "out" / name) for name in ("vocab.tsv", "dropped.tsv"))
    totals = json.loads((tmp_path / "out" / "vocabulary.json").read_bytes())
    assert totals == {
        "min_count": min_count,
        "different_words_in": len(kept) + len(dropped),
        "different_words": len(kept),
        "words_in": sum(map(len, sentences)),
        "words": sum(count for _, count, _ in kept),
        "sentences": len(sentences),
    }
    assert totals["words"] + sum(count for _, count, _ in dropped) == totals["words_in"]
    assert {name: counts[name] for name in totals} == totals


def test_a_min_count_that_no_word_reaches_is_an_error_with_the_figures(tmp_path: Path, segmented: Path) -> None:
    words = sum(map(len, read_sentences(segmented)))
    # 我们 we
    with pytest.raises(ValueError, match=rf"min_count = 1,000 .*{words:,} words.*我们.* 4 times"):
        make(segmented, tmp_path / "out", 1_000)


def test_a_text_without_words_is_an_error_that_says_so(tmp_path: Path, compiled: Path) -> None:
    segmented = segment_parts(tmp_path, compiled, [["……"]])
    with pytest.raises(ValueError, match=r"min_count = 1 .* 0 words: there are no words"):
        make(segmented, tmp_path / "out", 1)


@few
@given(st.lists(st.text("北京上海大学好 。", max_size=12), min_size=1, max_size=6), st.integers(1, 3))
def test_how_articles_are_spread_over_shards_does_not_change_the_vocabulary(
    tmp_path_factory: pytest.TempPathFactory, compiled: Path, texts: list[str], split: int
) -> None:
    texts = [*texts, "北京"]  # 北京 Beijing; so that there is a word
    folder = tmp_path_factory.mktemp("spread")
    one = segment_parts(folder / "one", compiled, [texts])
    several = segment_parts(folder / "several", compiled, [texts[:split], texts[split:]])
    counts = [make(segmented, segmented.parent / "out", 1) for segmented in (one, several)]
    assert counts[0] == counts[1]
    for name in ("vocab.tsv", "dropped.tsv", "vocabulary.json"):
        assert (folder / "one" / "out" / name).read_bytes() == (folder / "several" / "out" / name).read_bytes()
