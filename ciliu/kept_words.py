"""From a text to the words that the pipeline makes of it, by the rules of a bundle's ``segmenter.json``."""

from collections.abc import Callable, Iterator
from typing import Any

from ciliu.conversion import make_converter
from ciliu.normal_form import normalize
from ciliu.protect import Protect
from ciliu.sentences import cut_sentences, is_punctuation

Lcut = Callable[[str], list[str]]


class Cutter:
    """Cuts text as the training text was cut: normal form, sentences, words, and what of them is dropped.

    ``rules``: ``normal_form`` (names of rules), ``opencc``, ``engine`` (``none``: the text is cut already, by white
    space), ``keep_punctuation``, ``stop_words``, ``protect`` (``words``, ``patterns``). ``lcut`` is the segmenter's,
    over the dictionary that goes with the rules; ``opencc`` the tables of ``opencc.json``, for rules that name some.
    """

    def __init__(self, rules: dict[str, Any], lcut: Lcut, opencc: dict[str, Any] | None = None) -> None:
        kept = rules["protect"]
        self.rules, self._lcut = rules, lcut
        self._convert = make_converter(opencc) if opencc else None
        self._protect = Protect(kept["words"], kept["patterns"]) if kept["words"] or kept["patterns"] else None
        self._dropped = frozenset(rules["stop_words"])

    def cut(self, text: str) -> list[str]:
        """The words of ``text``, as the model knows them. Raises ``ValueError`` for half a surrogate pair."""
        return [word for sentence in self.sentences(text) for word in sentence]

    def normalize(self, text: str) -> str:
        """The normal form of ``text``; simplified by OpenCC where the training text was."""
        text = normalize(text, self.rules["normal_form"])[0]
        return text if self._convert is None else self._convert(text)

    def sentences(self, text: str) -> Iterator[list[str]]:
        """The words of each sentence of ``text``."""
        text = self.normalize(text)
        kept = self._protect.spans(text) if self._protect else []
        parts = split_words(text) if self.rules["engine"] == "none" else cut_sentences(text, kept, self._lcut)
        for words in parts:
            if sentence := [word for word in words if self.keeps(word)]:
                yield sentence

    def pieces(self, text: str) -> Iterator[str]:
        """All words of the normal form of ``text``, punctuation and white space too: joined, they give it again, but
        for the spaces of protected words, which are ``_``."""
        for number, line in enumerate(self.normalize(text).split("\n")):
            kept = self._protect.spans(line) if self._protect else []
            if number:
                yield "\n"
            for words in cut_sentences(line, kept, self._lcut):
                yield from words

    def keeps(self, word: str) -> bool:
        """Whether the pipeline keeps ``word``: no stop word, no white space, no punctuation."""
        if word in self._dropped or word.isspace():
            return False
        return bool(self.rules["keep_punctuation"]) or not is_punctuation(word)


def split_words(text: str) -> Iterator[list[str]]:
    """The sentences of a text that another tool has cut: white space separates words; a line is a sentence, and so is
    what a word that ends sentences (``。``) ends."""
    for line in text.split("\n"):
        words: list[str] = []
        for word in line.split():
            words.append(word)
            if all(character in "。！？!?…" for character in word):
                yield words
                words = []
        yield words
