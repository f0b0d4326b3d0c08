"""Segment: articles to words.

Writes for each shard the words as text (``.txt``: a sentence a line, one space between words, never white space within
one), and the same as int32 ids (``.ids``, little-endian, -1 ends a sentence) over the shard's own word list
(``.words``: word, TAB, count; the line number is the id).
"""

import array
import sys
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import IO

from ciliu import Segmenter
from pipeline import cache, shards
from pipeline.plain_text import read_lines
from pipeline.segment.sentences import is_punctuation, split_sentences
from pipeline.shards import Shard

VERSION = 1
VERSIONS = ("jieba", "unicode")

MAX_WORDS = 10_000  # gensim trains nothing beyond this many words of a sentence, and does not say so

WHITE_SPACE, PUNCTUATION, STOP_WORD = -2, -3, -4  # instead of an id: dropped, and why
END = -1
DROPPED = {WHITE_SPACE: "white_space", PUNCTUATION: "punctuation", STOP_WORD: "stop_words"}


def run(
    dedup: Path,
    dictionary: Path,
    stop_words: Sequence[Path],
    output: Path,
    *,
    HMM: bool,
    keep_punctuation: bool,
    processes: int = 1,
) -> cache.Counts:
    """Cut the articles of ``dedup`` with the compiled ``dictionary`` into ``output``.

    ``HMM`` is jieba's; ``stop_words`` are files with a word a line that is dropped.
    """
    dropped = tuple(sorted({word for path in stop_words for word in read_lines(path)} - {""}))
    arguments = (str(dictionary), HMM, keep_punctuation, dropped)
    work = [
        Shard(file.path.stem, file.digest, (str(file.path), *arguments), file.size)
        for file in shards.files(dedup, ".jsonl")
    ]
    return shards.total(shards.map_shards(segment_shard, work, output, sharded="dedup", processes=processes))


@lru_cache(maxsize=1)
def _open_segmenter(dictionary: str) -> Segmenter:
    return Segmenter(dictionary)  # once a process


def segment_shard(
    folder: Path, name: str, path: str, dictionary: str, HMM: bool, keep_punctuation: bool, stop_words: Sequence[str]
) -> cache.Counts:
    """One shard: its articles' sentences as words, as ids, and its word list."""
    cut = _open_segmenter(dictionary).lcut
    lexicon = Lexicon(keep_punctuation, stop_words)
    ids = array.array("i")
    counts: Counter[str] = Counter(dict.fromkeys(("articles", "characters", "sentences", "split_sentences"), 0))
    with (
        (folder / f"{name}.txt").open("w", encoding="utf-8", newline="\n") as text,
        (folder / f"{name}.ids").open("wb") as encoded,
    ):
        for article in shards.read_articles(Path(path)):
            counts["articles"] += 1
            counts["characters"] += len(article["text"])
            for sentence in split_sentences(article["text"]):
                start = len(ids)
                words = lexicon.encode(cut(sentence, HMM=HMM), ids)
                if words:
                    counts["split_sentences"] += len(words) > MAX_WORDS
                    counts["sentences"] += _write_sentence(words, text, ids, start)
            _flush(ids, encoded)
    lexicon.write(folder / f"{name}.words")
    return {**counts, **lexicon.counts()}


def _write_sentence(words: list[str], text: IO[str], ids: "array.array[int]", start: int) -> int:
    """End the sentence whose ids begin at ``start``; what is too long for gensim becomes several. Returns how many."""
    pieces = range(0, len(words), MAX_WORDS)
    for piece in pieces:
        text.write(" ".join(words[piece : piece + MAX_WORDS]) + "\n")
    for piece in reversed(pieces[1:]):
        ids.insert(start + piece, END)
    ids.append(END)
    return len(pieces)


def _flush(ids: "array.array[int]", encoded: IO[bytes]) -> None:
    if sys.byteorder == "big":
        ids.byteswap()
    ids.tofile(encoded)
    del ids[:]


class Lexicon:
    """A shard's own word list: an id for each word that is kept, a reason for each that is not."""

    def __init__(self, keep_punctuation: bool, stop_words: Sequence[str]) -> None:
        self.ids: dict[str, int] = dict.fromkeys(stop_words, STOP_WORD)
        self.keep_punctuation = keep_punctuation
        self.words: list[str] = []
        self.times: list[int] = []
        self.dropped: Counter[int] = Counter()
        self.dropped_characters = 0

    def encode(self, words: Sequence[str], ids: "array.array[int]") -> list[str]:
        """The words that are kept; their ids go to the end of ``ids``."""
        kept = []
        for word in words:
            code = self.ids.get(word)
            if code is None:
                code = self._add(word)
            if code >= 0:
                self.times[code] += 1
                ids.append(code)
                kept.append(word)
            else:
                self.dropped[code] += 1
                self.dropped_characters += len(word)
        return kept

    def _add(self, word: str) -> int:
        if word.isspace():
            code = WHITE_SPACE
        elif not self.keep_punctuation and is_punctuation(word):
            code = PUNCTUATION
        else:
            code = len(self.words)
            self.words.append(word)
            self.times.append(0)
        self.ids[word] = code
        return code

    def write(self, path: Path) -> None:
        """Word, TAB, count; the line number (from 0) is the id."""
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{word}\t{count}\n" for word, count in zip(self.words, self.times, strict=True))

    def counts(self) -> cache.Counts:
        """Words kept, words dropped by reason, and the characters in both."""
        return {
            "words": sum(self.times),
            "word_characters": sum(len(word) * count for word, count in zip(self.words, self.times, strict=True)),
            "dropped": {reason: self.dropped[code] for code, reason in DROPPED.items()},
            "dropped_characters": self.dropped_characters,
        }


def summary(counts: cache.Counts) -> str:
    """The closing line: in, out, dropped."""
    dropped = ", ".join(
        f"{counts['dropped'][name]:,} {name.replace('_', ' ')}" for name in ("punctuation", "stop_words")
    )
    return f"{counts['words']:,} words in {counts['sentences']:,} sentences; dropped {dropped}"
