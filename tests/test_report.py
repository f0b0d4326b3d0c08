"""The report shows what the stages wrote, in one file that holds all it needs; what it computes itself is right."""

import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Front, write_articles
from hostile import WORDS, make_run
from hypothesis import given
from hypothesis import strategies as st

from pipeline import funnel, opened, report
from pipeline.evaluate import classify
from pipeline.evaluate.space import neighbours
from pipeline.report import corpus, page
from pipeline.report.origin import find
from pipeline.word_map import make_map

pytest.importorskip("plotly", reason="a report needs plotly")
pytest.importorskip("sklearn", reason="a map needs scikit-learn")


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Front:
    return make_run(tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def facts(front: Front) -> dict[str, Any]:
    return report.gather(None, front.data, ["猫", "没有的词"])  # cat; "a word that is not there"


def test_the_funnel_and_the_evaluation_are_those_of_the_run(front: Front, facts: dict[str, Any]) -> None:
    counts = {stage: front.manifest(stage)["counts"] for stage in ("articles", "dedup", "segment", "vocabulary")}
    assert facts["funnel"] == funnel.make(counts)
    written = json.loads((front.folder("evaluate") / "evaluation.json").read_text(encoding="utf-8"))
    assert facts["evaluation"] == written
    assert facts["training"]["loss"] == front.manifest("train")["counts"]["held_out_loss"]


def test_it_says_what_differs_from_the_run_before(front: Front, facts: dict[str, Any]) -> None:
    changed = {one["parameter"]: (one["before"], one["after"]) for one in facts["run"]["changed"]}
    assert changed == {"window": ("5", "3")}
    assert facts["run"]["made"] == ["train", "evaluate", "export"]


def test_neighbours_are_those_of_the_model_and_unknown_words_are_told(front: Front, facts: dict[str, Any]) -> None:
    space = find(None, front.data).space
    assert facts["neighbours"] == {"猫": neighbours(space, ["猫"], 10)["猫"], "没有的词": None}


def test_no_folder_of_this_machine_stands_in_it(front: Front, facts: dict[str, Any]) -> None:
    assert str(front.data.parent) not in json.dumps(facts, ensure_ascii=False)


@given(st.lists(st.integers(1, 2_000), min_size=1, max_size=200))
def test_the_cost_of_a_minimum_count_is_what_counting_gives(counts: list[int]) -> None:
    for row in corpus.cost_of_min_counts(np.array(sorted(counts, reverse=True))):
        kept = [count for count in counts if count >= row["min_count"]]
        assert row["words"] == len(kept)
        assert math.isclose(row["lost"], 1 - sum(kept) / sum(counts), abs_tol=1e-12)


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=500))
def test_zipfs_curve_has_the_first_and_the_last_word(counts: list[int]) -> None:
    ordered = sorted(counts, reverse=True)
    points = corpus.zipf(np.array(ordered))
    assert points[0] == (1, ordered[0])
    assert points[-1] == (len(ordered), ordered[-1])
    assert all(ordered[rank - 1] == count for rank, count in points)


def test_lengths_count_each_article_once(front: Front, facts: dict[str, Any]) -> None:
    lengths = facts["corpus"]["lengths"]
    assert sum(one["articles"] for one in lengths["classes"]) == front.manifest("dedup")["counts"]["articles"]
    assert lengths["percentiles"] == sorted(lengths["percentiles"])


@given(
    st.recursive(
        st.text() | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_what_is_embedded_is_read_back_and_ends_no_element(value: Any) -> None:
    embedded = page.embed(value)
    assert "<" not in embedded
    assert json.loads(embedded) == value


def test_what_is_not_finite_is_null() -> None:
    assert json.loads(page.embed({"nan": math.nan, "all": [math.inf, 1.5]})) == {"nan": None, "all": [None, 1.5]}


def test_one_file_below_5_mb_that_names_no_other(facts: dict[str, Any]) -> None:
    made = page.make_page(facts)
    assert len(made.encode()) < 5_000_000
    ours = made.replace(page.pack_plotly(), "")
    assert "http://" not in ours
    assert "https://" not in ours
    assert "src=" not in ours.replace(page.embed(facts), "")


def test_a_bundle_has_a_report_too(front: Front, tmp_path: Path) -> None:
    front("export", "--to", tmp_path / "bundle", "--allow-failed")
    facts = report.gather(str(tmp_path / "bundle"), tmp_path / "nowhere", mapped=0)
    assert facts["run"] is None
    assert facts["name"] == "bundle"
    assert facts["words"] == front.manifest("vocabulary")["counts"]["different_words"]
    assert next(row["step"] for row in facts["funnel"] if row["stage"] == "dedup") == "in"


def test_labelled_texts_are_classified_where_they_are_given(front: Front, tmp_path: Path) -> None:
    texts = [{"text": f"猫 喜欢 吃 鱼 {number}", "label": "猫"} for number in range(20)]  # cats like to eat fish
    texts += [{"text": f"狗 喜欢 吃 肉 {number}", "label": "狗"} for number in range(20)]  # dogs like to eat meat
    labelled = write_articles(tmp_path / "labelled.jsonl", texts)
    facts = report.gather(None, front.data, mapped=0, labelled=labelled)
    cut = opened.find_cut(None, front.data)
    assert facts["classification"] == classify.look(find(None, front.data).space, labelled, cut)
    assert min(facts["classification"]["features"]["bag of words"]) == 1


def test_the_baseline_of_the_run_gives_the_drift(front: Front) -> None:
    facts = report.gather(None, front.data, mapped=0, baseline="first")
    assert facts["drift"]["common"] == facts["words"]


def test_a_map_as_html_json_and_png(front: Front, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    front("map", "--words", "40", "--to", tmp_path / "map.json", "--json")
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((tmp_path / "map.json").read_text(encoding="utf-8"))
    assert set(WORDS[:2]) <= set(printed["words"])
    front("map", "--words", "40", "--to", tmp_path / "map.html")
    assert WORDS[0].replace("<", "\\u003c") in (tmp_path / "map.html").read_text(encoding="utf-8")


def test_a_map_as_png_is_a_picture(front: Front, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="a map as PNG needs matplotlib")
    try:
        front("map", "--words", "40", "--to", tmp_path / "map.png")
    except SystemExit:
        pytest.skip("no font here has Chinese")
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG\r\n")


def test_a_missing_library_is_told_before_the_work(
    front: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.pack_plotly.cache_clear()
    monkeypatch.setitem(sys.modules, "plotly.offline", None)
    monkeypatch.setattr(report, "gather", None)  # would raise otherwise
    with pytest.raises(SystemExit) as error:
        front("report", "--to", tmp_path / "report.html")
    assert error.value.code == 3
    monkeypatch.setitem(sys.modules, "sklearn.cluster", None)
    with pytest.raises(ValueError, match=r"pip install 'ciliu\[report\]'"):
        make_map(find(None, front.data).space, 40)


def test_words_are_parted_by_commas_of_either_kind(
    front: Front, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--words", "猫，狗", "--words", "鱼,肉")  # cat, dog; fish, meat
    front("report", "--to", tmp_path / "report.html", "--map-words", "0", *words)
    assert capsys.readouterr().out.startswith(f"{tmp_path / 'report.html'}: ")
    made = (tmp_path / "report.html").read_text(encoding="utf-8")
    shown = json.loads(made.split('id="facts">')[1].split("</script>")[0])
    assert list(shown["neighbours"]) == ["猫", "狗", "鱼", "肉"]
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_another_kind_of_file_is_refused_before_any_work(front: Front, tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"NAME.html, NAME.png or NAME.json"):
        front("map", "--to", tmp_path / "map.svg")
