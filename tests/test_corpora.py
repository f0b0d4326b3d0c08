"""All of the shared corpora, in one run: minutes of work. ``make test-long`` runs it."""

import json

import pytest
from backports import zstd
from conftest import SHARED, Front


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
    front("run", *paths, "--set", "Train.epochs=1", "--set", "Train.vector_size=16", "--quiet")
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
