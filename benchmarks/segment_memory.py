"""How much memory cutting takes, measured in a process of its own: ``python segment_memory.py FOLDER TEXT WHAT HMM``.

``WHAT`` is ``blocks``: the text from a file, a block at a time; ``line``: the text repeated to one line of 100 MB;
``run``: its Han characters alone, repeated likewise, so that the line is one run without an end of a word's reach.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from ciliu import Segmenter
from one_engine import BLOCK, memory

LINE = 100_000_000  # bytes
HAN = re.compile("[^\u4e00-\u9fd5]+")
GOAL = 50_000_000  # bytes beside the mapped table
GOAL_CHARACTER = 16.0  # bytes a character of the longest run

Facts = dict[str, Any]


def measure(folder: Path, text: Path, what: str, HMM: bool) -> Facts:
    """In a process of its own."""
    command = [sys.executable, __file__, str(folder), str(text), what, str(int(HMM))]
    return dict(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))


def cut_blocks(segmenter: Segmenter, text: Path, HMM: bool) -> Facts:
    """Read, cut, forget, a block at a time."""
    rest = b""
    with text.open("rb") as file:
        while block := file.read(BLOCK):
            lines, _, rest = (rest + block).rpartition(b"\n")
            segmenter.cut_lines(lines, HMM=HMM)
    segmenter.cut_lines(rest, HMM=HMM)
    return {}


def make_line(text: Path, what: str) -> bytes:
    """One line of ``LINE`` bytes."""
    whole = text.read_bytes().replace(b"\n", "。".encode())
    if what == "run":
        whole = HAN.sub("", whole.decode("utf-8")).encode("utf-8")
    line = whole * (LINE // len(whole) + 1)
    return line[:LINE].decode("utf-8", "ignore").encode("utf-8")


def main() -> None:
    folder, text, what, HMM = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4] == "1"
    line = make_line(text, what) if what != "blocks" else b""
    characters = sum(byte & 0xC0 != 0x80 for byte in line)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the highest RSS counts from here
    before = memory("VmRSS")
    segmenter = Segmenter(folder, engine="native")
    out = 0 if what == "blocks" else len(segmenter.cut_lines(line, HMM=HMM))
    if what == "blocks":
        cut_blocks(segmenter, text, HMM)
    grown = memory("VmHWM") - before
    table = (folder / "dictionary.bin").stat().st_size
    facts: Facts = {"what": what, "HMM": HMM, "grown_bytes": grown, "table_bytes": table, "out_bytes": out}
    facts["rest_bytes"] = grown - table - out
    if characters:
        facts |= {"in_bytes": len(line), "characters": characters}
        facts["bytes_a_character"] = round(facts["rest_bytes"] / characters, 2)
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
