"""One engine in a process of its own, for ``segment_speed.py``: a job as JSON in the first argument, then a command a
line on standard input and an answer a line on standard output. Needs the standard library and the engine alone, so it
also runs where Ciliu is not installed.

A job: ``engine``, ``HMM``, ``lines`` (a file), ``folder`` (a compiled dictionary), ``name`` and ``shared`` (what jieba
makes it of), ``cpu`` (to run on that alone).
"""

import importlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

BLOCK = 1_000_000  # bytes that ``ciliu`` gets at once
FIRST = "北京大学生前来应聘".encode()
FILLER = "\U000f0000"  # can stand in no text: it takes the rest of jieba's total

Job = dict[str, Any]
Answer = dict[str, Any]
Cut = Callable[[list[bytes], bytes], list[bytes]]  # lines (of ``ciliu``: blocks of them), separator -> the same, cut


def by_line(lcut: Callable[[str], list[str]]) -> Cut:
    """Bytes in, bytes out with an engine that takes a str and gives a list: decode, cut, join, encode."""

    def cut(lines: list[bytes], separator: bytes) -> list[bytes]:
        between = separator.decode()
        return [between.join(lcut(line.decode("utf-8"))).encode("utf-8") for line in lines]

    return cut


def read_words(job: Job) -> Iterator[tuple[str, int]]:
    with (Path(job["folder"]) / "dictionary.tsv").open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            word, frequency = line.rstrip("\n").split("\t")
            yield word, int(frequency)


def read_total(job: Job) -> int:
    return int(json.loads((Path(job["folder"]) / "dictionary.json").read_bytes())["total"])


def open_jieba(job: Job) -> Cut:
    """jieba 0.42.1, its dictionary made by its own means."""
    tokenizer = importlib.import_module("dictionaries").make_tokenizer(job["name"], Path(job["shared"]))
    return by_line(lambda text: tokenizer.lcut(text, HMM=job["HMM"]))


def open_ciliu(job: Job) -> Cut:
    """The native core, blocks of lines."""
    segmenter = importlib.import_module("ciliu").Segmenter(job["folder"], engine="native")
    return lambda blocks, separator: [segmenter.cut_lines(block, separator, job["HMM"]) for block in blocks]


def open_ciliu_by_line(job: Job) -> Cut:
    """The native core, a line a call, words as a list of str."""
    segmenter = importlib.import_module("ciliu").Segmenter(job["folder"], engine="native")
    return by_line(lambda text: segmenter.lcut(text, HMM=job["HMM"]))


def open_rjieba(job: Job) -> Cut:
    """rjieba with jieba's frequencies and total; without the guard that it needs for lone surrogates and rare Han."""
    tokenizer = importlib.import_module("rjieba").Jieba.empty()
    rest = read_total(job)
    for word, frequency in read_words(job):
        tokenizer.add_word(word, frequency, None)
        rest -= frequency
    if rest > 0:
        tokenizer.add_word(FILLER, rest, None)
    return by_line(lambda text: tokenizer.cut(text, job["HMM"]))


def open_jieba_fast(job: Job) -> Cut:
    """jieba-fast: jieba's dictionary in a dict, as it has it itself."""
    tokenizer = importlib.import_module("jieba_fast").Tokenizer()
    frequencies = dict(read_words(job))
    for word in list(frequencies):
        for end in range(1, len(word)):
            frequencies.setdefault(word[:end], 0)
    tokenizer.FREQ, tokenizer.total, tokenizer.initialized = frequencies, read_total(job), True
    return by_line(lambda text: tokenizer.lcut(text, HMM=job["HMM"]))


def open_jieba_fast_dat(job: Job) -> Cut:
    """jieba_fast_dat with the words as its main dictionary: its total is their sum, not jieba's."""
    path = Path(job["folder"]) / "plain.txt"
    if not path.exists():
        lines = (f"{word} {frequency}\n" for word, frequency in read_words(job) if len(word.split()) == 1)
        path.write_text("".join(lines), encoding="utf-8", newline="\n")
    tokenizer = importlib.import_module("jieba_fast_dat").Tokenizer(str(path))
    tokenizer.initialize()  # its lcut does not: it would cut with no dictionary at all
    return by_line(lambda text: tokenizer.lcut(text, HMM=job["HMM"]))


OPEN: dict[str, Callable[[Job], Cut]] = {
    "jieba": open_jieba,
    "ciliu": open_ciliu,
    "ciliu, a line a call": open_ciliu_by_line,
    "rjieba": open_rjieba,
    "jieba_fast_dat": open_jieba_fast_dat,
    "jieba-fast": open_jieba_fast,
}


def in_blocks(lines: list[bytes]) -> list[bytes]:
    """The lines joined again, some ``BLOCK`` bytes at a time."""
    blocks: list[list[bytes]] = [[]]
    size = 0
    for line in lines:
        if size >= BLOCK:
            blocks.append([])
            size = 0
        blocks[-1].append(line)
        size += len(line) + 1
    return [b"\n".join(block) for block in blocks]


def memory(field: str) -> int:
    """``VmRSS`` or ``VmHWM`` (the highest RSS so far) of this process, in bytes."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith(field)).split()[1]) * 1024


class Engine:
    """An engine that was opened, and the lines that it cuts."""

    def __init__(self, job: Job) -> None:
        if job.get("cpu") is not None:
            os.sched_setaffinity(0, {job["cpu"]})
        self.lines = Path(job["lines"]).read_bytes().split(b"\n")
        self.blocks = in_blocks if job["engine"] == "ciliu" else list[bytes]
        self.inputs: dict[tuple[int, int], list[bytes]] = {}
        wall, cpu = time.perf_counter(), time.process_time()
        self.cut = OPEN[job["engine"]](job)
        self.cut([FIRST], b" ")
        self.ready = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}

    def prepare(self, first: int, last: int) -> list[bytes]:
        """The lines from ``first`` to ``last`` as the engine wants them."""
        key = (first, last)
        if key not in self.inputs:
            self.inputs[key] = self.blocks(self.lines[first:last])
        return self.inputs[key]

    def time(self, first: int, last: int, times: int = 1) -> Answer:
        """Cut the lines, ``times`` times over."""
        lines = self.prepare(first, last)
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(times):
            self.cut(lines, b" ")
        return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}

    def thread(self, threads: int, times: int) -> Answer:
        """Cut all lines, ``times`` times over, shared out over threads."""
        blocks = self.prepare(0, len(self.lines))
        shares = [blocks[number::threads] * times for number in range(threads)]
        workers = [threading.Thread(target=self.cut, args=(share, b" ")) for share in shares]
        wall = time.perf_counter()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return {"wall": time.perf_counter() - wall}

    def write(self, path: str) -> Answer:
        """Cut all lines into a file, a separator between the words that is in no text."""
        Path(path).write_bytes(b"\n".join(self.cut(self.prepare(0, len(self.lines)), b"\x1f")))
        return {}

    def peak(self) -> Answer:
        """The highest RSS so far."""
        return {"bytes": memory("VmHWM")}


def main() -> None:
    engine = Engine(json.loads(sys.argv[1]))
    print(json.dumps({"ready": engine.ready, "lines": len(engine.lines)}), flush=True)
    for line in sys.stdin:
        command, *arguments = json.loads(line)
        print(json.dumps(getattr(engine, command)(*arguments)), flush=True)


if __name__ == "__main__":
    main()
