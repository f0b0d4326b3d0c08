"""Does the page of ``ciliu explore`` answer in 100 ms with 350,000 words × 256? ``python benchmarks/explore_speed.py``.

The vectors are drawn (the time does not hang on the values); the words are jieba's. Each question goes to ``ciliu
explore`` over HTTP as the browser's does, on a connection that is kept, 60 times after 5 that are not counted.
"""

import http.client
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import report
from pipeline.evaluate.words import dictionary

WORDS, SIZE, TIMES, WARM = 350_000, 256, 60, 5
LIMIT = 100.0  # milliseconds
TEXT = "北京大学生前来应聘，面试了三个小时，房间很干净，服务员态度也不错。" * 20  # 680 characters


def make_model(folder: Path) -> list[str]:
    """``vectors.npy`` and ``vocab.tsv``; the words."""
    words = [*dictionary()][:WORDS]
    words += [f"#{number}" for number in range(WORDS - len(words))]
    with (folder / "vocab.tsv").open("w", encoding="utf-8", newline="\n") as file:
        file.write("word\tcount\trank\n")
        file.writelines(f"{word}\t{10**7 // (rank + 1) + 64}\t{rank}\n" for rank, word in enumerate(words))
    np.save(folder / "vectors.npy", np.random.default_rng(1).standard_normal((WORDS, SIZE), dtype=np.float32))
    return words


def questions(words: list[str], turn: int) -> dict[str, tuple[str, dict[str, Any]]]:
    """Another word each time."""
    a, b, c, d = (words[(turn * 4_801 + place * 97) % WORDS] for place in range(4))
    return {
        "neighbours": ("near", {"words": [a], "n": 10}),
        "100 neighbours": ("near", {"words": [a], "n": 100}),
        "analogy": ("analogy", {"words": [a, b, c]}),
        "four words compared": ("compare", {"words": [a, b, c, d]}),
        "a text of 680 characters cut": ("cut", {"text": TEXT}),
        "words that begin so": ("begin", {"begin": "龟"}),
    }


def time_questions(address: str, words: list[str], pid: int) -> dict[str, Any]:
    """Milliseconds from the question to the end of the answer, and those of CPU that it took ``ciliu`` (the clock of a
    busy machine says little)."""
    host, token = address.split("/")[2:4]
    connection = http.client.HTTPConnection(host)
    found = {}
    for name in questions(words, 0):
        taken, before = [], 0.0
        for turn in range(WARM + TIMES):
            before = _cpu(pid) if turn == WARM else before
            question, asked = questions(words, turn)[name]
            started = time.perf_counter()
            connection.request("POST", f"/{token}/{question}", json.dumps(asked))
            response = connection.getresponse()
            answer = response.read()
            taken.append((time.perf_counter() - started) * 1_000)
            if response.status != 200:
                raise RuntimeError(answer.decode())
        found[name] = {
            "median": round(statistics.median(taken[WARM:]), 1),
            "95th percentile": round(float(np.percentile(taken[WARM:], 95)), 1),
            "greatest": round(max(taken[WARM:]), 1),
            "cpu": round((_cpu(pid) - before) * 1_000 / TIMES, 1),
        }
    return found


def _cpu(pid: int) -> float:
    """Seconds of CPU that a process took."""
    user, system = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def explore(folder: Path, words: list[str]) -> dict[str, Any]:
    """Start the verb, ask, end it."""
    started = time.monotonic()
    command = [report.CILIU, "explore", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            address = process.stdout.readline().strip() if process.stdout else ""
            seconds = time.monotonic() - started
            elsewhere = report.cpu_elsewhere()
            found = time_questions(address, words, process.pid)
            return {
                "seconds_to_open": round(seconds, 1),
                "memory_bytes": report.memory_of(process.pid),
                "cpu_seconds_of_it_and_others": round(report.cpu_elsewhere() - elsewhere, 1),
                "milliseconds": found,
            }
        finally:
            process.terminate()  # a shell may have it ignore SIGINT


def main() -> None:
    given = report.make_parser(__doc__, shared=False).parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=given.work) as made:
        found = explore(Path(made), make_model(Path(made)))
    slowest = max(row["95th percentile"] for row in found["milliseconds"].values())
    print(json.dumps(found, ensure_ascii=False, indent=1))
    print(f"\nslowest 95th percentile {slowest} ms: {'within' if slowest < LIMIT else 'over'} {LIMIT:.0f} ms")
    report.write_result("explore", {"words": WORDS, "dimensions": SIZE, "times": TIMES, **found}, given.results)


if __name__ == "__main__":
    main()
