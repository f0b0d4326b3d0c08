"""The page's address: on this machine alone, and only for who knows its token.

Every request must name this machine in ``Host`` (a page of another site that has its name point here is refused) and
begin with the token, which is new each time. A question is a POST of JSON; nothing is written, nothing is fetched.
"""

import json
import secrets
import time
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

from pipeline.explore.answers import answer
from pipeline.explore.model import Model

ADDRESS = "127.0.0.1"
PAGE = Path(__file__).parent / "page"
KINDS = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
FILES = {path.name: path for path in PAGE.iterdir() if path.suffix in KINDS}
LARGEST = 1 << 20  # bytes of a question
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def serve(models: list[Model], port: int = 0) -> tuple[ThreadingHTTPServer, str]:
    """A server that is ready (``serve_forever`` runs it) on ``port`` (0: a free one), and the address of its page.

    Raises ``OSError`` where the port is taken."""
    token = secrets.token_urlsafe(24)
    try:
        server = ThreadingHTTPServer((ADDRESS, port), partial(Handler, models=models, token=token))
    except OSError as error:
        raise OSError(error.errno, error.strerror, f"{ADDRESS}:{port}") from None
    return server, f"http://{ADDRESS}:{server.server_port}/{token}/"


class Handler(BaseHTTPRequestHandler):
    """One request; each connection has a thread of its own."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "ciliu", ""
    timeout = 60  # seconds that a connection may be idle
    wbufsize = -1  # head and body in one packet
    disable_nagle_algorithm = (
        True  # else the second packet of a longer answer waits 40 ms for the first to be confirmed
    )

    def __init__(self, *arguments: Any, models: list[Model], token: str) -> None:
        self.models, self.token = models, token
        super().__init__(*arguments)

    def do_GET(self) -> None:
        """The files of the page."""
        name = self._asked_for()
        if name is None:
            return
        path = FILES.get(name or "index.html")
        if path is None:
            self._refuse(HTTPStatus.NOT_FOUND)
        else:
            self._send(HTTPStatus.OK, KINDS[path.suffix], path.read_bytes())

    def do_POST(self) -> None:
        """A question: its name is the path, what is asked the body, the answer ``{models, milliseconds}``."""
        name = self._asked_for()
        if name is None:
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            self._refuse(HTTPStatus.LENGTH_REQUIRED)
        elif int(length) > LARGEST:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            started = time.perf_counter()
            status, facts = self._answer(name, self.rfile.read(int(length)))
            facts["milliseconds"] = round((time.perf_counter() - started) * 1_000, 1)
            text = json.dumps(facts, ensure_ascii=False, allow_nan=False)
            self._send(status, "application/json", text.encode("utf-8", "replace"))  # half a surrogate pair is text too

    def _answer(self, question: str, body: bytes) -> tuple[HTTPStatus, dict[str, Any]]:
        try:
            return HTTPStatus.OK, {"models": answer(question, self.models, json.loads(body))}
        except (ValueError, RecursionError) as error:
            return HTTPStatus.BAD_REQUEST, {"error": str(error)}

    def _asked_for(self) -> str | None:
        """What stands behind the token; None where the request was refused."""
        _, port = cast("tuple[str, int]", self.server.server_address)
        _, token, *rest = [*self.path.partition("?")[0].split("/"), ""][:4]
        may = secrets.compare_digest(token.encode("utf-8", "replace"), self.token.encode("ascii"))
        if self.headers.get_all("Host") not in ([f"{ADDRESS}:{port}"], [f"localhost:{port}"]) or not may:
            self._refuse(HTTPStatus.FORBIDDEN)
            return None
        return rest[0]

    def _refuse(self, status: HTTPStatus) -> None:
        self.close_connection = True  # what was sent along is not read
        self._send(status, "text/plain", f"{status} {status.phrase}\n".encode())

    def _send(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": f"{kind}; charset=utf-8", **HEADERS}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Nothing: the token would stand in it."""
