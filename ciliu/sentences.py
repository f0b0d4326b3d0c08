"""Where sentences end, and which words count.

A sentence ends at a line end; behind ``。！？!?…`` and the full stops ``．`` and ``.`` where neither a Latin letter nor
a digit follows (``3.14`` and ``opensource.com`` go on), with the closing quotes and brackets that follow.
"""

import re
from collections.abc import Callable, Iterator, Sequence

# Possessive (++): without it a text of full stops alone would be tried in every way.
BODY = r"(?:[^\n。！？!?….．]++|[.．](?=[0-9A-Za-z.．]))++"
END = r"""[。！？!?….．]++[”’"'」』）)】》〉]*+"""
SENTENCE = re.compile(f"{BODY}(?:{END})?|{END}")
PART = re.compile(f"{BODY}(?P<end>{END})?|(?P<only>{END})|\n")


def split_sentences(text: str) -> Iterator[str]:
    """The sentences of a text in normal form; joined, with the line ends between them, they give it again.

    >>> list(split_sentences("他说：“好。”我们去3.14号楼。"))
    ['他说：“好。”', '我们去3.14号楼。']
    """
    return (match[0] for match in SENTENCE.finditer(text))


def cut_sentences(text: str, kept: Sequence[tuple[int, int]], cut: Callable[[str], list[str]]) -> Iterator[list[str]]:
    """The words of each sentence. In the ``kept`` spans (ascending, apart) no sentence ends, and each is one word, its
    spaces written as ``_`` as gensim's Phrases does, since in the words' files a space parts them."""
    words: list[str] = []
    at = 0
    for start, end in [*kept, (len(text), len(text))]:
        for part in PART.finditer(text, at, start):
            if part[0] != "\n":
                words += cut(part[0])
            if part["end"] or part["only"] or part[0] == "\n":
                yield words
                words = []
        if end > start:
            words.append(text[start:end].replace(" ", "_"))
        at = end
    yield words


def is_punctuation(word: str) -> bool:
    """True for a word without any letter or digit of any script: ``，``, ``——``, ``★``."""
    return not any(character.isalnum() for character in word)
