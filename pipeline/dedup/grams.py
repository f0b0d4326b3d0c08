"""What near-duplicates are, on plain values: a text as the set of its 3-grams of letters and digits, how alike two
such sets are, and whether two texts differ in their numbers only.

A 3-gram is its three code points in one number, so equal numbers are equal 3-grams: nothing is hashed here.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.uint64]

# Letters and digits that a text must have. Fewer are soon alike by chance: of 30, 7 characters that differ leave a
# Jaccard of .5, of 50 it takes 14. Of 12,000 reviews with 20 to 29, 35 would go, some of them for a word repeated.
SHORT = 50
# Two texts with other numbers: of the 3-grams with a digit they share less than this part of what they share of the
# rest. Texts with edits do not: both parts suffer alike (of 3,600 with 10 % edited 14 are taken for such).
OTHER_NUMBERS = 0.5
FEW = 6  # so few 3-grams with a digit, one number or two, may all fall to an edit: …
SAME_WORDS = 0.9  # … there the rest must have this Jaccard


class Grams(NamedTuple):
    """The 3-grams of a text, each once, in order: those without a digit, and those with one."""

    plain: Numbers
    digits: Numbers


@cache
def kinds() -> npt.NDArray[np.uint8]:
    """For each code point: 2 for a digit, 1 for what else Python's ``\\w`` takes, 0 for the rest."""
    everything = "".join(map(chr, range(0x110000)))
    table = np.zeros(len(everything), dtype=np.uint8)
    for kind, pattern in ((1, r"\w+"), (2, r"\d+")):
        for run in re.finditer(pattern, everything):
            table[run.start() : run.end()] = kind
    return table


def code_points(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le"), dtype="<u4")


def pack(codes: npt.NDArray[np.uint32]) -> Numbers:
    """The n - 2 3-grams of n code points."""
    wide = codes.astype(np.uint64)
    return wide[:-2] << np.uint64(42) | wide[1:-1] << np.uint64(21) | wide[2:]


def cut(text: str) -> Grams:
    """The 3-grams of one text."""
    codes = code_points(text)
    codes = codes[kinds()[codes] > 0]
    digit = kinds()[codes] == 2
    with_digit = digit[:-2] | digit[1:-1] | digit[2:]
    packed = pack(codes)
    return Grams(np.unique(packed[~with_digit]), np.unique(packed[with_digit]))


def cut_many(texts: Sequence[str]) -> tuple[Numbers, npt.NDArray[np.uint64], npt.NDArray[np.bool_]]:
    """The 3-grams of many texts one behind the other, repeated ones too; where each text's begin (and the end), of
    those texts that are long enough; which those are."""
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    codes = code_points("".join(texts))
    keep = kinds()[codes] > 0
    counts = np.diff(np.concatenate([[0], np.cumsum(keep)])[np.concatenate([[0], np.cumsum(lengths)])])
    long = counts >= SHORT
    keep &= np.repeat(long, lengths)
    ends = np.cumsum(counts[long])
    inside = np.ones(ends[-1] if len(ends) else 0, dtype=bool)
    inside[ends - 1] = inside[ends - 2] = False  # what begins there goes on into the next text
    starts = np.concatenate([[0], ends - 2 * np.arange(1, len(ends) + 1)]).astype(np.uint64)
    return pack(codes[keep])[inside[:-2]], starts, long


def common(one: Numbers, other: Numbers) -> int:
    return len(np.intersect1d(one, other, assume_unique=True))


def similarity(one: Grams, other: Grams) -> float:
    """The Jaccard of two texts' 3-grams, 0 to 1; 0 where both have none."""
    shared = common(one.plain, other.plain) + common(one.digits, other.digits)
    return shared / max(1, sum(map(len, (*one, *other))) - shared)


def overlap(one: Numbers, other: Numbers) -> float:
    """The share of the fewer 3-grams that are among the more, 0 to 1; 1 where there are none."""
    fewer = min(len(one), len(other))
    return common(one, other) / fewer if fewer else 1.0


def differ_in_numbers(one: Grams, other: Grams) -> bool:
    """Is it one template with other numbers? Numbers that only one of the two has, such as the date in a header, do
    not make it so."""
    if overlap(one.digits, other.digits) >= OTHER_NUMBERS * overlap(one.plain, other.plain):
        return False
    shared = common(one.plain, other.plain)
    same_words = shared >= SAME_WORDS * (len(one.plain) + len(other.plain) - shared)
    return same_words or min(len(one.digits), len(other.digits)) >= FEW
