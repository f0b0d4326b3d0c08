"""The rows of the matrix: lengths, values that are no numbers, rows that are the same."""

from typing import Any

import numpy as np
import xxhash

from pipeline.evaluate.bands import bands
from pipeline.evaluate.similarity import spearman
from pipeline.evaluate.space import ROWS, Space

SHORT, LONG = 0.01, 100.0  # a trained vector is neither: skip-gram's lie between 0.5 and 10
EXAMPLES = 5


def look(space: Space) -> dict[str, Any]:
    """Counts of rows that are zero, too ``short``, too ``long``, not finite, or ``equal`` to an earlier one, with words
    as examples; the median length by frequency band, and Spearman's correlation of length and rank."""
    norms = space.norms
    finite = np.isfinite(norms)
    wrong = {
        "not_finite": np.flatnonzero(~finite),
        "zero": np.flatnonzero(norms == 0),
        "short": np.flatnonzero((norms > 0) & (norms < SHORT)),
        "long": np.flatnonzero(finite & (norms > LONG)),
        "equal": np.array(_equal_rows(space), dtype=np.int64),
    }
    bad = len(np.unique(np.concatenate(list(wrong.values())))) if len(norms) else 0
    ranks = np.arange(len(norms))[finite]
    return {
        "rows": len(norms),
        "bad": bad,
        **{name: len(rows) for name, rows in wrong.items()},
        "examples": {name: [space.words[row] for row in rows[:EXAMPLES]] for name, rows in wrong.items() if len(rows)},
        "norms": [
            {"from_rank": first + 1, "to_rank": last, "median": _median(norms[first:last])}
            for first, last in bands(len(norms))
        ],
        "norm_and_rank": round(spearman(norms[finite], ranks), 4) if len(ranks) > 1 else None,
    }


def _median(norms: Any) -> float | None:
    finite = norms[np.isfinite(norms)]
    return round(float(np.median(finite)), 4) if len(finite) else None


def _equal_rows(space: Space) -> list[int]:
    """Rows that repeat an earlier one and are not zero."""
    seen: set[int] = set()
    repeated = []
    for start in range(0, len(space.words), ROWS):
        block = np.ascontiguousarray(space.vectors[start : start + ROWS])
        for number, row in enumerate(block, start):
            digest = xxhash.xxh3_64_intdigest(row)
            if digest in seen and space.norms[number] != 0:
                repeated.append(number)
            seen.add(digest)
    return repeated
