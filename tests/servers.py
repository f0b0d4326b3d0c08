"""Real servers on the loopback: OpenSSH, OpenStack Swift with its S3 interface; and a proxy that cuts connections.

Each ends with its block.
"""

import getpass
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

PYTHON = "/usr/bin/python3"  # that of Debian's packages
KEY, SECRET = "test:tester", "testing"  # of Swift's S3 interface


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def process(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server in a process of its own."""
    with log.open("ab") as file:
        environment = {**os.environ, "PYTHONPATH": str(log.parent)}
        server = subprocess.Popen(command, stdout=file, stderr=file, stdin=subprocess.DEVNULL, env=environment)
    try:
        yield server
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(10)


def wait_for(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Until ``server`` answers on ``port``."""
    end = time.monotonic() + 90
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if server.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"a server does not answer: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)


# ---------------------------------------------------------------- OpenSSH


def find_sshd() -> str | None:
    return shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@contextmanager
def sftp(folder: Path, home: Path) -> Iterator[int]:
    """The port of an OpenSSH server for files; the key and the known host of this user lie below ``home``.

    It runs as this user, with keys of its own in ``folder``."""
    ssh = home / ".ssh"
    for place in (folder, ssh):
        place.mkdir(parents=True, mode=0o700)
    for key in (folder / "host", ssh / "id_ed25519"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    shutil.copy(ssh / "id_ed25519.pub", folder / "authorized")
    port = free_port()
    know(home, folder, port)
    (folder / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/authorized\n"
        f"PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nSubsystem sftp internal-sftp\n"
        "PermitRootLogin yes\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where root's sshd wants to separate privileges
    log = folder / "log"
    with process([str(find_sshd()), "-D", "-e", "-f", f"{folder}/config"], log) as server:
        wait_for(server, port, log)
        yield port


def know(home: Path, folder: Path, port: int) -> None:
    """Let ``known_hosts`` name the server at another ``port``, too."""
    kind, key = (folder / "host.pub").read_text().split()[:2]
    with (home / ".ssh/known_hosts").open("a") as file:
        file.write(f"[127.0.0.1]:{port} {kind} {key}\n")


# ---------------------------------------------------------------- Swift

RINGS = """
import sys
from swift.common.ring import RingBuilder
for kind, port in zip(("account", "container", "object"), sys.argv[2:]):
    builder = RingBuilder(2, 1, 1)
    builder.add_dev({"region": 1, "zone": 1, "weight": 1, "ip": "127.0.0.1", "port": int(port), "device": "d"})
    builder.rebalance()
    builder.get_ring().save(f"{sys.argv[1]}/{kind}.ring.gz")
"""
# The eventlet of Debian 12 sends a body after the head that a HEAD asks for, if no length is given; aiohttp refuses it.
HEAD = """
def factory(configuration, **others):
    def wrap(app):
        def call(environ, start):
            def begin(status, headers, *error):
                told = any(name.lower() == "content-length" for name, _ in headers)
                length = [] if told or environ["REQUEST_METHOD"] != "HEAD" else [("Content-Length", "0")]
                return start(status, [*headers, *length], *error)
            return app(environ, begin)
        return call
    return wrap
"""
PROXY = """
[pipeline:main]
pipeline = head catch_errors gatekeeper cache listing_formats s3api tempauth copy slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:head]
paste.filter_factory = head:factory
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:MEMCACHED
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
"""
FILTERS = ("catch_errors", "gatekeeper", "listing_formats", "copy", "slo", "dlo")


def find_swift() -> bool:
    """Whether Debian's packages memcached, swift-proxy, swift-account, swift-container and swift-object are there."""
    servers = [f"swift-{name}-server" for name in ("proxy", "account", "container", "object")]
    return all(map(shutil.which, [*servers, "memcached"]))


@contextmanager
def swift(folder: Path) -> Iterator[int]:
    """The port of OpenStack Swift with its S3 interface; its keys are ``KEY`` and ``SECRET``."""
    (folder / "d").mkdir(parents=True)
    ports = {name: free_port() for name in ("account", "container", "object", "proxy")}
    (folder / "head.py").write_text(HEAD)
    (folder / "swift.conf").write_text("[swift-hash]\nswift_hash_path_suffix = ciliu\n")
    storage = [str(port) for name, port in ports.items() if name != "proxy"]
    subprocess.run([PYTHON, "-c", RINGS, str(folder), *storage], check=True, timeout=60, stderr=subprocess.DEVNULL)
    ports["memcached"] = free_port()
    commands = {"memcached": ["memcached", "-l", "127.0.0.1", "-p", str(ports["memcached"]), "-u", getpass.getuser()]}
    for name in ("account", "container", "object", "proxy"):
        (folder / f"{name}.conf").write_text(_configuration(name, ports, folder))
        commands[name] = [PYTHON, f"/usr/bin/swift-{name}-server", f"{folder}/{name}.conf", "-v"]
    log = folder / "log"
    with ExitStack() as stack:
        servers = {name: stack.enter_context(process(command, log)) for name, command in commands.items()}
        for name, server in servers.items():
            wait_for(server, ports[name], log)
        yield ports["proxy"]


def _configuration(name: str, ports: dict[str, int], folder: Path) -> str:
    filters = "".join(f"[filter:{one}]\nuse = egg:swift#{one}\n" for one in FILTERS)
    pipeline = PROXY.replace("MEMCACHED", str(ports["memcached"])) + filters
    if name != "proxy":
        pipeline = f"[pipeline:main]\npipeline = {name}-server\n[app:{name}-server]\nuse = egg:swift#{name}\n"
    return (
        f"[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = {ports[name]}\nworkers = 0\nuser = {getpass.getuser()}\n"
        f"swift_dir = {folder}\ndevices = {folder}\nmount_check = false\nrecon_cache_path = {folder}\n"
        f"lock_path = {folder}\n{pipeline}"
    )


# ---------------------------------------------------------------- connections that are cut


class Proxy:
    """Passes bytes on to ``port``; ``cut_after`` so many in all, sent or received, each connection is closed."""

    def __init__(self, port: int) -> None:
        self.target, self.cut_after, self.passed, self.cuts = port, sys.maxsize, 0, 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def arm(self, cut_after: int, for_good: bool) -> None:
        """Cut once after so many bytes from now on, or ``for_good``: let nothing more through."""
        self.passed, self.cuts, self.cut_after, self._for_good = 0, 0, cut_after, for_good

    def disarm(self) -> None:
        self.cut_after = sys.maxsize

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                return
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while block := one.recv(1 << 14):
                self.passed += len(block)
                if self.passed > self.cut_after:
                    self.cuts += 1
                    if not self._for_good:
                        self.cut_after = sys.maxsize
                    break
                other.sendall(block)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(10)


@contextmanager
def proxy(port: int) -> Iterator[Proxy]:
    """A proxy before the server on ``port``."""
    running = Proxy(port)
    try:
        yield running
    finally:
        running.close()
