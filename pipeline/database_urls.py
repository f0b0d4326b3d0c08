"""URLs of databases, and the passwords in them: taken out before anything is written down or shown.

A password stays in the memory of this process and of the workers that need it. What is kept of a run has the URL
without it, so a later run takes it from ``CILIU_SQL_PASSWORD``, or the driver finds one itself (``~/.pgpass``).
"""

import functools
import os
import re
from importlib.metadata import entry_points
from urllib.parse import unquote

BUILT_IN = {"postgresql", "postgres", "sqlite", "mysql", "mariadb", "oracle", "mssql"}  # SQLAlchemy's own dialects
VARIABLE = "CILIU_SQL_PASSWORD"
HIDDEN = "***"

_URL = re.compile(r"((?:-[^=\s]*=)?[A-Za-z][\w+.-]*://[^:/?#@]*):(.*)@", re.DOTALL)  # to the last @: rather too much
_FIELD = re.compile(r"([?&][^=&]*(?:passw|pwd|secret|token|odbc_connect)[^=&]*=)[^&]*", re.IGNORECASE)
_WEB_USER = re.compile(r"(https?://)[^/?#]*@")
_WEB_QUERY = re.compile(r"(https?://[^?#]*[?#]).+", re.DOTALL)

_taken: dict[str, str] = {}


def is_database(source: str) -> bool:
    """Whether a source is the URL of a database: of a dialect that SQLAlchemy has, or an installed package adds."""
    match = re.match(r"([A-Za-z]\w*)(\+\w+)?://", source)
    if not match:
        return False
    return match[1] in BUILT_IN or match[1] in _added()


@functools.cache
def _added() -> frozenset[str]:
    """The dialects that installed packages add; to look takes milliseconds."""
    return frozenset(one.name for one in entry_points(group="sqlalchemy.dialects"))


def hide(text: str) -> str:
    """``text``, an argument of a command, with ``***`` for a password in a URL; of a web address the query too."""
    if re.search("https?://", text):
        return _WEB_QUERY.sub(rf"\1{HIDDEN}", _WEB_USER.sub(rf"\1{HIDDEN}@", text))
    match = _URL.match(text)
    hidden = f"{match[1]}:{HIDDEN}@{text[match.end() :]}" if match else text
    return _FIELD.sub(rf"\1{HIDDEN}", hidden) if "://" in hidden else hidden


def take(url: str) -> str:
    """The ``url`` of a database without its password, which ``password_of`` gives from now on; another source as it is.

    Raises ``ValueError`` for a password that cannot be told from the rest of the URL.
    """
    if not is_database(url):
        return url
    match = _URL.match(url)
    if _FIELD.search(url) or (match and "@" in match[2]):
        raise ValueError(
            f"{hide(url)}: a password stands before the host, an @ in it as %40: dialect://user:password@host/name "
            f"(or in {VARIABLE})"
        )
    if not match:
        return url
    bare = f"{match[1]}@{url[match.end() :]}"
    if match[2] != HIDDEN:  # a command that was shown, copied
        _taken[bare] = unquote(match[2])
    return bare


def password_of(url: str) -> str | None:
    """The password for a ``url`` without one, if any is known."""
    return _taken.get(url) or os.environ.get(VARIABLE)
