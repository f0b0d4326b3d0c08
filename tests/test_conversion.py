"""Traditional to simplified without OpenCC: by the tables of a bundle, exactly as OpenCC itself does it."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache as once
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from conftest import Front, read_corpus, write_articles
from hypothesis import example, given
from hypothesis import strategies as st

import ciliu
from ciliu.conversion import description, make_converter
from pipeline import shard_files
from pipeline.articles import chinese
from pipeline.export import opencc

pytest.importorskip("opencc")


@once
def tables(configuration: str) -> dict[str, Any]:
    from importlib.metadata import version

    with TemporaryDirectory() as folder:
        opencc.write_tables(Path(folder) / opencc.FILE, configuration, version("opencc"))
        made: dict[str, Any] = json.loads((Path(folder) / opencc.FILE).read_bytes())
        return made


@once
def converter(configuration: str) -> Callable[[str], str]:
    return make_converter(tables(configuration))


@once
def texts() -> st.SearchStrategy[str]:
    """What OpenCC's tables know, whole and begun, next to anything else: operators of descriptions, variants, NUL."""
    told = [tables(name) for name in chinese.CONFIGURATIONS]
    steps = [step for one in told for step in [*one["normalization"], *one["chain"]]]
    keys = sorted({key for step in steps for table in step for key in table})
    known = st.sampled_from(keys)
    begun = st.tuples(known, st.integers(0, 3)).map(lambda pair: pair[0][: pair[1]])
    odd = st.sampled_from("⿰⿱⿲⿳⿾⿿\ufe00\U000e0100ab 1，。\n\0")
    return st.lists(st.one_of(known, known, begun, odd, st.characters(codec="utf-8")), max_size=30).map("".join)


@pytest.mark.parametrize("configuration", chinese.CONFIGURATIONS)
@example("⿰木" * 20 + "⿰藉藉藉")
@example("⿰" * 16 + "藉" * 17)
@example("⿰" * 17 + "藉" * 18)
@example("⿲" * 8 + "⿰藉藉" * 17)
@given(given_text=st.deferred(lambda: texts()))
def test_every_text_is_converted_as_opencc_does(configuration: str, given_text: str) -> None:
    assert converter(configuration)(given_text) == chinese.convert(given_text, configuration)


@pytest.mark.parametrize("configuration", chinese.CONFIGURATIONS)
def test_traditional_wikipedia_is_converted_as_opencc_does(configuration: str) -> None:
    articles = [article["text"] for article in read_corpus("wiki_paras", 0, 2000)]
    ours = [converter(configuration)(text) for text in articles]
    assert ours == [chinese.convert(text, configuration) for text in articles]
    assert sum(new != old for new, old in zip(ours, articles, strict=True)) > 700  # 38 % are traditional


@pytest.mark.parametrize(
    ("text", "simple"),
    [
        ("雲計算平臺", "云计算平台"),  # cloud computing, platform
        ("乾隆乾淨", "乾隆干净"),  # an emperor's name stays; clean
        ("⿰臺灣臺", "⿰臺灣台"),  # a description of a character stays, what follows does not
    ],
)
def test_words_go_before_characters(text: str, simple: str) -> None:
    assert converter("t2s")(text) == simple


def test_a_description_is_as_long_as_its_operators_ask() -> None:
    assert [description(text, 0) for text in ("⿰木木木", "⿲木木木", "⿱⿰木木木", "⿾木", "⿰木")] == [3, 4, 5, 2, 0]


def test_tables_are_of_the_opencc_that_converted_the_text(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"simplified by OpenCC 0\.9"):
        opencc.write_tables(tmp_path / "opencc.json", "t2s", "0.9")


def test_a_bundle_of_a_simplified_text_cuts_traditional_text_without_opencc(tmp_path: Path) -> None:
    """By segmenter.py in a process with neither Ciliu nor OpenCC, and by ``ciliu.load``: the words of the run."""
    articles = read_corpus("wiki_paras", 0, 400)
    write_articles(tmp_path / "text" / "wiki.jsonl", articles)
    front = Front(tmp_path)
    front.run(tmp_path / "text", "--set=Articles.opencc=t2s", *Front.quick)
    bundle = Path(shutil.copytree(front.folder("export") / "bundle", tmp_path / "bundle"))
    kept = [json.loads(line)["text"] for path in sorted(front.folder("dedup").glob("*.jsonl"))
            for line in path.read_text(encoding="utf-8").splitlines()]  # fmt: skip
    known = {article["text"].strip() for article in articles}
    assert sum(text not in known for text in kept) > 20  # they were traditional
    words = [word for sentence in shard_files.read_sentences(front.folder("segment")) for word in sentence]
    code = (
        "import sys, json; sys.modules['ciliu'] = sys.modules['opencc'] = sys.modules['numpy'] = None\n"
        f"sys.path.insert(0, {str(bundle)!r}); import segmenter; cutter = segmenter.load()\n"
        "print(json.dumps([cutter.cut(text) for text in json.load(sys.stdin)]))"
    )
    raw = [article["text"] for article in articles]
    done = subprocess.run([sys.executable, "-c", code], input=json.dumps([*kept, *raw]), capture_output=True, text=True,
                          check=True, timeout=120)  # fmt: skip
    alone = json.loads(done.stdout.splitlines()[-1])
    assert [word for cut in alone[: len(kept)] for word in cut] == words
    loaded = ciliu.load(bundle)
    assert alone == [loaded.cut(text) for text in (*kept, *raw)]
    assert loaded.cut("雲計算的歷史") == loaded.cut("云计算的历史")  # cloud computing's history
    assert "OpenCC" in (bundle / "segmenter" / "LICENSES.txt").read_text(encoding="utf-8")
    assert "OpenCC's tables (Apache-2.0)" in (bundle / "README.md").read_text(encoding="utf-8")
