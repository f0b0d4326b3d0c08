"""Sources on other machines: OpenSSH, Swift by its S3 interface, a web server; what is cut, changes, is secret."""

import functools
import gzip
import http.server
import io
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import servers
from backports import zstd
from conftest import Front, write_articles
from hypothesis import given
from hypothesis import strategies as st

from pipeline import database_urls, remote, remote_file
from pipeline.cli import ciliu as command
from pipeline.remote_file import RemoteFile

fsspec = pytest.importorskip("fsspec")
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
    (tmp_path / "web").mkdir()
    handler = type("Handler", (Web,), {})
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(handler, directory=str(tmp_path / "web"))
    ) as server:
        server.handle_error = lambda *_: None  # type: ignore[method-assign] # it prints tracebacks where a client goes
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        with servers.proxy(server.server_address[1]) as proxy:
            place = Place(f"http://127.0.0.1:{proxy.port}", tmp_path / "web", proxy)
            place.handler = handler  # type: ignore[attr-defined]
            yield place
        server.shutdown()
        thread.join(10)


@pytest.fixture(scope="module")
def swift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Proxy]:
    pytest.importorskip("s3fs")
    if not servers.find_swift():
        pytest.skip("needs Swift (Debian: swift-proxy swift-account swift-container swift-object memcached)")
    with (
        servers.swift(tmp_path_factory.mktemp("swift") / "server") as port,
        servers.proxy(port) as proxy,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("AWS_ACCESS_KEY_ID", servers.KEY)
        patch.setenv("AWS_SECRET_ACCESS_KEY", servers.SECRET)
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.port}")
        yield proxy


@pytest.fixture
def s3(swift: servers.Proxy, tmp_path: Path) -> Place:
    """A new bucket. What lies in ``here`` gets there by ``send``."""
    swift.disarm()
    bucket = re.sub("[^a-z0-9]", "-", f"b{tmp_path.parent.name}{tmp_path.name}".lower())[-60:]
    system, _ = remote.open_system("s3://")
    system.mkdir(bucket)
    return Place(f"s3://{bucket}", tmp_path / "there", swift)


def send(place: Place) -> None:
    """Bring what lies in ``here`` to an object store; elsewhere it is there."""
    if place.url.startswith("s3://"):
        system, root = remote.open_system(place.url)
        for path in place.here.rglob("*"):
            if path.is_file():
                system.pipe_file(f"{root}/{path.relative_to(place.here).as_posix()}", path.read_bytes())


@pytest.fixture(params=["sftp", pytest.param("s3", marks=pytest.mark.slow)])
def place(request: pytest.FixtureRequest) -> Place:
    """By SFTP, and by S3."""
    found: Place = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_file, "PAUSES", (0.01, 0.01, 0.01))


def fails(front: Front, *arguments: str | Path) -> int:
    """The exit status of a run that fails; there is no output of Articles then."""
    with pytest.raises(SystemExit) as failure:
        front("run", *arguments, "--only", "articles", "--processes", "1")
    assert not list(front.data.glob("articles/*/manifest.json"))
    return int(str(failure.value.code))


# ---------------------------------------------------------------- what comes in


def test_a_folder_there_gives_the_articles_that_it_gives_here(
    front: Front, place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    of_each_kind(place.here / "news")
    send(place)
    front.run(f"{place.url}/news", "--only", "articles")
    assert "left out (hidden, or of another kind): 2" in capsys.readouterr().err
    here = Front(tmp_path)
    here.data = tmp_path / "again"
    here.run(place.here / "news", "--only", "articles")
    assert made(front) == made(here)
    assert len(made(front)) == 5 * len(ARTICLES) + 1


@pytest.mark.slow
def test_the_executors_of_spark_read_there_too(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their Python is another process, with the settings of the environment alone."""
    pytest.importorskip("pyspark")
    if not shutil.which("java"):
        pytest.skip("needs Java")
    monkeypatch.setenv("PYSPARK_SUBMIT_ARGS", "--driver-memory 512m pyspark-shell")
    of_each_kind(place.here / "news")
    send(place)
    there, here = Front(tmp_path / "on_spark"), Front(tmp_path / "here")
    for front, options in ((there, ("--on", "local[2]")), (here, ())):
        front.data.parent.mkdir()
        front.run(f"{place.url}/news", "--only", "articles", *options)
    assert there.manifest("articles")["files"] == here.manifest("articles")["files"]
    assert len(made(there)) == 5 * len(ARTICLES) + 1


def test_a_pattern_and_a_single_file_name_what_they_name_here(front: Front, place: Place) -> None:
    of_each_kind(place.here / "news")
    send(place)
    front.run(f"{place.url}/news/*.jsonl*", "--only", "articles")
    assert {article["source"] for article in made(front)} == {"news/plain.jsonl", "news/packed.jsonl.zst"}
    front.run(f"{place.url}/ne?s/**/*.zip", f"{place.url}/news/table.parquet", "--only", "articles")
    assert {article["source"] for article in made(front)} == {
        *(f"{place.url.rsplit('/', 1)[-1]}/news/2026/十一月/some.zip/a.jsonl", "news/table.parquet")
    }


def test_pages_of_links_and_files_of_the_web_are_read(front: Front, web: Place) -> None:
    of_each_kind(web.here / "news")
    front.run(f"{web.url}/news/", "--only", "articles")
    there = made(front)
    front.run(web.here / "news", "--only", "articles")
    assert there == made(front)
    front.run(f"{web.url}/news/plain.jsonl", "--only", "articles")
    assert [article["id"] for article in made(front)] == [article["id"] for article in ARTICLES]


def test_a_list_may_name_files_elsewhere_and_memory_is_a_place_too(front: Front, tmp_path: Path) -> None:
    fsspec.filesystem("memory").pipe_file("/listed/news.jsonl", LINES)
    (tmp_path / "list.txt").write_text("memory://listed/news.jsonl\n", encoding="utf-8")
    front.run(f"@{tmp_path}/list.txt", "--only", "articles")
    assert {article["source"] for article in made(front)} == {"listed/news.jsonl"}


def test_pack_and_inspect_read_there_too(front: Front, place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    write_articles(place.here / "news/a.jsonl", ARTICLES)
    send(place)
    front("inspect", f"{place.url}/news", "--json")
    facts = json.loads(capsys.readouterr().out)
    assert facts["files"] == [{"kind": ".jsonl", "files": 1, "bytes": len(LINES)}]
    assert facts["sample"]["articles"] == len(ARTICLES)
    front("pack", f"{place.url}/news", "--to", front.data.parent / "packed")
    front.run(front.data.parent / "packed", "--only", "articles")
    assert [article["id"] for article in made(front)] == [article["id"] for article in ARTICLES]


# ---------------------------------------------------------------- what changed


def test_size_and_tag_are_looked_at_and_nothing_is_read_again(
    front: Front, place: Place, plan: Callable[..., dict[str, str]]
) -> None:
    path = write_articles(place.here / "news/a.jsonl", ARTICLES * 3)
    send(place)
    url = f"{place.url}/news/a.jsonl"
    assert front.run(url, "--until", "articles") == {"articles"}
    place.proxy.passed = 0
    assert front.run(url, "--until", "articles") == set()
    assert place.proxy.passed < 20_000 < path.stat().st_size
    write_articles(path, ARTICLES[1:])
    send(place)
    assert "source news/a.jsonl changed" in plan(url)["articles"]


def test_a_server_that_tells_no_date_is_read_whole_and_notices_each_change(
    front: Front, web: Place, plan: Callable[..., dict[str, str]]
) -> None:
    web.handler.dates = False  # type: ignore[attr-defined]
    path = write_articles(web.here / "news/a.jsonl", ARTICLES)
    url = f"{web.url}/news/a.jsonl"
    front.run(url, "--until", "articles")
    assert front.run(url, "--until", "articles") == set()
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("公园", "学校", 1), encoding="utf-8")  # to school instead of the park: as many bytes
    assert "source news/a.jsonl changed" in plan(url)["articles"]


def test_a_source_that_changes_while_it_is_read_leaves_nothing(
    front: Front, place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from pipeline import articles

    path = write_articles(place.here / "news/a.jsonl", ARTICLES)
    send(place)
    look = articles.refuse_changed

    def change(sources: Any) -> None:
        write_articles(path, ARTICLES[1:])
        send(place)
        look(sources)

    monkeypatch.setattr(articles, "refuse_changed", change)
    assert fails(front, f"{place.url}/news/a.jsonl") == 3
    assert "changed while it was read; run again" in capsys.readouterr().err


# ---------------------------------------------------------------- connections that are cut


def test_a_connection_that_is_cut_once_is_made_again(front: Front, place: Place, quickly: None) -> None:
    path = write_articles(place.here / "news/a.jsonl", ARTICLES * 20)  # 7 MB
    send(place)
    place.proxy.arm(path.stat().st_size // 2, for_good=False)
    front.run(f"{place.url}/news/a.jsonl", "--only", "articles", "--set", "Articles.max_rejected=1")
    assert place.proxy.cuts == 1
    assert len(made(front)) == 20 * len(ARTICLES)


def test_a_connection_that_is_cut_for_good_is_one_sentence_and_leaves_nothing(
    front: Front, place: Place, quickly: None, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_articles(place.here / "news/a.jsonl", ARTICLES * 20)
    send(place)
    place.proxy.arm(path.stat().st_size // 2, for_good=True)
    assert fails(front, f"{place.url}/news/a.jsonl") == 4
    *_, sentence, again = capsys.readouterr().err.strip().splitlines()
    assert re.match(r"Error: \w+://\S+/news/a.jsonl cannot be reached: .", sentence)
    assert "goes on from here" in again
    place.proxy.disarm()
    front.run(f"{place.url}/news/a.jsonl", "--only", "articles")
    assert len(made(front)) == 20 * len(ARTICLES)


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.zst", "a.tar.gz"])
def test_a_download_from_the_web_that_ends_too_early_is_no_shorter_source(
    front: Front, web: Place, quickly: None, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = of_each_kind(web.here / "news")
    (folder / "plain.jsonl").rename(folder / "a.jsonl")
    (folder / "packed.jsonl.zst").rename(folder / "a.jsonl.zst")
    (folder / "2026/十一月/more.tar.gz").rename(folder / "a.tar.gz")
    web.proxy.arm((folder / name).stat().st_size // 2, for_good=True)
    assert fails(front, f"{web.url}/news/{name}") == 4
    *planned, sentence, again = capsys.readouterr().err.strip().splitlines()
    assert len(planned) <= 1  # what will be made, if the server held until then
    assert sentence.startswith("Error: ")
    assert "goes on from here" in again


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_memory_does_not_grow_with_the_file(place: Place) -> None:
    """200 MB read in a process of its own: less than 96 MB more than 1 MB takes."""
    code = (
        "import re, sys; from pipeline.remote_file import RemoteFile\n"
        "with RemoteFile(sys.argv[1], sys.argv[1]).open() as file:\n"
        "    size = sum(len(block) for block in iter(lambda: file.read(1 << 20), b''))\n"
        "print(size, re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read())[1])"
    )
    peaks = []
    for size in (1 << 20, 200 << 20):
        path = place.here / f"{size}.txt"
        path.parent.mkdir(exist_ok=True)
        with path.open("wb") as file:
            file.truncate(size)
        send(place)
        command = [sys.executable, "-c", code, f"{place.url}/{path.name}"]
        read, peak = subprocess.run(command, check=True, capture_output=True, timeout=300).stdout.split()
        assert int(read) == size
        peaks.append(int(peak))
    assert peaks[1] - peaks[0] < 96 << 10


# ---------------------------------------------------------------- secrets


def test_a_token_is_used_by_all_processes_and_written_down_nowhere(
    front: Front, web: Place, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    web.handler.token = "geheim123"  # type: ignore[attr-defined]
    for number in range(3):
        write_articles(
            web.here / f"news/{number}.jsonl", [{"id": f"{number}-{each['id']}", **each} for each in ARTICLES]
        )
    urls = [f"{web.url}/news/{number}.jsonl?token=geheim123&x=1" for number in range(3)]
    front("run", *urls, "--only", "articles", "--processes", "2", "--log-json", tmp_path / "log.jsonl")
    assert len(made(front)) == 3 * len(ARTICLES)
    with pytest.raises(SystemExit):
        front("run", f"{web.url}/news/0.jsonl?token=falsch456", "--only", "articles")
    with pytest.raises(SystemExit):
        front("run", f"http://me:geheim123@127.0.0.1:1/{urls[0][-40:]}", "--only", "articles")
    told = "".join(capfd.readouterr())
    assert "no permission (403)" in told
    files = [tmp_path / "log.jsonl", *(path for path in front.data.rglob("*") if path.is_file())]
    for content in [told, *(path.read_bytes().decode("utf-8", "replace") for path in files), *map(str, files)]:
        assert "geheim123" not in content
        assert "falsch456" not in content


def test_a_run_without_sources_asks_for_the_secret_again(
    front: Front, web: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_articles(web.here / "news/a.jsonl", ARTICLES)
    front.run(f"{web.url}/news/a.jsonl?token=geheim", "--only", "articles")
    monkeypatch.setattr(remote, "_whole", {})  # as in another process
    with pytest.raises(SystemExit):
        front("run", "--only", "articles")
    assert "?***: what stood there is kept nowhere; give the whole URL again" in capsys.readouterr().err


SECRET = st.text(st.characters(categories=("L", "N"), include_characters="-_.~"), min_size=3).map("geheim{}".format)


@given(st.sampled_from(["sftp", "ftp", "https", "http", "hdfs", "smb"]), SECRET, st.booleans())
def test_what_is_kept_of_a_url_has_no_secret(protocol: str, secret: str, has_port: bool) -> None:
    host = "host:2222" if has_port else "host"
    for url in (
        f"{protocol}://me:{secret}@{host}/a/b.jsonl",
        f"{protocol}://me:%40{secret}@{host}/a@b.jsonl",
        f"https://{host}/a.jsonl?sig={secret}&b={secret}",
        f"https://{secret}@{host}/a.jsonl#{secret}",
    ):
        bare = remote.take(url)
        assert secret not in bare + database_urls.hide(url) + repr(RemoteFile(bare, url))
        assert remote.whole(bare) == url
        assert remote.take(bare) == bare


def test_what_cannot_be_told_from_a_secret_is_refused_without_it() -> None:
    for url in ("sftp://me:geh/eim@host/a", "s3://key:geheim@bucket/a", "zip://a::https://me:geheim@host/a.zip"):
        with pytest.raises(ValueError, match="not understood") as failure:
            remote.take(url)
        assert "eim" not in str(failure.value)


# ---------------------------------------------------------------- what goes wrong


def test_what_is_wrong_is_one_sentence(
    front: Front, place: Place, web: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_articles(web.here / "a.jsonl", ARTICLES)
    closed = servers.free_port()
    cases = {
        f"{web.url}/nothing.jsonl": (3, "there is nothing at"),
        f"{place.url}/nothing.jsonl": (3, "there is nothing at"),
        f"{place.url}/*.csv": (3, "no file that is read|there is nothing at"),
        f"{web.url}/a.png": (3, "of a kind that is not read"),
        "https://host.invalid/a.jsonl": (4, "there is no such host"),
        "sftp://host.invalid/a.jsonl": (4, "there is no such host"),
        f"http://127.0.0.1:{closed}/a.jsonl": (4, "cannot be reached: .*onnect"),
        f"sftp://127.0.0.1:{closed}/a.jsonl": (4, "cannot be reached: .*onnect"),
        "nosuch://host/a.jsonl": (3, "fsspec knows no such protocol"),
    }
    for url, (status, sentence) in cases.items():
        assert fails(front, url) == status, url
        told = capsys.readouterr().err.strip().splitlines()
        assert len(told) == 2
        assert re.search(sentence, told[0])
    monkeypatch.setitem(sys.modules, "fsspec", None)
    assert fails(front, f"{web.url}/a.jsonl") == 3
    assert 'fsspec is not installed: pip install "ciliu[remote]"' in capsys.readouterr().err


def certificate(folder: Path, name: str) -> Path:
    """A key and a certificate of its own for the server at ``name``, in one file."""
    file = folder / "server.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
         "-subj", "/CN=test", "-addext", f"subjectAltName={name}", "-keyout", str(file), "-out", str(folder / "crt")],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    file.write_bytes(file.read_bytes() + (folder / "crt").read_bytes())
    return file


@pytest.fixture(params=["IP:127.0.0.1", "DNS:other.example"])
def https(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Path, str]]:
    """A web server with TLS: a URL, its certificate, and the name in it."""
    if not shutil.which("openssl"):
        pytest.skip("needs openssl, to make a certificate")
    (tmp_path / "web").mkdir()
    write_articles(tmp_path / "web" / "a.jsonl", ARTICLES)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path, request.param))
    handler = functools.partial(Web, directory=str(tmp_path / "web"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.handle_error = lambda *_: None  # type: ignore[method-assign] # it prints tracebacks where a client goes
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{server.server_port}/a.jsonl", tmp_path / "crt", request.param
        server.shutdown()
        thread.join(10)


def test_https_is_read_from_a_host_that_proves_its_name_to_an_authority_that_is_trusted(
    front: Front, https: tuple[str, Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    url, trusted, name = https
    assert fails(front, url) == 4
    told = capsys.readouterr().err.strip().splitlines()
    assert len(told) == 2
    assert told[0].startswith(f"Error: {url}: its certificate is not trusted: self-signed certificate; for an")
    run = subprocess.run(  # a process of its own: aiohttp looks at the variable once
        [str(Path(sys.executable).with_name("ciliu")), "run", url, "--data", str(front.data), "--only", "articles"],
        env=os.environ | {"SSL_CERT_FILE": str(trusted)}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    if name.startswith("IP"):
        assert run.returncode == 0, run.stderr
        assert [article["id"] for article in made(front)] == [article["id"] for article in ARTICLES]
    else:
        assert run.returncode == 4
        assert re.match("Error: .*its certificate is not trusted: IP address mismatch", run.stderr)


def test_a_host_that_nobody_knows_gets_no_key_and_no_password(
    front: Front, sftp: Place, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with servers.proxy(sftp.proxy.target) as other:  # at a port that known_hosts does not name
        assert fails(front, f"sftp://127.0.0.1:{other.port}/a.jsonl") == 4
    assert "is not in ~/.ssh/known_hosts" in capsys.readouterr().err
    (home / ".ssh/id_ed25519").rename(home / ".ssh/away")
    try:
        remote.forget(sftp.url)
        assert fails(front, f"{sftp.url}/a.jsonl") == 4
    finally:
        (home / ".ssh/away").rename(home / ".ssh/id_ed25519")
    assert "uthentication" in capsys.readouterr().err


# ---------------------------------------------------------------- bundles there


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Front:
    """A run whose bundle has some megabytes."""
    front = Front(tmp_path_factory.mktemp("done"))
    words = [f"{first}{second}" for first in "甲乙丙丁戊己庚辛壬癸" for second in "子丑寅卯辰巳午未申酉戌亥"]
    texts = [{"text": "，".join(words[at:] + words[:at]) + "。"} for at in range(len(words))]
    write_articles(front.data.parent / "news.jsonl", texts)
    front.run(
        front.data.parent / "news.jsonl",
        *("--set", "Train.vector_size=50", "--set", "Train.epochs=1", "--set", "Train.threads=1"),
        *("--set", "Vocabulary.min_count=1", "--allow-failed"),
    )
    return front


def export(done: Front, to: str, *options: str) -> None:
    done("export", "--to", to, "--format=numpy", "--format=word2vec", "--allow-failed", *options)


def faults_of(url: str, capsys: pytest.CaptureFixture[str], *options: str) -> list[str]:
    """What ``ciliu verify`` finds."""
    capsys.readouterr()
    with suppress(SystemExit):
        command.main(["verify", url, "--json", *options], standalone_mode=False)
    found: list[str] = json.loads(capsys.readouterr().out)["faults"]
    return found


def test_an_export_that_is_cut_in_the_middle_is_not_there_and_goes_on(
    done: Front, place: Place, tmp_path: Path, quickly: None, capsys: pytest.CaptureFixture[str]
) -> None:
    export(done, str(tmp_path / "bundle"))
    size = sum(path.stat().st_size for path in (tmp_path / "bundle").rglob("*") if path.is_file())
    url = f"{place.url}/models"
    for part in (0.2, 0.9):
        place.proxy.arm(int(part * size), for_good=True)
        with pytest.raises(SystemExit) as failure:
            export(done, url, "--release", "1")
        assert failure.value.code == 4
        assert place.proxy.cuts
        told = capsys.readouterr().err.strip().splitlines()[-1]
        assert re.fullmatch(f"Error: {url}/1\\S* cannot be reached: .*; the same command goes on from here", told)
        place.proxy.disarm()
        remote.forget(url)
        system, root = remote.open_system(url)
        assert not system.exists(f"{root}/1/manifest.json")
        assert not system.exists(f"{root}/latest")
        with pytest.raises(SystemExit):
            command.main(["verify", f"{url}/1"], standalone_mode=False)
    export(done, url, "--release", "1")
    assert f"ciliu verify {url}/1" in capsys.readouterr().out
    system.invalidate_cache()
    assert system.cat_file(f"{root}/latest") == b"1\n"
    names = {str(path.relative_to(tmp_path / "bundle")) for path in (tmp_path / "bundle").rglob("*") if path.is_file()}
    assert {name.removeprefix(f"{root}/1/") for name in system.find(f"{root}/1")} == names
    assert faults_of(f"{url}/1", capsys) == []
    with pytest.raises(SystemExit):
        export(done, url, "--release", "1")
    assert "is there already: give a new place" in capsys.readouterr().err


def test_verify_finds_damage_there(done: Front, place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"{place.url}/model"
    export(done, url)
    system, root = remote.open_system(url)
    vectors = system.cat_file(f"{root}/vectors.bin")
    system.pipe_file(f"{root}/vectors.bin", vectors[:-1] + bytes([vectors[-1] ^ 1]))
    system.pipe_file(f"{root}/more.bin", b"more")
    system.rm_file(f"{root}/verify.py")
    found = faults_of(url, capsys, "--quick")
    assert [fault.split()[0] for fault in found] == ["more.bin", "verify.py", "vectors.bin"]
    system.pipe_file(f"{root}/vectors.bin", vectors * 40)  # of which one byte too many is brought here
    assert any("vectors.bin has" in fault for fault in faults_of(url, capsys))
    with pytest.raises(SystemExit):
        command.main(["verify", place.url], standalone_mode=False)
    assert f"{place.url} holds no manifest.json" in capsys.readouterr().err


def test_an_archive_there_and_a_bundle_on_the_web_are_verified(
    done: Front, place: Place, web: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    export(done, f"{place.url}/model.tar.zst")
    assert faults_of(f"{place.url}/model.tar.zst", capsys) == []
    export(done, str(web.here / "model"))
    shutil.copyfile(web.here / "model/manifest.json", web.here / "manifest.json")
    assert faults_of(f"{web.url}/model", capsys) == []
    assert "XXH128SUMS is not there" in faults_of(web.url, capsys)
    (web.here / "model/vocab.tsv").unlink()
    assert "vocab.tsv is missing" in faults_of(f"{web.url}/model", capsys)


def test_what_another_bundle_left_there_is_not_mixed_with_this_one(
    done: Front, place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    system, root = remote.open_system(place.url)
    system.makedirs(f"{root}/model", exist_ok=True)
    system.pipe_file(f"{root}/model/other.bin", b"other")
    with pytest.raises(SystemExit) as failure:
        export(done, f"{place.url}/model")
    assert failure.value.code == 3
    assert "holds other.bin, which is not of this bundle: give a new place" in capsys.readouterr().err
