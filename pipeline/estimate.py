"""What a whole run will take, about: seconds, disk and memory, from how much text there is.

The rates are those of ``benchmarks/results/job.json`` and ``memory.json`` (a test compares): 500 MB of news and web
text on two cores of a cloud machine. How fast Articles reads is measured on the sources themselves.
"""

from collections.abc import Mapping
from typing import Any

CORES = 2  # of the machine whose rates these are
READ = 122e6  # bytes of text a second of Articles, where nobody measured
DEDUP, SEGMENT, VOCABULARY = 292e6, 118e6, 1.04e9  # bytes of text a second
WORDS = 0.174  # running words a byte of text
TRAIN = 2.13e10  # words × dimensions × window × targets a second
EXPORT = 1.08e6  # words × dimensions a second
NEWWORDS = 11.3e6  # bytes of text a second, with n-grams up to 4 (benchmarks/results/new_words_size.json)
# Its files in bytes a byte of text: its runs 0.13, 0.81, 1.38, 1.79 for n-grams up to 2, 4, 6, 8, and 0.3 of others.
RUNS, OTHER_FILES = 0.28, 0.05  # for each character of the n-grams; less this
NEWWORDS_MEMORY = 550e6  # bytes, in two processes
# Different words that stand at least 5 times: 98,726 in 100 MB of text, 259,990 in 1 GB; in others by that power.
KEPT, POWER = 98_726, 0.4205
BASE_MEMORY, WORD_MEMORY = 300e6, 140  # bytes: one worker of Segment and what stands around it; a different word
DISK, MEMORY = 12, 5.5  # times one matrix: the model, its checkpoint and all forms of it; what Export has in memory
PATH = 17  # targets of a word by hierarchical softmax: the depth of its Huffman tree


def estimate(text_bytes: float, read_rate: float, parameters: Mapping[str, Any], cores: int) -> dict[str, Any]:
    """Seconds by stage, bytes of disk and of memory; ``read_rate`` is bytes of text a second of Articles on all cores,
    ``parameters`` are those of Vocabulary and Train."""
    words = text_bytes * WORDS
    kept = KEPT * (text_bytes / 1e8 * 5 / parameters["min_count"]) ** POWER
    kept = min(kept, words / parameters["min_count"])
    size, faster = parameters["vector_size"], cores / CORES
    targets = PATH if parameters["hs"] else 1 + parameters["negative"]
    trained = words * parameters["epochs"] * size * parameters["window"] * targets
    seconds = {
        "articles": text_bytes / read_rate,
        "dedup": text_bytes / DEDUP / faster,
        "segment": text_bytes / SEGMENT / faster,
        "vocabulary": text_bytes / VOCABULARY,
        "train": trained / TRAIN / faster,
        "export": kept * size / EXPORT,
    }
    model = kept * size * 4
    return {
        "seconds": {name: round(value, 1) for name, value in seconds.items()},
        "disk_bytes": round(2 * text_bytes + DISK * model),
        "memory_bytes": round(BASE_MEMORY + max(3 * kept * WORD_MEMORY, MEMORY * model)),
        "words_kept": round(kept),
    }


def estimate_new_words(text_bytes: float, order: int, cores: int) -> dict[str, float]:
    """The same of NewWords, which stands beside the way to a model; ``order`` is its n-grams'."""
    return {
        "seconds": text_bytes / NEWWORDS * CORES / cores,
        "disk_bytes": text_bytes * (RUNS * order - OTHER_FILES),
        "memory_bytes": NEWWORDS_MEMORY * max(1.0, cores / CORES),
    }
