"""A real PostgreSQL for a benchmark and for tests: in a temporary folder, on the loopback, ended with the block."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def find_programs() -> Path | None:
    """The folder with ``initdb`` and ``pg_ctl``, or None."""
    folders = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), Path("/usr/local/bin")]
    found = [shutil.which("initdb"), *(str(folder / "initdb") for folder in folders)]
    return next((Path(path).parent for path in found if path and (Path(path).parent / "pg_ctl").is_file()), None)


def _as_user(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root."""
    return (
        ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *command] if os.geteuid() == 0 else command
    )


@contextmanager
def serve(password: str, programs: Path) -> Iterator[int]:
    """The port of a server whose user ``reader`` has ``password``."""
    folder = Path(tempfile.mkdtemp(prefix="ciliu-postgres-", dir="/tmp"))
    try:
        (folder / "password").write_text(password, encoding="utf-8")
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            for path in (folder, folder / "password"):
                os.chown(path, nobody.pw_uid, nobody.pw_gid)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port: int = free.getsockname()[1]
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        init = [str(programs / "initdb"), "-D", f"{folder}/data", "-U", "reader", "-A", "scram-sha-256"]
        control = [str(programs / "pg_ctl"), "-D", f"{folder}/data", "-w", "-s"]
        _call([*init, "--pwfile", f"{folder}/password", "-E", "UTF8", "--locale", "C.UTF-8"])
        _call([*control, "-o", options, "-l", f"{folder}/log", "start"])
        try:
            yield port
        finally:
            _call([*control, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder)


def _call(command: list[str]) -> None:
    subprocess.run(_as_user(command), check=True, cwd="/", stdout=subprocess.DEVNULL, timeout=60)
