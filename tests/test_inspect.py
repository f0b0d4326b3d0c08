"""``ciliu inspect``: what the sources hold, from a sample, before any run."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import SHARED, Front, write_articles

from pipeline.articles import sample, signs
from pipeline.articles.records import Options
from pipeline.estimate import DEDUP, EXPORT, KEPT, POWER, SEGMENT, TRAIN, VOCABULARY, WORDS, estimate

ROOT = Path(__file__).parents[1]

# The central bank held the rate, and the market had expected it so.
NEWS = "央行维持利率不变，市场对此早有预期。"
# 我们 we 今天 today 去 go to 公园 park 天气 weather 很好 fine 大家 all 都 all 很 very 高兴 glad
EVERYDAY = "我们今天去了公园，天气很好，大家都很高兴。"
# 央行 central bank 維持 hold 利率 rate 不變 unchanged 市場 market 對此 of this 預期 expectation
TRADITIONAL = "央行維持利率不變，市場對此早有預期。"


def look(front: Front, capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> dict[str, Any]:
    capsys.readouterr()
    front("inspect", *arguments, "--json")
    facts: dict[str, Any] = json.loads(capsys.readouterr().out)
    return facts


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Two encodings, a table, a broken line, a file of another kind."""
    folder = tmp_path / "mixed"
    write_articles(folder / "a.jsonl", [{"id": str(i % 8), "text": NEWS * (1 + i)} for i in range(10)])
    with (folder / "a.jsonl").open("ab") as file:
        file.write(b"{broken\n")
    for number in range(3):
        (folder / f"{number}.txt").write_bytes((EVERYDAY * 20 + str(number)).encode("gb18030"))
    (folder / "e.pdf").write_bytes(b"%PDF")
    return folder


def test_it_says_files_encodings_lengths_rejections_and_what_repeats(
    front: Front, mixed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = look(front, capsys, mixed)
    assert [(row["kind"], row["files"]) for row in facts["files"]] == [(".jsonl", 1), (".txt", 3)]
    assert facts["left_out"] == [str(mixed / "e.pdf")]
    assert {row["encoding"]: row["files"] for row in facts["encodings"]} == {"gb18030": 3, "utf-8": 1}
    assert facts["rejected"] == {"not UTF-8": 3, "no JSON: Expecting property name enclosed in double quotes": 1}
    assert facts["repeated"] == {"id": 2, "text": 0}
    assert sum(row["articles"] for row in facts["lengths"]) == 10
    assert len(facts["articles"]) == 3
    facts = look(front, capsys, mixed, "--set", "Articles.encoding=auto")
    assert facts["sample"]["articles"] == 13
    assert "data" not in {path.name for path in mixed.parent.iterdir()}, "nothing is written"


def test_it_tells_a_person_what_to_set(front: Front, mixed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    front("inspect", mixed)
    said = capsys.readouterr().out
    assert "3 texts look like another encoding than utf-8: gb18030; --set Articles.encoding=gb18030, or auto" in said
    assert "2 articles have the id of another" in said
    assert re.search(r"lengths +0\+ █+ \d", said)
    assert NEWS in said


def test_the_articles_shown_are_those_that_articles_makes(
    front: Front, mixed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = look(front, capsys, mixed, "--set", "Articles.encoding=auto")["articles"]
    front.run(mixed, "--only", "articles", "--set", "Articles.encoding=auto", "--set", "Articles.max_rejected=1")
    lines = [path.read_text(encoding="utf-8") for path in sorted(front.folder("articles").glob("0*.jsonl"))]
    made = [json.loads(line) for text in lines for line in text.splitlines()]
    assert all(article in made for article in shown)


def test_sources_without_an_article_are_looked_at_too(
    front: Front, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("{}\n", encoding="utf-8")
    assert look(front, capsys, path)["estimate"] is None
    (tmp_path / "a.jsonl.gz").write_bytes(b"\x1f\x8b damaged")
    assert "cannot be read to its end" in look(front, capsys, tmp_path / "a.jsonl.gz")["damaged"][0]


# --- signs ---


def test_shares_are_of_characters_and_traditional_is_a_share_of_han() -> None:
    """維 變 場 對 預 are traditional, five of sixteen Han."""
    found = signs.shares(["央行ab12 ", TRADITIONAL])
    assert found["Han"] == pytest.approx(18 / 25)
    assert found["Latin"] == found["digits"] == pytest.approx(2 / 25)
    assert found["traditional"] == pytest.approx(5 / 18)
    assert signs.shares([NEWS])["traditional"] == 0


@pytest.mark.parametrize(
    ("was", "read"), [("utf-8", "gb18030"), ("utf-8", "latin-1"), ("gb18030", "latin-1"), ("gb18030", "big5")]
)
def test_mojibake_is_told_with_what_was_read_as_what(was: str, read: str) -> None:
    text = NEWS.encode(was).decode(read, "ignore")
    assert signs.trouble(text)[0] == f"mojibake: {was} read as {read}"


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        (f"{NEWS}\ufffd", "replacement characters"),
        (f"{NEWS}锟斤拷", "replacement characters"),
        (f"<p>{NEWS}</p>", "HTML in the text"),
        (f"{NEWS}\ue000", "private-use characters"),
        (f"{NEWS}\u200b", "control or zero-width characters"),
    ],
)
def test_likely_trouble_is_named(text: str, trouble: str) -> None:
    assert signs.trouble(text) == [trouble]


@pytest.mark.parametrize(
    "text", [NEWS, TRADITIONAL, "Hello, world.", "a < b 而且 b > c", "Café 咖啡", "", "日本語の文章です。"]
)
def test_a_plain_text_has_no_trouble(text: str) -> None:
    assert signs.trouble(text) == []


@pytest.mark.parametrize("name", ["xwlb", "tech", "cn_laws"])
def test_no_real_article_is_called_mojibake(name: str) -> None:
    path = SHARED / "corpora" / f"{name}.jsonl.zst"
    if not path.exists():
        pytest.skip("needs the corpora in ../shared")
    drawn = sample.draw([(name, path)], Options())
    assert len(drawn.raw) > 500
    assert [text[:40] for text in drawn.raw[:2000] if signs.mojibake(text)] == []


# --- the sample and the estimate ---


def test_a_large_file_is_looked_at_in_four_places_and_not_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample, "TEXT", 1 << 16)
    monkeypatch.setattr(sample, "LEAST", 1 << 12)
    path = write_articles(tmp_path / "a.jsonl", [{"id": str(i), "text": NEWS} for i in range(20_000)])
    drawn = sample.draw([("x/a.jsonl", path)], Options())
    ids = [int(article["id"]) for article in drawn.articles]
    assert drawn.read_bytes < 2 << 16 < path.stat().st_size / 5
    assert [sum(start <= each < start + 5_000 for each in ids) > 50 for start in range(0, 20_000, 5_000)] == [True] * 4
    assert not drawn.rejected


def test_files_are_chosen_at_equal_distances(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "FILES", 10)
    files = [(str(number), Path(str(number))) for number in range(1000)]
    assert [int(name) for name, _ in sample.spread(files)] == list(range(0, 1000, 100))


def test_what_is_read_whole_is_estimated_exactly(
    front: Front, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_articles(tmp_path / "x" / "a.jsonl", [{"id": str(i), "text": f"{NEWS}{i}"} for i in range(100)])
    made = look(front, capsys, tmp_path / "x")["estimate"]
    assert made["articles"] == 100
    assert made["text_bytes"] == sum(len(f"{NEWS}{i}".encode()) for i in range(100))


def test_the_rates_are_those_of_the_benchmark() -> None:
    run = json.loads((ROOT / "benchmarks/results/job.json").read_text(encoding="utf-8"))["runs"][0]["ciliu"]
    stages, counts = run["stages"], run["counts"]
    measured = {
        DEDUP: 5e8 / stages["dedup"],
        SEGMENT: 5e8 / stages["segment"],
        VOCABULARY: 5e8 / stages["vocabulary"],
        WORDS: counts["words"] / 5e8,
        TRAIN: counts["words"] * 256 * 10 * 6 / stages["train"],
        EXPORT: counts["different_words"] * 256 / stages["export"],
    }
    assert list(measured) == pytest.approx(list(measured.values()), rel=0.2)
    memory = json.loads((ROOT / "benchmarks/results/memory.json").read_text(encoding="utf-8"))
    assert pytest.approx(memory["small"]["different_words_kept"], rel=0.2) == KEPT
    assert pytest.approx(memory["large"]["different_words_kept"], rel=0.2) == KEPT * 10**POWER


def test_twice_the_dimensions_take_twice_the_training() -> None:
    settings = {"min_count": 5, "vector_size": 100, "window": 5, "epochs": 5, "hs": 0, "negative": 5}
    once = estimate(1e9, 1e8, settings, 2)["seconds"]
    twice = estimate(1e9, 1e8, {**settings, "vector_size": 200}, 2)["seconds"]
    assert twice["train"] == pytest.approx(2 * once["train"], rel=0.01)
    assert twice["segment"] == once["segment"]
