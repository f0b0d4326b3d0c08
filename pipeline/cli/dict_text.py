"""What ``ciliu dict`` prints."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from pipeline.cli.tables import align
from pipeline.dictionary.diff import Change, Difference, Words
from pipeline.dictionary.explain import TIE, Block, Candidate, Explanation
from pipeline.dictionary.parse import Finding


def findings(found: Sequence[Finding], limit: int) -> Iterator[str]:
    """A line a finding as a compiler writes it; of each kind the first ``limit``, or all if that is 0."""
    told: Counter[str] = Counter()
    for finding in found:
        kind = str(finding["kind"])
        told[kind] += 1
        if not limit or told[kind] <= limit:
            level = "note: " if finding["level"] == "note" else ""
            word = f"{finding['word']}: " if finding["word"] else ""
            yield f"{finding['file']}:{finding['line']}: {level}{kind}: {word}{finding['reason']}"
    more = [f"{times - limit:,} × {kind}" for kind, times in told.items() if limit and times > limit]
    if more:
        yield f"… and {', '.join(more)} (-n 0 shows all)"


def lint_summary(found: Sequence[Finding], entries: int, files: int) -> str:
    """The closing line: how many findings of each kind."""
    parts = [f"{entries:,} entries in {files:,} file{'s' if files > 1 else ''}"]
    for level in ("warning", "note"):
        kinds = Counter(str(finding["kind"]) for finding in found if finding["level"] == level)
        told = ", ".join(f"{times:,} × {kind}" for kind, times in kinds.items())
        parts.append(f"{level}s: {told}" if told else f"no {level}s")
    return "; ".join(parts)


def difference(found: Difference, limit: int) -> Iterator[str]:
    """Shares, the most frequent changes with an example each, words gained and lost."""
    yield (
        f"{found.lines:,} lines, {found.changed:,} changed ({_share(found.changed, found.lines)}); "
        f"{found.words_a:,} words with A, {found.words_b:,} with B"
    )
    if not found.changes:
        return
    yield f"{found.changes.total():,} changes of {len(found.changes):,} kinds; the most frequent, with the first line:"
    most = found.changes.most_common(limit or None)
    wide = len(f"{most[0][1]:,}")
    for change, times in most:
        yield ""
        yield f"{times:>{wide},}  {_join(change[0])} → {_join(change[1])}"
        for name, words in zip("AB", found.examples[change], strict=True):
            yield f"{'':>{wide}}  {name}  {_join(words)}"
    yield from _gains(found, limit)


def _gains(found: Difference, limit: int) -> Iterator[str]:
    gained, lost = (
        [(word, f"{times:,}") for word, times in words] for words in (found.gained(limit), found.lost(limit))
    )
    rows = max(len(gained), len(lost))
    filled = [side + [("", "")] * (rows - len(side)) for side in (gained, lost)]
    if rows:
        yield ""
        table = [[*left, *right] for left, right in zip(*filled, strict=True)]
        yield from align([["gained", "times", "lost", "times"], *table], lambda column: column % 2 == 0)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2%}" if whole else "0%"


def _join(words: Words) -> str:
    return " / ".join("␣" if word == " " else word if word.isprintable() else repr(word)[1:-1] for word in words)


def difference_as_json(found: Difference, limit: int) -> dict[str, object]:
    """The same as one object."""

    def tell(change: Change, times: int) -> dict[str, object]:
        example = {"a": list(found.examples[change][0]), "b": list(found.examples[change][1])}
        return {"a": list(change[0]), "b": list(change[1]), "times": times, "example": example}

    return {
        "lines": found.lines,
        "changed": found.changed,
        "words": {"a": found.words_a, "b": found.words_b},
        "changes": found.changes.total(),
        "kinds": len(found.changes),
        "most_frequent": [tell(change, times) for change, times in found.changes.most_common(limit or None)],
        "gained": dict(found.gained(limit)),
        "lost": dict(found.lost(limit)),
    }


def explanation(found: Explanation, files: str, total: int, HMM: bool) -> Iterator[str]:
    """The words, then for each block its candidates and its paths, then what is no word of the path."""
    yield _join(tuple(word.text for word in found.words))
    named = "jieba's own" if files in ("-", "") else f"jieba's own, {files}"
    yield f"dictionary: {named}; total {total:,}; HMM {'on' if HMM else 'off'}"
    for block in found.blocks:
        yield ""
        rows = [["at", "", "word", "frequency", "weight", "behind"], *map(_row, block.candidates)]
        yield from align(rows, lambda column: column == 2)
        yield ""
        yield from _paths(block)
    for origin, told in (("HMM", "guessed by the HMM from single characters"), ("joined", "joined: Latin, digits")):
        words = [word.text for word in found.words if word.origin == origin and len(word.text) > 1]
        if words:
            yield f"\n{_join(tuple(words))}: {told}"


def _row(candidate: Candidate) -> list[str]:
    frequency = "none" if candidate.frequency is None else f"{candidate.frequency:,}"
    behind = "tie" if candidate.behind < TIE else _small(candidate.behind)
    return [
        str(candidate.start), "*" if candidate.chosen else "", candidate.word, frequency, f"{candidate.weight:.2f}",
        "" if candidate.chosen else behind,
    ]  # fmt: skip


def _paths(block: Block) -> Iterator[str]:
    best = block.paths[0]
    rows = [["chosen", _join(best.words), f"{best.score:.2f}", ""]]
    for number, path in enumerate(block.paths[1:], start=2):
        behind = best.score - path.score
        told = f"{_small(behind)} behind: {_times(behind)} less likely"
        if behind < TIE:
            told = "a tie: where they part, the longer word wins" if behind == 0 else "the same but for rounding"
        rows.append([f"{number}.", _join(path.words), f"{path.score:.2f}", told])
    yield from align(rows, lambda column: column != 2)


def _small(behind: float) -> str:
    return f"{behind:.2f}" if behind >= 0.005 else f"{behind:.0e}"


def _times(behind: float) -> str:
    if behind > math.log(1e6):
        return f"10^{behind / math.log(10):.0f} ×"
    times = math.exp(behind)
    return f"{times:.2f} ×" if times < 10 else f"{times:,.0f} ×"
