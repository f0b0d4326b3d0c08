"""Similarity and analogies for ``quality.py``: gensim's numbers, by matrix products over the whole vocabulary.

Analogies: 3CosAdd, ``b - a + c`` of unit vectors, the nearest word of the whole vocabulary but the three asked with.
Two protocols: *found* (gensim's ``evaluate_word_analogies``: of the questions with all four words known; the main one)
and *asked* (``dummy4unknown``: a question with an unknown word is a miss). Similarity: Spearman's correlation of the
cosine with people's scores over the pairs with both words known, as ``evaluate_word_pairs``.

gensim folds case first; these sets have no cased letters in them, so words are looked up as they stand.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.evaluate.analogies import answer_all
from pipeline.evaluate.similarity import spearman
from pipeline.evaluate.space import Space

PAIRS = {"wordsim-240": "eval/similarity/wordsim-240.txt"}
QUESTIONS = {
    "CA8 semantic": "eval/analogy/CA8_semantic.txt",
    "CA8 morphological": "eval/analogy/CA8_morphological.txt",
    "CA_translated": "eval/analogy/CA_translated.txt",
}
SETS = (*PAIRS, *QUESTIONS)

Floats = npt.NDArray[np.floating[Any]]
Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class EvalSet:
    """The lines of a set whose words are all known, as ranks (lines × 2 or 4); ``human`` has people's scores of the
    pairs and is empty for questions; ``asked`` is how many lines there are."""

    ranks: Ids
    human: Floats
    asked: int


def read_sets(shared: Path, words: list[str]) -> dict[str, EvalSet]:
    """All sets, by name. Raises ``ValueError`` with file, line and what stands there for a line that is none."""
    ranks = {word: rank for rank, word in enumerate(words)}
    pairs = {name: read_pairs(shared / path, ranks) for name, path in PAIRS.items()}
    return {**pairs, **{name: read_questions(shared / path, ranks) for name, path in QUESTIONS.items()}}


def read_pairs(path: Path, ranks: Mapping[str, int]) -> EvalSet:
    """``word TAB word TAB score`` lines."""
    lines = list(read_fields(path, 3))
    known = [line for line in lines if line[0] in ranks and line[1] in ranks]
    human = np.array([float(line[2]) for line in known])
    return EvalSet(to_ranks([line[:2] for line in known], ranks, 2), human, len(lines))


def read_questions(path: Path, ranks: Mapping[str, int]) -> EvalSet:
    """``a b c expected`` lines under heads ``: section``."""
    lines = list(read_fields(path, 4))
    known = [line for line in lines if all(word in ranks for word in line)]
    return EvalSet(to_ranks(known, ranks, 4), np.empty(0), len(lines))


def read_fields(path: Path, number: int) -> Iterator[list[str]]:
    """The lines of ``number`` fields, without heads and empty ones."""
    for place, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        fields = line.split()
        if not fields or fields[0] == ":":
            continue
        if len(fields) != number:
            raise ValueError(f"{path.name}, line {place}: {number} fields are wanted, {line!r} has {len(fields)}")
        yield fields


def to_ranks(lines: list[list[str]], ranks: Mapping[str, int], number: int) -> Ids:
    """Lines × ``number`` ranks."""
    return np.array([[ranks[word] for word in line] for line in lines], dtype=np.int64).reshape(-1, number)


def normalize_rows(vectors: Floats) -> Floats:
    """Every row at length 1, a row of zeros as it is."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Floats = np.divide(vectors, lengths, where=lengths > 0, out=np.zeros(vectors.shape, vectors.dtype))
    return unit


def score(test: EvalSet, unit: Floats) -> Floats:
    """A number for each line that is found: the cosine of a pair, 1 or 0 for a question answered or missed."""
    if len(test.human):
        return similarities(unit, test.ranks)
    return answer(unit, test.ranks).astype(np.float64)


def similarities(unit: Floats, pairs: Ids) -> Floats:
    """The cosine of each pair."""
    cosines: Floats = np.einsum("ij,ij->i", unit[pairs[:, 0]], unit[pairs[:, 1]])
    return cosines


def answer(unit: Floats, questions: Ids) -> npt.NDArray[np.bool_]:
    """Whether the nearest word is the one expected, for each question ``a b c expected``."""
    space = Space(range(len(unit)), unit)  # type: ignore[arg-type] # rows are all that is asked of it
    found: npt.NDArray[np.bool_] = answer_all(space, questions[:, :3], [[]] * len(questions))[0] == questions[:, 3]
    return found


def total(test: EvalSet, values: Floats) -> float:
    """The score of the whole set: Spearman's correlation, or the share answered of the questions that are found."""
    return spearman(test.human, values) if len(test.human) else float(np.mean(values))
