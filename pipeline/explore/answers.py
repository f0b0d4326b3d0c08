"""The questions that the page may ask, each a function of a model and of what was asked, as JSON has it.

They raise ``ValueError`` for what is no such question. Words that the model does not have come back in ``unknown`` with
what is known of them; nothing else is answered then.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from heapq import nsmallest
from typing import Any

from pipeline.evaluate import lookup
from pipeline.evaluate.space import neighbours
from pipeline.explore.model import Model, examples

Asked = dict[str, Any]

LAST = "\U0010ffff"  # of all characters
MOST_WORDS, MOST_FOUND, MOST_CHARACTERS = 24, 200, 100_000


def about(model: Model, asked: Asked) -> Asked:
    """What the model is."""
    return {
        "name": model.name,
        "words": len(model.space.words),
        "dimensions": int(model.space.vectors.shape[1]),
        "own_cutter": model.own_cutter,
        "examples": examples(model.space),
    }


def near(model: Model, asked: Asked) -> Asked:
    """The ``n`` nearest words of the first of ``words``."""
    word = _words(asked, 1, 1)[0]
    if word not in model.space.index:
        return _unknown(model, [word])
    found = neighbours(model.space, [word], _number(asked))[word]
    row = model.space.index[word]
    return {"count": model.count(word), "rank": row + 1, "found": found}


def analogy(model: Model, asked: Asked) -> Asked:
    """a : b = c : …, with the strips of the three, of b - a + c, and of the best answer."""
    a, b, c = words = _words(asked, 3, 3)
    if any(word not in model.space.index for word in words):
        return _unknown(model, words)
    found = lookup.complete(model.space, a, b, c, _number(asked))
    shown = [b, a, c, *(word for word, _ in found[:1])]
    strips = lookup.unit_vectors(model.space, shown).round(4).tolist()
    made = lookup.combine(model.space, a, b, c).round(4).tolist()
    return {"found": found, "strips": [*zip(shown, strips, strict=True)], "made": made}


def compare(model: Model, asked: Asked) -> Asked:
    """Cosines and strips of ``words``; of three and more, the one that does not fit."""
    words = _words(asked, 1, MOST_WORDS)
    known = [word for word in words if word in model.space.index]
    answer = {**lookup.compare(model.space, known), **_unknown(model, words)} if known else _unknown(model, words)
    return {**answer, "odd": lookup.odd(model.space, known) if len(known) > 2 else []}


def cut(model: Model, asked: Asked) -> Asked:
    """``text`` as the model's segmenter cuts it: each word with ``known``, ``unknown`` or ``dropped`` (punctuation and
    stop words, which the training text did not have)."""
    text = str(asked.get("text", ""))
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"{len(text):,} characters are more than {MOST_CHARACTERS:,}")
    words = [[word, _state(model, word)] for word in _pieces(model, text)]
    kept = [word for word, state in words if state != "dropped"]
    missing = sorted({word for word in kept if word not in model.space.index}, key=lambda word: -kept.count(word))
    return {
        "words": words,
        "kept": len(kept),
        "known": sum(word in model.space.index for word in kept),
        "unknown": {word: model.why_unknown(word) for word in missing[:MOST_WORDS]},
        "own_cutter": model.own_cutter,
    }


def _pieces(model: Model, text: str) -> Iterator[str]:
    """All words of the text, those that are dropped too."""
    if model.cutter.rules["engine"] == "none":  # the text was cut by white space
        for number, line in enumerate(model.cutter.normalize(text).split("\n")):
            yield from ["\n"][:number]
            yield from line.split()
    else:
        yield from model.cutter.pieces(text)


def _state(model: Model, word: str) -> str:
    if not model.cutter.keeps(word):
        return "dropped"
    return "known" if word in model.space.index else "unknown"


def word_map(model: Model, asked: Asked) -> Asked:
    """The map, drawn when it is asked for first."""
    return model.map


def begin(model: Model, asked: Asked) -> Asked:
    """The most frequent words that begin as ``begin`` does."""
    start = str(asked.get("begin", ""))[:50]
    first, last = (bisect_left(model.alphabetic, text) for text in (start, start + LAST))
    return {"found": nsmallest(8, model.alphabetic[first:last], key=model.space.index.__getitem__) if start else []}


QUESTIONS: dict[str, Callable[[Model, Asked], Asked]] = {
    "about": about, "near": near, "analogy": analogy, "compare": compare, "cut": cut, "map": word_map,
    "begin": begin,
}  # fmt: skip


def answer(question: str, models: list[Model], asked: Asked) -> list[Asked]:
    """Each model's answer. Raises ``ValueError`` with what is wrong about the question."""
    if question not in QUESTIONS or not isinstance(asked, dict):
        raise ValueError(f"no such question: {question}")
    return [QUESTIONS[question](model, asked) for model in models]


def _words(asked: Asked, least: int, most: int) -> list[str]:
    given = asked.get("words")
    words = [str(word).strip() for word in given] if isinstance(given, list) else []
    words = list(dict.fromkeys(word for word in words if word)) if most > 3 else [word for word in words if word]
    if not least <= len(words) <= most:
        raise ValueError(f"{len(words)} words; from {least} to {most} are asked for")
    return words


def _number(asked: Asked) -> int:
    number = asked.get("n", 10)
    if not isinstance(number, int) or not 1 <= number <= MOST_FOUND:
        raise ValueError(f"n = {number!r}: from 1 to {MOST_FOUND}")
    return number


def _unknown(model: Model, words: list[str]) -> Asked:
    return {"unknown": {word: model.why_unknown(word) for word in words if word not in model.space.index}}
