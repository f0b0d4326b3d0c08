"""Databases as sources: PostgreSQL and SQLite, what they give, what goes wrong, and where no password stands."""

import json
import re
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Front, examples, write_articles
from hypothesis import given
from hypothesis import strategies as st

import tasks
from pipeline import articles, database_urls
from pipeline.articles import sql
from pipeline.articles.records import Database, Options, Rejected
from pipeline.cli import front as front_door

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
import postgres

pytest.importorskip("sqlalchemy")

PASSWORD = "geheim@:/?日"
TYPED = "geheim%40:/?日"  # in a URL
QUERY = "select id, title, body, topic as label from news order by id"
# 今天 today, 下雨 it rains, 第 no., 天 day
ROWS = [(number, f"第{number}天", f"今天下雨，第{number}天。", "天气") for number in range(1, 701)]


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    pytest.importorskip("psycopg")
    programs = postgres.find_programs()
    if programs is None:
        pytest.skip("needs PostgreSQL's initdb and pg_ctl")
    with postgres.serve(PASSWORD, programs) as port:
        execute(port, "create table news (id bigint primary key, title text, body text, topic text, at timestamptz)")
        execute(port, "insert into news values (%s, %s, %s, %s, now())", ROWS)
        yield port


def execute(port: int, statement: str, rows: list[tuple[Any, ...]] | None = None) -> None:
    import psycopg

    place = {"host": "127.0.0.1", "port": port, "dbname": "postgres"}
    with psycopg.connect(**place, user="reader", password=PASSWORD) as connection:
        if rows:
            connection.cursor().executemany(statement, rows)
        else:
            connection.execute(statement)


def url_of(port: int, password: str = TYPED) -> str:
    return f"postgresql://reader:{password}@127.0.0.1:{port}/postgres"


@pytest.fixture
def lite(tmp_path: Path) -> Callable[..., str]:
    """Makes an SQLite database; gives its URL."""

    def make(rows: list[tuple[Any, ...]], columns: str = "id integer primary key, title, body, topic") -> str:
        path = tmp_path / "base" / "news.db"
        path.parent.mkdir(exist_ok=True)
        with sqlite3.connect(path) as connection:
            connection.execute("drop table if exists news")
            connection.execute(f"create table news ({columns})")
            connection.executemany(f"insert into news values ({', '.join('?' * len(rows[0]))})", rows)
        connection.close()
        return f"sqlite:///{path}"

    return make


def made(front: Front) -> list[dict[str, str]]:
    """The articles of the last run."""
    parts = sorted(front.folder("articles").glob("0*.jsonl"))
    return [json.loads(line) for part in parts for line in part.read_text(encoding="utf-8").splitlines()]


# ---------------------------------------------------------------- what comes in


def test_rows_of_sqlite_are_the_articles_that_the_same_records_in_a_file_are(
    front: Front, lite: Callable[..., str], tmp_path: Path
) -> None:
    front.run(lite(ROWS), "--query", QUERY, "--only", "articles")
    from_database = made(front)
    records = [{"id": str(row[0]), "title": row[1], "text": row[2], "label": row[3]} for row in ROWS]
    front.run(write_articles(tmp_path / "news.jsonl", records), "--only", "articles")
    assert from_database == [{**article, "source": "sqlite/news.db"} for article in made(front)]


def test_rows_of_postgresql_are_articles_over_more_than_one_fetch(front: Front, server: int) -> None:
    front.run(url_of(server), "--query", QUERY, "--only", "articles")
    assert [(article["id"], article["text"]) for article in made(front)] == [(str(row[0]), row[2]) for row in ROWS]
    assert made(front)[0]["source"] == "postgresql/postgres"
    assert front.manifest("articles")["counts"]["found"] == {"text from body": len(ROWS)}


def read(url: str, query: str = QUERY, **options: str) -> list[Any]:
    """The records of a query, without the check of the digest."""
    found = Options(query=query, **options)
    return [record for _, _, record in sql._records(Database(url), found, Counter())]


def test_values_of_all_kinds_come_by_stated_rules(lite: Callable[..., str]) -> None:
    rows = [
        (1, None, "今天", 3.5),  # NULL: an empty title; a number: a label
        (2, "t", None, ""),
        (3, "t", "下雨".encode(), b"\xe5\xa4\xa9"),  # bytes are UTF-8
        (4, "t", 20200101, ""),
        (5, "t", b"\xce\xd2", ""),
    ]
    assert read(lite(rows)) == [
        {"id": 1, "title": None, "text": "今天", "label": 3.5},
        Rejected("its text is NULL"),
        {"id": 3, "title": "t", "text": "下雨", "label": "天"},
        Rejected("text is no string"),
        Rejected("body is not UTF-8 at character 1"),
    ]


def test_bytes_are_in_the_encoding_that_is_given(lite: Callable[..., str]) -> None:
    url = lite([(1, "", "今天".encode("gb18030"), ""), (2, "", b"\xff", "")])
    assert [getattr(row, "reason", row) for row in read(url, encoding="gb18030", errors="strict")] == [
        {"id": 1, "title": "", "text": "今天", "label": ""},
        "body is not GB18030 at character 1",
    ]
    assert read(url, encoding="gb18030", errors="replace")[1]["text"] == "\ufffd"


def test_dates_and_uuids_of_postgresql_are_text_and_percent_signs_mean_themselves(server: int) -> None:
    query = (
        "select date '2026-01-31' as id, '{8d3a0000-0000-0000-0000-000000000001}'::uuid as title, 'a%b:c' as text, "
        "true as label where '100%' like '%0\\%'"
    )
    url, password = url_of(server, "***"), PASSWORD
    records = list(sql._records(Database(url.replace(":***", ""), password), Options(query=query), Counter()))
    assert records == [
        (1, 5, {"id": "2026-01-31", "title": "8d3a0000-0000-0000-0000-000000000001", "text": "a%b:c", "label": True})
    ]


def test_files_and_a_database_are_read_together_in_two_processes(front: Front, server: int, tmp_path: Path) -> None:
    file = write_articles(
        tmp_path / "more" / "news.jsonl", [{"id": "f1", "text": "明天晴。"}]
    )  # 明天 tomorrow, 晴 fair
    front("run", url_of(server), file, "--query", QUERY, "--only", "articles", "--processes", "2")
    assert [article["id"] for article in made(front)] == ["f1", *(str(row[0]) for row in ROWS)]


# ---------------------------------------------------------------- what changed


def test_an_edited_row_is_seen_and_nothing_runs_where_nothing_changed(front: Front, lite: Callable[..., str]) -> None:
    url = lite(ROWS)
    ask = (url, "--query", QUERY, "--only", "dedup")
    assert front.run(*ask) == {"articles", "dedup"}
    key = front.keys()["articles"]
    front.run("--only", "dedup")
    assert front.keys()["articles"] == key
    lite([*ROWS[:5], (6, "", "今天不下雨。", ""), *ROWS[6:]])  # 不 not
    front.run("--only", "dedup")
    assert front.keys()["articles"] != key


def test_a_fingerprint_query_tells_without_reading(
    front: Front, lite: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = (lite(ROWS), "--query", QUERY, "--fingerprint-query", "select count(*), max(id) from news")
    front.run(*ask, "--only", "dedup")
    key = front.keys()["articles"]
    with monkeypatch.context() as patch:
        patch.setattr(sql, "_records", None)  # so reading would fail
        front("plan")
    lite([*ROWS[:5], (6, "", "今天不下雨。", ""), *ROWS[6:]])
    front.run("--only", "dedup")
    assert front.keys()["articles"] == key  # a count and the largest key miss an edit: so the docs say
    lite([*ROWS, (701, "", "今天不下雨。", "")])
    front.run("--only", "dedup")
    assert front.keys()["articles"] != key


@pytest.mark.parametrize("fingerprint", ["", "select count(*), max(title) from news"])
def test_rows_that_change_after_the_look_make_no_output(
    front: Front, lite: Callable[..., str], monkeypatch: pytest.MonkeyPatch, fingerprint: str
) -> None:
    look = sql.look

    def look_then_change(*arguments: Any) -> tuple[int, str]:
        result = look(*arguments)
        lite([*ROWS, (701, "第701天", "今天不下雨。", "")])
        return result

    monkeypatch.setattr(sql, "look", look_then_change)
    with pytest.raises(SystemExit) as failure:
        front.run(lite(ROWS[:-1]), "--query", QUERY, "--fingerprint-query", fingerprint, "--only", "articles")
    assert failure.value.code == front_door.INPUT
    assert not list((front.data / "articles").glob("*/manifest.json"))


def test_more_rows_leave_the_shards_before_them_as_they_were(
    front: Front, lite: Callable[..., str], many_shards: None
) -> None:
    front.run(lite(ROWS), "--query", QUERY, "--only", "segment")
    front.run(lite([*ROWS, (701, "", "今天不下雨。", "")]), "--query", QUERY, "--only", "segment")
    assert len(list(front.folder("articles").glob("0*.jsonl"))) > 1
    assert front.manifest("dedup")["shards_taken"] > 0


# ---------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize(
    ("url", "query", "status", "sentence"),
    [
        ("sqlite:///{base}", "select id, body from other", 3, "the query fails: no such table: other"),
        ("sqlite:///{base}", "select id from news", 3, "the query gives no text, only id; select body as text"),
        ("sqlite:///{base}", "select id, id, body from news", 3, "the query gives a column twice: id, id, body"),
        ("sqlite:///{base}", "select id, body from news where id < 0", 3, "the query gives no row"),
        ("sqlite:///{base}", "drop table news", 3, "no query that reads: it begins with SELECT or WITH"),
        ("sqlite:///{base}", "with a as (select 1) delete from news", 3, "attempt to write a readonly database"),
        ("sqlite:///{base}", "", 3, "needs a query"),
        ("sqlite:///nowhere.db", QUERY, 3, "there is no database "),
        ("postgresql://127.0.0.1:port/x", QUERY, 3, "is no URL of a database"),
        ("postgresql+nothing://127.0.0.1/x", QUERY, 3, "SQLAlchemy knows no postgresql+nothing"),
        ("oracle+cx_oracle://reader@127.0.0.1/x", QUERY, 3, "its driver cx_Oracle is not installed"),
        ("postgresql://reader:secret@127.0.0.1:1/x", QUERY, 4, "cannot be reached: "),
    ],
)
def test_what_goes_wrong_is_one_sentence(
    front: Front, lite: Callable[..., str], capsys: pytest.CaptureFixture[str], url: str, query: str, status: int,
    sentence: str,
) -> None:  # fmt: skip
    base = lite(ROWS).removeprefix("sqlite:///")
    with pytest.raises(SystemExit) as failure:
        front.run(url.format(base=base), "--query", query, "--only", "articles")
    assert failure.value.code == status
    said = capsys.readouterr().err
    assert re.match(f"Error: .*{re.escape(sentence)}", said)
    assert "Traceback" not in said
    with sqlite3.connect(base) as connection:
        assert connection.execute("select count(*) from news").fetchone() == (len(ROWS),)
    connection.close()


def test_a_connection_that_is_lost_in_the_middle_is_said(server: int) -> None:
    database = Database(url_of(server).replace(f":{TYPED}", ""), PASSWORD)
    reading = sql.read(database, "", Options(query=QUERY), Counter())
    next(reading)
    execute(server, "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and "
                    "query like 'FETCH%' or query like 'DECLARE%'")  # fmt: skip
    with pytest.raises(OSError, match="the connection was lost: ") as failure:
        list(reading)
    assert PASSWORD not in str(failure.value)


def test_a_database_without_the_extra_names_the_command(
    front: Front, lite: Callable[..., str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = lite(ROWS)
    monkeypatch.setitem(__import__("sys").modules, "sqlalchemy", None)
    with pytest.raises(SystemExit):
        front.run(url, "--query", QUERY)
    assert 'pip install "ciliu[sql]"' in capsys.readouterr().err


# ---------------------------------------------------------------- passwords


def test_no_password_is_written_down_or_shown(
    front: Front, server: int, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = url_of(server)
    monkeypatch.setattr("sys.argv", ["ciliu", "run", url])
    front.run(url, "--query", QUERY, *front.quick)
    front("status", "--runs")
    front("plan")
    for query in ("select nothing from news", "select 1/0 as text"):
        with pytest.raises(SystemExit):
            front("run", url, "--query", query, "--debug")
    monkeypatch.setattr("sys.argv", ["ciliu", "run", url_of(server, "geheim-falsch")])
    with pytest.raises(SystemExit):
        front("run", url_of(server, "geheim-falsch"), "--query", QUERY, "--debug")
    out, err = capfd.readouterr()
    assert "password authentication failed" in err
    written = [path.read_bytes() for path in front.data.parent.rglob("*") if path.is_file()]
    assert len(written) > 20
    for text in (out.encode(), err.encode(), *written):
        assert b"geheim" not in text


def test_no_password_is_in_an_id_or_parameter_of_a_task(tmp_path: Path) -> None:
    task = tasks.Articles(sources=(url_of(1),), data=str(tmp_path))
    assert "geheim" not in f"{task.task_id} {task} {task.param_kwargs}"
    assert database_urls.password_of(task.sources[0]) == PASSWORD
    assert "geheim" not in repr(Database(task.sources[0], PASSWORD))


def test_a_later_run_takes_the_password_from_the_environment(
    front: Front, server: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    front.run(url_of(server), "--query", QUERY, "--only", "articles")
    monkeypatch.setattr(database_urls, "_taken", {})  # as in another process
    with pytest.raises(SystemExit) as failure:
        front.run("--only", "articles")
    assert failure.value.code == front_door.ENVIRONMENT
    assert database_urls.VARIABLE in capsys.readouterr().err
    monkeypatch.setenv(database_urls.VARIABLE, PASSWORD)
    front.run("--only", "articles")


@examples(200)
@given(st.text(st.characters(exclude_characters="@", exclude_categories=["Cs"]), min_size=1))
def test_a_url_without_its_password_is_the_rest(password: str) -> None:
    url = f"postgresql://reader:Q{password}Q@host:5432/name?a=b"
    assert database_urls.hide(url) == "postgresql://reader:***@host:5432/name?a=b"
    assert database_urls.take(url) == "postgresql://reader@host:5432/name?a=b"


@pytest.mark.parametrize("url", ["postgresql://u:p@geheim@host/x", "postgresql://host/x?password=geheim&a=b"])
def test_a_password_that_cannot_be_told_from_the_rest_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ValueError, match="stands before the host") as failure:
        database_urls.take(url)
    assert "geheim" not in str(failure.value) + database_urls.hide(url) + database_urls.hide(f"--set={url}")


def test_the_summary_counts_a_database_as_a_source(front: Front, lite: Callable[..., str]) -> None:
    front.run(lite(ROWS), "--query", QUERY, "--only", "articles")
    assert articles.summary(front.manifest("articles")["counts"]).startswith("700 articles")
