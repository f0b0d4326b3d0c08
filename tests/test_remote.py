"""Sources on other machines: a real OpenSSH, a real Swift by its S3 interface, web servers; what is cut, changed, secret."""

import functools
import gzip
import http.server
import io
import json
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import servers
from backports import zstd
from conftest import Front, write_articles
from hypothesis import given
from hypothesis import strategies as st

from pipeline import database_urls, remote, remote_file
from pipeline.remote_file import RemoteFile

pytest.importorskip("fsspec")
pytest.importorskip("paramiko")
pytest.importorskip("aiohttp")

# 今天 today, 天气 weather, 很 very, 好 good; 我们 we, 去 go, 公园 park
ARTICLES = [{"id": str(number), "text": f"第{number}天，今天天气很好，我们去公园。" * 20} for number in range(300)]
LINES = "".join(json.dumps(article, ensure_ascii=False) + "\n" for article in ARTICLES).encode()


def of_each_kind(folder: Path) -> Path:
    """The articles as plain, compressed and archived files, in folders."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    deeper = folder / "2026" / "十一月"
    deeper.mkdir(parents=True)
    (folder / "plain.jsonl").write_bytes(LINES)
    (folder / "packed.jsonl.zst").write_bytes(zstd.compress(LINES))
    (deeper / "one.txt.gz").write_bytes(gzip.compress("今天天气很好。".encode()))
    with zipfile.ZipFile(deeper / "some.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jsonl", LINES)
    with tarfile.open(deeper / "more.tar.gz", "w:gz") as tar:
        member = tarfile.TarInfo("b.jsonl")
        member.size = len(LINES)
        tar.addfile(member, io.BytesIO(LINES))
    pq.write_table(pa.Table.from_pylist(ARTICLES), folder / "table.parquet", row_group_size=50)
    (folder / "picture.png").write_bytes(b"\x89PNG")
    (folder / ".hidden.txt").write_text("不读", encoding="utf-8")  # not read
    return folder


def made(front: Front) -> list[dict[str, str]]:
    parts = sorted(front.folder("articles").glob("0*.jsonl"))
    return [json.loads(line) for part in parts for line in part.read_text(encoding="utf-8").splitlines()]


class Web(http.server.SimpleHTTPRequestHandler):
    """Python's own server, which gives no parts of files; with a token that may be asked for."""

    token = ""
    dates = True

    def do_GET(self) -> None:
        if self.token and f"token={self.token}" not in self.path:
            self.send_error(403)
            return
        super().do_GET()

    do_HEAD = do_GET  # noqa: N815 - the library's name; it writes a body that nobody reads

    def send_header(self, keyword: str, value: str) -> None:
        if self.dates or keyword != "Last-Modified":
            super().send_header(keyword, value)

    def log_message(self, *_: object) -> None:
        pass


class Place:
    """A folder on another machine, and the same folder here; ``proxy`` stands between."""

    def __init__(self, url: str, here: Path, proxy: servers.Proxy) -> None:
        self.url, self.here, self.proxy = url, here, proxy


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("home")
        patch.setenv("HOME", str(folder))
        patch.delenv("SSH_AUTH_SOCK", raising=False)
        yield folder


@pytest.fixture(scope="module")
def sshd(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Proxy]:
    if not servers.find_sshd():
        pytest.skip("needs OpenSSH's sshd (Debian: openssh-server)")
    folder = tmp_path_factory.mktemp("ssh") / "server"
    with servers.sftp(folder, home) as port, servers.proxy(port) as proxy:
        servers.know(home, folder, proxy.port)
        yield proxy


@pytest.fixture
def sftp(sshd: servers.Proxy, tmp_path: Path) -> Place:
    sshd.disarm()
    return Place(f"sftp://127.0.0.1:{sshd.port}{tmp_path}/there", tmp_path / "there", sshd)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Place]:
    (tmp_path / "there").mkdir()
    handler = type("Handler", (Web,), {})
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(handler, directory=str(tmp_path / "there"))
    ) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        with servers.proxy(server.server_address[1]) as proxy:
            place = Place(f"http://127.0.0.1:{proxy.port}", tmp_path / "there", proxy)
            place.handler = handler  # type: ignore[attr-defined]
            yield place
        server.shutdown()
        thread.join(10)


def test_a_folder_by_sftp_gives_the_articles_that_it_gives_here(
    front: Front, sftp: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    of_each_kind(sftp.here / "news")
    front.run(f"{sftp.url}/news", "--only", "articles")
    assert "left out (hidden, or of another kind): 2" in capsys.readouterr().err
    here = Front(tmp_path / "here")
    here.run(sftp.here / "news", "--only", "articles")
    assert made(front) == made(here)
    assert len(made(front)) == 5 * len(ARTICLES) + 1
