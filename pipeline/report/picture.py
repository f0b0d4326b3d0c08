"""The map of words as a PNG, by matplotlib."""

import colorsys
import io
from typing import Any

INCHES, DOTS = (12.0, 9.0), 150
LABELLED = 300  # of the most frequent words are written beside their dots
WIDE, HIGH = 0.045, 0.022  # of a word's writing, on the plane
FONTS = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "Noto Sans SC", "PingFang SC", "Hiragino Sans GB",
    "Heiti TC", "Microsoft YaHei", "SimHei", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Arial Unicode MS",
)  # fmt: skip


def draw(found: dict[str, Any]) -> bytes:
    """The bytes of a PNG of 1,800 × 1,350. Raises ``ValueError`` without matplotlib, or without a Chinese font."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise ValueError("a map as PNG needs matplotlib: pip install 'ciliu[report]'") from None
    font = _font()
    figure = Figure(figsize=INCHES, dpi=DOTS, layout="constrained")
    axes = figure.add_subplot()
    axes.axis("off")
    colours = [colorsys.hls_to_rgb(number * 137.5 % 360 / 360, 0.42, 0.6) for number in range(len(found["clusters"]))]
    axes.scatter(
        found["x"], found["y"], s=9, c=[colours[number] for number in found["cluster"]], alpha=0.7, linewidths=0
    )
    for word, x, y in _apart(found):
        axes.annotate(word, (x, y), fontsize=7, family=font, color="#444444", parse_math=False)
    for cluster, colour in zip(found["clusters"], colours, strict=True):
        at, box = (cluster["x"], cluster["y"]), {"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 1.5}
        axes.annotate(
            cluster["name"], at, fontsize=11, family=font, color=colour, ha="center", bbox=box, parse_math=False
        )
    picture = io.BytesIO()
    FigureCanvasAgg(figure)  # the figure draws on it
    figure.savefig(picture, format="png", metadata={"Software": None})
    return picture.getvalue()


def _apart(found: dict[str, Any]) -> list[tuple[str, float, float]]:
    """The first words with their places, but for those whose writing would lie on that of another."""
    kept: list[tuple[str, float, float]] = []
    for word, x, y in zip(found["words"][:LABELLED], found["x"], found["y"], strict=False):
        if all(abs(x - left) > WIDE or abs(y - low) > HIGH for _, left, low in kept):
            kept.append((word, x, y))
    return kept


def _font() -> str:
    """The name of an installed font that has Chinese."""
    from matplotlib import font_manager

    installed = set(font_manager.get_font_names())
    for name in FONTS:
        if name in installed:
            return name
    raise ValueError(f"a map as PNG needs a font with Chinese, such as {FONTS[0]}; NAME.html needs none")
