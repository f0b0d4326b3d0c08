"""Where sentences end, and which words count.

A sentence ends at a line end; behind ``。！？!?…`` and the full stops ``．`` and ``.`` where neither a Latin letter nor
a digit follows (``3.14`` and ``opensource.com`` go on), with the closing quotes and brackets that follow.
"""

import re
from collections.abc import Callable, Iterator, Sequence

STOPS = "。！？!?….．"
# No repeated group, as (…)++: Python before 3.11.5 matches those wrongly (Debian 12 has 3.11.2).
END = re.compile(rf"""\n|(?:[。！？!?…]|[.．](?![0-9A-Za-z.．]))[{STOPS}]*+[”’"'」』）)】》〉]*+""")


def split_sentences(text: str) -> Iterator[str]:
    """The sentences of a text in normal form; joined, with the line ends between them, they give it again.

    >>> list(split_sentences("他说：“好。”我们去3.14号楼。"))
    ['他说：“好。”', '我们去3.14号楼。']
    """
    return (part for part, _ in _parts(text, 0, len(text)) if part)


def _parts(text: str, start: int, end: int) -> Iterator[tuple[str, bool]]:
    """``text[start:end]`` cut where sentences end, without line ends; does one end behind the part?"""
    for match in END.finditer(text, start, end):
        yield text[start : match.start() if match[0] == "\n" else match.end()], True
        start = match.end()
    yield text[start:end], False


def cut_sentences(text: str, kept: Sequence[tuple[int, int]], cut: Callable[[str], list[str]]) -> Iterator[list[str]]:
    """The words of each sentence. In the ``kept`` spans (ascending, apart) no sentence ends, and each is one word, its
    spaces written as ``_`` as gensim's Phrases does, since in the words' files a space parts them."""
    words: list[str] = []
    at = 0
    for start, end in [*kept, (len(text), len(text))]:
        for part, ends in _parts(text, at, start):
            if part:
                words += cut(part)
            if ends:
                yield words
                words = []
        if end > start:
            words.append(text[start:end].replace(" ", "_"))
        at = end
    yield words


def is_punctuation(word: str) -> bool:
    """True for a word without any letter or digit of any script: ``，``, ``——``, ``★``."""
    return not any(character.isalnum() for character in word)
