"""A data folder in a bucket that s3fs mounts: OpenStack Swift by its S3 interface on the loopback, mounts through FUSE.

There a folder is renamed file by file, no file has two names, and a lock reaches no other machine.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import servers
from conftest import CILIU, read_corpus, write_articles

from pipeline import cache, damage

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
from machine import members
from report import descendants

pytestmark = pytest.mark.slow

STAGES = ("articles", "dedup", "dictionary", "segment", "vocabulary")
MODEL = ("train", "evaluate", "export")
QUICK = (
    *("--set", "Vocabulary.min_count=2", "--set", "Train.vector_size=8", "--set", "Train.epochs=1"),
    *("--set", "Train.threads=1", "--allow-failed"),
)
TO_VOCABULARY = ("--until", "vocabulary", "--processes", "2")
# In the mount namespace of a machine: mount the bucket $1 at $2 with $3, note s3fs's process in $4, do the rest.
MACHINE = """
s3fs "$1" "$2" -f -o "$3" >"$4.log" 2>&1 & echo $! >"$4"
until mountpoint -q "$2"; do sleep 0.05; done
shift 4
exec "$@"
"""


class Bucket:
    """A bucket, and its mounts."""

    def __init__(self, name: str, port: int, folder: Path) -> None:
        import fsspec

        self.name, self.folder = name, folder
        secret = folder / "passwd"
        secret.touch(mode=0o600)
        secret.write_text(f"AWSAccessKeyId={servers.KEY}\nAWSSecretKey={servers.SECRET}\n", encoding="ascii")
        url = f"http://127.0.0.1:{port}"
        self.options = f"passwd_file={secret},url={url},use_path_request_style,notsup_compat_dir,stat_cache_expire=1"
        self.store: Any = fsspec.filesystem(
            "s3", key=servers.KEY, secret=servers.SECRET, endpoint_url=url, use_listings_cache=False,
            skip_instance_cache=True, client_kwargs={"region_name": "us-east-1"},
        )  # fmt: skip
        self.store.mkdir(name)
        self.mounts: dict[Path, subprocess.Popen[bytes]] = {}

    def mount(self, name: str) -> Path:
        """A new mount, as another machine would have it."""
        place = self.folder / name
        place.mkdir(exist_ok=True)
        with (self.folder / f"{name}.log").open("ab") as log:
            command = ["s3fs", self.name, str(place), "-f", "-o", self.options]
            self.mounts[place] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for(lambda: os.path.ismount(place) or self.mounts[place].poll() is not None, 20)
        if not os.path.ismount(place):
            pytest.skip("s3fs cannot mount here")
        return place

    def end(self, place: Path, number: int = signal.SIGTERM) -> None:
        """End a mount: by SIGTERM s3fs unmounts, by SIGKILL the folder stays, and nothing in it can be read."""
        server = self.mounts.pop(place)
        server.send_signal(signal.SIGCONT)
        if number == signal.SIGTERM:
            subprocess.run(["umount", place], check=False)
        server.send_signal(number)
        server.wait(20)
        subprocess.run(["umount", "-l", place], check=False, stderr=subprocess.DEVNULL)

    def names(self, below: str) -> list[str]:
        """The objects whose names begin so, as the store itself lists them."""
        return [path.removeprefix(f"{self.name}/") for path in self.store.find(f"{self.name}/{below}")]

    def machine(self, name: str, place: Path) -> list[str]:
        """What runs a command as on a machine of its own: in a mount namespace where ``place`` is its own mount."""
        command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", MACHINE, "machine"]
        return [*command, self.name, str(place), self.options, str(self.folder / f"{name}.pid")]


@pytest.fixture(scope="module")
def swift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    if not shutil.which("s3fs") or not os.access("/dev/fuse", os.W_OK) or os.geteuid():
        pytest.skip("needs s3fs (Debian: s3fs), /dev/fuse and root, who may mount")
    if not servers.find_swift():
        pytest.skip("needs Swift (Debian: swift-proxy swift-account swift-container swift-object memcached)")
    pytest.importorskip("s3fs", reason="needs fsspec's s3fs, to look at the bucket itself")
    with servers.swift(tmp_path_factory.mktemp("swift") / "server") as port:
        yield port


@pytest.fixture
def bucket(swift: int, tmp_path: Path) -> Iterator[Bucket]:
    folder = tmp_path / "bucket"
    folder.mkdir(mode=0o700)
    made = Bucket(f"b{time.time_ns()}", swift, folder)
    yield made
    for place in list(made.mounts):
        made.end(place, signal.SIGKILL)
    for note in folder.glob("*.pid"):
        end_machine(note)


def end_machine(note: Path) -> None:
    """Kill the s3fs of a machine, as its note says; its namespace ends with its last process."""
    pid = int(note.read_text(encoding="ascii"))
    if command_of(pid) == "s3fs":
        os.kill(pid, signal.SIGKILL)
    note.unlink()


def command_of(pid: int) -> str:
    """The name of a process, empty if it has ended."""
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """88 real articles, some of them twice, in some seven shards."""
    folder = tmp_path_factory.mktemp("text")
    tech = read_corpus("tech", 0, 40)
    write_articles(folder / "a.jsonl", [*tech, *tech[:5]])
    write_articles(folder / "b.jsonl", [*read_corpus("xwlb", 0, 40), *read_corpus("cn_laws", 0, 8)])
    return folder


@pytest.fixture(scope="module")
def expected(text: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a local folder gives."""
    data = tmp_path_factory.mktemp("local") / "data"
    assert start(text, data, "--processes", "2").wait(200) == 0
    return made(data)


def start(text: Path, data: Path, *options: str, before: list[str] | None = None) -> "subprocess.Popen[bytes]":
    """``ciliu run`` in a session of its own; what it says is beside the mount."""
    command = [*(before or []), *CILIU, "run", str(text), "--data", str(data), *QUICK, *options]
    with (data.parents[1] / "said.txt").open("ab") as said:
        return subprocess.Popen(command, stdout=said, stderr=said, stdin=subprocess.DEVNULL, start_new_session=True)


def kill(process: "subprocess.Popen[bytes]") -> None:
    """Kill a run and all its processes."""
    for pid in members(process.pid):
        os.kill(pid, signal.SIGKILL)
    process.wait(60)


def said(folder: Path) -> str:
    return (folder / "said.txt").read_text(encoding="utf-8")


def wait_for(condition: Callable[[], object], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds} s in vain"
        time.sleep(0.02)


def made(data: Path) -> dict[str, Any]:
    """Each output with its key, its files and their digests; every byte is hashed."""
    assert not any(damaged for _, damaged in damage.check_all(data))
    outputs = (path.parent for path in data.glob(f"*/*/{cache.MANIFEST}") if not path.parent.suffix)
    manifests = {output.parent.name: cache.manifest_of(output) for output in outputs}
    return {stage: [manifest[name] for name in ("key", "files", "counts")] for stage, manifest in manifests.items()}


def to_vocabulary(outputs: dict[str, Any]) -> dict[str, Any]:
    return {stage: outputs[stage] for stage in STAGES}


# ---------------------------------------------------------------- the same bytes


def test_a_mounted_bucket_gets_the_bytes_that_a_local_folder_gets_and_another_mount_sees_all(
    bucket: Bucket, text: Path, expected: dict[str, Any]
) -> None:
    """Also Train, with one thread, and what is exported. No file has a second name: shards that another output has
    are copies."""
    one = bucket.mount("one")
    assert start(text, one / "data", "--processes", "2").wait(400) == 0, said(bucket.folder)
    other = bucket.mount("other")
    assert made(other / "data") == expected
    assert set(expected) == {*STAGES, *MODEL}
    began = time.time()
    assert start(text, other / "data", "--processes", "2").wait(400) == 0
    assert not [name for name in other.glob(f"data/*/*/{cache.MANIFEST}") if name.stat().st_mtime > began]
    assert {path.stat().st_nlink for path in other.glob("data/dedup/*/0*.jsonl")} == {1}


def test_spark_makes_the_same_bytes_there(bucket: Bucket, text: Path, expected: dict[str, Any]) -> None:
    needs_spark()
    data = bucket.mount("one") / "data"
    assert start(text, data, "--until", "vocabulary", "--on", "local[2]").wait(400) == 0, said(bucket.folder)
    assert made(data) == to_vocabulary(expected)


def needs_spark() -> None:
    pytest.importorskip("pyspark", reason="needs pyspark")
    if not shutil.which("java"):
        pytest.skip("needs Java")


@pytest.fixture
def cluster(bucket: Bucket, tmp_path: Path) -> Iterator[Any]:
    """A master and two workers, each in a mount namespace where ``bucket/shared`` is a mount of its own."""
    needs_spark()
    import spark_cluster

    place = bucket.folder / "shared"
    place.mkdir()
    with spark_cluster.running(tmp_path / "spark", lambda name: bucket.machine(name, place)) as started:
        yield started


@pytest.mark.parametrize("lost", ["nothing", "a machine", "the mount of a machine"])
def test_machines_with_a_mount_each_make_the_same_bytes_also_where_one_is_lost(
    bucket: Bucket, text: Path, expected: dict[str, Any], cluster: Any, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    """What a worker wrote, the command's machine reads through another mount. A machine that lives and has lost its
    mount ends the run, which names it; what is finished is kept."""
    for name, value in cluster.environment.items():
        monkeypatch.setenv(name, value)
    place = bucket.folder / "shared"
    options = ("--until", "vocabulary", "--on", cluster.master)
    process = start(text, place / "data", *options, before=bucket.machine("driver", place))
    try:
        if lost != "nothing":
            wait_for(lambda: notes(bucket, "dedup") or process.poll() is not None, 200)
            if lost == "a machine":
                cut_power(cluster, "worker2")
            end_machine(bucket.folder / "worker2.pid")
        assert process.wait(400) == (4 if lost == "the mount of a machine" else 0), said(bucket.folder)
    finally:
        kill(process)
    assert not (place / "data").exists()  # here: it is in the mounts of the others
    data = bucket.mount("look") / "data"
    if lost == "the mount of a machine":
        assert f" (on {socket.gethostname()}): " in said(bucket.folder)
        assert start(text, data, *TO_VOCABULARY).wait(400) == 0, said(bucket.folder)
    assert made(data) == to_vocabulary(expected)


def cut_power(cluster: Any, name: str) -> None:
    """Kill a worker and all that it started but its s3fs: nothing that runs there is to say that its mount is gone."""
    below = [pid for pid in descendants(cluster.pids[name]) if command_of(pid) != "s3fs"]
    cluster.kill(name)
    for pid in below:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def notes(bucket: Bucket, stage: str) -> list[str]:
    """The finished shards of what is being made."""
    return [name for name in bucket.names(f"data/{stage}/") if f"{cache.SHARDS}/0" in name]


# ---------------------------------------------------------------- kills


@pytest.mark.parametrize(("stage", "victim"), [("segment", "the run"), ("articles", "s3fs"), ("segment", "s3fs")])
def test_after_a_kill_at_work_the_next_run_goes_on_from_the_finished_shards(
    bucket: Bucket, text: Path, expected: dict[str, Any], stage: str, victim: str
) -> None:
    """A file is in the bucket once it is closed, whatever dies then."""
    place = bucket.mount("one")
    process = start(text, place / "data", *TO_VOCABULARY)
    wait_for(lambda: len(notes(bucket, stage)) > 1 or process.poll() is not None, 200)
    if victim == "s3fs":
        bucket.end(place, signal.SIGKILL)
        assert process.wait(60) == 4, said(bucket.folder)
        assert "Traceback" not in said(bucket.folder)
    kill(process)
    assert not [name for name in bucket.names(f"data/{stage}/") if name.endswith(f"/{cache.MANIFEST}")]
    again = bucket.mount("again")
    (partial,) = again.glob(f"data/{stage}/*.partial")
    finished = {note.name[:5] for note in partial.glob(f"{cache.SHARDS}/0*.json")}
    dates = {path.name: path.stat().st_mtime_ns for path in partial.glob("0*") if path.name[:5] in finished}
    assert len(finished) > 1
    assert start(text, again / "data", *TO_VOCABULARY).wait(400) == 0, said(bucket.folder)
    assert made(again / "data") == to_vocabulary(expected)
    output = partial.with_suffix("")
    assert {name: (output / name).stat().st_mtime_ns for name in dates} == dates  # not made again


def half_renamed(bucket: Bucket, place: Path, stage: str) -> None:
    """Stop s3fs in the middle of the rename that publishes a stage: its manifest is in place, other files are not."""
    server = bucket.mounts[place]
    end = time.monotonic() + 300
    while time.monotonic() < end:
        server.send_signal(signal.SIGSTOP)
        paths = [Path(name) for name in bucket.names(f"data/{stage}/")]
        whole = {path.name for path in paths if path.parent.suffix != ".partial"}
        if cache.MANIFEST in whole:
            assert {path.name for path in paths if path.parent.suffix == ".partial"} - whole
            return
        server.send_signal(signal.SIGCONT)
        time.sleep(0.03 if len(whole) > 1 else 0.2)
    raise TimeoutError(stage)


@pytest.mark.parametrize(("stage", "victim"), [("vocabulary", "the run"), ("vocabulary", "s3fs"), ("train", "s3fs")])
def test_after_a_kill_between_the_renames_of_a_publish_the_next_run_makes_it_whole(
    bucket: Bucket, text: Path, expected: dict[str, Any], stage: str, victim: str
) -> None:
    """Where the run alone dies, s3fs renames to the end. Where s3fs dies, an output lies there that has its manifest
    and lacks files: whoever reads it says so, sets it aside and makes it again."""
    to_train = ("--until", "train", "--processes", "2")
    place = bucket.mount("one")
    process = start(text, place / "data", *to_train)
    half_renamed(bucket, place, stage)
    for pid in members(process.pid) if victim == "the run" else []:
        os.kill(pid, signal.SIGKILL)
    if victim == "s3fs":
        bucket.mounts[place].kill()
    bucket.mounts[place].send_signal(signal.SIGCONT)
    kill(process)
    bucket.end(place)
    again = bucket.mount("again")
    damaged = [name for _, names in damage.check_all(again / "data") for name in names]
    assert bool(damaged) == (victim == "s3fs")
    assert start(text, again / "data", *to_train).wait(400) == 0, said(bucket.folder)
    assert ("is damaged" in said(bucket.folder)) == bool(damaged)
    assert made(again / "data") == {stage: expected[stage] for stage in (*STAGES, "train")}


# ---------------------------------------------------------------- two runs


def test_two_runs_on_one_mount_make_each_output_once(bucket: Bucket, text: Path, expected: dict[str, Any]) -> None:
    """The lock is the kernel's, on the machine that has the mount."""
    data = bucket.mount("one") / "data"
    both = [start(text, data, *TO_VOCABULARY) for _ in range(2)]
    assert [process.wait(400) for process in both] == [0, 0], said(bucket.folder)
    assert made(data) == to_vocabulary(expected)
    for stage in STAGES:
        lines = [line for line in said(bucket.folder).splitlines() if line.startswith(f"{stage} ")]
        assert sum("from the cache" not in line and "s]" in line for line in lines) == 1
    assert "waiting for process" in said(bucket.folder)


def test_two_machines_that_run_at_once_may_stop_each_other_and_damage_nothing(
    bucket: Bucket, text: Path, expected: dict[str, Any]
) -> None:
    """No lock reaches from one mount to the other. A run that loses its folder, or reads what the other is writing,
    ends with an error."""
    both = [start(text, bucket.mount(name) / "data", *TO_VOCABULARY) for name in ("one", "other")]
    assert {process.wait(400) for process in both} <= {0, 3, 4}, said(bucket.folder)
    assert "Traceback" not in said(bucket.folder)
    again = bucket.mount("again")
    assert start(text, again / "data", *TO_VOCABULARY).wait(400) == 0, said(bucket.folder)
    assert made(again / "data") == to_vocabulary(expected)


# Makes four shards into an output on a mount; the second machine waits before the last until the first is done.
SHARDS = """
import json, sys, time
from pathlib import Path
from pipeline import cache, shards
place, notes, machine = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
def work(folder, name):
    (folder / f"{name}.txt").write_text(name)
    if machine == "other" and name == "00003":
        (notes / "waits").touch()
        while not (notes / "go").exists():
            time.sleep(0.05)
    return {"made": 1}
final = place / "data" / "segment" / ("0" * 32)
def make(partial):
    pieces = [shards.Shard(f"0000{number}", number, (), 9 - number) for number in range(4)]
    return shards.total(shards.map_shards(work, pieces, partial, sharded="text"))
recipe = {"recipe": {"inputs": {}, "parameters": {}}}
try:
    cache.make(final, recipe, make, current=lambda: cache.read_manifest(final) is not None, anew=False)
except OSError as error:
    sys.exit(f"{error.strerror}")
"""


def test_a_machine_whose_shards_another_one_renames_away_publishes_nothing(bucket: Bucket, tmp_path: Path) -> None:
    """The worst case: the other machine begins in the middle of the rename by which the first one publishes. Its
    manifest once named one of four shards, and nobody would have missed the rest."""
    one, other = bucket.mount("one"), bucket.mount("other")
    first = machine(one, tmp_path)
    wait_for(lambda: bucket.names(f"data/segment/{'0' * 32}/"), 60)
    bucket.mounts[one].send_signal(signal.SIGSTOP)
    second = machine(other, tmp_path)
    wait_for(lambda: (tmp_path / "waits").exists() or second.poll() is not None, 60)
    bucket.mounts[one].send_signal(signal.SIGCONT)
    first.wait(60)
    (tmp_path / "go").touch()
    words = second.communicate(timeout=60)[1].decode()
    look = bucket.mount("look") / "data" / "segment"
    manifests = [json.loads(path.read_bytes()) for path in look.glob(f"*/{cache.MANIFEST}")]
    assert all(len(manifest["files"]) == 4 for manifest in manifests)
    assert manifests or "a finished shard was taken away meanwhile" in words


def machine(place: Path, notes: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", SHARDS, str(place), str(notes), place.name]
    return subprocess.Popen(command, stderr=subprocess.PIPE)
