"""Dedup: equal texts once, the first in source order."""

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import dedup, shard_files

few = settings(deadline=None, max_examples=12)
many = settings(deadline=None, max_examples=200)

# ---------------------------------------------------------------- the rule

WORD64 = st.one_of(st.integers(0, 2), st.integers(0, 2**64 - 1), st.sampled_from([2**63, 2**64 - 1]))


@many
@given(st.lists(st.tuples(WORD64, WORD64), max_size=50))
def test_each_digest_points_to_the_first_that_equals_it(digests: list[tuple[int, int]]) -> None:
    seen: dict[tuple[int, int], int] = {}
    expected = [seen.setdefault(digest, index) for index, digest in enumerate(digests)]
    high, low = (np.array([digest[half] for digest in digests], dtype=np.uint64) for half in (0, 1))
    assert dedup.first_occurrences(high, low).tolist() == expected


@many
@given(st.text(), st.lists(st.tuples(st.integers(0, 100), st.sampled_from(" \n\t\r\u3000\u00a0\u2028")), max_size=8))
def test_white_space_does_not_matter_to_a_digest(text: str, spaces: list[tuple[int, str]]) -> None:
    spread = text
    for place, space in spaces:
        spread = spread[:place] + space + spread[place:]
    assert dedup.text_digest(spread) == dedup.text_digest(text)


@many
@given(st.text("文字 \n", max_size=6), st.text("文字 \n", max_size=6))  # 文 script, 字 character
def test_texts_share_a_digest_exactly_if_they_say_the_same(one: str, other: str) -> None:
    assert (dedup.text_digest(one) == dedup.text_digest(other)) == ("".join(one.split()) == "".join(other.split()))


def test_the_digest_is_xxh3_128_of_the_text_without_white_space() -> None:
    assert dedup.text_digest(" 北京\n大学 ") == xxhash.xxh3_128_digest(
        "北京大学".encode()
    )  # 北京 Beijing, 大学 university


# ---------------------------------------------------------------- the stage

Article = dict[str, str]


def article(number: int, text: str) -> Article:
    return {"id": f"n{number}", "source": "news/a.jsonl", "title": f"t{number}", "label": "", "text": text}


def write(folder: Path, *parts: Sequence[Article]) -> Path:
    """An output of Articles with a shard for each part."""
    folder.mkdir(parents=True)
    for number, part in enumerate(parts):
        lines = "".join(json.dumps(article, ensure_ascii=False) + "\n" for article in part)
        (folder / f"{number:05d}.jsonl").write_text(lines, encoding="utf-8", newline="\n")
    (folder / "rejected.jsonl").write_text('{"file": "a", "line": 1, "reason": "no article"}\n', encoding="utf-8")
    return folder


def make(articles: Path, output: Path, processes: int = 1) -> dict[str, Any]:
    output.mkdir(parents=True)
    return dedup.run(articles, output, processes=processes)


def read_output(output: Path) -> list[Article]:
    return [article for file in shard_files.files(output, ".jsonl") for article in shard_files.read_articles(file.path)]


def duplicates(output: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (output / "duplicates.jsonl").read_text(encoding="utf-8").splitlines()]


def contents(output: Path) -> dict[str, bytes]:
    """The bytes of an output's files; not the notes on its shards."""
    return {path.name: path.read_bytes() for path in sorted(output.iterdir()) if path.is_file()}


# 好 good, 坏 bad; with white space of all kinds between them
TEXTS = st.lists(st.text("好坏 \n", min_size=1, max_size=3), min_size=1, max_size=20)


def spread(articles: list[Article], ends: list[int]) -> list[list[Article]]:
    """The articles in as many parts, one behind the other."""
    bounds = [0, *sorted(end % (len(articles) + 1) for end in ends), len(articles)]
    return [articles[start:end] for start, end in itertools.pairwise(bounds)]


@few
@given(TEXTS, st.lists(st.integers(0, 20), max_size=3))
def test_the_first_in_source_order_stays_however_the_articles_are_spread(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], ends: list[int]
) -> None:
    given_articles = [article(number, text) for number, text in enumerate(texts)]
    first: dict[str, Article] = {}
    repeats = []
    for one in given_articles:
        kept = first.setdefault("".join(one["text"].split()), one)
        if kept is not one:
            repeats.append((one["id"], kept["id"]))
    folder = tmp_path_factory.mktemp("dedup")
    counts = make(write(folder / "articles", *spread(given_articles, ends)), folder / "out")
    assert read_output(folder / "out") == list(first.values())
    assert [(row["id"], row["repeats"]["id"]) for row in duplicates(folder / "out")] == repeats
    assert (counts["articles"], counts["duplicates"]) == (len(first), len(repeats))
    assert counts["articles_in"] == counts["articles"] + counts["duplicates"]
    assert counts["characters_in"] == sum(map(len, texts))
    assert counts["characters"] == sum(len(one["text"]) for one in first.values())


@few
@given(TEXTS, st.lists(st.integers(0, 20), max_size=3))
def test_what_is_deduplicated_once_has_no_duplicates_left(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], ends: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("again")
    parts = spread([article(number, text) for number, text in enumerate(texts)], ends)
    make(write(folder / "articles", *parts), folder / "once")
    counts = make(folder / "once", folder / "twice")
    assert counts["duplicates"] == 0
    assert (folder / "twice" / "duplicates.jsonl").read_bytes() == b""
    once, twice = contents(folder / "once"), contents(folder / "twice")
    numbered = [name for name in once if name[0].isdigit() and name.endswith(".jsonl")]
    assert [twice[name] for name in numbered] == [once[name] for name in numbered]


def test_a_duplicate_names_the_article_that_it_repeats(tmp_path: Path) -> None:
    one = {**article(1, "今天下雨。"), "source": "news/a.jsonl"}  # 今天 today, 下雨 it rains
    other = {**article(2, "明天晴。"), "source": "news/a.jsonl"}  # 明天 tomorrow, 晴 fair
    again = {**article(3, "今天\n下雨。"), "source": "news/b.jsonl"}
    third = {**article(4, " 今天下雨。"), "source": "web/c.txt"}
    make(write(tmp_path / "articles", [one, other], [], [again, third]), tmp_path / "out")
    assert read_output(tmp_path / "out") == [one, other]
    assert duplicates(tmp_path / "out") == [
        {"id": "n3", "source": "news/b.jsonl", "repeats": {"id": "n1", "source": "news/a.jsonl"}},
        {"id": "n4", "source": "web/c.txt", "repeats": {"id": "n1", "source": "news/a.jsonl"}},
    ]


def test_a_punctuation_mark_makes_another_article(tmp_path: Path) -> None:
    texts = ["今天下雨。", "今天下雨！", "今天，下雨。"]  # 今天 today, 下雨 it rains
    articles = write(tmp_path / "articles", [article(number, text) for number, text in enumerate(texts)])
    assert make(articles, tmp_path / "out")["duplicates"] == 0


def test_title_label_and_id_do_not_make_another_article(tmp_path: Path) -> None:
    one = article(1, "今天下雨。")  # 今天 today, 下雨 it rains
    other = {"id": "x", "source": "y", "title": "z", "label": "w", "text": one["text"]}
    assert make(write(tmp_path / "articles", [one, other]), tmp_path / "out")["duplicates"] == 1


def test_a_shard_without_duplicates_takes_no_second_place_on_disk(tmp_path: Path) -> None:
    articles = write(tmp_path / "articles", [article(1, "好")], [article(2, "好"), article(3, "坏")])  # 好 good, 坏 bad
    make(articles, tmp_path / "out")
    assert (tmp_path / "out" / "00000.jsonl").samefile(articles / "00000.jsonl")
    assert (articles / "00001.jsonl").read_bytes().count(b"\n") == 2  # and the shard it is taken from stays as it was


def test_a_shard_of_duplicates_only_is_left_empty(tmp_path: Path) -> None:
    articles = write(tmp_path / "articles", [article(1, "好")], [article(2, "好"), article(3, " 好")])  # 好 good
    assert make(articles, tmp_path / "out")["articles"] == 1
    assert [file.size for file in shard_files.files(tmp_path / "out", ".jsonl")][1:] == [0]


def test_two_processes_write_the_same_bytes_as_one(tmp_path: Path) -> None:
    everything = [article(number, f"第{number % 23}篇") for number in range(60)]  # 第 no., 篇 (of articles)
    articles = write(tmp_path / "articles", *spread(everything, [7, 20, 41]))
    counts = [make(articles, tmp_path / f"out{number}", processes=number) for number in (1, 2)]
    assert counts[0] == counts[1]
    assert contents(tmp_path / "out1") == contents(tmp_path / "out2")
    assert counts[0]["articles"] == 23
