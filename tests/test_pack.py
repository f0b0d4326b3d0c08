"""``ciliu pack``: the packed files give the same articles, and so the same model, as the small ones."""

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from conftest import Front, read_corpus, write_articles

from pipeline.articles import pack


def articles_of(front: Front) -> list[dict[str, str]]:
    """The articles of the last run but for their source."""
    lines = [path.read_text(encoding="utf-8") for path in sorted(front.folder("articles").glob("0*.jsonl"))]
    return [
        {name: value for name, value in json.loads(line).items() if name != "source"}
        for text in lines
        for line in text.splitlines()
    ]


def duplicates_of(front: Front) -> list[Any]:
    rows = (front.folder("dedup") / "duplicates.jsonl").read_text(encoding="utf-8").splitlines()
    return sorted((json.loads(row)["id"], json.loads(row)["repeats"]["id"]) for row in rows)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Real reviews, an article a file in folders as labels, some twice; a table, an archive, a bad file."""
    folder = tmp_path / "small"
    texts = [article["text"] for article in read_corpus("reviews", 0, 300)]
    for number, text in enumerate([*texts, *texts[:30]]):
        path = folder / "品论" / f"{number % 3}" / f"{number}.txt"  # a folder's name: comments
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    write_articles(folder / "b.jsonl", [{"id": "7", "text": texts[5], "title": "题"}, {"text": "今天天气很好。"}])
    with tarfile.open(folder / "c.tar", "w") as archive:
        archive.add(folder / "品论" / "0" / "0.txt", "x/0.txt")
        archive.add(folder / "b.jsonl", "y.pdf")
    (folder / "bad.txt").write_bytes(b"\xff\xfe\xfd")
    return folder


@pytest.mark.parametrize("label", ["field", "folder"])
def test_packed_files_give_the_same_articles_and_the_same_duplicates(front: Front, small: Path, label: str) -> None:
    settings = ("--set", "Articles.max_rejected=1", "--set", f"Articles.label={label}")
    front.run(small, "--only", "dedup", *settings)
    articles, duplicates, counts = articles_of(front), duplicates_of(front), front.manifest("articles")["counts"]
    assert duplicates
    front("pack", small, "--to", small.parent / "packed", *settings)
    front.run(small.parent / "packed", "--only", "dedup", "--set", "Articles.max_rejected=1")
    assert articles_of(front) == articles
    assert duplicates_of(front) == duplicates
    assert front.manifest("articles")["counts"]["characters_in"] == counts["characters_in"]
    assert front.manifest("articles")["counts"]["normal_form"] == counts["normal_form"]


def test_what_is_no_record_is_listed_and_counted(front: Front, small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = small.parent / "packed"
    front("pack", small, "--to", target)
    rows = [json.loads(line) for line in (target / pack.REJECTED).read_text(encoding="utf-8").splitlines()]
    assert {row["file"] for row in rows} == {"small/bad.txt", "small/c.tar/y.pdf"}
    assert "rejected 1, left out of archives 1" in capsys.readouterr().out


def test_a_packed_line_says_where_it_comes_from(front: Front, small: Path) -> None:
    from backports import zstd

    front("pack", small / "b.jsonl", "--to", small.parent / "packed")
    with zstd.open(small.parent / "packed" / "00000.jsonl.zst", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    assert [(row["id"], row["path"]) for row in rows] == [("7", "small/b.jsonl"), ("small/b.jsonl:2", "small/b.jsonl")]


def test_large_text_comes_in_several_files(front: Front, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack, "SIZE", 1 << 13)
    front("pack", small, "--to", small.parent / "packed")
    packed = sorted(path.name for path in (small.parent / "packed").glob("*.zst"))
    assert len(packed) > 3
    assert packed[:2] == ["00000.jsonl.zst", "00001.jsonl.zst"]


def test_a_damaged_source_leaves_no_packed_folder(
    front: Front, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (small / "d.jsonl.gz").write_bytes(b"\x1f\x8b damaged")
    with pytest.raises(SystemExit) as ended:
        front("pack", small, "--to", small.parent / "packed")
    assert ended.value.code == 3
    assert "d.jsonl.gz cannot be read to its end" in capsys.readouterr().err
    assert not (small.parent / "packed").exists()
