"""A mixture of real lines for measurements of speed: as many bytes of each corpus in ``../shared``, lines at random."""

import random
from pathlib import Path
from typing import Any

import texts

SIZE = 14_500_000  # bytes of UTF-8
SEED = 1
CORPORA = ("cn_laws", "fudan", "modern_translation", "reviews", "tech", "wiki_paras", "xwlb")


def write_mixture(shared: Path, path: Path, size: int = SIZE) -> dict[str, Any]:
    """Lines (none of white space alone) into a file; the same ``size`` gives the same bytes. Returns what it is."""
    found = texts.find_texts(shared)
    chance = random.Random(SEED)
    lines = [line for name in CORPORA for line in draw_lines(found[name], size // len(CORPORA), chance)]
    chance.shuffle(lines)
    path.write_bytes(b"\n".join(lines))
    text = path.read_bytes()
    return {"bytes": len(text), "characters": len(text.decode("utf-8")), "lines": len(lines), "corpora": CORPORA}


def draw_lines(path: Path, size: int, chance: random.Random) -> list[bytes]:
    """Lines of one corpus, drawn without repetition, some ``size`` bytes of them."""
    batches = (batch for batch, _ in texts.read_batches(path, 1 << 20))
    lines = [line.encode("utf-8") for batch in batches for line in batch if line.strip()]
    chance.shuffle(lines)
    taken = []
    for line in lines:
        if size <= 0:
            break
        taken.append(line)
        size -= len(line) + 1
    return taken
