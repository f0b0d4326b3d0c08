"""Damage in the data folder is noticed by whoever reads it, set aside, said, and made again in the same run.

Every damage here leaves size and dates as they were: only hashing finds it.
"""

import functools
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from conftest import Front, examples, read_corpus, write_articles
from hypothesis import given
from hypothesis import strategies as st

from pipeline import cache, damage, sealed, segment

ALL = {"articles", "dedup", "dictionary", "segment", "vocabulary", "train", "evaluate", "export"}


def flip(path: Path, place: float = 0.5) -> None:
    """Change one byte of a file, at ``place`` of its length, and keep its dates. Another name of the same bytes is left
    alone: a hard link is parted first."""
    stat = path.stat()
    content = bytearray(path.read_bytes())
    content[min(int(place * len(content)), len(content) - 1)] ^= 1
    path.unlink()
    path.write_bytes(content)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def largest(folder: Path, pattern: str) -> Path:
    return max(folder.glob(pattern), key=lambda path: path.stat().st_size)


def digests(front: Front) -> dict[str, str]:
    return {stage: front.manifest(stage)["digest"] for stage in ALL}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Front:
    """A complete run over real text in several shards; tests work on copies."""
    folder = tmp_path_factory.mktemp("made")
    write_articles(folder / "text" / "m_news.jsonl", read_corpus("xwlb", 0, 60))
    reviews = read_corpus("reviews", 0, 200)
    write_articles(folder / "text" / "n_reviews.jsonl", [*reviews, *reviews[:20]])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.shards.SIZE", 16 << 10)
        front = Front(folder)
        assert front.run(folder / "text", *Front.quick) == ALL
    return front


@pytest.fixture
def front(made: Front, tmp_path: Path, many_shards: None) -> Front:
    shutil.copytree(made.data, tmp_path / "data")
    return Front(tmp_path)


def aside(front: Front) -> list[str]:
    return sorted(path.parent.name for path in front.data.glob("*/*.damaged-1"))


@pytest.mark.parametrize(
    ("stage", "files", "change"),
    [
        ("articles", "*.jsonl", "Segment.HMM=true"),
        ("dedup", "0*.jsonl", "Segment.HMM=true"),
        ("dictionary", "dictionary.bin", "Segment.HMM=true"),
        ("segment", "*.ids", "Train.window=3"),
        ("segment", "*.words", "Vocabulary.min_count=2"),
        ("vocabulary", "vocab.tsv", "Train.window=3"),
        ("vocabulary", "*.ranks", "Train.window=3"),
        ("vocabulary", "*.numbers", "Train.window=3"),
        ("train", "vectors.npy", ""),
        ("export", "bundle/vectors.bin", ""),
        ("export", "bundle/README.md", ""),
        ("export", "manifest.json", ""),
    ],
)
def test_what_a_run_reads_is_mended_in_the_same_run(
    front: Front, made: Front, capsys: pytest.CaptureFixture[str], stage: str, files: str, change: str
) -> None:
    """``change`` makes something read the stage; an Articles that nothing reads but a missing Dedup is."""
    damaged = largest(front.folder(stage), files)
    if stage in ("articles", "train"):
        shutil.rmtree(front.folder({"articles": "dedup", "train": "export"}[stage]))
    flip(damaged)
    again = front.run(*(("--set", change) if change else ()))
    assert stage in again
    said = capsys.readouterr().err
    assert "is damaged" in said, said
    assert damage.find(front.folder(stage)) == []
    assert digests(front)[stage] == digests(made)[stage]
    assert aside(front) == ([] if damaged.name == "manifest.json" else [stage])
    assert front.run() == set()


def test_only_a_run_that_mended_nothing_says_that_there_was_nothing_to_do(
    front: Front, capsys: pytest.CaptureFixture[str]
) -> None:
    assert front.run() == set()
    assert "nothing to do" in capsys.readouterr().out
    flip(front.folder("export") / "bundle" / "vectors.bin")
    assert front.run() == {"export"}
    assert "nothing to do" not in capsys.readouterr().out


def test_only_the_damaged_shard_is_made_again(front: Front) -> None:
    flip(largest(front.folder("segment"), "*.ids"))
    assert front.run("--set", "Train.window=3") == {"segment", "train", "evaluate", "export"}
    manifest = front.manifest("segment")
    assert manifest["shards_made"] == 1
    assert manifest["shards_taken"] == len(manifest["shards"]) - 1 > 3


def test_a_file_that_is_gone_is_damage_too(front: Front) -> None:
    (front.folder("vocabulary") / "vocab.tsv").unlink()
    assert front.run("--set", "Train.window=3") == {"vocabulary", "train", "evaluate", "export"}


def test_two_damaged_stages_are_both_mended(front: Front, made: Front) -> None:
    words = largest(front.folder("segment"), "*.words")
    flip(words)
    flip(front.folder("dedup") / f"{words.stem}.jsonl")  # what the damaged shard is made from
    assert {"dedup", "segment"} <= front.run("--set", "Vocabulary.min_count=2")
    assert front.run("--set", "Vocabulary.min_count=5") == set()
    assert digests(front) == digests(made)


def test_a_damaged_shard_is_not_taken_over_into_another_output(front: Front, made: Front, tmp_path: Path) -> None:
    """``.rejected`` is read by Articles itself, when it joins what its shards rejected."""
    flip(largest(front.folder("articles"), "0*.jsonl"))
    extra = made.data.parent / "text"
    write_articles(tmp_path / "text" / "z_more.jsonl", read_corpus("xwlb", 100, 3))
    for path in extra.iterdir():
        shutil.copy(path, tmp_path / "text" / path.name)
    front.run(tmp_path / "text", *Front.quick)
    clean = Front(tmp_path / "clean")
    clean.data.mkdir(parents=True)
    clean.run(tmp_path / "text", *Front.quick)
    assert digests(front) == digests(clean)


def test_damage_in_bytes_that_two_outputs_share_is_mended_in_both(front: Front, made: Front) -> None:
    """Dedup has a second name for the file of an Articles' shard without duplicates: damaged bytes must not be noted as
    what Dedup made of it."""
    shared = next(path for path in sorted(front.folder("dedup").glob("0*.jsonl")) if is_shared(front, path.name))
    link_again(front, shared.name)
    with shared.open("r+b") as file:
        file.seek(shared.stat().st_size // 2)
        file.write(b"?")
    assert {"articles", "dedup", "segment"} <= front.run("--set", "Segment.HMM=true")
    front.run("--set", "Segment.HMM=false")
    assert digests(front) == digests(made)


def is_shared(front: Front, name: str) -> bool:
    one, other = (front.manifest(stage)["files"][name] for stage in ("articles", "dedup"))
    return bool(one == other)


def link_again(front: Front, name: str) -> None:
    """Copying the folder parted them."""
    (front.folder("articles") / name).unlink()
    os.link(front.folder("dedup") / name, front.folder("articles") / name)


def test_a_duplicate_names_the_article_that_it_repeats_though_that_was_damaged(front: Front, made: Front) -> None:
    """A digit of the repeated article's number changes: its line is JSON still, and its text the same."""
    row = json.loads((front.folder("dedup") / "duplicates.jsonl").read_text(encoding="utf-8").splitlines()[0])
    articles, dedup = front.folder("articles"), front.folder("dedup")
    head = number_of(row["repeats"])
    repeated = next(path for path in sorted(articles.glob("0*.jsonl")) if head in path.read_bytes())
    content = repeated.read_bytes()
    repeated.unlink()
    repeated.write_bytes(content.replace(head, head[:-2] + (b'8"' if head.endswith(b'9"') else b'9"'), 1))
    flip(next(path for path in sorted(dedup.glob("0*.duplicates"))).with_suffix(".jsonl"))
    assert {"articles", "dedup"} <= front.run("--set", "Segment.HMM=true")
    assert [digests(front)[stage] for stage in ("articles", "dedup")] == [
        digests(made)[stage] for stage in ("articles", "dedup")
    ]


def number_of(article: dict[str, str]) -> bytes:
    """An article's head as it stands in its shard, up to the end of its number."""
    return json.dumps({"id": article["id"]}, ensure_ascii=False)[:-1].encode("utf-8")


@pytest.mark.parametrize(("stage", "part", "joined"), [
    ("articles", ".rejected", "rejected.jsonl"), ("dedup", ".duplicates", "duplicates.jsonl"),
])  # fmt: skip
def test_what_a_stage_joins_of_shards_taken_over_is_hashed(
    tmp_path: Path, many_shards: None, stage: str, part: str, joined: str
) -> None:
    """Reviews twice, one of them empty: a duplicate each, and a rejected one."""
    reviews = read_corpus("reviews", 0, 200)
    write_articles(tmp_path / "text" / "a.jsonl", [*reviews, *reviews[:20], {"text": ""}])
    front = Front(tmp_path)
    until = ("--until", "segment", "--set", "Articles.max_rejected=0.5")
    front.run(tmp_path / "text", *until)
    flip(largest(front.folder(stage), f"0*{part}"), 0.3)
    write_articles(tmp_path / "text" / "z.jsonl", read_corpus("xwlb", 100, 3))
    front.run(tmp_path / "text", *until)
    clean = Front(tmp_path / "clean")
    clean.data.mkdir(parents=True)
    clean.run(tmp_path / "text", *until)
    assert (front.folder(stage) / joined).read_bytes() == (clean.folder(stage) / joined).read_bytes() != b""


def test_a_run_that_ends_with_shards_taken_over_looks_at_them_itself(front: Front, made: Front, tmp_path: Path) -> None:
    """No stage after it does."""
    flip(largest(front.folder("articles"), "0*.jsonl"))
    shutil.copytree(made.data.parent / "text", tmp_path / "text")
    write_articles(tmp_path / "text" / "z_more.jsonl", read_corpus("xwlb", 100, 3))
    assert front.run(tmp_path / "text", "--until", "articles") == {"articles"}
    assert front.manifest("articles")["shards_taken"] > 3
    assert damage.find(front.folder("articles")) == []


def test_a_disk_that_damages_again_what_was_just_made_ends_the_run(
    front: Front, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(damage, "find", lambda output, names=None: ["bundle/vectors.bin"])
    with pytest.raises(SystemExit) as stopped:
        front.run()
    assert stopped.value.code == 4
    assert "look at the disk" in capsys.readouterr().err


@pytest.mark.parametrize("stage", sorted(ALL))
def test_what_an_attempt_left_that_was_killed_at_its_very_end_is_no_hindrance(
    front: Front, made: Front, stage: str
) -> None:
    """All files are there, some under two names, but no manifest: found by torture.py at Train."""
    folder = front.folder(stage)
    if stage not in ("export", "train"):
        shutil.rmtree(front.folder("export"))
        shutil.rmtree(front.folder("train"))
    if stage == "train":
        shutil.rmtree(front.folder("export"))
    partial = folder.rename(folder.with_name(folder.name + ".partial"))
    (partial / cache.MANIFEST).unlink()
    front.run("--from", stage) if stage in ("articles", "dedup", "dictionary", "segment") else front.run()
    assert digests(front) == digests(made)
    assert not list(front.data.glob("*/*.partial"))


ORDER = ("articles", "dedup", "dictionary", "segment", "vocabulary", "train", "evaluate", "export")


@pytest.mark.parametrize(
    "far", ["with its manifest", *(pytest.param(far, marks=pytest.mark.slow) for far in ("one file", "all but one"))]
)
@pytest.mark.parametrize("stage", ORDER)
def test_however_far_the_rename_of_its_folder_got_the_next_run_makes_an_output_whole(
    front: Front, made: Front, stage: str, far: str
) -> None:
    """On a mounted bucket a folder is renamed file by file, by name: the manifest is there before what comes behind it
    in the alphabet. (With the real thing: ``test_bucket``.)"""
    folder = front.folder(stage)
    for after in ORDER[ORDER.index(stage) + 1 :]:
        shutil.rmtree(front.data / after)
    partial = folder.rename(folder.with_name(folder.name + ".partial"))
    names = sorted(path.relative_to(partial).as_posix() for path in partial.rglob("*") if path.is_file())
    moved = {"one file": 1, "with its manifest": names.index(cache.MANIFEST) + 1, "all but one": len(names) - 1}[far]
    for name in names[:moved]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (partial / name).rename(folder / name)
    front.run()
    assert digests(front) == digests(made)
    assert not any(damaged for _, damaged in damage.check_all(front.data))


def test_an_output_whose_finished_shard_was_taken_away_is_not_published(
    front: Front, made: Front, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By a person; or by a run on another machine, where no lock reaches it. Its manifest would not name the file, so
    nobody would miss it."""
    run = segment.run

    @functools.wraps(run)
    def robbed(*arguments: Any, **parameters: Any) -> cache.Counts:
        counts = run(*arguments, **parameters)
        (arguments[-1] / "00001.ids").unlink()
        return counts

    for stage in ("segment", "vocabulary", "train", "evaluate", "export"):
        shutil.rmtree(front.data / stage)
    with monkeypatch.context() as patch:
        patch.setattr(segment, "run", robbed)
        with pytest.raises(SystemExit) as stopped:
            front.run()
    assert stopped.value.code == 4
    assert "a finished shard was taken away meanwhile" in capsys.readouterr().err
    assert not list(front.data.glob(f"segment/*/{cache.MANIFEST}"))
    front.run()
    assert digests(front) == digests(made)


def test_verify_names_each_damaged_file_and_mends_nothing(front: Front, capsys: pytest.CaptureFixture[str]) -> None:
    front("verify")
    assert "8 outputs" in capsys.readouterr().out
    words = largest(front.folder("segment"), "*.words")
    flip(words)
    flip(front.folder("train") / cache.MANIFEST)
    with pytest.raises(SystemExit) as stopped:
        front("verify")
    said = capsys.readouterr()
    assert stopped.value.code == 6
    assert f"{words} is damaged" in said.out
    assert f"{front.folder('train') / cache.MANIFEST} is damaged" in said.out
    assert aside(front) == []


def test_a_damaged_record_of_a_run_is_left_out_and_said(front: Front, capsys: pytest.CaptureFixture[str]) -> None:
    record = next(front.data.glob("runs/*/run.json"))
    front.run("--set", "Train.window=3")
    flip(record, 0.3)
    capsys.readouterr()
    assert front.run() == set()
    assert f"{record} is damaged" in capsys.readouterr().err


def test_a_damaged_memo_is_not_believed(front: Front, made: Front) -> None:
    memo = front.data / "fingerprints.json"
    if memo.exists():
        flip(memo, 0.4)
    assert front.run(made.data.parent / "text", *Front.quick) == set()


@given(st.dictionaries(st.text(), st.integers() | st.text(), min_size=1), st.data())
@examples(200)
def test_a_sealed_file_shows_every_change_of_one_byte(value: dict[str, object], data: st.DataObject) -> None:
    value.pop("xxh3_128", None)
    value["last"] = 1
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sealed.json"
        sealed.write(path, value, flush=False)
        assert sealed.read(path) == value
        assert json.loads(path.read_bytes())["last"] == 1  # anybody's JSON reader takes it
        content = bytearray(path.read_bytes())
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"."):
            sealed.read(path)
