"""Where sentences end, and which words count.

A sentence ends at a line end; behind ``。！？!?…`` and the full stops ``．`` and ``.`` where neither a Latin letter nor
a digit follows (``3.14`` and ``opensource.com`` go on), with the closing quotes and brackets that follow.
"""

import re
from collections.abc import Iterator

# Possessive (++): without it a text of full stops alone would be tried in every way.
BODY = r"(?:[^\n。！？!?….．]++|[.．](?=[0-9A-Za-z.．]))++"
END = r"""[。！？!?….．]++[”’"'」』）)】》〉]*+"""
SENTENCE = re.compile(f"{BODY}(?:{END})?|{END}")


def split_sentences(text: str) -> Iterator[str]:
    """The sentences of a text in normal form; joined, with the line ends between them, they give it again.

    >>> list(split_sentences("他说：“好。”我们去3.14号楼。"))
    ['他说：“好。”', '我们去3.14号楼。']
    """
    return (match[0] for match in SENTENCE.finditer(text))


def is_punctuation(word: str) -> bool:
    """True for a word without any letter or digit of any script: ``，``, ``——``, ``★``."""
    return not any(character.isalnum() for character in word)
