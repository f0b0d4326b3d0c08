"""The lattice as a picture: characters in a row, the chosen words right above them, the other candidates as bars higher
up. A self-contained SVG for light and dark."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from pipeline.dictionary.explain import Candidate, Explanation, Word

CELL = 56  # pixels a character
BAR, GAP = 30, 6
MARGIN = 24
BLOCKS = 5  # whose two best paths are written out below
ROW = 22  # characters in a row, where blocks allow: no word goes beyond its block

STYLE = """
  .paper { fill: #ffffff } .ink { fill: #1c2430 } .faint { fill: #6b7686 }
  .bar { fill: #e4e9f0 } .bartext { fill: #4a5565 }
  .chosen { fill: #0b66c3 } .chosentext { fill: #ffffff }
  .made { fill: #b45309 }
  .line { stroke: #d5dbe4 }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #12171f } .ink { fill: #e8edf4 } .faint { fill: #95a1b3 }
    .bar { fill: #2a3341 } .bartext { fill: #b9c3d1 }
    .chosen { fill: #3b93ee } .chosentext { fill: #0b1017 }
    .made { fill: #f0a04b }
    .line { stroke: #303a49 }
  }
  text { font-family: "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "WenQuanYi Zen Hei", sans-serif }
"""


def draw(found: Explanation) -> str:
    """The picture of an explanation, as the text of an SVG file."""
    parts: list[str] = []
    top = MARGIN
    widest = 0
    for start, end in _rows(found):
        candidates = [c for block in found.blocks for c in block.candidates if start <= c.start < end]
        words = [word for word in found.words if start <= word.start < end]
        height = _draw_row(found.text[start:end], start, candidates, words, top, parts)
        top += height
        widest = max(widest, end - start)
    width = max(2 * MARGIN + widest * CELL, 640)
    parts += _legend(top, width, any(word.origin in ("HMM", "joined") for word in found.words))
    told = list(_paths(found))
    parts += [_text(text, MARGIN, top + 58 + 22 * i, 14, kind, "start") for i, (kind, text) in enumerate(told)]
    height = top + 54 + 22 * len(told)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{_escape(" / ".join(word.text for word in found.words))}">'
    )
    paper = '<rect class="paper" width="100%" height="100%"/>'
    return "\n".join([head, f"<style>{STYLE}</style>", paper, *parts, "</svg>\n"])


def _rows(found: Explanation) -> Iterator[tuple[int, int]]:
    """Start and end of each row: as many whole blocks as fit, at least one."""
    ends = sorted({word.start + len(word.text) for word in found.words if word.origin == "outside"})
    ends = sorted({*ends, *(block.start + len(block.text) for block in found.blocks)})
    start = last = 0
    for end in ends:
        if end - start > ROW and last > start:
            yield start, last
            start = last
        last = end
    yield start, last


def _draw_row(
    text: str, start: int, candidates: Sequence[Candidate], words: Sequence[Word], top: int, parts: list[str]
) -> int:
    """Add one row of characters below ``top``; its height."""
    others = [c for c in candidates if not c.chosen and len(c.word) > 1]
    levels = stack(others)
    base = top + (max(levels, default=-1) + 1) * (BAR + GAP)  # of the chosen words
    for candidate, level in zip(others, levels, strict=True):
        parts.append(_bar(candidate, start, base - (level + 1) * (BAR + GAP)))
    for candidate in candidates:
        if candidate.chosen:
            parts.append(_bar(candidate, start, base))
    baseline = base + BAR + 40
    for at, character in enumerate(text):
        shown = {"\r": "↵", "\n": "↵", "\t": "→"}.get(character, character)
        parts.append(_text(shown, _middle(start + at, start + at + 1, start), baseline, 30, "ink"))
    made = [word for word in words if word.origin in ("HMM", "joined") and len(word.text) > 1]
    for word in made:
        left, width = _x(word.start, start) + 4, len(word.text) * CELL - 8
        parts.append(f'<rect class="made" x="{left}" y="{baseline + 12}" width="{width}" height="4" rx="2"/>')
        parts.append(_text(word.origin, left + width / 2, baseline + 32, 13, "made"))
    return baseline + (44 if made else 28) - top + GAP


def stack(candidates: Sequence[Candidate]) -> list[int]:
    """A level for each candidate so that none covers another; short ones lowest."""
    levels = dict.fromkeys(range(len(candidates)), 0)
    taken: list[list[Candidate]] = []
    for number in sorted(levels, key=lambda i: (len(candidates[i].word), candidates[i].start)):
        here = candidates[number]
        free = (level for level, row in enumerate(taken) if not _covers(here, row))
        level = next(free, len(taken))
        if level == len(taken):
            taken.append([])
        taken[level].append(here)
        levels[number] = level
    return list(levels.values())


def _covers(candidate: Candidate, row: Iterable[Candidate]) -> bool:
    return any(candidate.start < other.end and other.start < candidate.end for other in row)


def _x(at: int, start: int) -> int:
    return MARGIN + (at - start) * CELL


def _middle(begin: int, end: int, start: int) -> float:
    return (_x(begin, start) + _x(end, start)) / 2


def _bar(candidate: Candidate, start: int, y: int) -> str:
    left, width = _x(candidate.start, start) + 2, (candidate.end - candidate.start) * CELL - 4
    kind = "chosen" if candidate.chosen else "bar"
    weight = _signed(candidate.weight)
    frequency = "none; counted as 1" if candidate.frequency is None else f"{candidate.frequency:,}"
    title = f"{candidate.word}: frequency {frequency}, weight {weight}"
    if not candidate.chosen:
        title += f", {candidate.behind:.2f} behind"
    shown = weight if len(candidate.word) == 1 else f"{candidate.word} {weight}"
    return (
        f'<g><title>{_escape(title)}</title><rect class="{kind}" x="{left}" y="{y}" width="{width}" height="{BAR}" '
        f'rx="6"/>{_text(shown, left + width / 2, y + BAR / 2 + 5, 14, kind + "text")}</g>'
    )


def _text(text: str, x: float, y: float, size: int, kind: str, anchor: str = "middle") -> str:
    return f'<text class="{kind}" x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}">{_escape(text)}</text>'


def _paths(found: Explanation) -> Iterator[tuple[str, str]]:
    """Of the first blocks that can be cut in more than one way, the two best."""
    for block in [block for block in found.blocks if len(block.paths) > 1][:BLOCKS]:
        best, second = block.paths[:2]
        yield "chosen", f"{' / '.join(best.words)}   {_signed(best.score)}"
        behind = best.score - second.score
        yield "faint", f"{' / '.join(second.words)}   {_signed(second.score)}, {behind:.2f} behind"


def _legend(top: int, width: int, made: bool) -> list[str]:
    parts = [f'<line class="line" x1="{MARGIN}" x2="{width - MARGIN}" y1="{top}" y2="{top}"/>']
    told = [("chosen", "chosen"), ("bar", "longer words, not chosen")] + [("made", "made of single characters")] * made
    x = MARGIN
    for kind, text in told:
        parts.append(f'<rect class="{kind}" x="{x}" y="{top + 14}" width="14" height="14" rx="3"/>')
        parts.append(f'<text class="faint" x="{x + 20}" y="{top + 26}" font-size="13">{text}</text>')
        x += 40 + 7 * len(text)
    return parts


def _signed(score: float) -> str:
    return f"{score:.2f}".replace("-", "−")


def _escape(text: str) -> str:
    """XML has no way to write most controls."""
    return escape("".join(character if character.isprintable() else "�" for character in text))
