"""Analogies, a : b = c : ?, under the two protocols by which scores are published.

*Chinese-Word-Vectors* (``ana_eval_dense.py``): words as they stand; a question counts when a, b and c are known, and is
a miss where the answer is not; two scores, add (3CosAdd: cos b - cos a + cos c) and mul (3CosMul: cos b · cos c /
(cos a + 0.01), cosines moved to 0–1). *gensim* (``evaluate_word_analogies``, ``restrict_vocab`` the whole vocabulary):
upper and lower case are one; a question counts when all four words are known; 3CosAdd.

The answer is the best of the whole vocabulary but a, b and c. A vector of zeros has the cosine 0 with all.

The cosines of the questions' words with a block of the vocabulary are one matrix product. Questions that share (a, b)
share cos b - cos a and cos b / (cos a + 0.01), so that each question costs one addition, one product and two maxima a
word: 17,813 questions over 350,000 words take half a minute.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.evaluate.space import Floats, Ids, Space
from pipeline.processes import cpus

Question = tuple[str, str, str, str, str]  # section, a, b, c, expected
Answers = npt.NDArray[np.int64]

DISTINCT = 4_096  # words of questions at once
CELLS = 1 << 23  # cosines at once and thread: 32 MB
PROTOCOLS = ("Chinese-Word-Vectors add", "Chinese-Word-Vectors mul", "gensim")


def score(space: Space, questions: Sequence[Question]) -> dict[str, Any]:
    """For each protocol ``right``, ``counted`` and ``score`` (None where nothing counts), in all and by section, and
    ``asked``; ``coverage`` is the share of the questions whose four words are all known."""
    as_is = resolve(questions, space.index.get)
    folded = resolve(questions, lambda word: space.folded.get(word.upper()))
    variants = [_variants(space, question) for question in questions]
    add, mul = answer_all(space, as_is[:, :3], [[]] * len(questions))
    again = (folded[:, :3] != as_is[:, :3]).any(axis=1) | np.array([bool(rows) for rows in variants], dtype=bool)
    gensim = add.copy()
    if again.any():
        hidden = [variants[place] for place in np.flatnonzero(again)]
        gensim[again] = answer_all(space, folded[again, :3], hidden)[0]
    guessed = np.array([space.folded[space.words[row].upper()] if row >= 0 else -1 for row in gensim.tolist()])
    counted = (as_is[:, :3] >= 0).all(axis=1)
    right = {
        PROTOCOLS[0]: (counted & (add == as_is[:, 3]), counted),
        PROTOCOLS[1]: (counted & (mul == as_is[:, 3]), counted),
        PROTOCOLS[2]: (guessed == folded[:, 3], (folded >= 0).all(axis=1)),
    }
    sections = [question[0] for question in questions]
    found = float((as_is >= 0).all(axis=1).mean()) if len(as_is) else 0.0
    return {
        "asked": len(questions),
        "coverage": round(found, 4),
        "protocols": {name: _table(hits & fair, fair, sections) for name, (hits, fair) in right.items()},
    }


def resolve(questions: Sequence[Question], look: Callable[[str], int | None]) -> Ids:
    """Questions × 4 rows of the vocabulary, -1 for a word that is not there."""
    rows = [[-1 if (row := look(word)) is None else row for word in question[1:]] for question in questions]
    return np.array(rows, dtype=np.int64).reshape(-1, 4)


def _variants(space: Space, question: Question) -> list[int]:
    """Rows of other cases of a, b and c: gensim passes over them."""
    return [row for word in question[1:4] for row in space.variants.get(word.upper(), [])]


def _table(right: Any, counted: Any, sections: Sequence[str]) -> dict[str, Any]:
    names = np.array(sections)
    rows = {section: names == section for section in dict.fromkeys(sections)}
    return {
        **_row(right, counted),
        "sections": {section: {**_row(right[here], counted[here]), "asked": int(here.sum())}
                     for section, here in rows.items()},
    }  # fmt: skip


def _row(right: Any, counted: Any) -> dict[str, Any]:
    share = round(float(right.sum() / counted.sum()), 6) if counted.any() else None
    return {"right": int(right.sum()), "counted": int(counted.sum()), "score": share}


def answer_all(space: Space, questions: Ids, hidden: Sequence[Sequence[int]]) -> tuple[Answers, Answers]:
    """The rows of the best answers by add and by mul, to questions (n × 3 rows: a, b, c); -1 where a word is not known.
    ``hidden`` are further rows that must not be the answer, for each question."""
    best = np.full((2, len(questions)), -1, dtype=np.int64)
    asked = np.flatnonzero((questions >= 0).all(axis=1))
    asked = asked[np.lexsort(questions[asked].T[::-1])]  # by a, then b
    for part in _parts(questions, asked):
        best[:, part] = _answer(space, questions[part], [hidden[place] for place in part])
    return best[0], best[1]


def _parts(questions: Ids, asked: Ids) -> Iterator[Ids]:
    """Questions in turn, with at most ``DISTINCT`` different words each time."""
    step = max(1, DISTINCT // 3)
    if len(np.unique(questions[asked])) <= DISTINCT:
        step = max(1, len(asked))
    for start in range(0, len(asked), step):
        yield asked[start : start + step]


def _answer(space: Space, questions: Ids, hidden: Sequence[Sequence[int]]) -> Ids:
    """2 × n rows: the best by add and by mul. The questions are in the order of (a, b)."""
    distinct, places = np.unique(questions, return_inverse=True)
    places = places.reshape(questions.shape)
    vectors = space.unit(distinct)
    size = max(256, min(8_192, CELLS // len(distinct)))
    starts = range(0, len(space.words), size)
    groups = np.split(np.arange(len(questions)), 1 + np.flatnonzero(np.diff(places[:, :2], axis=0).any(axis=1)))
    banned = [[*row, *more] for row, more in zip(questions.tolist(), hidden, strict=True)]

    def look(start: int) -> tuple[Floats, Ids]:
        cosines = vectors @ space.unit(slice(start, start + size)).T
        return _best_of_block(cosines, places, groups, banned, start)

    values, rows = np.full((2, len(questions)), -np.inf, dtype=np.float32), np.full((2, len(questions)), -1)
    with ThreadPoolExecutor(cpus()) as pool:
        for found, at in _in_order(pool, look, starts):
            better = found > values  # equal values: the first row stays, as argmax has it
            values[better], rows[better] = found[better], at[better]
    return rows


def _in_order(pool: ThreadPoolExecutor, look: Callable[[int], Any], starts: range) -> Iterator[Any]:
    """The results in order, a few at a time: memory stays bounded."""
    ahead = 2 * cpus()
    for first in range(0, len(starts), ahead):
        yield from pool.map(look, starts[first : first + ahead])


def _best_of_block(
    cosines: Floats, places: Ids, groups: Sequence[Ids], banned: Sequence[Sequence[int]], start: int
) -> tuple[Floats, Ids]:
    """2 × n greatest values within a block of the vocabulary (columns of ``cosines``), and their rows."""
    width = cosines.shape[1]
    shifted = (cosines + 1) / 2
    values, rows = np.empty((2, len(places)), dtype=np.float32), np.empty((2, len(places)), dtype=np.int64)
    for group in groups:
        a, b, _ = places[group[0]]
        out = [(q, row - start) for q, place in enumerate(group) for row in banned[place] if 0 <= row - start < width]
        c = places[group, 2]
        add, mul = cosines[c], shifted[c]
        add += cosines[b] - cosines[a]
        mul *= shifted[b] / (shifted[a] + np.float32(0.01))
        for way, near in enumerate((add, mul)):
            for question, column in out:
                near[question, column] = -np.inf
            at = near.argmax(axis=1)
            values[way, group], rows[way, group] = near[np.arange(len(group)), at], at + start
    return values, rows
