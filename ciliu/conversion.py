"""Traditional characters to simplified ones by OpenCC's tables, as OpenCC does it, in plain Python.

A bundle whose training text was simplified carries the tables in ``segmenter/opencc.json``, so that nobody needs OpenCC
to cut as the pipeline did; ``tests/test_conversion.py`` compares the two.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

Table = dict[str, str]
Match = tuple[int, int, str]  # start, end, and what stands for it

OPERANDS = dict.fromkeys(map(chr, range(0x2FF0, 0x3000)), 2) | {"⿲": 3, "⿳": 3, "⿾": 1, "⿿": 1}
DEEPEST, LONGEST = 16, 64  # a description beyond these is none for OpenCC


def make_converter(told: dict[str, Any]) -> Callable[[str], str]:
    """The conversion of ``opencc.json``: ``normalization`` and ``chain`` are lists of steps, a step is a list of tables
    of which an earlier one goes first; ``segmentation`` is such a step too, or None."""
    normalization, chain = ([Step(tables) for tables in told[name]] for name in ("normalization", "chain"))
    segmentation = Step(told["segmentation"]) if told["segmentation"] else None

    def convert(text: str) -> str:
        for step in normalization:
            text = step.convert(text)
        # A part is a C string there: what stands behind a NUL in it is lost. The rule "controls" leaves none.
        parts = (part.partition("\0")[0] for part in segmentation.split(text)) if segmentation else iter([text])
        for step in chain:
            parts = map(step.convert, parts)
        return "".join(parts)

    return convert


class Step:
    """One pass from left to right: what the first table that knows a beginning of the rest has for the longest."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self._entries: dict[str, list[tuple[str, str]]] = {}  # by their first character, the one to be taken first
        for table in tables:
            for key in sorted(table, key=len, reverse=True):
                self._entries.setdefault(key[0], []).append((key, table[key]))
        self._starts = re.compile(f"[{re.escape(''.join(self._entries))}{''.join(OPERANDS)}]")

    def convert(self, text: str) -> str:
        """``text`` with what the tables have for its parts."""
        made, at = [], 0
        for start, end, value in self._matches(text):
            made += [text[at:start], value]
            at = end
        return "".join([*made, text[at:]]) if made else text

    def split(self, text: str) -> Iterator[str]:
        """What the tables know, and what stands between: OpenCC's ``mmseg``."""
        at = 0
        for start, end, _ in self._matches(text):
            if at < start:
                yield text[at:start]
            yield text[start:end]
            at = end
        if at < len(text):
            yield text[at:]

    def _matches(self, text: str) -> Iterator[Match]:
        at = 0
        while found := self._starts.search(text, at):
            start = found.start()
            for key, value in self._entries.get(found[0], ()):
                if text.startswith(key, start):
                    at = start + len(key)
                    yield start, at, value
                    break
            else:
                at = start + (description(text, start) or 1)


def description(text: str, start: int) -> int:
    """How many characters the ideographic description (⿰木木) at ``start`` has, which OpenCC leaves as it is; or 0."""
    open_operands = [1]  # of each operator that is not complete
    for at in range(start, min(start + LONGEST, len(text))):
        if len(open_operands) > DEEPEST:
            return 0
        open_operands[-1] -= 1
        if operands := OPERANDS.get(text[at]):
            open_operands.append(operands)
        while open_operands and not open_operands[-1]:
            open_operands.pop()
        if not open_operands:
            return at + 1 - start
    return 0
