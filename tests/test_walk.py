"""Sources as patterns, as lists, and from standard input."""

import glob
import io
import sys
from pathlib import Path

import pytest
from conftest import Front, examples
from hypothesis import given
from hypothesis import strategies as st

from pipeline.articles.sources import find
from pipeline.articles.walk import advance

LINE = '{"text": "今天天气很好。"}\n'  # today the weather is fine


def put(path: Path, content: str = LINE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def names(*sources: object) -> list[str]:
    return [name for name, _ in find([str(source) for source in sources])[0]]


# --- patterns ---


@pytest.fixture
def news(tmp_path: Path) -> Path:
    for name in ("2024/a.jsonl", "2024/b.txt", "2025/a.jsonl", "2025/05/c.jsonl.zst", "d.jsonl"):
        put(tmp_path / "news" / name)
    return tmp_path / "news"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.jsonl", ["d.jsonl"]),
        ("*/a.jsonl", ["2024/a.jsonl", "2025/a.jsonl"]),
        ("**/*.jsonl*", ["2024/a.jsonl", "2025/05/c.jsonl.zst", "2025/a.jsonl", "d.jsonl"]),
        ("2025", ["2025/05/c.jsonl.zst", "2025/a.jsonl"]),
        ("202[56]", ["2025/05/c.jsonl.zst", "2025/a.jsonl"]),
        ("2025/**", ["2025/05/c.jsonl.zst", "2025/a.jsonl"]),
        ("**/?.txt", ["2024/b.txt"]),
    ],
)
def test_a_pattern_names_its_files_as_the_folder_before_it_would(news: Path, pattern: str, expected: list[str]) -> None:
    folder = "news/" if "*" in pattern.split("/")[0] or "[" in pattern else ""
    assert names(f"{news}/{pattern}") == [f"{folder}{name}" for name in expected]


PARTS = st.sampled_from(["a", "b", "ab", "a.txt", "b.txt"])
PATTERNS = st.lists(st.sampled_from(["**", "*", "a*", "?", "*.txt", "[ab]", "a"]), min_size=1, max_size=4)


@given(st.lists(st.lists(PARTS, min_size=1, max_size=4), max_size=6), PATTERNS)
@examples(60)
def test_a_pattern_matches_what_pythons_glob_does(
    tmp_path_factory: pytest.TempPathFactory, paths: list[list[str]], pattern: list[str]
) -> None:
    """A file is meant if glob finds it, or a folder above it."""
    folder = tmp_path_factory.mktemp("glob")
    for parts in paths:
        path = folder.joinpath(*parts)
        if not path.exists() and all(not above.is_file() for above in path.parents):
            put(path)
    found = glob.glob(f"{folder}/{'/'.join(pattern)}", recursive=True)  # noqa: PTH207 - pathlib's ** is another
    globbed = {Path(path) for path in found}
    for file in (path for path in folder.rglob("*") if path.is_file()):
        left = frozenset([tuple(pattern)])
        for part in file.relative_to(folder).parts:
            left = advance(left, part)
        below = {above for above in file.parents if above != folder}
        assert (() in left) == bool(globbed & {file, *below}), file


def test_a_pattern_that_nothing_matches_is_an_error(news: Path) -> None:
    with pytest.raises(ValueError, match=r"no file that is read .* matches .*/\*\.csv"):
        find([f"{news}/*.csv"])
    with pytest.raises(ValueError, match="there is no source"):
        find([f"{news}/nowhere/*.jsonl"])


def test_a_pattern_names_what_it_leaves_out_and_not_what_it_does_not_match(news: Path) -> None:
    put(news / "e.pdf")
    assert find([f"{news}/*.jsonl"])[1] == []
    assert find([f"{news}/*"])[1] == [str(news / "e.pdf")]


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(tmp_path: Path) -> None:
    assert names(put(tmp_path / "x" / "[a]*.jsonl")) == ["x/[a]*.jsonl"]


def test_folders_that_no_pattern_asks_for_are_not_looked_at(news: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    scan, seen = os.scandir, []
    monkeypatch.setattr("os.scandir", lambda path: (seen.append(Path(path).name), scan(path))[1])
    find([f"{news}/*.jsonl"])
    assert seen == ["news"]


# --- lists ---


def test_a_list_names_sources_relative_to_itself(news: Path) -> None:
    lines = f"\ufeff# news of two years\n2024\r\n\n  2025/*.jsonl\n{news}/d.jsonl\n"
    path = put(news / "list.txt", lines)
    assert names(f"@{path}") == ["2024/a.jsonl", "2024/b.txt", "2025/a.jsonl", "news/d.jsonl"]


def test_a_list_that_is_wrong_is_an_error_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there is no list of sources"):
        find([f"@{tmp_path}/nowhere.txt"])
    path = put(tmp_path / "list.txt", "a.jsonl\n@other.txt\n")
    put(tmp_path / "a.jsonl")
    with pytest.raises(ValueError, match=r"list\.txt, line 2: @other\.txt is a list"):
        find([f"@{path}"])
    path.write_bytes("新闻".encode("gbk"))
    with pytest.raises(ValueError, match="is not UTF-8"):
        find([f"@{path}"])


def test_a_list_is_read_again_by_the_next_run(front: Front, news: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(news)
    path = put(news / "list.txt", "d.jsonl\n")
    front.run("@list.txt", "--only", "articles")
    path.write_text("d.jsonl\n2024/a.jsonl\n", encoding="utf-8")
    monkeypatch.chdir(news.parent)
    front.run("--only", "articles")
    assert front.manifest("articles")["counts"]["articles"] == 2


# --- standard input ---


def say(monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.encode()), encoding="utf-8"))


def test_standard_input_is_kept_and_keyed_by_its_content(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    say(monkeypatch, LINE)
    front.run("-", "--only", "articles")
    key = front.keys()["articles"]
    assert front.manifest("articles")["counts"]["articles"] == 1
    say(monkeypatch, LINE)
    front.run("-", "--only", "articles")
    assert front.keys()["articles"] == key
    front.run("--only", "articles")  # nothing is given: those of the last run
    assert front.keys()["articles"] == key
    say(monkeypatch, LINE + LINE)
    front.run("-", "--only", "articles")
    assert front.keys()["articles"] != key
    assert len(list((front.data / "stdin").iterdir())) == 2


def test_standard_input_may_be_lines_of_text(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    say(monkeypatch, "今天天气很好。\n我们去公园。\n")  # today the weather is fine; we go to the park
    front.run("-", "--only", "articles", "--set", "Articles.format=txt", "--set", "Articles.txt=line")
    assert front.manifest("articles")["counts"]["articles"] == 2


def test_empty_standard_input_is_an_error(
    front: Front, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    say(monkeypatch, "")
    with pytest.raises(SystemExit) as ended:
        front("run", "-")
    assert ended.value.code == 3
    assert "standard input holds nothing" in capsys.readouterr().err
    assert list((front.data / "stdin").iterdir()) == []
