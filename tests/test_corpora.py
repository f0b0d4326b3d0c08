"""All of the shared corpora, each file alone and all in one run: minutes of work. ``make test-long`` runs it."""

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from backports import zstd
from conftest import SHARED, Front

CORPORA = sorted(path.name for path in (SHARED / "corpora").glob("*"))


def by_hand(path: Path) -> Iterator[str | None]:
    """The text of each record of a corpus, read without a line of Ciliu; None where it is in no encoding."""
    if path.name.endswith(".jsonl.zst"):
        with zstd.open(path, "rb") as file:
            yield from (json.loads(line)["text"] for line in file)
    elif path.name.endswith(".tar.gz"):
        with tarfile.open(path) as archive:
            for member in filter(tarfile.TarInfo.isfile, archive):
                content = archive.extractfile(member)
                assert content
                try:
                    yield content.read().decode("gb18030")
                except UnicodeDecodeError:
                    yield None
    elif path.suffix == ".dat":
        for doc in path.read_bytes().decode("gb18030").split("</doc>")[:-1]:
            yield doc.split("<content>")[1].split("</content>")[0]
    else:
        pytest.fail(f"nobody says how {path.name} is read by hand")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", CORPORA or [pytest.param("", marks=pytest.mark.skip("needs the corpora in ../shared"))]
)
def test_each_file_has_the_articles_and_characters_that_are_in_it_by_hand(front: Front, name: str) -> None:
    path = SHARED / "corpora" / name
    texts = list(by_hand(path))
    encoding = "gb18030" if "gb18030" in name else "utf-8"
    settings = ("--set", f"Articles.encoding={encoding}", "--set", "Articles.max_rejected=0.3")
    front("run", path, "--only", "articles", *settings, "--quiet")
    counts = front.manifest("articles")["counts"]
    assert counts["records"] == len(texts)
    assert counts["articles"] == sum(bool(text and text.strip()) for text in texts)
    assert counts["characters_in"] == sum(len(text) for text in texts if text)
    assert counts["rejected"] == counts["records"] - counts["articles"]


@pytest.mark.slow
def test_the_counts_add_up_to_the_last_article(front: Front) -> None:
    """In = kept + duplicates + rejected, stage by stage, against a count of the lines by hand."""
    paths = sorted((SHARED / "corpora").glob("*.jsonl.zst"))
    if not paths:
        pytest.skip("needs the corpora in ../shared")
    lines = 0
    for path in paths:
        with zstd.open(path, "rb") as file:
            lines += sum(1 for line in file if json.loads(line)["text"].strip())
    front("run", *paths, "--until", "vocabulary", "--quiet")
    articles, dedup, segment = (front.manifest(stage)["counts"] for stage in ("articles", "dedup", "segment"))
    assert articles["records"] == articles["articles"] + articles["rejected"]
    assert articles["articles"] == lines
    assert dedup["articles_in"] == articles["articles"] == dedup["articles"] + dedup["duplicates"]
    assert segment["articles"] == dedup["articles"]
    assert segment["characters"] == dedup["characters"]
    with (front.folder("dedup") / "duplicates.jsonl").open("rb") as file:
        assert sum(1 for _ in file) == dedup["duplicates"]
    assert sum(segment["dropped"].values()) > 0
    assert front.manifest("vocabulary")["counts"]["words_in"] == segment["words"]
