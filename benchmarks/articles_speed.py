"""How fast does Articles read? ``python benchmarks/articles_speed.py --shared ../shared``.

The shared corpora, grown to ``--size`` (see ``corpus.py``), as ``.jsonl.zst`` through the stage: with the native core
in two processes and in one, without it in one; all must write the same. Then one core alone, in memory: lines of JSON
to lines of JSON in normal form by the native core, and the normal form by Python. MB are of text.
"""

import json
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from backports import zstd

import corpus
import report
from ciliu import normal_form
from pipeline import articles, cache
from pipeline.articles import fields, native, sources
from pipeline.articles.sources import Source
from pipeline.fingerprints import Fingerprints

GOAL = 100e6  # bytes of text a second: the stage on two cores, and the normal form on one
BLOCK = 64 << 20


def pack(folder: Path, to: Path) -> None:
    """Each file of ``folder`` as ``.zst`` in ``to``."""
    to.mkdir()
    for path in sorted(folder.glob("*.jsonl")):
        with path.open("rb") as lines, zstd.open(to / f"{path.name}.zst", "wb") as packed:
            shutil.copyfileobj(lines, packed, 1 << 20)


def run_stage(found: list[Source], output: Path, processes: int) -> tuple[float, str]:
    """Seconds, and a digest of all files."""
    output.mkdir()
    began = time.monotonic()
    articles.run(found, output, max_rejected=1.0, processes=processes)
    seconds = time.monotonic() - began
    shutil.rmtree(output / cache.SHARDS)  # the notes on finished shards, no part of an output
    digest = cache.output_digest(cache.describe_files(output, {}))
    shutil.rmtree(output)
    return seconds, digest


def run_without_core(found: list[Source], output: Path) -> tuple[float, str]:
    """The same as where the core was not built, in this process."""
    there, native.core = native.core, None
    try:
        return run_stage(found, output, 1)
    finally:
        native.core = there


def time_core(block: bytes, text_bytes: int) -> float:
    """Bytes of text a second, JSON to JSON."""
    began = time.process_time()
    core = native.core.Articles(b"block.jsonl", ((b"text", fields.FIELDS.index("text")),))
    _, at, _ = core.read(block, 0, len(block), 0)
    seconds = time.process_time() - began
    if at < len(block):
        raise RuntimeError(f"the native core left the line at byte {at} to Python")
    return text_bytes / seconds


def time_python(texts: list[str], text_bytes: int) -> float:
    """Bytes of text a second, the normal form alone."""
    began = time.process_time()
    for text in texts:
        normal_form.normalize(text)
    return text_bytes / (time.process_time() - began)


def measure(source: Path, work: Path, rounds: int) -> dict[str, Any]:
    """The stage and the core."""
    pack(source, work / "packed")
    files, _ = sources.find([str(work / "packed")])
    found = sources.read_state(files, Fingerprints(work))
    output = work / "output"
    took = {
        "two_processes": [run_stage(found, output, 2) for _ in range(rounds)],
        "one": [run_stage(found, output, 1) for _ in range(rounds)],
        "python": [run_without_core(found, output)],
    }
    if len({digest for each in took.values() for _, digest in each}) > 1:
        raise RuntimeError("the native core and Python do not write the same")
    with min(source.glob("*.jsonl")).open("rb") as lines:
        block = lines.read(BLOCK)
    block = block[: block.rindex(b"\n") + 1]
    texts = [json.loads(line)["text"] for line in block.splitlines()]
    text_bytes = sum(len(text.encode()) for text in texts)
    block = "".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts).encode()
    return {
        "seconds": {name: [round(seconds, 2) for seconds, _ in each] for name, each in took.items()},
        "core_bytes_a_second": round(statistics.median(time_core(block, text_bytes) for _ in range(5))),
        "python_normal_form_bytes_a_second": round(time_python(texts, text_bytes)),
    }


def main() -> None:
    parser = report.make_parser(__doc__)
    parser.add_argument("--size", default="500M", type=corpus.parse_size, help="bytes of text [500M]")
    parser.add_argument("--rounds", type=int, default=3, help="[3]")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    source = given.work / corpus.name_size(given.size)
    corpus.build(source, given.size, given.shared)
    elsewhere = report.cpu_elsewhere()
    with tempfile.TemporaryDirectory(dir=given.work) as folder:
        facts = measure(source, Path(folder), given.rounds)
    speeds = {name: round(given.size / statistics.median(took)) for name, took in facts["seconds"].items()}
    for name, speed in speeds.items():
        print(f"Articles, {name}: {speed / 1e6:.0f} MB/s of text")
    print(f"the core alone: {facts['core_bytes_a_second'] / 1e6:.0f} MB/s; floor of both {GOAL / 1e6:.0f}")
    print(f"the normal form in Python: {facts['python_normal_form_bytes_a_second'] / 1e6:.0f} MB/s")
    others = round(report.cpu_elsewhere() - elsewhere, 1)
    facts |= {"text_bytes": given.size, "stage_bytes_a_second": speeds, "floor": GOAL, "others_cpu_seconds": others}
    report.write_result("articles_speed", {"core": report.core_digest(), **facts}, given.results)


if __name__ == "__main__":
    main()
