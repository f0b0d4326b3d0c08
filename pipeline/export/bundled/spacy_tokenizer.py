"""The tokenizer of the folder ``spacy-zh``: the words of segmenter.py, punctuation and white space kept.

Needs spaCy and jieba. ``import spacy_tokenizer`` before ``spacy.load``.
"""

from contextlib import suppress
from pathlib import Path
from typing import Any

import segmenter
import spacy
from spacy.tokens import Doc


class Tokenizer:
    """Text in normal form, so that its words are those that have vectors."""

    def __init__(self, vocab: Any) -> None:
        self.vocab = vocab
        self.cutter = segmenter.load(Path(__file__).parent)

    def __call__(self, text: str) -> Any:
        words = [word for word in self.cutter.pieces(text) if word]
        return Doc(self.vocab, words=words, spaces=[False] * len(words))

    def to_disk(self, path: Any, **options: Any) -> None:
        """Nothing to write: the segmenter lies in the bundle."""
        Path(path).write_text("the segmenter is beside this folder\n", encoding="utf-8")

    def from_disk(self, path: Any, **options: Any) -> "Tokenizer":
        """The segmenter beside the folder that is loaded."""
        self.cutter = segmenter.load(Path(path).parents[1])
        return self


@spacy.registry.tokenizers("ciliu.tokenizer.v1")  # type: ignore[attr-defined, untyped-decorator, unused-ignore] # as spaCy's docs do
def make_tokenizer() -> Any:
    """What ``config.cfg`` asks for."""
    return lambda nlp: Tokenizer(nlp.vocab)


if __spec__ and __spec__.cached:  # no sum of the bundle names the byte code that Python keeps of this file, so it goes
    with suppress(OSError):
        Path(__spec__.cached).unlink()
        Path(__spec__.cached).parent.rmdir()
