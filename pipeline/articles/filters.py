"""Which texts are no articles for this run: too short or long, in another language, with a word of a list.

Lines that stand in many articles are Dedup's matter: it sees all articles, this stage one at a time.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from ciliu import normal_form
from pipeline.articles.records import Options, Rejected
from pipeline.plain_text import read_lines

HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
KANA_HANGUL = re.compile("[\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9f\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]+")


RULES = ("min_characters", "max_characters", "min_han", "max_foreign", "keywords")  # each a parameter
OFF = Options()


def is_on(options: Options) -> bool:
    """Whether any filter is on."""
    return any(getattr(options, rule) != getattr(OFF, rule) for rule in RULES)


def reject(text: str, options: Options) -> Rejected | None:
    """Why a ``text`` in normal form is no article; None where it is one. The reasons name the value and the limit."""
    if not text.strip():
        return Rejected("an empty text", "empty")
    if not is_on(options):
        return None
    solid = len(text) - sum(map(len, re.findall(r"\s+", text)))  # without white space
    if solid < options.min_characters:
        return Rejected(f"{solid:,} characters, fewer than {options.min_characters:,}", "min_characters")
    if options.max_characters and solid > options.max_characters:
        return Rejected(f"{solid:,} characters, more than {options.max_characters:,}", "max_characters")
    return _reject_language(text, solid, options) or _reject_keywords(text, options)


def _reject_language(text: str, solid: int, options: Options) -> Rejected | None:
    if options.min_han <= 0 and options.max_foreign >= 1:
        return None
    han, foreign = (sum(map(len, letters.findall(text))) for letters in (HAN, KANA_HANGUL))
    if han < options.min_han * solid:
        return Rejected(f"{han / solid:.1%} of the characters are Han, fewer than {options.min_han:.1%}", "min_han")
    if foreign > options.max_foreign * (han + foreign):
        share = f"{foreign / (han + foreign):.1%}"
        return Rejected(f"{share} kana and hangul, more than {options.max_foreign:.1%}", "max_foreign")
    return None


def _reject_keywords(text: str, options: Options) -> Rejected | None:
    if not options.keywords:
        return None
    heads = read_keywords(options.keywords, options.normal_form)
    there = heads.keys() & ({text[place : place + 2] for place in range(len(text))} | set(text))
    found = [word for head in there for word in heads[head] if word in text]
    return Rejected(f"it holds the keyword {min(found)}", "keywords") if found else None


@lru_cache(maxsize=2)
def read_keywords(paths: Sequence[str], rules: Sequence[str]) -> dict[str, list[str]]:
    """The words of the files, in normal form, by their first two characters. Raises ``ValueError`` for a bad file."""
    heads: dict[str, list[str]] = {}
    for path in paths:
        for line in read_lines(Path(path)):
            word = normal_form.normalize(line, rules)[0].strip()
            if word:
                heads.setdefault(word[:2], []).append(word)
    return heads
