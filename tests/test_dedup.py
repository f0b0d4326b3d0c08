"""Dedup: equal texts once, the first in source order."""

import itertools
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xxhash
from conftest import Front, examples, write_articles
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import dedup, shard_files
from pipeline.dedup import exact, partitions

few = settings(deadline=None, max_examples=12)
many = examples(200)

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


def make(articles: Path, output: Path, processes: int = 1, lines: int = 0) -> dict[str, Any]:
    output.mkdir(parents=True)
    return dedup.run(articles, output, processes=processes, lines=lines)


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


# ---------------------------------------------------------------- partitions: more digests than memory


@many
@given(st.lists(st.tuples(WORD64, WORD64), max_size=60), st.integers(1, 20), st.lists(st.integers(0, 60), max_size=4))
def test_partitions_find_what_a_dictionary_finds(
    tmp_path_factory: pytest.TempPathFactory, digests: list[tuple[int, int]], size: int, ends: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("partitions")
    rows = np.array([(*digest, 7 * number) for number, digest in enumerate(digests)], dtype=partitions.ROW)
    paths = []
    for start, end in itertools.pairwise([0, *sorted(end % (len(rows) + 1) for end in ends), len(rows)]):
        paths.append(folder / str(len(paths)))
        rows[start:end].tofile(paths[-1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(partitions, "PARTITION", size)
        found = partitions.find(partitions.place(paths), len(rows), exact.repeats_of, folder / "repeats")
    first: dict[tuple[int, int], int] = {}
    expected = [(number, first.setdefault(digest, number)) for number, digest in enumerate(digests)]
    repeats = np.fromfile(found, dtype=partitions.REPEAT)
    assert repeats["number"].tolist() == [number for number, of in expected if of != number]
    assert repeats["of"].tolist() == [of for number, of in expected if of != number]
    assert repeats["offset"].tolist() == [7 * of for number, of in expected if of != number]
    parts = [rows["number"].tolist() for _, rows in partitions.by_shard(found, partitions.ends_of(paths))]
    assert list(itertools.chain(*parts)) == repeats["number"].tolist()


@pytest.mark.parametrize("processes", [1, 2])
def test_many_partitions_write_the_same_bytes_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processes: int
) -> None:
    everything = [article(number, f"第{number % 230}篇\n第{number % 7}天") for number in range(600)]  # 天 day
    articles = write(tmp_path / "articles", *spread(everything, [70, 200, 410]))
    one = make(articles, tmp_path / "one", lines=2)
    monkeypatch.setattr(partitions, "PARTITION", 20)
    assert make(articles, tmp_path / "many", lines=2, processes=processes) == one
    assert contents(tmp_path / "many") == contents(tmp_path / "one")


# ---------------------------------------------------------------- lines across articles

FOOTER = "本文由编辑部整理"  # 本文 this text, 由 by, 编辑部 editors, 整理 arranged


def removed_lines(output: Path) -> list[tuple[str, int, str]]:
    rows = map(json.loads, (output / "shared_lines.jsonl").read_text(encoding="utf-8").splitlines())
    return [(row["line"], row["articles"], row["id"]) for row in rows]


def test_a_line_in_more_articles_than_that_stays_in_the_first_only(tmp_path: Path) -> None:
    texts = [f"今天下雨\n{FOOTER}", f"明天晴\n \n {FOOTER} ", f"{FOOTER}\n{FOOTER}\n后天刮风", "今天下雨\n晴"]
    articles = write(tmp_path / "articles", [article(1, texts[0]), article(2, texts[1])], [article(3, texts[2])],
                     [article(4, texts[3])])  # fmt: skip
    counts = make(
        articles, tmp_path / "out", lines=2
    )  # 今天 today, 明天 tomorrow, 后天 the day after, 晴 fair, 刮风 windy
    assert [one["text"] for one in read_output(tmp_path / "out")] == [texts[0], "明天晴\n ", "后天刮风", texts[3]]
    assert removed_lines(tmp_path / "out") == [(FOOTER, 3, "n1")]
    assert counts["lines_removed"] == 3
    assert counts["line_characters_removed"] == len(f"\n {FOOTER} {FOOTER}\n{FOOTER}\n")
    assert counts["characters"] == sum(len(one["text"]) for one in read_output(tmp_path / "out"))


def test_an_article_of_which_nothing_is_left_is_dropped_and_listed(tmp_path: Path) -> None:
    articles = write(tmp_path / "articles", [article(1, "晴\n雨"), article(2, "雨\n\n晴"), article(3, "雨\n风")])
    counts = make(articles, tmp_path / "out", lines=1)
    assert [one["text"] for one in read_output(tmp_path / "out")] == ["晴\n雨", "风"]
    assert duplicates(tmp_path / "out") == [{"id": "n2", "source": "news/a.jsonl", "repeats": None}]
    assert (counts["emptied"], counts["articles"]) == (1, 2)


def test_duplicates_shows_an_article_that_repeats_others_line_by_line(
    front: Front, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = ["晴\n雨", "雨\n\n晴"]
    source = write_articles(tmp_path / "a.jsonl", [{"id": f"n{n}", "text": text} for n, text in enumerate(texts)])
    front.run(source, "--only", "dedup", "--set", "Dedup.lines=1")
    capsys.readouterr()
    front("duplicates", "--exact")
    assert "repeats earlier articles, line by line" in capsys.readouterr().out


def test_articles_that_are_dropped_do_not_count_for_their_lines(tmp_path: Path) -> None:
    articles = write(tmp_path / "articles", [article(1, "晴\n雨"), article(2, " 晴\n雨"), article(3, "雨\n风")])
    assert make(articles, tmp_path / "out", lines=2)["lines_removed"] == 0  # 雨 rain stands in two that stay


def test_a_shard_of_which_no_line_goes_takes_no_second_place_on_disk(tmp_path: Path) -> None:
    articles = write(tmp_path / "articles", [article(1, "晴")], [article(2, "雨\n晴")], [article(3, "风")])
    make(articles, tmp_path / "out", lines=1)
    assert (tmp_path / "out" / "00002.jsonl").samefile(articles / "00002.jsonl")


LINES = st.lists(st.lists(st.sampled_from("晴雨风雪 "), min_size=1, max_size=4), min_size=1, max_size=12)


@few
@given(LINES, st.integers(1, 3), st.lists(st.integers(0, 12), max_size=3))
def test_lines_that_are_removed_are_those_that_a_count_says_however_the_articles_are_spread(
    tmp_path_factory: pytest.TempPathFactory, texts: list[list[str]], most: int, ends: list[int]
) -> None:
    unique: dict[str, list[str]] = {}
    for number, lines in enumerate(texts):  # a line of its own keeps each article
        unique.setdefault("".join(lines).replace(" ", ""), [*lines, f"第{number}"])
    given_articles = [article(number, "\n".join(lines)) for number, lines in enumerate(unique.values())]
    times = Counter(line for lines in unique.values() for line in set(lines))
    seen: set[str] = set()
    expected = []
    for lines in unique.values():
        gone = {line for line in lines if times[line] > most and line in seen and line.strip()}
        expected.append([line for line in lines if line not in gone])
        seen.update(lines)
    folder = tmp_path_factory.mktemp("lines")
    articles = write(folder / "articles", *spread(given_articles, ends))
    make(articles, folder / "out", lines=most)
    left = read_output(folder / "out")
    assert [one["text"] for one in left] == ["\n".join(lines).strip("\n") for lines in expected]
    again = make(write(folder / "again", left), folder / "out again", lines=most)
    assert again["lines_removed"] == 0


def test_two_processes_remove_the_same_lines_as_one(tmp_path: Path) -> None:
    everything = [article(number, f"第{number}篇\n第{number % 7}天\n{FOOTER}") for number in range(60)]
    articles = write(tmp_path / "articles", *spread(everything, [7, 20, 41]))
    counts = [make(articles, tmp_path / f"out{number}", processes=number, lines=1) for number in (1, 2)]
    assert counts[0] == counts[1]
    assert contents(tmp_path / "out1") == contents(tmp_path / "out2")
