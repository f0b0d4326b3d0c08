"""``ciliu status --graph`` and the scores of ``ciliu history``: what a run is made of, and what came of it."""

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from conftest import Front, write_articles

from pipeline import cache

STAGES = ["articles", "dedup", "dictionary", "segment", "vocabulary", "train", "evaluate", "export"]


@pytest.fixture
def front(tmp_path: Path) -> Front:
    """A complete run over a few articles. 猫 cat, 喜欢 likes, 吃 eat, 鱼 fish."""
    texts = [{"text": f"猫喜欢吃鱼。{number}"} for number in range(30)]
    front = Front(tmp_path)
    front.run(write_articles(tmp_path / "text" / "pets.jsonl", texts), *Front.quick, "--allow-failed")
    return front


def test_the_graph_is_that_of_the_manifests(front: Front, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    front("status", "--graph")
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [row[1] for row in rows] == STAGES
    came = {row[1]: " ".join(row[row.index("←") + 1 :]).split(", ") for row in rows}
    assert came == {stage: list(front.manifest(stage)["inputs"]) or ["outside"] for stage in STAGES}
    assert {row[0] for row in rows} == {"●"}


def test_the_graph_shows_what_is_gone_and_what_is_stale(front: Front, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(front.folder("segment"))
    folder = front.folder("train")
    manifest = cache.manifest_of(folder)
    cache.write_json(folder / cache.MANIFEST, {**manifest, "digest": "0" * 32, "files": manifest.pop("files")})
    capsys.readouterr()
    front("status", "--graph")
    rows = {line.split()[1]: line.split() for line in capsys.readouterr().out.splitlines()}
    assert (rows["segment"][0], rows["segment"][2]) == ("○", "gone")
    assert (rows["evaluate"][0], rows["evaluate"][2]) == ("◐", "stale")
    assert rows["vocabulary"][0] == "●"


def test_the_picture_has_a_box_for_each_stage_and_a_line_for_each_input(front: Front, tmp_path: Path) -> None:
    front("status", "--graph", tmp_path / "stages.svg")
    root = ElementTree.fromstring((tmp_path / "stages.svg").read_text(encoding="utf-8"))
    name = "{http://www.w3.org/2000/svg}"
    assert [group.findtext(f"{name}text") for group in root.iter(f"{name}g")] == STAGES
    inputs = sum(len(front.manifest(stage)["inputs"]) for stage in STAGES)
    assert len(list(root.iter(f"{name}path"))) == inputs
    width = float(root.attrib["width"])
    assert all(
        float(box.attrib["x"]) + float(box.attrib["width"]) < width for box in root.findall(f"{name}g/{name}rect")
    )


def test_another_ending_than_svg_is_refused(front: Front, tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"--graph draws \.svg files"):
        front("status", "--graph", tmp_path / "stages.png")


def test_history_has_the_verdict_and_the_scores_of_evaluate(front: Front, capsys: pytest.CaptureFixture[str]) -> None:
    counts = front.manifest("evaluate")["counts"]
    capsys.readouterr()
    front("history", "--json")
    row = json.loads(capsys.readouterr().out)
    assert (row["gate"], row["scores"]) == (counts["gate"], counts["scores"])
    front("history")
    head, line = capsys.readouterr().out.splitlines()
    assert head.split().index("gate") < head.split().index("sources")
    assert counts["gate"] in line.split()
