"""Precision, recall and F1 on the SIGHAN 2005 test sets: ``python benchmarks/sighan.py --shared ../shared``.

PKU and MSR, jieba's dictionary, HMM off and on, cut by jieba itself and by the native core: the numbers must be equal.
They count as the bakeoff's own script does: a word is right if it begins and ends where a word of the gold standard
does. Exit status 1 if the two engines differ.

Places are counted from the beginning of the set, not of the line: in MSR eight opening quotation marks end a line of
the gold standard and begin the next one of the test. The bakeoff's script, line by line, takes these for errors (8 of
106,873 words).
"""

import sys
from collections.abc import Iterable, Sequence
from itertools import accumulate, chain, zip_longest
from pathlib import Path
from typing import NamedTuple

import report
import texts
from ciliu import Segmenter
from pipeline.cli.tables import align

SETS = ("pku", "msr")


class Score(NamedTuple):
    """Words of the gold standard, words that were cut, words in both; and those of the gold standard that the training
    set does not have (``new``), with how many of them were found."""

    gold: int
    cut: int
    right: int
    new: int = 0
    new_right: int = 0

    @property
    def precision(self) -> float:
        """Share of the words that were cut that are right."""
        return self.right / self.cut if self.cut else 0.0

    @property
    def recall(self) -> float:
        """Share of the gold standard's words that were found."""
        return self.right / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.right / (self.gold + self.cut) if self.gold + self.cut else 0.0

    @property
    def recall_of_new(self) -> float:
        """Share of the words outside the training set that were found."""
        return self.new_right / self.new if self.new else 0.0


def spans(words: Sequence[str]) -> list[tuple[int, int]]:
    """Where each word begins and ends, in characters."""
    ends = list(accumulate(map(len, words)))
    return list(zip([0, *ends], ends, strict=False))


def score(gold: Iterable[str], cut: Iterable[str], known: Iterable[str] = ()) -> Score:
    """The words of a text as they should be, as they were cut; ``known``: the words of the training set.

    Raises ``ValueError`` if the two are not the same text.
    """
    gold, cut, known = list(gold), list(cut), set(known)
    check_text("".join(gold), "".join(cut))
    found = set(spans(cut))
    right = [span in found for span in spans(gold)]
    new = [hit for word, hit in zip(gold, right, strict=True) if word not in known] if known else []
    return Score(len(gold), len(cut), sum(right), len(new), sum(new))


def check_text(gold: str, cut: str) -> None:
    """Raises ``ValueError`` with the first place where two texts differ."""
    if gold != cut:
        at = next(i for i, pair in enumerate(zip_longest(gold, cut)) if pair[0] != pair[1])
        near = slice(max(0, at - 10), at + 10)
        raise ValueError(f"at character {at:,} the text is {cut[near]!r}, that of the gold standard {gold[near]!r}")


def read_lines(path: Path) -> list[str]:
    """The lines of a file, whatever ends them. Raises ``OSError``, or ``ValueError`` for another encoding."""
    return path.read_text(encoding="utf-8").split("\n")


def read_set(folder: Path, name: str) -> tuple[list[str], list[str], set[str]]:
    """The gold standard's words, the text of the test and the words of the training set."""
    gold = (folder / "gold" / f"{name}_test_gold.utf8").read_text(encoding="utf-8").split()
    known = read_lines(folder / "gold" / f"{name}_training_words.utf8")
    return gold, read_lines(folder / "testing" / f"{name}_test.utf8"), set(known)


def cut_lines(segmenter: Segmenter, lines: Iterable[str], HMM: bool) -> list[str]:
    """The words of all lines; white space is none, as in the gold standard."""
    words = chain.from_iterable(segmenter.lcut(line, HMM=HMM) for line in lines)
    return [word for word in words if not word.isspace()]


def tabulate(scores: dict[tuple[str, bool], dict[str, Score]]) -> list[list[str]]:
    """A line for each set, setting and engine, under a head."""
    table = [["set", "HMM", "engine", "gold", "cut", "right", "precision", "recall", "F1", "recall of new words"]]
    for (name, HMM), both in scores.items():
        for engine, found in both.items():
            shares = (found.precision, found.recall, found.f1, found.recall_of_new)
            counts = (found.gold, found.cut, found.right)
            numbers = [*map("{:,}".format, counts), *map("{:.4f}".format, shares)]
            table.append([name, "on" if HMM else "off", engine, *numbers])
    return table


def main() -> None:
    given = report.make_parser(__doc__).parse_args()
    engines = {engine: Segmenter(engine=engine) for engine in ("jieba", "native")}
    scores: dict[tuple[str, bool], dict[str, Score]] = {}
    for name in SETS:
        gold, lines, known = read_set(given.shared / texts.SIGHAN, name)
        for HMM in (False, True):
            cuts = {engine: cut_lines(segmenter, lines, HMM) for engine, segmenter in engines.items()}
            scores[name, HMM] = {engine: score(gold, cut, known) for engine, cut in cuts.items()}
    head, *rows = tabulate(scores)
    print("\n".join(align([head, *rows])))
    equal = all(both["jieba"] == both["native"] for both in scores.values())
    facts = {
        "equal": equal,
        "core": report.core_digest(),
        "scores": [dict(zip(head, row, strict=True)) for row in rows],
    }
    report.write_result("sighan", facts, given.results)
    sys.exit(None if equal else "the engines differ")


if __name__ == "__main__":
    main()
