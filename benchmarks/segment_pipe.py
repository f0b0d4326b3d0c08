"""How fast is ``ciliu cut`` in a pipe, and how soon is a large dictionary ready?
``python benchmarks/segment_pipe.py --shared ../shared``.

``ciliu cut --dict FOLDER < text > /dev/null`` against ``cut_lines`` on the same lines in one process, by turns, both
on one core, CPU seconds; the command's start is measured with an empty text and taken off. Then a dictionary of 800,000
words (jieba's large one, THUOCL's words, and words of two of its own put together), compiled once: seconds until
``Segmenter(FOLDER)`` has cut its first text, each in a process of its own, imports left out.
"""

import itertools
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dictionaries
import mixture
import report
from ciliu import Segmenter

WORDS = 800_000
GOAL_PIPE, GOAL_READY = 0.5, 0.15
REPEATS = 20  # times the mixture: 290 MB
BLOCK = 1 << 20

READY = """
import sys, time
from ciliu import Segmenter
import numpy
began = time.perf_counter()
Segmenter(sys.argv[1], engine="native").lcut("他来到了网易杭研大厦")
print(time.perf_counter() - began)
"""


def cpu_of(work: Callable[[], object], who: int) -> float:
    """CPU seconds that ``work`` takes in this process or in its children."""
    before = resource.getrusage(who)
    work()
    after = resource.getrusage(who)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def pipe(folder: Path, text: Path) -> None:
    """The command."""
    with text.open("rb") as lines:
        command = [report.CILIU, "cut", "--dict", str(folder), "--engine", "native"]
        subprocess.run(command, stdin=lines, stdout=subprocess.DEVNULL, check=True)


def cut_all(segmenter: Segmenter, blocks: list[bytes]) -> None:
    for block in blocks * REPEATS:
        segmenter.cut_lines(block)


def measure_pipe(folder: Path, shared: Path, rounds: int) -> dict[str, Any]:
    """MB a second of both, and the ratio."""
    once, text, nothing = folder / "once.txt", folder / "text.txt", folder / "nothing.txt"
    mixture.write_mixture(shared, once)
    lines = once.read_bytes() + b"\n"
    text.write_bytes(lines * REPEATS)
    nothing.write_bytes(b"")
    segmenter = Segmenter(folder, engine="native")
    blocks = cut_blocks(lines)
    found = []
    for _ in range(rounds):
        start = cpu_of(lambda: pipe(folder, nothing), resource.RUSAGE_CHILDREN)
        piped = cpu_of(lambda: pipe(folder, text), resource.RUSAGE_CHILDREN) - start
        kernel = cpu_of(lambda: cut_all(segmenter, blocks), resource.RUSAGE_SELF)
        found.append({"start": start, "pipe": piped, "kernel": kernel})
    size = len(lines) * REPEATS / 1e6
    return {
        "bytes": len(lines) * REPEATS,
        "mb_a_second_pipe": round(size / statistics.median(one["pipe"] for one in found), 1),
        "mb_a_second_kernel": round(size / statistics.median(one["kernel"] for one in found), 1),
        "share": round(statistics.median(one["kernel"] / one["pipe"] for one in found), 3),
        "goal": GOAL_PIPE,
        "rounds": found,
    }


def cut_blocks(lines: bytes) -> list[bytes]:
    """Whole lines, about ``BLOCK`` bytes of them."""
    blocks = []
    while lines:
        end = lines.rfind(b"\n", 0, BLOCK) + 1 or len(lines)
        blocks.append(lines[:end])
        lines = lines[end:]
    return blocks


def grow(tokenizer: Any) -> None:
    """Words of two of a tokenizer's own put together, until there are ``WORDS``."""
    own = [word for word, frequency in tokenizer.FREQ.items() if frequency and len(word) == 2]
    missing = WORDS - sum(map(bool, tokenizer.FREQ.values()))
    made = (one + other for one, other in zip(own, reversed(own), strict=True) if one + other not in tokenizer.FREQ)
    for word in itertools.islice(made, missing):
        tokenizer.add_word(word, 3)


def measure_ready(folder: Path, shared: Path, rounds: int) -> dict[str, Any]:
    """Seconds until the large dictionary has cut its first text."""
    tokenizer = dictionaries.make_tokenizer("large-thuocl", shared)
    grow(tokenizer)
    began = time.perf_counter()
    words = dictionaries.compile_tokenizer(tokenizer, folder)
    compiled = time.perf_counter() - began
    ready = [
        float(subprocess.run([sys.executable, "-c", READY, str(folder)], check=True, capture_output=True).stdout)
        for _ in range(5 * rounds)
    ]
    size = (folder / "dictionary.bin").stat().st_size
    return {"words": words, "compile_seconds": round(compiled, 2), "file_bytes": size, "goal": GOAL_READY,
            "ready_seconds": round(statistics.median(ready), 4), "all": ready}  # fmt: skip


def main() -> None:
    parser = report.make_parser(__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="[3]")
    given = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    elsewhere = report.cpu_elsewhere()
    with tempfile.TemporaryDirectory(dir=given.work) as place:
        standard, large = Path(place) / "standard", Path(place) / "large"
        dictionaries.compile_tokenizer(dictionaries.make_tokenizer("standard", given.shared), standard)
        piped = measure_pipe(standard, given.shared, given.rounds)
        ready = measure_ready(large, given.shared, given.rounds)
    print(f"ciliu cut: {piped['mb_a_second_pipe']} of {piped['mb_a_second_kernel']} MB/s, {piped['share']:.0%}")
    print(f"{ready['words']:,} words ready in {ready['ready_seconds'] * 1000:.1f} ms")
    facts = {"pipe": piped, "ready": ready, "others_cpu_seconds": round(report.cpu_elsewhere() - elsewhere, 1)}
    report.write_result("segment_pipe", {"core": report.core_digest(), **facts}, given.results)


if __name__ == "__main__":
    main()
