"""What passes between the files and the stage: how sources are to be read, and what a reader finds in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ciliu import normal_form

LIMIT = 16 << 20  # bytes of one article; the longest of 205,421 real ones has 4.7 MB


@dataclass(frozen=True)
class Options:
    """How sources are to be read: the parameters of Articles, with its defaults."""

    format: str = "auto"
    encoding: str = "utf-8"
    errors: str = "strict"
    txt: str = "file"
    label: str = "field"
    text_field: str = ""
    id_field: str = ""
    title_field: str = ""
    label_field: str = ""
    wiki_variant: str = "zh-cn"
    wiki_tables: bool = False
    wiki_lists: bool = False
    query: str = ""
    fingerprint_query: str = ""
    normal_form: tuple[str, ...] = normal_form.DEFAULT
    opencc: str = "none"
    min_characters: int = 0
    max_characters: int = 0
    min_han: float = 0.0
    max_foreign: float = 1.0
    keywords: tuple[str, ...] = ()  # paths
    whole_lines: bool = False  # the stage reads lines of JSON itself, by the block


@dataclass(frozen=True)
class Database:
    """Where a database is: SQLAlchemy's URL without the password, and the password."""

    url: str
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Rejected:
    """Why a record is no article: the ``reason`` for a person, the ``rule`` that it is counted by, and what is known of
    the article."""

    reason: str
    rule: str = field(default="format", compare=False)
    known: Mapping[str, str] = field(default_factory=dict, compare=False)  # id, text (its beginning)


@dataclass(frozen=True)
class LeftOut:
    """Why a member of an archive is not read: it is no record, and counts as none."""

    reason: str


@dataclass(frozen=True)
class Lines:
    """Lines of ``text``, a ``Text``, that nobody has read yet; the last may lack its end where the text has none."""

    data: bytes
    count: int
    text: Any


Record = dict[str, Any]
Reading = tuple[int, int, Record | Rejected | Lines]  # line, bytes read so far


def too_long(what: str) -> Rejected:
    """The rejection of a line, row or article above the limit."""
    return Rejected(f"{what} of more than {LIMIT >> 20} MiB", "too_long")
