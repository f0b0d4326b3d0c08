"""A shard's own word list, and the shard's text as ids of that list.

Two that give the same bytes: ``ciliu._native.Lexicon``, and ``Lexicon`` here for every other engine.
"""

import array
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO, Protocol

from ciliu import Segmenter
from ciliu.kept_words import split_words
from ciliu.sentences import cut_sentences, is_punctuation
from pipeline import cache, shard_files

MAX_WORDS = 10_000  # gensim trains nothing beyond this many words of a sentence, and does not say so

WHITE_SPACE, PUNCTUATION, STOP_WORD = -2, -3, -4  # instead of an id: dropped, and why
END = shard_files.END_OF_SENTENCE
DROPPED = {WHITE_SPACE: "white_space", PUNCTUATION: "punctuation", STOP_WORD: "stop_words"}

Cut = Callable[[str], Iterator[list[str]]]  # the words of each sentence of a text


class Encoder(Protocol):
    """What ``segment_shard`` needs of a lexicon."""

    def encode(self, text: str) -> None:
        """Cut a text in normal form, and keep its words."""

    def encode_lines(self, lines: bytes, at: int) -> tuple[int, int]:
        """Encode some of the articles, a line of JSON each, from byte ``at`` on. Returns where the next one begins,
        and how many were encoded."""

    def flush(self, file: BinaryIO) -> None:
        """Write what was encoded since the last flush: int32 ids, -1 ends a sentence."""

    def words(self) -> bytes:
        """``word TAB count LF`` of each word that is kept, by id."""

    def counts(self) -> cache.Counts:
        """Characters, sentences, words kept and dropped, by reason."""


def make_lexicon(segmenter: Segmenter | None, HMM: bool, keep_punctuation: bool, stop_words: Sequence[str]) -> Encoder:
    """The fastest lexicon for an engine; without a ``segmenter``, white space separates the words."""
    if segmenter is None:
        return Lexicon(split_words, keep_punctuation, stop_words)
    if segmenter.engine == "native":
        return NativeLexicon(segmenter, HMM, keep_punctuation, stop_words)

    def cut(text: str) -> Iterator[list[str]]:
        kept = segmenter.protect.spans(text) if segmenter.protect else []
        return cut_sentences(text, kept, lambda part: segmenter.engine_lcut(part, HMM))

    return Lexicon(cut, keep_punctuation, stop_words)


def encode_line(lexicon: Encoder, lines: bytes, at: int) -> tuple[int, int]:
    """Encode the one article whose line begins at ``at``."""
    end = lines.find(b"\n", at) + 1 or len(lines)
    lexicon.encode(json.loads(lines[at:end])["text"])
    return end, 1


class Lexicon:
    """The lexicon in Python: an id for each word that is kept, a reason for each that is not."""

    def __init__(self, cut: Cut, keep_punctuation: bool, stop_words: Sequence[str]) -> None:
        self.cut = cut
        self.ids: dict[str, int] = dict.fromkeys(stop_words, STOP_WORD)
        self.keep_punctuation = keep_punctuation
        self.listed: list[str] = []
        self.times: list[int] = []
        self.dropped: Counter[int] = Counter()
        self.totals: Counter[str] = Counter(characters=0, sentences=0, split_sentences=0, dropped_characters=0)
        self.encoded = array.array("i")

    def encode(self, text: str) -> None:
        """Cut a text in normal form, and keep its words."""
        self.totals["characters"] += len(text)
        for sentence in self.cut(text):
            words = [word for word in sentence if self._is_kept(word)]
            self.totals["split_sentences"] += len(words) > MAX_WORDS
            for piece in range(0, len(words), MAX_WORDS):
                self._write(words[piece : piece + MAX_WORDS])

    def _is_kept(self, word: str) -> bool:
        code = self.ids.get(word)
        if code is None:
            code = self._add(word)
        if code < 0:
            self.dropped[code] += 1
            self.totals["dropped_characters"] += len(word)
        return code >= 0

    def _add(self, word: str) -> int:
        if word.isspace():
            code = WHITE_SPACE
        elif not self.keep_punctuation and is_punctuation(word):
            code = PUNCTUATION
        else:
            code = len(self.listed)
            self.listed.append(word)
            self.times.append(0)
        self.ids[word] = code
        return code

    def _write(self, words: list[str]) -> None:
        """A sentence, or a part of one that is too long for gensim."""
        self.totals["sentences"] += 1
        for word in words:
            code = self.ids[word]
            self.times[code] += 1
            self.encoded.append(code)
        self.encoded.append(END)

    encode_lines = encode_line

    def flush(self, file: BinaryIO) -> None:
        """Write the ids since the last flush."""
        file.write(little_endian(self.encoded))
        self.encoded = array.array("i")

    def words(self) -> bytes:
        """``word TAB count LF`` of each word that is kept, by id."""
        listed = zip(self.listed, self.times, strict=True)
        return "".join(f"{word}\t{count}\n" for word, count in listed).encode("utf-8")

    def counts(self) -> cache.Counts:
        """What was kept and dropped."""
        return {
            **self.totals,
            "words": sum(self.times),
            "word_characters": sum(len(word) * count for word, count in zip(self.listed, self.times, strict=True)),
            "dropped": {reason: self.dropped[code] for code, reason in DROPPED.items()},
        }


class NativeLexicon:
    """The native core's lexicon over a native segmenter."""

    def __init__(self, segmenter: Segmenter, HMM: bool, keep_punctuation: bool, stop_words: Sequence[str]) -> None:
        self.segmenter, self.HMM = segmenter, HMM
        self._lexicon: Any = segmenter.native.Lexicon("\n".join(stop_words).encode(), keep_punctuation, MAX_WORDS)

    def encode(self, text: str) -> None:
        """Cut a text in normal form, and keep its words."""
        kept = byte_spans(text, self.segmenter.protect.spans(text)) if self.segmenter.protect else b""
        self._lexicon.encode(self.segmenter.table, text, self.HMM, kept)

    def encode_lines(self, lines: bytes, at: int) -> tuple[int, int]:
        """Encode some articles; those whose text needs Python (protected words, odd JSON) one by one."""
        if self.segmenter.protect is None:
            stop, articles = self._lexicon.encode_lines(self.segmenter.table, lines, at, self.HMM)
            if articles:
                return stop, articles
        return encode_line(self, lines, at)

    def flush(self, file: BinaryIO) -> None:
        """Write the ids since the last flush. The core is built for little-endian machines only."""
        self._lexicon.flush(file)

    def words(self) -> bytes:
        """``word TAB count LF`` of each word that is kept, by id."""
        return self._lexicon.words()  # type: ignore[no-any-return] # C has no annotations

    def counts(self) -> cache.Counts:
        """What was kept and dropped."""
        return self._lexicon.counts()  # type: ignore[no-any-return] # C has no annotations


def byte_spans(text: str, spans: Sequence[tuple[int, int]]) -> bytes:
    """Spans in code points as pairs of uint32, offsets in UTF-8."""
    pairs = array.array("I")
    at = offset = 0
    for start, end in spans:
        begin = offset + len(text[at:start].encode("utf-8"))
        at, offset = end, begin + len(text[start:end].encode("utf-8"))
        pairs.extend((begin, offset))
    return pairs.tobytes()


def little_endian(ids: "array.array[int]") -> bytes:
    """int32 ids as the files have them, whatever this machine's byte order."""
    if sys.byteorder == "big":
        ids.byteswap()
    return ids.tobytes()
