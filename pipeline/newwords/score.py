"""What of the pieces that the n-grams voted for may be a new word, and how good a one."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ciliu import Segmenter
from pipeline.newwords.grams import Grams

# Dates, amounts and ordinals: there is no end of them.
NUMBER = re.compile(
    "[第约近超共]?[0-9零〇一二三四五六七八九十百千万亿两几数]+"
    "[多余]?[年月日号时点分秒个万亿元岁次位名人家届条章项款种部天周季件批期场回倍度成]?[多余月日]?"
)
COUNTED = re.compile(
    "[0-9]+[多余]?[年月日号时点分秒个多余百千万亿元岁次位名人家届条章项款种部天周季件批期场回倍度成卷页版级]"
)

CHANCE = 5.0  # nats: at each boundary e⁵ = 148 times as often as by chance, or it is no more than its words


@dataclass
class Piece:
    """What is known of a candidate before it is looked for in the text. ``today``: how the dictionary cuts it."""

    word: str
    votes: int
    cohesion: float
    today: list[str]


def is_possible(word: str) -> bool:
    """Whether a piece may be a word that jieba does not know anyway: more than one character, not Latin alone, not a
    number with what it counts."""
    return len(word) > 1 and not word.isascii() and not NUMBER.fullmatch(word) and not COUNTED.match(word)


def choose(
    lines: Iterable[str], segmenter: Segmenter, counted: Grams, order: int, chance: float = CHANCE
) -> list[Piece]:
    """The candidates among the pieces (``word TAB votes``): not in the dictionary, no number, and no mere sequence
    of its words: where all of those have two characters or more, the whole stands more often than they would meet by
    chance, by ``chance`` nats at each boundary."""
    pieces = []
    for line in lines:
        word, votes, *_ = line.split("\t")
        if is_possible(word) and word not in segmenter:
            piece = Piece(word, int(votes), cohesion(word, counted, order), segmenter.lcut(word))
            if not is_sequence(piece, counted, chance):
                pieces.append(piece)
    return pieces


def cohesion(word: str, counted: Grams, order: int) -> float:
    """That of the word; of a longer one than the n-grams, that of its weakest part."""
    parts = [word[i : i + order] for i in range(max(1, len(word) - order + 1))]
    known = [value for count, value in map(counted.get, parts) if count]
    return min(known) if len(known) == len(parts) else 0.0


def is_sequence(piece: Piece, counted: Grams, chance: float) -> bool:
    """Whether a piece is a sequence of words of the dictionary by chance."""
    if min(map(len, piece.today)) < 2:
        return False
    counts = [counted.get(word)[0] for word in [piece.word, *piece.today]]
    if not all(counts):
        return True  # longer than the n-grams: what holds it together are its words
    total = counted.facts()[0]
    expected = sum(math.log(count / total) for count in counts[1:])
    return math.log(counts[0] / total) - expected < chance * (len(piece.today) - 1)


def best(pieces: Sequence[Piece], most: int) -> list[Piece]:
    """Of too many the ``most`` that are worth a look: by cohesion and votes. In the order of their words."""
    chosen = sorted(pieces, key=lambda piece: (-piece.cohesion * math.log(piece.votes + 1), piece.word))[:most]
    return sorted(chosen, key=lambda piece: piece.word)


def score(piece: Piece, count: int, articles: int, hints: int, entropy: float, ends: float) -> float:
    """The higher the likelier a word: in many articles, held together, free on both sides (``entropy`` of the less free
    one), mostly a piece by itself rather than part of one, seldom at the end of a run (``ends``: share on the side
    where it is larger; a label such as 收稿日期 always is). ``hints``: titles and marks. Longer ones are phrases more
    often."""
    whole = min(1.0, piece.votes / max(1, count))
    free = entropy * (1 - ends)
    hint = 1 + 0.1 * math.log1p(hints)
    return math.log1p(articles) * max(piece.cohesion, 0.0) * free * whole * hint / len(piece.word)
