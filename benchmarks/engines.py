"""The processes of ``segment_speed.py``, one an engine, and a throw-away environment for the engines of others."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import one_engine

PACKAGES = {"rjieba": "rjieba", "jieba_fast_dat": "jieba-fast-dat", "jieba-fast": "jieba-fast"}
SCRIPT = Path(one_engine.__file__)


def install(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """The engines of others in an environment of their own; their versions, and why one could not be installed."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    versions, failures = {}, {}
    for engine, package in PACKAGES.items():
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            failures[engine] = (done.stderr.strip() or "pip failed").splitlines()[-1]
        else:
            versions[engine] = read_version(python, package)
    return versions, failures


def read_version(python: Path, package: str) -> str:
    """Of an installed package."""
    code = f"from importlib.metadata import version; print(version({package!r}))"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


class Running:
    """A process with one engine; one command at a time, and only one engine works at a time."""

    def __init__(self, job: one_engine.Job, environment: Path) -> None:
        """``environment``: where the engines of others are installed. Raises ``RuntimeError`` if the engine fails."""
        self.engine = job["engine"]
        python = environment / "bin" / "python" if self.engine in PACKAGES else Path(sys.executable)
        variables = {**os.environ, "TMPDIR": str(job["folder"])}  # their caches go where all is deleted
        command = [str(python), "-W", "ignore", str(SCRIPT), json.dumps(job, default=str)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=variables
        )
        hello = self.take()
        self.ready: dict[str, float] = hello["ready"]
        self.lines: int = hello["lines"]

    def give(self, command: str, *arguments: Any) -> None:
        """Begin a method of ``one_engine.Engine``."""
        if self._process.stdin is None:
            raise RuntimeError("no pipe")
        self._process.stdin.write(json.dumps([command, *arguments]) + "\n")
        self._process.stdin.flush()

    def take(self) -> Any:
        """What the command came to."""
        if self._process.stdout is None or self._process.stderr is None:
            raise RuntimeError("no pipe")
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.engine} ended:\n{self._process.stderr.read()[-2_000:]}")
        return json.loads(line)

    def do(self, command: str, *arguments: Any) -> Any:
        """Begin it, wait for it."""
        self.give(command, *arguments)
        return self.take()

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
