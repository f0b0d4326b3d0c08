"""``ciliu status --graph``: the stages of a run and what goes from one to the next, as text or as a picture."""

from collections.abc import Mapping, Sequence
from html import escape

from pipeline.cli.tables import align

Facts = Mapping[str, Sequence[str]]  # by stage: its state, key, size, seconds
Edges = Mapping[str, Sequence[str]]  # by stage: the stages that it takes its input from; inputs first

SIGNS = {"there": "●", "stale": "◐", "gone": "○"}
WIDE, HIGH, GAP, MARGIN, SAG = 132, 64, 36, 24, 34  # pixels
STYLE = """
  .paper { fill: #ffffff } .box { fill: #e4e9f0 } .there { fill: #d3e6f8 } .stale { fill: #f8e3c4 }
  .ink { fill: #1c2430 } .faint { fill: #6b7686 } .line { stroke: #8a97a8; fill: none; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #12171f } .box { fill: #2a3341 } .there { fill: #174066 } .stale { fill: #6a4413 }
    .ink { fill: #e8edf4 } .faint { fill: #95a1b3 } .line { stroke: #6b7686 }
  }
  text { font-family: sans-serif; text-anchor: middle }
"""


def as_text(facts: Facts, edges: Edges) -> list[str]:
    """A line a stage: a sign for its state, what it is, and behind an arrow where its input comes from."""
    rows = []
    for stage, (state, _, size, seconds) in facts.items():
        word = state.split(maxsplit=1)[0].rstrip(":")
        came = f"← {', '.join(edges[stage])}" if edges[stage] else "← outside"
        rows.append([SIGNS[word], stage, word, size, "-" if word == "gone" else f"{seconds} s", came])
    return align(rows, lambda column: column not in (3, 4))


def as_svg(facts: Facts, edges: Edges, title: str) -> str:
    """A box a stage, further right than all that it needs; a line for each input. For light and dark."""
    places = _places(edges)
    parts = [_line(places[given], places[stage]) for stage in facts for given in edges[stage]]
    parts += [_box(stage, facts[stage], *places[stage]) for stage in facts]
    width = max(x for x, _ in places.values()) + WIDE + MARGIN
    height = max(y for _, y in places.values()) + HIGH + MARGIN + SAG
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape(title)}">'
    )
    return "\n".join([
        head, f"<style>{STYLE}</style>", '<rect class="paper" width="100%" height="100%"/>',
        f'<text class="faint" x="{width / 2:g}" y="22" font-size="13">{escape(title)}</text>', *parts, "</svg>\n",
    ])  # fmt: skip


def _places(edges: Edges) -> dict[str, tuple[int, int]]:
    """The upper left corner of each box: its column is the longest way to it."""
    columns: dict[str, int] = {}
    for stage, inputs in edges.items():
        columns[stage] = max((columns[given] + 1 for given in inputs), default=0)
    rows = {stage: list(columns.values())[:at].count(column) for at, (stage, column) in enumerate(columns.items())}
    return {
        stage: (MARGIN + column * (WIDE + GAP), 2 * MARGIN + SAG + rows[stage] * (HIGH + GAP))
        for stage, column in columns.items()
    }


def _line(start: tuple[int, int], end: tuple[int, int]) -> str:
    x, y, to_x, to_y = start[0] + WIDE, start[1] + HIGH // 2, end[0], end[1] + HIGH // 2
    apart = (to_x - x) // (WIDE + GAP)  # boxes between: the line goes over them
    if not apart:
        return f'<path class="line" d="M{x},{y} L{to_x},{to_y}"/>'
    top = y - HIGH // 2 - SAG if y == to_y else y + HIGH // 2
    return f'<path class="line" d="M{x},{y} C{x + GAP},{top} {to_x - GAP},{top} {to_x},{to_y}"/>'


def _box(stage: str, facts: Sequence[str], x: int, y: int) -> str:
    state, key, size, seconds = facts
    word = state.split(maxsplit=1)[0].rstrip(":")
    middle = x + WIDE // 2
    return (
        f"<g><title>{escape(f'{stage} {key}: {state}')}</title>"
        f'<rect class="box {word}" x="{x}" y="{y}" width="{WIDE}" height="{HIGH}" rx="6"/>'
        f'<text class="ink" x="{middle}" y="{y + 26}" font-size="15">{escape(stage)}</text>'
        f'<text class="faint" x="{middle}" y="{y + 46}" font-size="12">{escape(_below(word, size, seconds))}</text></g>'
    )


def _below(word: str, size: str, seconds: str) -> str:
    return "gone" if word == "gone" else f"{'' if word == 'there' else f'{word} · '}{size} · {seconds} s"
