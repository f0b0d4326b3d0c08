"""Databases: the rows of a query are the articles, read by SQLAlchemy through a server-side cursor.

Nothing is ever committed. Memory: ``ROWS`` rows.
"""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xxhash

from pipeline import cache, database_urls, progress
from pipeline.articles import encodings, fields, records
from pipeline.articles.records import Database, LeftOut, Lines, Options, Record, Rejected
from pipeline.articles.sources import Source
from pipeline.articles.text import BAD

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

ROWS = 256  # fetched at a time
DRIVERS = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}  # 2.0 would take psycopg2


def find(urls: Sequence[str], options: Options) -> list[Source]:
    """A source for each URL (without passwords), with the digest of what its query gives.

    Raises ``ValueError`` for what is wrong with URL, driver or query, ``OSError`` where a database cannot be reached.
    """
    if urls and not options.query:
        raise ValueError(f'{urls[0]} needs a query: --query "select id, title, text from articles order by id"')
    if options.query and not urls:
        raise ValueError("there is a query, but no database among the sources: postgresql://user@host/name")
    for query in filter(None, (options.query, options.fingerprint_query)):
        if not re.match(r"[\s(]*(select|with|values|table)\b", query, re.IGNORECASE):
            raise ValueError(f"{query[:80]} is no query that reads: it begins with SELECT or WITH")
    found: dict[str, Source] = {}
    for url in urls:
        database = Database(url, database_urls.password_of(url))
        name = name_of(database)
        if name in found:
            raise ValueError(f"two sources are called {name}; make a run for each, or one query for both")
        size, digest = look(database, name, options)
        found[name] = Source(name, Path(), size, 0, digest, (), database)
    return list(found.values())


def look(database: Database, name: str, options: Options) -> tuple[int, str]:
    """Bytes of text, about, and the digest of what a database holds: of the rows of ``fingerprint_query``, or of all
    that is to be read."""
    if options.fingerprint_query:
        return 0, _fingerprint(database, options)
    size = 0
    state = xxhash.xxh3_128()
    with progress.bar(f"looking at {name}", float("inf"), " rows") as bar:
        for _, size, record in _records(database, options, Counter()):  # noqa: B007 - the last is returned
            _add(state, record)
            bar.update(1)
        rows = bar.done
    if not rows:
        raise ValueError(f"{name}: the query gives no row")
    return size, state.hexdigest()


def read(
    database: Database, digest: str, options: Options, found: Counter[str]
) -> Iterator[tuple[str, int, int, Record | Rejected | LeftOut | Lines]]:
    """(no member, row, bytes of text so far, record) of each row. Raises ``ValueError`` at the end if the rows are not
    those that ``digest`` was taken of."""
    state = xxhash.xxh3_128()
    with progress.bar(f"reading {name_of(database)}", float("inf"), " rows") as bar:
        for row, offset, record in _records(database, options, found):
            if not options.fingerprint_query:
                _add(state, record)
            bar.update(1)
            yield "", row, offset, record
    after = _fingerprint(database, options) if options.fingerprint_query else state.hexdigest()
    if after != digest:
        raise ValueError(
            f"{name_of(database)} changed while it was read, or gave its rows in another order (an order by in the "
            "query keeps it); run again"
        )


def name_of(database: Database) -> str:
    """What a database is called in the results: dialect and name, free of hosts and paths."""
    url = _url(database)
    return f"{url.get_backend_name()}/{Path(url.database or url.host or 'unnamed').name}"


def _add(state: Any, record: Record | Rejected) -> None:
    value = record.reason if isinstance(record, Rejected) else record
    state.update(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")


def _fingerprint(database: Database, options: Options) -> str:
    """The query counts too: its rows are not looked at."""
    with _connected(database) as connection:
        rows = [[str(value) for value in row] for row in connection.exec_driver_sql(options.fingerprint_query)]
    return cache.digest([options.query, options.fingerprint_query, rows])


def _records(database: Database, options: Options, found: Counter[str]) -> Iterator[tuple[int, int, Record | Rejected]]:
    """(row, bytes of text so far, record) of each row of the query."""
    offset = 0
    picker = fields.Fields(Options(), Counter())  # for rows whose fields have their own names
    with _connected(database) as connection:
        result = connection.exec_driver_sql(options.query)
        names = tuple(result.keys())
        chosen, notes = _columns(names, options)
        places = [(field, names.index(name), name) for field, name in chosen]
        for number, row in enumerate(result, 1):
            found.update(notes)
            record = _record({field: _value(row[place], name, options, found) for field, place, name in places}, picker)
            offset += len(record["text"].encode("utf-8", "replace")) if isinstance(record, dict) else 0
            yield number, offset, record


def _columns(names: Sequence[str], options: Options) -> fields.Choice:
    listed = ", ".join(names)[:200]
    if len(set(names)) < len(names):
        raise ValueError(f"the query gives a column twice: {listed}")
    chosen, notes = fields.choose(names, options)
    if not any(field == "text" for field, _ in chosen):
        raise ValueError(f"the query gives no {options.text_field or 'text'}, only {listed}; select body as text")
    return chosen, notes


def _value(value: Any, name: str, options: Options, found: Counter[str]) -> Any:
    """A column's value: bytes decoded, what is no text, number or structure (a date, an UUID) as text."""
    if isinstance(value, bytes | bytearray | memoryview):
        codec = "utf-8" if options.encoding == "auto" else options.encoding
        text = bytes(value).decode(codec, "ciliu")
        if BAD in text and options.errors == "strict":
            return Rejected(f"{name} is not {encodings.NAMES.get(codec, 'UTF-16')} at character {text.index(BAD) + 1}")
        if BAD in text:
            found["replaced characters"] += text.count(BAD)
        return text.replace(BAD, "\ufffd")
    return value if value is None or isinstance(value, str | int | float | dict | list) else str(value)


def _record(values: Record, picker: fields.Fields) -> Record | Rejected:
    for value in values.values():
        if isinstance(value, Rejected):
            return value
        if isinstance(value, str) and len(value) > records.LIMIT:
            return records.too_long("an article")
    return Rejected("its text is NULL") if values["text"] is None else picker.pick(values)


def _url(database: Database) -> "URL":
    try:
        from sqlalchemy import exc, make_url
    except ImportError:
        raise ValueError('a database is read by SQLAlchemy: pip install "ciliu[sql]"') from None
    try:
        url = make_url(database.url)
    except (exc.ArgumentError, ValueError):
        raise ValueError(f"{database.url} is no URL of a database: postgresql://user@host:5432/name") from None
    url = url.set(drivername=DRIVERS.get(url.drivername, url.drivername))
    return url.set(password=database.password) if url.username and database.password else url


@contextmanager
def _connected(database: Database) -> Iterator["Connection"]:
    """A connection that is rolled back in the end. What the driver says comes as one sentence without the password;
    ``from None``, for the driver's own exceptions may hold what it was given."""
    url = _url(database)
    from sqlalchemy import create_engine, event, exc, pool

    where = database.url
    try:
        if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).is_file():
            raise ValueError(f"there is no database {url.database}")
        engine = create_engine(url, poolclass=pool.NullPool, hide_parameters=True)
        if url.get_backend_name() == "sqlite":
            event.listen(engine, "connect", _prepare_sqlite)
        connection = engine.connect()
    except exc.NoSuchModuleError:
        raise ValueError(f"{where}: SQLAlchemy knows no {url.drivername}; a package may add it") from None
    except ImportError as error:
        raise ValueError(f"{where}: its driver {error.name} is not installed{_hint(url)}") from None
    except (exc.SQLAlchemyError, TypeError) as error:
        raise OSError(f"{where} cannot be reached: {_told(error, database)}{_ask(database)}") from None
    try:
        yield connection.execution_options(yield_per=ROWS, no_parameters=True, postgresql_readonly=True)
    except exc.DBAPIError as error:
        if error.connection_invalidated or connection.invalidated:
            raise OSError(f"{where}: the connection was lost: {_told(error, database)}") from None
        raise ValueError(f"{where}: the query fails: {_told(error, database)}") from None
    except exc.SQLAlchemyError as error:
        raise ValueError(f"{where}: the query fails: {_told(error, database)}") from None
    finally:
        connection.close()


def _prepare_sqlite(connection: sqlite3.Connection, record: object) -> None:
    connection.text_factory = bytes  # else a text that is not UTF-8 would stop the reading
    connection.execute("pragma query_only = on")


def _hint(url: "URL") -> str:
    return ': pip install "ciliu[sql]"' if "+psycopg" in url.drivername else ""


def _ask(database: Database) -> str:
    known = database.password or "@" not in database.url
    return "" if known else f"; no password is ever kept: it is taken from the URL or {database_urls.VARIABLE}"


def _told(error: Exception, database: Database) -> str:
    """What the database or driver says, on one line."""
    said = getattr(error, "orig", None) or error
    text = " ".join(str(getattr(getattr(said, "diag", None), "message_primary", None) or said).split())[:300]
    return text.replace(database.password, database_urls.HIDDEN) if database.password else text
