"""What runs again after a change, over the real graph and real text; all else comes from the cache."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Front, read_corpus, write_articles

from ciliu import normal_form
from pipeline import cache, dictionary, segment, task

ALL = {"articles", "dedup", "dictionary", "segment", "vocabulary", "train", "evaluate", "export"}
AFTER_SEGMENT = {"segment", "vocabulary", "train", "evaluate", "export"}
AFTER_VOCABULARY = {"vocabulary", "train", "evaluate", "export"}

Plan = Callable[..., dict[str, str]]


def write_text(folder: Path) -> Path:
    """Two files of real news and reviews, some of them twice."""
    reviews = read_corpus("reviews", 0, 200)
    write_articles(folder / "text" / "m_news.jsonl", read_corpus("xwlb", 0, 60))
    write_articles(folder / "text" / "n_reviews.jsonl", [*reviews, *reviews[:20]])
    return folder / "text"


def write_words(folder: Path) -> Path:
    """A user dictionary: 新闻联播 (a television programme), 央视网 (its site)."""
    path = folder / "words.txt"
    path.write_text("新闻联播 500 n\n央视网 300\n", encoding="utf-8")
    return path


@pytest.fixture
def text(tmp_path: Path, many_shards: None) -> Path:
    return write_text(tmp_path)


@pytest.fixture
def words(tmp_path: Path) -> Path:
    return write_words(tmp_path)


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory) -> Front:
    """A complete run; tests work on copies."""
    folder = tmp_path_factory.mktemp("complete")
    front = Front(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.shards.SIZE", 16 << 10)
        words = f"Dictionary.files={write_words(folder)}"
        assert front.run(write_text(folder), *Front.quick, "--set", words) == ALL
    return front


@pytest.fixture
def ready(complete: Front, front: Front, text: Path, words: Path) -> Front:
    """A copy of a complete run, over a copy of its text."""
    shutil.copytree(complete.data, front.data)
    assert front.run(text, *Front.quick, "--set", f"Dictionary.files={words}") == set()
    return front


def digests(front: Front) -> dict[str, str]:
    return {stage: front.manifest(stage)["digest"] for stage in front.keys()}  # noqa: SIM118 - Front is no dict


def test_nothing_changed_nothing_runs(ready: Front, plan: Plan) -> None:
    assert plan() == {}
    assert ready.run() == set()


@pytest.mark.parametrize(
    ("setting", "reruns", "reason"),
    [
        ("Articles.errors=replace", ALL - {"dictionary"}, "Articles.errors strict → replace"),
        ("Train.window=7", {"train", "evaluate", "export"}, "Train.window 5 → 7"),
        ("Train.epochs=2", {"train", "evaluate", "export"}, "Train.epochs 1 → 2"),
        ("Train.vector_size=9", {"train", "evaluate", "export"}, "Train.vector_size 8 → 9"),
        ("Evaluate.least_meaning=0.7", {"evaluate", "export"}, "Evaluate.least_meaning 0.6 → 0.7"),
        ("Dedup.near=true", {"dedup", *AFTER_SEGMENT}, "Dedup.near unset → True"),
        ("Dedup.lines=3", {"dedup", *AFTER_SEGMENT}, "Dedup.lines unset → 3"),
        ("Vocabulary.min_count=4", AFTER_VOCABULARY, "Vocabulary.min_count 5 → 4"),
        ("Segment.keep_punctuation=true", AFTER_SEGMENT, "Segment.keep_punctuation False → True"),
        ("Segment.engine=none", AFTER_SEGMENT, "Segment.engine unset → none"),
        ("Articles.wiki_tables=true", ALL - {"dictionary"}, "Articles.wiki_tables False → True"),
        ("Dictionary.frequencies=suggest", {"dictionary", *AFTER_SEGMENT}, "Dictionary.frequencies file → suggest"),
    ],
)
def test_a_parameter_reruns_its_stage_and_what_follows(
    ready: Front, plan: Plan, setting: str, reruns: set[str], reason: str
) -> None:
    reasons = plan("--set", setting)
    assert set(reasons) == reruns
    assert reason in reasons[setting.split(".")[0].lower()]
    assert ready.run("--set", setting) == reruns


def test_a_former_value_reruns_nothing(ready: Front) -> None:
    assert ready.run("--set", "Vocabulary.min_count=4") == AFTER_VOCABULARY
    assert ready.run("--set", "Vocabulary.min_count=5") == set()


def test_a_harmless_parameter_reruns_nothing(ready: Front) -> None:
    assert ready.run("--set", "Articles.max_rejected=0.5") == set()
    ready("run", "--processes", "2", "--quiet", "--log-json", ready.log)
    assert '"event": "stage"' not in ready.log.read_text(encoding="utf-8")


def test_threads_count_as_one_or_many(ready: Front, plan: Plan) -> None:
    assert set(plan("--set", "Train.threads=2")) == {"train", "evaluate", "export"}
    ready.run("--set", "Train.threads=2")
    assert plan("--set", "Train.threads=3") == {}


def test_a_stop_list_reruns_segment_and_what_follows(ready: Front, plan: Plan, tmp_path: Path) -> None:
    stop = tmp_path / "stop.txt"
    stop.write_text("的\n了\n", encoding="utf-8")
    assert ready.run("--set", f"Segment.stop_words={stop}") == AFTER_SEGMENT
    stop.write_text("的\n", encoding="utf-8")
    assert "stop list stop.txt changed" in plan()["segment"]
    assert ready.run() == AFTER_SEGMENT


@pytest.mark.parametrize(
    "changed",
    ["新闻联播 501 n\n央视网 300\n", "新闻联播 500 n\n央视网 300\n习主席\n", "央视网 300\n新闻联播 500 n\n"],
    ids=["a frequency", "a word", "the order"],
)
def test_an_entry_of_a_dictionary_reruns_it_and_segment(ready: Front, plan: Plan, words: Path, changed: str) -> None:
    words.write_text(changed, encoding="utf-8")
    assert "dictionary words.txt changed" in plan()["dictionary"]
    assert ready.run() == {"dictionary", *AFTER_SEGMENT}


@pytest.mark.parametrize(
    "changed",
    ["# 电视\n新闻联播 500 n\n央视网 300\n", "新闻联播 500 n\r\n央视网 300\r\n"],
    ids=["a comment", "line ends"],
)
def test_a_comment_or_line_end_reruns_the_dictionary_alone(ready: Front, words: Path, changed: str) -> None:
    words.write_bytes(changed.encode("utf-8"))
    assert ready.run() == {"dictionary"}
    assert ready.run() == set()


def test_one_more_source_is_read_alone(ready: Front, plan: Plan, text: Path) -> None:
    before = {stage: ready.manifest(stage) for stage in ("articles", "dedup", "segment")}
    write_articles(text / "z_new.jsonl", read_corpus("xwlb", 100, 3))
    assert "new source text/z_new.jsonl" in plan()["articles"]
    assert ready.run() == ALL - {"dictionary"}
    for stage in ("articles", "segment"):
        manifest = ready.manifest(stage)
        assert (manifest["shards_made"], manifest["shards_taken"]) == (1, len(before[stage]["shards"])), stage
    dedup = ready.manifest("dedup")
    assert dedup["shards_made"] == 2  # its digests, and its articles
    assert dedup["shards_taken"] == len(before["dedup"]["shards"])


def test_a_source_that_sorts_first_displaces_its_duplicates_only(ready: Front, text: Path) -> None:
    write_articles(text / "a_again.jsonl", read_corpus("reviews", 0, 1))
    ready.run()
    segment_manifest = ready.manifest("segment")
    assert segment_manifest["shards_made"] == 2  # the new file, and the shard that lost an article to it
    assert segment_manifest["shards_taken"] >= 3


def test_the_same_inputs_give_the_same_bytes_whatever_ran_before(ready: Front, text: Path, tmp_path: Path) -> None:
    write_articles(text / "a_again.jsonl", read_corpus("reviews", 0, 5))
    ready.run("--set", "Vocabulary.min_count=4")
    (text / "m_news.jsonl").open("ab").write((text / "a_again.jsonl").read_bytes())
    ready.run("--set", "Vocabulary.min_count=5")
    clean = Front(tmp_path / "clean")
    clean.log.parent.mkdir()
    clean.run(text, *Front.quick, "--set", f"Dictionary.files={tmp_path / 'words.txt'}")
    assert digests(clean) == digests(ready)


def test_a_touched_source_reruns_nothing(ready: Front, text: Path) -> None:
    os.utime(text / "m_news.jsonl")
    assert ready.run() == set()


@pytest.mark.parametrize("stage", ["articles", "dedup", "dictionary", "segment", "vocabulary", "train"])
def test_a_deleted_output_in_the_middle_is_made_only_when_needed(
    ready: Front, capsys: pytest.CaptureFixture[str], stage: str
) -> None:
    shutil.rmtree(ready.folder(stage))
    assert ready.run() == set()
    capsys.readouterr()
    ready("status")
    assert next(line for line in capsys.readouterr().out.splitlines() if line.startswith(stage)).split()[1] == "gone"


def test_a_hole_is_filled_when_something_needs_it(ready: Front) -> None:
    shutil.rmtree(ready.folder("vocabulary"))
    assert ready.run("--set", "Train.window=3") == {"vocabulary", "train", "evaluate", "export"}


def test_the_end_is_made_again_though_the_beginning_is_gone(ready: Front) -> None:
    before = ready.manifest("export")["origin"]
    for stage in ("articles", "dedup"):
        shutil.rmtree(ready.folder(stage))
    assert ready.run("--set", "Train.window=3") == {"train", "evaluate", "export"}
    after = ready.manifest("export")["origin"]
    assert {stage: after[stage] for stage in before if stage not in ("train", "evaluate")} == {
        stage: before[stage] for stage in before if stage not in ("train", "evaluate")
    }


@pytest.mark.parametrize("stage", ["articles", "segment", "train"])
def test_from_a_stage_makes_it_and_all_after_it_anew(ready: Front, stage: str) -> None:
    after = {"articles": ALL - {"dictionary"}, "segment": AFTER_SEGMENT, "train": {"train", "evaluate", "export"}}[
        stage
    ]
    before = digests(ready)
    assert ready.run("--from", stage) == after
    assert ready.manifest(stage)["shards_taken"] == 0
    assert digests(ready) == before


def test_force_makes_everything_anew(ready: Front) -> None:
    assert ready.run("--force") == ALL


def test_only_makes_one_stage_and_what_follows_shows_as_stale(
    ready: Front, plan: Plan, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ready.run("--set", "Train.threads=2") == {"train", "evaluate", "export"}
    for _ in range(20):  # two threads race for the same rows; on so little text they may win in the same order
        before = ready.manifest("train")["digest"]
        assert ready.run("--only", "train") == {"train"}
        if cache_digest(ready) != before:
            break
    else:
        pytest.skip("twenty trainings with two threads gave the same bytes")
    stale = "train was made again with other bytes"
    assert plan() == {"evaluate": stale, "export": stale}
    capsys.readouterr()
    ready("status")
    assert "stale: train was made again with other bytes" in capsys.readouterr().out
    assert ready.run() == {"evaluate", "export"}


def cache_digest(front: Front) -> Any:
    return front.manifest("train")["digest"]


def test_a_rule_of_the_normal_form_reruns_everything_but_the_dictionary(
    ready: Front, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline import articles

    monkeypatch.setattr(articles, "VERSION", articles.VERSION + 1)
    monkeypatch.setitem(normal_form.RULES, "spaces", lambda text: (text, 0))
    assert "Articles's VERSION" in plan()["articles"]
    assert ready.run() == ALL - {"dictionary"}


def test_a_stages_version_reruns_it_and_what_follows(ready: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment, "VERSION", segment.VERSION + 1)
    assert ready.run() == AFTER_SEGMENT


@pytest.mark.parametrize(
    ("library", "reruns"), [("jieba", {"dictionary", *AFTER_SEGMENT}), ("gensim", {"train", "evaluate", "export"})]
)
def test_another_version_of_a_library_reruns_what_it_shapes(
    ready: Front, plan: Plan, monkeypatch: pytest.MonkeyPatch, library: str, reruns: set[str]
) -> None:
    real = task.library_version
    monkeypatch.setattr(task, "library_version", lambda name: "9.9" if name == library else real(name))
    assert f"{library} {real(library)} → 9.9" in plan()[min(reruns - {"evaluate"})]  # dictionary, or export
    assert ready.run() == reruns


# --- versions ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def upgraded(ready: Front, monkeypatch: pytest.MonkeyPatch) -> Front:
    """After an upgrade that changed the rule of Segment; every run seems to take hours."""
    monkeypatch.setattr(segment, "VERSION", segment.VERSION + 1)
    monkeypatch.setattr("pipeline.cli.needs.WORTH_ASKING", -1.0)
    return ready


def test_a_long_rerun_by_versions_alone_wants_a_word_first(upgraded: Front, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(upgraded.data.glob("*/*/manifest.json"))
    with pytest.raises(SystemExit) as stopped:
        upgraded.run()
    assert stopped.value.code == 3
    said = capsys.readouterr().err
    assert f"only versions changed (Segment's VERSION {segment.VERSION - 1} → {segment.VERSION})" in said
    assert "makes segment, vocabulary, train, evaluate, export anew" in said
    assert sorted(upgraded.data.glob("*/*/manifest.json")) == before
    assert upgraded.run("--yes") == AFTER_SEGMENT
    assert upgraded.run() == set()


def test_a_long_rerun_that_a_person_asked_for_is_not_questioned(ready: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.cli.needs.WORTH_ASKING", -1.0)
    assert ready.run("--set", "Vocabulary.min_count=3") == AFTER_VOCABULARY


def test_keep_versions_goes_on_with_what_other_versions_made(
    upgraded: Front, plan: Plan, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = upgraded.folder("segment")
    assert plan("--keep-versions") == {}
    assert upgraded.run("--keep-versions") == set()
    assert "kept: segment of other versions (Segment's VERSION" in capsys.readouterr().err
    assert upgraded.run("--keep-versions", "--set", "Train.window=3") == {"train", "evaluate", "export"}
    assert upgraded.folder("segment") == kept
    made = upgraded.manifest("train")
    assert made["inputs"]["segment"]["key"] == kept.name
    assert upgraded.run("--yes") == AFTER_SEGMENT  # a new version, without the word to keep the old one


def test_an_upgraded_dictionary_is_kept_with_all_that_it_cut(
    ready: Front, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What follows Dictionary knows it by its entries, not by its key."""
    monkeypatch.setattr(dictionary, "VERSION", dictionary.VERSION + 1)
    assert set(plan()) == {"dictionary", *AFTER_SEGMENT}
    assert plan("--keep-versions") == {}


def test_what_other_versions_made_is_never_made_again_under_their_name(
    upgraded: Front, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = next(upgraded.folder("segment").glob("*.ids"))
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.unlink()
    damaged.write_bytes(content)
    with pytest.raises(SystemExit) as stopped:
        upgraded.run("--keep-versions", "--set", "Train.window=3")
    assert stopped.value.code == 3
    said = capsys.readouterr().err
    assert "other versions made it: the same command without --keep-versions makes it and all after it anew" in said
    assert "goes on from here" not in said
    assert not list(upgraded.data.glob("segment/*/manifest.json")) or aside(upgraded)


@pytest.mark.parametrize("how", ["gone", "damaged"])
def test_what_was_made_of_an_output_that_is_gone_is_kept_all_the_same(
    upgraded: Front, plan: Plan, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    """Nobody loses seven days of training because the words that it was made of were deleted."""
    if how == "gone":
        shutil.rmtree(upgraded.folder("segment"))
    else:
        manifest = upgraded.folder("segment") / cache.MANIFEST
        manifest.write_bytes(manifest.read_bytes().replace(b'"counts"', b'"count5"'))
    assert plan("--keep-versions") == {}
    with pytest.raises(SystemExit) as stopped:
        upgraded.run()
    assert stopped.value.code == 3
    assert "only versions changed (Segment's VERSION" in capsys.readouterr().err
    assert upgraded.run("--keep-versions") == set()
    with pytest.raises(SystemExit) as stopped:  # now its words are needed
        upgraded.run("--keep-versions", "--set", "Train.window=3")
    assert stopped.value.code == 3
    said = capsys.readouterr().err
    assert "is damaged or gone, and other versions made it: the same command without --keep-versions" in said
    assert "goes on from here" not in said
    assert upgraded.run("--yes") == AFTER_SEGMENT


def aside(front: Front) -> list[Path]:
    return list(front.data.glob("segment/*.damaged-1"))


def test_a_run_says_first_what_it_will_make_and_why(ready: Front, capsys: pytest.CaptureFixture[str]) -> None:
    ready.run("--set", "Train.window=3")
    first = capsys.readouterr().err.splitlines()[0]
    assert first.startswith("to make: train, evaluate, export (Train.window 5 → 3); needs about ")
