"""What a run will take, guessed before any work: disk, memory, seconds.

Measured on 14 MB to 1 GB of Chinese text (benchmarks/results/job.json, memory.json); on other text or machines twice
or half as much is possible. Once the vocabulary is known, Train looks again, exactly.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

MIB = 1 << 20
WORDS = 0.18  # running words a byte of text
KEPT = 24.0  # different words that stand five times: 24·√(running words), a little more than was seen
BASE = 300 * MIB  # of memory: Python, the libraries, the dictionary
WORKER = 110 * MIB  # of memory for each process

# Bytes on disk, and seconds in one process, for a byte of text.
BY_TEXT = {
    "articles": (1.1, 1 / 60e6),
    "dedup": (1.1, 1 / 150e6),
    "segment": (0.9, 1 / 60e6),
    "vocabulary": (0.1, 1 / 500e6),
}
# Without the native core jieba itself cuts, and gensim trains.
SLOWER_CUT = 100
SLOWER_TRAINING = 10
DICTIONARY = (30 * MIB, 1.5)
TRAIN = 0.43e-6  # seconds for a word, 100 dimensions, a window of 5, a thread
EXPORT = (24.0, 500e-9)  # bytes and seconds for a number of the matrix: vectors.txt is most of it


@dataclass(frozen=True)
class Needs:
    """Bytes of disk and memory, and seconds."""

    disk: float = 0.0
    memory: float = 0.0
    seconds: float = 0.0


def estimate(stages: Collection[str], text: int, processes: int, native: bool, parameters: Mapping[str, Any]) -> Needs:
    """For ``stages`` to be made from ``text`` bytes. ``parameters`` are Train's, resolved, and ``min_count``."""
    running = text * WORDS
    kept = min(running, KEPT * running**0.5 * min(1.0, (5 / parameters["min_count"]) ** 0.5))
    numbers = kept * parameters["vector_size"]
    disk = memory = seconds = 0.0
    for stage, (bytes_a_byte, seconds_a_byte) in BY_TEXT.items():
        if stage in stages:
            disk += text * bytes_a_byte
            slower = SLOWER_CUT if stage == "segment" and not native else 1
            seconds += text * seconds_a_byte * slower / processes
            memory = max(memory, BASE + WORKER * processes)
    if "dictionary" in stages:
        disk, seconds = disk + DICTIONARY[0], seconds + DICTIONARY[1]
    if "train" in stages:
        objectives = parameters["hs"] + (parameters["negative"] > 0)
        matrices = numbers * 4 * (1 + objectives)
        disk += 3 * matrices  # a checkpoint lies beside the next one, and beside the model
        memory = max(memory, BASE + 2 * matrices + kept * (900 if parameters["hs"] else 250))
        slower = (1 if parameters["engine"] == "native" else SLOWER_TRAINING) * objectives
        size = parameters["vector_size"] / 100 * (parameters["window"] / 5) ** 0.4
        seconds += running * parameters["epochs"] * TRAIN * size * slower / parameters["threads"]
    if "export" in stages:
        disk, seconds = disk + numbers * EXPORT[0], seconds + numbers * EXPORT[1]
        memory = max(memory, BASE + numbers * 8)
    return Needs(disk, memory, seconds)
