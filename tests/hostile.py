"""A run whose words, sources and tags are markup: what a page must show as text."""

from pathlib import Path

from conftest import Front
from toy import SENTENCES

from pipeline.train import native

WORDS = [
    "<script>window.hacked=1</script>",
    "<img/src=x/onerror=window.hacked=2>",
    "</script><b>粗</b>",  # bold
    "<a/href=javascript:window.hacked=4>链</a>",  # link; Plotly reads <a> and <b> in its texts
    '=cmd|"/c"!A1',  # a formula for a spreadsheet
    "<!--plotly-->",
]


def make_run(folder: Path) -> Front:
    """Two runs of twenty sentences, the hostile words among them; the first one is tagged ``first``."""
    front, text = Front(folder), folder / "text"
    text.mkdir()
    hostile = "\n".join(f"猫 {word} 狗 {word} 鱼 {word}" for word in WORDS)
    for number, name in enumerate(("toy.txt", "<img src=x onerror=hacked=3>.txt")):
        lines = SENTENCES + hostile + f"\n第 {number} 篇\n"  # article number so and so
        (text / name).write_text(lines, encoding="utf-8", newline="\n")
    settings = ["Segment.engine=none", "Segment.keep_punctuation=true", "Vocabulary.min_count=1"]
    settings += ["Train.held_out=7"] if native.is_there() else []  # the report's curve; gensim tells no loss
    given = [*(f"--set={setting}" for setting in settings), *front.quick, "--allow-failed"]
    front.run(text, *given)
    record = next((front.data / "runs").iterdir())
    front("tag", record.name, "first")
    front.run("--set", "Train.window=3", "--allow-failed")
    return front
