"""OpenCC's tables as they lie in a bundle: what ``ciliu.conversion`` converts by where no OpenCC is installed."""

import json
import subprocess
import tempfile
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline import cache

Table = dict[str, str]
FILE = "opencc.json"


def write_tables(path: Path, configuration: str, expected: str) -> None:
    """The tables of ``configuration`` (``t2s`` …), written as JSON.

    Raises ``ValueError`` if OpenCC is not installed in the version ``expected``, which converted the training text.
    """
    try:
        clib = Path(str(import_module("opencc").__file__)).parent / "clib"
    except ImportError:
        raise ValueError('the bundle of a simplified text needs OpenCC: pip install "ciliu[opencc]"') from None
    if version("opencc") != expected:
        raise ValueError(f"the text was simplified by OpenCC {expected}; installed is {version('opencc')}: ciliu run")
    told = json.loads((clib / "share" / "opencc" / f"{configuration}.json").read_bytes())
    segmentation = told.get("segmentation")
    made: cache.Json = {
        "opencc": expected,
        "licence": "Apache-2.0, https://github.com/BYVoid/OpenCC; see LICENSES.txt",
        "configuration": configuration,
        "normalization": [read_step(clib, step["dict"]) for step in told.get("normalization", [])],
        "segmentation": read_step(clib, segmentation["dict"]) if segmentation else None,
        "chain": [read_step(clib, step["dict"]) for step in told["conversion_chain"]],
    }
    cache.write_json(path, made)


def read_step(clib: Path, told: dict[str, Any]) -> list[Table]:
    """The tables of a dictionary of OpenCC's configuration, in the order in which they go first."""
    if told["type"] == "group" and told.get("match_policy") == "short_circuit":
        return [table for one in told["dicts"] for table in read_step(clib, one)]
    if told["type"] != "ocd2":
        raise ValueError(f"a dictionary of the type {told['type']!r} in OpenCC's configuration: it cannot be read here")
    return [read_table(clib, told["file"])]


def read_table(clib: Path, name: str) -> Table:
    """A table by OpenCC's own tool; of several values the first is the one that OpenCC takes."""
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "table.txt"
        command = [clib / "bin" / "opencc_dict", "-i", clib / "share" / "opencc" / name, "-o", text]
        subprocess.run([*map(str, command), "-f", "ocd2", "-t", "text"], check=True, capture_output=True)
        lines = text.read_text(encoding="utf-8").split("\n")[:-1]
    return {key: values.split(" ")[0] for key, _, values in (line.partition("\t") for line in lines)}
