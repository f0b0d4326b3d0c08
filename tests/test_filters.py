"""Filters, what was rejected and why, and the funnel: everything that goes in is accounted for."""

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import CORPORA, Front, examples, read_corpus, write_articles
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import articles, dedup, funnel
from pipeline.articles import filters, sources
from pipeline.articles.records import Options, Rejected
from pipeline.cli.funnel import bar
from pipeline.fingerprints import Fingerprints

KEPT = "今天天气很好，我们去公园散步。"  # the weather is fine today, we go for a walk in the park


def rule_of(text: str, **options: Any) -> str | None:
    rejected = filters.reject(text, Options(**options))
    return rejected.rule if rejected else None


@pytest.mark.parametrize(
    ("text", "options", "rule"),
    [
        (KEPT, {}, None),
        (" \n ", {}, "empty"),
        ("微 信", {"min_characters": 2}, None),  # 微信 WeChat: white space does not count
        ("微 信", {"min_characters": 3}, "min_characters"),
        ("微 信", {"max_characters": 2}, None),
        ("微 信x", {"max_characters": 2}, "max_characters"),
        ("微信ab", {"min_han": 0.5}, None),
        ("微信abc", {"min_han": 0.5}, "min_han"),
        ("微信𠮷", {"min_han": 1.0}, None),  # a Han character beyond the first plane
        ("12345", {"min_han": 0.01}, "min_han"),
        ("今日はとても天気がいい", {"max_foreign": 0.3}, "max_foreign"),  # Japanese: the weather is fine today
        ("오늘 날씨가 좋다", {"max_foreign": 0.3}, "max_foreign"),  # Korean, the same
        ("日本语的假名是あ和ア两种", {"max_foreign": 0.3}, None),  # Chinese about kana
        ("no Asian letter", {"max_foreign": 0.0}, None),
    ],
)
def test_a_filter_by_example(text: str, options: dict[str, Any], rule: str | None) -> None:
    assert rule_of(text, **options) == rule


def test_an_article_with_a_word_of_the_list_is_rejected_and_the_word_told(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("ＡＢ\n\n彩票\n赌\n", encoding="utf-8")  # 彩票 lottery ticket, 赌 to gamble
    options = Options(keywords=(str(tmp_path / "words.txt"),))
    for text, word in [("买了彩票", "彩票"), ("不要赌", "赌"), ("xABx", "AB"), ("彩 票", None), ("彩色的票", None)]:
        rejected = filters.reject(text, options)
        assert (rejected.reason if rejected else None) == (word and f"it holds the keyword {word}")


@examples(200)
@given(st.text("赌博彩票ab", max_size=12), st.sets(st.text("赌博彩票ab", min_size=1, max_size=4), min_size=1))
def test_keywords_are_found_wherever_they_stand(
    tmp_path_factory: pytest.TempPathFactory, text: str, words: set[str]
) -> None:
    path = tmp_path_factory.mktemp("words") / "words.txt"
    path.write_text("\n".join(sorted(words)), encoding="utf-8")
    found = filters.reject(text, Options(keywords=(str(path),)))
    if text:
        there = [word for word in words if word in text]
        assert found == (Rejected(f"it holds the keyword {min(there)}") if there else None)


def run_articles(folder: Path, texts: Sequence[str], **options: Any) -> dict[str, Any]:
    source = write_articles(
        folder / "in" / "a.jsonl", [{"id": f"n{at}", "text": text} for at, text in enumerate(texts)]
    )
    found, _ = sources.find([str(source)])
    (folder / "out").mkdir()
    read = sources.read_state(found, Fingerprints(folder))
    return articles.run(read, folder / "out", **{"max_rejected": 0.0, **options})


def test_what_a_filter_takes_out_is_listed_with_rule_id_and_text_and_does_not_stop_the_run(tmp_path: Path) -> None:
    counts = run_articles(tmp_path, [KEPT, "短", KEPT * 9], min_characters=5, max_characters=50)
    rows = [json.loads(line) for line in (tmp_path / "out" / "rejected.jsonl").open(encoding="utf-8")]
    assert (
        [(row["line"], row["rule"], row["id"], row["text"]) for row in rows]
        == [
            (2, "min_characters", "n1", "短"),  # 短 short
            (3, "max_characters", "n2", (KEPT * 9)[:60]),
        ]
    )
    assert rows[0]["reason"] == "1 characters, fewer than 5"
    assert counts["rejected_by"] == {"min_characters": 1, "max_characters": 1}
    assert counts["rejected_characters"] == {"min_characters": 1, "max_characters": len(KEPT) * 9}


def test_bad_records_are_judged_when_all_are_read_also_beside_a_filter(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"1 of 3 records are no articles.*line 2: an empty text"):
        run_articles(tmp_path, ["短", "", KEPT], min_characters=5, max_rejected=0.3)
    assert len((tmp_path / "out" / "rejected.jsonl").read_bytes().splitlines()) == 2


def test_filters_that_leave_no_article_stop_the_run(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no article that the filters let pass"):
        run_articles(tmp_path, [KEPT], min_characters=500)


# ---------------------------------------------------------------- ciliu rejected, ciliu funnel


@pytest.fixture
def ready(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """A run whose articles were rejected, filtered and dropped; then a verb, and what it printed."""
    texts = [KEPT, "Ｋｅｐｔ　ｔｏｏ，他每天用微信和朋友聊天", KEPT, "短", ""]
    write_articles(tmp_path / "in" / "a.jsonl", [{"id": f"n{at}", "text": text} for at, text in enumerate(texts)])
    (tmp_path / "in" / "gbk.txt").write_bytes(KEPT.encode("gb18030"))
    front = Front(tmp_path)
    front("run", tmp_path / "in", "--only", "segment", "--quiet", "--set", "Articles.max_rejected=0.5", *LEAST)
    capsys.readouterr()

    def call(*arguments: str | Path) -> str:
        front(*arguments)
        return capsys.readouterr().out

    return call


LEAST = ("--set", "Articles.min_characters=5")


def test_rejected_lists_reasons_with_counts_and_examples(ready: Callable[..., str]) -> None:
    assert ready("rejected").splitlines() == [
        "1 × empty: an empty text",
        "    in/a.jsonl:5 n4",
        "1 × encoding: not UTF-8 at byte N of the file",
        "    in/gbk.txt:1 (not UTF-8 at byte 1 of the file)",
        "1 × min_characters: N characters, fewer than N",
        "    in/a.jsonl:4 n3 (1 characters, fewer than 5): 短",
        "1 × duplicates: an earlier article says the same",
        "    in/a.jsonl: n2 repeats n0",
    ]


def test_rejected_shows_one_reason_alone_and_is_read_by_programs(ready: Callable[..., str]) -> None:
    (group,) = map(json.loads, ready("rejected", "--reason", "encoding", "--json").splitlines())
    assert (group["stage"], group["rule"], group["count"]) == ("articles", "encoding", 1)
    assert group["examples"][0]["file"] == "in/gbk.txt"
    assert "for a reason with nothing like it" in ready("rejected", "--reason", "nothing like it")
    assert ready("rejected", "-n", "0").count("\n") == 4


def test_rejected_shows_ten_examples_of_a_reason_and_counts_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_articles(tmp_path / "in" / "a.jsonl", [{"text": KEPT}] + [{"text": ""}] * 25)
    front = Front(tmp_path)
    with pytest.raises(SystemExit):  # more than Articles.max_rejected allows: the list is there all the same
        front("run", tmp_path / "in", "--only", "articles", "--quiet")
    capsys.readouterr()
    front("rejected")
    lines = capsys.readouterr().out.splitlines()
    assert (lines[0], len(lines)) == ("25 × empty: an empty text", 11)


def check_sums(rows: Sequence[dict[str, Any]]) -> None:
    """In and all changes are out, stage by stage, and what one stage gives is what the next one takes."""
    assert not [row for row in rows if row["step"] == "other"]
    before: dict[str, Any] = {}
    for stage in dict.fromkeys(row["stage"] for row in rows):
        first, *steps, last = [row for row in rows if row["stage"] == stage]
        assert (first["step"], last["step"]) == ("in", "out")
        for unit in funnel.UNITS:
            if first[unit] is not None:
                assert first[unit] + sum(row[unit] or 0 for row in steps) == last[unit]
            if stage in ("dedup", "segment") and unit != "words":
                assert first[unit] == before[unit]
        before = last


def test_the_funnel_adds_up_and_is_written_for_programs(ready: Callable[..., str], tmp_path: Path) -> None:
    found = json.loads(ready("funnel", "--json", "--csv", tmp_path / "funnel.csv"))
    check_sums(found["rows"])
    with (tmp_path / "funnel.csv").open(encoding="utf-8", newline="") as file:
        read = list(csv.DictReader(file))
    assert [{name: "" if value is None else str(value) for name, value in row.items()} for row in found["rows"]] == read
    rows = {(row["stage"], row["step"]): row for row in found["rows"]}
    assert rows["articles", "in"]["articles"] == 6
    assert rows["articles", "rejected: min_characters"]["characters"] == -1
    assert rows["articles", "full_width"]["times"] == 7
    assert rows["dedup", "duplicates"]["characters"] == -len(KEPT)
    assert rows["segment", "in"]["articles"] == 2
    shown = ready("funnel").splitlines()
    assert shown[1].split()[:4] == ["articles", "in", "6", str(rows["articles", "in"]["characters"])]
    assert shown[1].endswith("████████████████████ 100.0%")


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.text(st.sampled_from("一二三。，Ａ\u3000\r\n\x00&amp;\u0301é a\ue000…!")), min_size=1, max_size=15),
    st.integers(0, 4),
)
def test_the_funnel_of_any_articles_adds_up(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], least: int
) -> None:
    folder = tmp_path_factory.mktemp("funnel")
    texts = [KEPT, *texts, *texts[:2]]
    counts = {"articles": run_articles(folder, texts, max_rejected=1.0, min_characters=least)}
    (folder / "dedup").mkdir()
    counts["dedup"] = dedup.run(folder / "out", folder / "dedup")
    check_sums(funnel.make(counts))
    written = [
        json.loads(line)["text"] for path in (folder / "dedup").glob("0*.jsonl") for line in path.open(encoding="utf-8")
    ]
    assert counts["dedup"]["characters"] == sum(map(len, written))


def test_the_funnel_of_real_articles_adds_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [article for name in CORPORA for article in read_corpus(name, 0, 60)]
    write_articles(tmp_path / "in" / "a.jsonl", rows)
    front = Front(tmp_path)
    front("run", tmp_path / "in", "--only", "vocabulary", "--quiet", *LEAST, "--set", "Articles.min_han=0.3")
    capsys.readouterr()
    front("funnel", "--json")
    found = json.loads(capsys.readouterr().out)["rows"]
    check_sums(found)
    assert found[0]["characters"] == sum(len(row["text"]) for row in rows)


def test_a_bar_is_as_long_as_its_share() -> None:
    assert bar(1.0) == "████████████████████ 100.0%"
    assert bar(0.5) == "██████████           50.0%"
    assert bar(0.0).strip() == "0.0%"
