"""The page on which candidates are judged: served to this machine alone, to those who have the token."""

import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pipeline.judgements import Judgement
from pipeline.review.session import Candidate, Session, edit

HOST = "127.0.0.1"
PAGE = Path(__file__).with_name("page.html")
LARGEST = 16 << 20  # bytes of a request
ROWS = 200  # at a time
SORTS = ("score", "count", "articles", "cohesion", "word")
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'"


class Server(ThreadingHTTPServer):
    """Answers for one session."""

    daemon_threads = True

    def __init__(self, session: Session, port: int) -> None:
        self.session, self.token = session, secrets.token_urlsafe(24)
        super().__init__((HOST, port), Handler)
        self.url = f"http://{HOST}:{self.server_port}/?token={self.token}"

    def wait(self) -> None:
        """Until Ctrl-C, which is raised."""
        threading.Event().wait()


@contextmanager
def serve(session: Session, port: int = 0) -> Iterator[Server]:
    """A server in a thread of its own. Raises ``OSError`` where the port is taken."""
    with Server(session, port) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Server

    def log_message(self, format: str, *arguments: Any) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        """The page, and the rows that it shows."""
        place = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(place.query).items()}
        if not self._may(self.headers.get("X-Token") or query.get("token", "")):
            return
        if place.path == "/":
            self._send(PAGE.read_bytes(), "text/html; charset=utf-8")
        elif place.path == "/rows":
            self._answer(lambda: select(self.server.session, **query))
        else:
            self._send(b"", status=HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """A judgement, or one taken back: only with the token in the header, which no foreign page can send."""
        size = int(self.headers.get("Content-Length") or 0)
        if not self._may(self.headers.get("X-Token", "")):
            return
        if not 0 <= size <= LARGEST:
            self._send(b"", status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        body = self.rfile.read(size)
        self._answer(lambda: change(self.server.session, urlsplit(self.path).path, json.loads(body or b"{}")))

    def _may(self, token: str) -> bool:
        """Whether the request has the token and is for this host by name: no other name may lead here."""
        host = self.headers.get("Host", "")
        good = secrets.compare_digest(token.encode(), self.server.token.encode())
        if good and host in (f"{HOST}:{self.server.server_port}", f"localhost:{self.server.server_port}"):
            return True
        self.close_connection = True
        self._send(b"Open the address that ciliu words review printed.", status=HTTPStatus.FORBIDDEN)
        return False

    def _answer(self, work: Any) -> None:
        try:
            answer, status = work(), HTTPStatus.OK
        except (ValueError, KeyError, TypeError) as error:
            answer, status = {"error": str(error)}, HTTPStatus.BAD_REQUEST
        except OSError as error:
            answer, status = {"error": f"{error.strerror}: {error.filename}"}, HTTPStatus.INTERNAL_SERVER_ERROR
        self._send(json.dumps(answer, ensure_ascii=False).encode("utf-8"), status=status)

    def _send(self, body: bytes, kind: str = "application/json", status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": POLICY,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def select(
    session: Session,
    search: str = "",
    kind: str = "",
    state: str = "open",
    sort: str = "score",
    start: str = "0",
    least: str = "0",
    **_: str,
) -> dict[str, Any]:
    """The candidates that pass the filters, from ``start`` on. ``search`` is looked for in words and sentences."""
    if sort not in SORTS:
        raise ValueError(f"sort {sort!r}: one of {', '.join(SORTS)}")
    waiting = {one["word"]: one["again"] for one in session.open()}
    rows = [
        {**one, "state": _state(session, one, waiting), "again": waiting.get(one["word"], "")}
        for one in session.candidates.values()
        if one["count"] >= int(least or 0)
        and (not kind or one["kind"] == kind)
        and (not search or search in one["word"] or any(search in text for text in one["contexts"]))
    ]
    rows = [row for row in rows if state in ("all", row["state"])]
    rows.sort(key=lambda row: row[sort], reverse=sort != "word")
    first = int(start)
    return {"total": len(rows), "judged": len(session.judged), "rows": rows[first : first + ROWS]}


def _state(session: Session, candidate: Candidate, waiting: dict[str, str]) -> str:
    judgement = session.judged.get(candidate["word"])
    return (
        "open"
        if judgement is None or (candidate["word"] in waiting and judgement.verdict != "later")
        else judgement.verdict
    )


def change(session: Session, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """What a POST asks for. Raises ``ValueError`` for what makes no sense."""
    if path == "/undo":
        return {"undone": session.undo()}
    if path == "/edit":
        return {"judged": session.judge(edit(str(body["word"]), str(body["right"]).strip()))}
    if path != "/judge":
        raise ValueError(f"{path} is nothing that can be asked for")
    frequency = int(body["frequency"]) if body.get("frequency") else None
    given = [
        Judgement(
            str(word), str(body["verdict"]), frequency, str(body.get("kind") or ""), str(body.get("reason") or "")
        )
        for word in body["words"]
    ]
    unknown = [one.word for one in given if one.word not in session.candidates]
    if unknown:
        raise ValueError(f"{unknown[0]} is no candidate")
    return {"judged": session.judge(given)}
