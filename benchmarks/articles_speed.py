"""How fast does Articles read? ``python benchmarks/articles_speed.py --shared ../shared``.

The shared corpora, grown to ``--size`` (see ``corpus.py``), as ``.jsonl.zst`` through the stage: with the native core
in two processes and in one, without it in one; all must write the same. Then one core alone, in memory: lines of JSON
to lines of JSON in normal form by the native core (and how many it leaves to Python), the normal form by Python, each
of its rules by itself, and OpenCC. MB are of text.
"""

import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from backports import zstd

import corpus
import report
from ciliu import normal_form
from pipeline import articles, cache
from pipeline.articles import chinese, fields, native, sources
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


def run_stage(found: list[Source], output: Path, processes: int) -> tuple[float, str, float]:
    """Seconds, a digest of all files, and seconds of CPU of this process (with one process that is all of the work)."""
    output.mkdir()
    began, cpu = time.monotonic(), time.process_time()
    articles.run(found, output, max_rejected=1.0, processes=processes)
    seconds, cpu = time.monotonic() - began, time.process_time() - cpu
    shutil.rmtree(output / cache.SHARDS)  # the notes on finished shards, no part of an output
    digest = cache.output_digest(cache.describe_files(output, {}))
    shutil.rmtree(output)
    return seconds, digest, cpu


def run_without_core(found: list[Source], output: Path) -> tuple[float, str, float]:
    """The same as where the core was not built, in this process."""
    there, native.core = native.core, None
    try:
        return run_stage(found, output, 1)
    finally:
        native.core = there


def time_core(block: bytes, text_bytes: int) -> tuple[float, int]:
    """Bytes of text a second, JSON to JSON, and how many lines are left to Python (whose work is not in that)."""
    began = time.process_time()
    at = left = 0
    rules = (1 << len(normal_form.DEFAULT)) - 1
    core = native.core.Articles(b"block.jsonl", ((b"text", fields.FIELDS.index("text")),), rules)
    while at < len(block):
        _, at, _ = core.read(block, at, len(block), 0)
        if at < len(block):
            at, left = block.index(b"\n", at) + 1, left + 1
    return text_bytes / (time.process_time() - began), left


def time_python(texts: list[str], text_bytes: int, work: Callable[[str], object]) -> int:
    """Bytes of text a second."""
    began = time.process_time()
    for text in texts:
        work(text)
    return round(text_bytes / (time.process_time() - began))


def time_rules(texts: list[str], text_bytes: int) -> dict[str, Any]:
    """Bytes of text a second in Python: the rules that hold anyway, all, each by itself; OpenCC."""
    normal = [normal_form.normalize(text)[0] for text in texts]
    everything = tuple(normal_form.RULES)
    converters = {name: partial(chinese.convert, configuration=name) for name in chinese.CONFIGURATIONS}
    return {
        "python_normal_form_bytes_a_second": time_python(texts, text_bytes, normal_form.normalize),
        "python_all_rules_bytes_a_second": time_python(
            texts, text_bytes, lambda text: normal_form.normalize(text, everything)
        ),
        "rule_bytes_a_second": {name: time_python(texts, text_bytes, rule) for name, rule in normal_form.RULES.items()},
        "opencc_bytes_a_second": {name: time_python(normal, text_bytes, work) for name, work in converters.items()},
    }


def measure_stage(source: Path, work: Path, rounds: int) -> dict[str, Any]:
    """The whole stage, in seconds."""
    pack(source, work / "packed")
    files, _ = sources.find([str(work / "packed")])
    found = sources.read_state(files, Fingerprints(work))
    output = work / "output"
    took = {
        "two_processes": [run_stage(found, output, 2) for _ in range(rounds)],
        "one": [run_stage(found, output, 1) for _ in range(rounds)],
        "python": [run_without_core(found, output)],
    }
    if len({digest for each in took.values() for _, digest, _ in each}) > 1:
        raise RuntimeError("the native core and Python do not write the same")
    return {
        "seconds": {name: [round(seconds, 2) for seconds, _, _ in each] for name, each in took.items()},
        "cpu_seconds": {name: [round(cpu, 2) for _, _, cpu in took[name]] for name in ("one", "python")},
    }


def measure_form(source: Path) -> dict[str, Any]:
    """The normal form alone, by CPU: of use on a busy machine too."""
    with min(source.glob("*.jsonl")).open("rb") as lines:
        block = lines.read(BLOCK)
    block = block[: block.rindex(b"\n") + 1]
    texts = [json.loads(line)["text"] for line in block.splitlines()]
    text_bytes = sum(len(text.encode()) for text in texts)
    block = "".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts).encode()
    core = [time_core(block, text_bytes) for _ in range(5)]
    return {
        "core_bytes_a_second": round(statistics.median(speed for speed, _ in core)),
        "left_to_python": core[0][1] / len(texts),
        **time_rules(texts[::10], sum(len(text.encode()) for text in texts[::10])),
    }


def main() -> None:
    parser = report.make_parser(__doc__)
    parser.add_argument("--size", default="500M", type=corpus.parse_size, help="bytes of text [500M]")
    parser.add_argument("--rounds", type=int, default=3, help="[3]")
    parser.add_argument("--form-only", action="store_true", help="the normal form alone, not the stage")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    source = given.work / corpus.name_size(given.size)
    corpus.build(source, given.size, given.shared)
    form = measure_form(source)
    print(f"the core alone: {form['core_bytes_a_second'] / 1e6:.0f} MB/s; floor {GOAL / 1e6:.0f}")
    print(f"of the lines it leaves {form['left_to_python']:.2%} to Python")
    print(f"the normal form in Python: {form['python_normal_form_bytes_a_second'] / 1e6:.0f} MB/s")
    report.write_result("normal_form", {"core": report.core_digest(), **form, "floor": GOAL}, given.results)
    if given.form_only:
        return
    elsewhere = report.cpu_elsewhere()
    with tempfile.TemporaryDirectory(dir=given.work) as folder:
        facts = measure_stage(source, Path(folder), given.rounds)
    speeds = {name: round(given.size / statistics.median(took)) for name, took in facts["seconds"].items()}
    for name, speed in speeds.items():
        print(f"Articles, {name}: {speed / 1e6:.0f} MB/s of text; floor of two_processes {GOAL / 1e6:.0f}")
    others = round(report.cpu_elsewhere() - elsewhere, 1)
    facts |= {"text_bytes": given.size, "stage_bytes_a_second": speeds, "floor": GOAL, "others_cpu_seconds": others}
    report.write_result("articles_speed", {"core": report.core_digest(), **facts}, given.results)


if __name__ == "__main__":
    main()
