"""The segmenter of a bundle by jieba alone: the end of the bundle's ``segmenter.py``, which needs nothing else.

``python segmenter.py < text > words`` cuts lines; ``segmenter.load().cut(text)`` gives the words of a text.
"""

import json
import sys
from pathlib import Path

from ciliu.engine_jieba import JiebaEngine
from ciliu.kept_words import Cutter


def load(folder: str | Path | None = None) -> Cutter:
    """The segmenter of the bundle in ``folder``; None: the one that this file lies in."""
    place = Path(folder or Path(__file__).parent) / "segmenter"
    rules = json.loads((place / "segmenter.json").read_bytes())
    opencc = None if rules["opencc"] == "none" else json.loads((place / "opencc.json").read_bytes())
    if rules["engine"] == "none":
        return Cutter(rules, str.split, opencc)
    facts = json.loads((place / "dictionary.json").read_bytes())
    with (place / "dictionary.tsv").open(encoding="utf-8", newline="\n") as file:
        words = [(word, int(frequency)) for word, frequency in (line.rstrip("\n").split("\t") for line in file)]
    engine = JiebaEngine(words, facts["total"], facts["force_split"])
    return Cutter(rules, lambda text: engine.lcut(text, HMM=rules["HMM"]), opencc)


def main() -> None:
    """Lines of standard input, cut, to standard output."""
    cutter = load()
    for raw in sys.stdin.buffer:
        words = cutter.cut(raw.decode("utf-8").rstrip("\n"))
        sys.stdout.buffer.write(" ".join(words).encode("utf-8") + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
