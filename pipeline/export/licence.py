"""The licence of each source, carried from whoever runs the pipeline to whoever gets the model.

It is given as ``PATTERN=TEXT`` (``wiki*=cc-by-sa-4.0``) for the source files, or all in the folders, that are called
so, or as a text alone for all others. The rows that come of it name sources by these patterns, not by their files.
"""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from pipeline import cache

Rows = Sequence[dict[str, str]]

OTHERS = "*"
UNKNOWN: Rows = ({"source": OTHERS, "licence": ""},)


def by_source(given: Sequence[str], names: Sequence[str]) -> Rows:
    """``{"source": pattern, "licence": text}`` in the order given, then those of ``names`` that nothing was said of, if
    there are any, as ``*`` with the text that was given without a pattern, or none.

    A file has the licence of the first pattern that fits. Raises ``ValueError`` for a pattern that fits no file.
    """
    told: dict[str, str] = {}
    for text in given:
        pattern, licence = _parse(text)
        if pattern in told:
            of = "all others" if pattern == OTHERS else pattern
            raise ValueError(f"two licences for {of}: give one (one with a comma in it goes into a list)")
        told[pattern] = licence
    others, left = told.pop(OTHERS, ""), list(names)
    for pattern in told:
        if not any(_fits(name, pattern) for name in names):
            some = ", ".join(names[:5]) + (", …" if names[5:] else "")
            raise ValueError(f"licence {pattern}={told[pattern]}: no source is called {pattern}; there is {some}")
        left = [name for name in left if not _fits(name, pattern)]
    rows = {**told, OTHERS: others} if left or not told else told
    return [{"source": pattern, "licence": licence} for pattern, licence in rows.items()]


def _parse(text: str) -> tuple[str, str]:
    """Pattern and licence; a text whose part before the first ``=`` has white space or ``:`` is a licence alone."""
    pattern, equals, licence = text.partition("=")
    if not equals or ":" in pattern or pattern.split() != [pattern]:
        return OTHERS, text.strip()
    return pattern, licence.strip()


def _fits(name: str, pattern: str) -> bool:
    """``news`` and ``news/2024*`` fit ``news/2024.jsonl``, as do ``2024*`` and ``*.jsonl``."""
    return any(fnmatchcase(part, pattern) for part in (name, *name.split("/")))


def names_of(articles: cache.Json) -> list[str]:
    """The names of the sources in the recipe of Articles."""
    return [name for name, _ in articles["inputs"]["sources"]]


def of_all(rows: Rows) -> str:
    """The licence that all sources have; empty where they differ, or it is not stated."""
    texts = {row["licence"] for row in rows}
    return texts.pop() if len(texts) == 1 else ""


def describe(rows: Rows) -> str:
    """The table of the card."""
    lines = ["| sources 语料来源 | licence 许可 |", "|---|---|"]
    for row in rows:
        others = "all 全部" if len(rows) == 1 else "all others 其余"
        source = others if row["source"] == OTHERS else f"`{_in_cell(row['source'])}`"
        lines.append(f"| {source} | {_in_cell(row['licence']) or 'not stated 未说明'} |")
    if not all(row["licence"] for row in rows):
        lines += [
            "",
            "Where it is not stated, ask those who made this model before you pass it on. "
            "未说明之处，转交他人之前请先询问模型制作者。",
        ]
    return "\n".join(lines)


def _in_cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
