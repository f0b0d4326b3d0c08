"""Facts as one HTML page that needs nothing else: plotly.js lies in it, packed."""

import base64
import datetime
import functools
import gzip
import html
import json
import math
import re
from pathlib import Path
from typing import Any

ASSETS = Path(__file__).with_name("assets")


def make_page(facts: dict[str, Any]) -> str:
    """The report of these facts (``pipeline.report.gather``). Raises ``ValueError`` without plotly."""
    return _fill(facts, "texts", "report", "sections", "evaluation", "map", "start")


def make_map_page(found: dict[str, Any], name: str) -> str:
    """A map of words (``pipeline.word_map.make_map``) as a page of its own. Raises ``ValueError`` without plotly."""
    made = datetime.datetime.now(datetime.UTC).isoformat(timespec="minutes")
    return _fill({"name": name, "made": made, "map": found}, "texts", "report", "map", "start_map")


def _fill(facts: dict[str, Any], *scripts: str) -> str:
    parts = {
        "title": html.escape(f"Ciliu: {facts['name']}"),
        "style": read("page.css"),
        "facts": embed(facts),
        "plotly": pack_plotly(),
        "script": "\n".join(read(f"{name}.js") for name in scripts),
    }
    return re.sub(r"<!--(\w+)-->", lambda place: parts[place[1]], read("page.html"))


def read(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def embed(facts: Any) -> str:
    """JSON that may stand in a script element: no ``<`` of a text can end it; what is not finite is null."""
    return json.dumps(_finite(facts), ensure_ascii=False, allow_nan=False, separators=(",", ":")).replace(
        "<", "\\u003c"
    )


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@functools.cache
def pack_plotly() -> str:
    """plotly.js out of the package plotly, as gzip in base64: 2 MB instead of 5."""
    try:
        from plotly.offline import get_plotlyjs
    except ImportError:
        raise ValueError("a report needs plotly: pip install 'ciliu[report]'") from None
    return base64.b64encode(gzip.compress(get_plotlyjs().encode(), 9, mtime=0)).decode()
