"""How fast are the rows of a database read, in how much memory? ``python benchmarks/sql_speed.py --shared ../shared``.

Tables of pieces of real text, 100 characters a row, in SQLite and in a PostgreSQL that is started for it on the
loopback; ``ciliu run URL --query … --only articles`` in one process, for a small and a large table, without and with a
fingerprint query. Without one the rows are read twice: for their digest, and for the articles. CPU and memory are
Ciliu's, without the server's.
"""

import itertools
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

import postgres
import report
from pipeline import cache
from pipeline.cli.tables import align
from planted import read_texts

PIECE = 100  # characters
CREATE = "create table articles (id integer primary key, title text, body text)"
FINGERPRINT = "select count(*), max(id) from articles"

Facts = dict[str, Any]


def rows(shared: Path, number: int) -> Iterator[tuple[int, str, str]]:
    """``number`` rows: pieces of the texts in ``shared``, from the start again where they end."""
    texts = list(read_texts(shared, "xwlb"))
    pieces = (text[start : start + PIECE] for text in itertools.cycle(texts) for start in range(0, len(text), PIECE))
    full = (piece for piece in pieces if len(piece.strip()) > PIECE // 2)
    return ((place, f"第{place}篇", piece) for place, piece in enumerate(itertools.islice(full, number), 1))


def fill_sqlite(path: Path, shared: Path, number: int) -> str:
    with sqlite3.connect(path) as connection:
        connection.execute(CREATE)
        connection.executemany("insert into articles values (?, ?, ?)", rows(shared, number))
    connection.close()
    return f"sqlite:///{path.resolve()}"


def fill_postgres(port: int, shared: Path, number: int) -> str:
    with psycopg.connect(f"postgresql://reader:secret@127.0.0.1:{port}/postgres", autocommit=True) as connection:
        connection.execute(f"create database n{number}")
    url = f"postgresql://reader:secret@127.0.0.1:{port}/n{number}"
    with psycopg.connect(url) as connection:
        connection.execute(CREATE)
        with connection.cursor().copy("copy articles from stdin") as copy:
            for row in rows(shared, number):
                copy.write_row(tuple(str(value).replace("\0", "") for value in row))
    return url


def measure(url: str, number: int, fingerprint: str, work: Path) -> Facts:
    """One run up to Articles."""
    data = Path(tempfile.mkdtemp(prefix="data-sql-", dir=work))
    command = [report.CILIU, "run", url, "--query", "select id, title, body from articles order by id", "--quiet"]
    try:
        measured = report.run_measured(
            [*command, "--fingerprint-query", fingerprint, "--only", "articles", "--processes", "1",
             "--data", str(data.resolve())], work,
        )  # fmt: skip
        manifest = cache.read_json(next(data.glob("articles/*/manifest.json")))
        written = sum(entry["size"] for name, entry in manifest["files"].items() if name[0].isdigit())
    finally:
        shutil.rmtree(data)
    if manifest["counts"]["articles"] != number:
        raise ValueError(f"{manifest['counts']['articles']} articles of {number} rows")
    kept = {name: measured[name] for name in ("seconds", "cpu_seconds", "others_cpu_seconds", "peak_bytes")}
    rate = round(number / measured["seconds"])
    return {"database": url.partition("://")[0], "rows": number, "fingerprint_query": bool(fingerprint), **kept,
            "jsonl_bytes": written, "rows_a_second": rate,
            "rows_a_cpu_second": round(number / kept["cpu_seconds"])}  # fmt: skip


def show(measured: list[Facts]) -> None:
    """The table on standard output."""
    table = [["database", "rows", "fingerprint query", "seconds", "rows/s", "rows/s of CPU", "peak MB"]]
    for part in measured:
        numbers = (f"{part['seconds']:.1f}", f"{part['rows_a_second']:,}", f"{part['rows_a_cpu_second']:,}")
        peak = f"{part['peak_bytes'] / 10**6:.0f}"
        table.append([part["database"], f"{part['rows']:,}", str(part["fingerprint_query"]), *numbers, peak])
    print("\n".join(align(table)))


def main() -> None:
    parser = report.make_parser(__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=[100_000, 1_000_000], help="rows [100000 1000000]")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    programs = postgres.find_programs()
    if programs is None:
        raise SystemExit("needs PostgreSQL's initdb and pg_ctl: apt-get install postgresql")
    measured = []
    with tempfile.TemporaryDirectory(dir=given.work) as folder, postgres.serve("secret", programs) as port:
        for number in given.sizes:
            sqlite = fill_sqlite(Path(folder) / f"{number}.db", given.shared, number)
            for url in (sqlite, fill_postgres(port, given.shared, number)):
                measured += [measure(url, number, fingerprint, given.work) for fingerprint in ("", FINGERPRINT)]
    show(measured)
    report.write_result("sql", {"characters_a_row": PIECE, "measured": measured}, given.results)


if __name__ == "__main__":
    main()
