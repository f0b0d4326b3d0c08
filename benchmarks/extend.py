"""Do new words land where training on everything would have put them?

``python benchmarks/extend.py --shared ../shared``

Some words are drawn from the vocabulary of real text, as many of each of three ranges of counts. One model is trained
on everything; another on the same text with these words unknown, and extended by them with the text again. Compared are
the ten nearest old words of each drawn word:

- extended and full: what ``ciliu extend`` is worth;
- full and full: two models of everything that differ in their seed, which is as near as one can come;
- chance: the neighbours of another of the drawn words.
"""

import json
import random
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import corpus
import report
from pipeline import cache, extend, train
from pipeline.cli import request
from pipeline.cli.tables import align
from pipeline.extend.report import nearest
from pipeline.plan import make_plan
from pipeline.vocabulary_files import read_vocabulary

RANGES = ((20, 100), (100, 500), (500, 2_500))
EPOCHS = (1, 3, 5, 10)
GIVEN: dict[str, Any] = {
    "engine": "native", "vector_size": 100, "window": 5, "epochs": 5, "negative": 5, "hs": 0, "share": 4,
    "sample": 1e-3, "alpha": 0.025, "min_alpha": 1e-4, "ns_exponent": 0.75, "threads": 1,
}  # fmt: skip

Matrix = npt.NDArray[np.float32]
Neighbours = list[set[str]]
Facts = dict[str, Any]


class Words:
    """A vocabulary, and the words drawn from it, range by range."""

    def __init__(self, vocabulary: Path, each: int, seed: int) -> None:
        self.counts = dict(read_vocabulary(vocabulary))
        self.drawn: list[str] = []
        for low, high in RANGES:
            fitting = [word for word, count in self.counts.items() if low <= count < high and is_word(word)]
            self.drawn += random.Random(seed).sample(fitting, each)
        self.each = each
        self.old = [word for word in self.counts if word not in set(self.drawn)]

    def hide(self, vocabulary: Path, hidden: Path) -> None:
        """The vocabulary without the drawn words, in the folder ``hidden``."""
        hidden.mkdir()
        rank = {word: number for number, word in enumerate(self.old)}
        map_of = np.array([*(rank.get(word, -1) for word in self.counts), -1], dtype="<i4")  # -1 reads the last
        for path in vocabulary.glob("*.ranks"):
            map_of[np.fromfile(path, dtype="<i4")].tofile(hidden / path.name)
        for path in (vocabulary / "maps.tsv", *vocabulary.glob("*.numbers")):
            shutil.copy(path, hidden)
        with (hidden / "vocab.tsv").open("w", encoding="utf-8", newline="\n") as file:
            file.write("word\tcount\trank\n")
            file.writelines(f"{word}\t{self.counts[word]}\t{number}\n" for word, number in rank.items())
        facts = cache.read_json(vocabulary / "vocabulary.json")
        cache.write_json(hidden / "vocabulary.json", {**facts, "different_words": len(self.old)})

    def split(self, folder: Path) -> tuple[Matrix, Matrix]:
        """A model's rows of the old words, and of the drawn ones."""
        row = {word: number for number, (word, _) in enumerate(read_vocabulary(folder))}
        vectors = np.load(folder / train.VECTORS)
        return vectors[[row[word] for word in self.old]], vectors[[row[word] for word in self.drawn]]

    def neighbours(self, folder: Path) -> Neighbours:
        """The ten nearest old words of each drawn word."""
        return [{self.old[row] for row, _ in rows} for rows in nearest(*self.split(folder))]

    def by_range(self, values: Sequence[float]) -> list[float]:
        """The mean of each range, then that of all."""
        parts = [values[start : start + self.each] for start in range(0, len(values), self.each)]
        return [round(sum(part) / len(part), 3) for part in [*parts, values]]


def is_word(word: str) -> bool:
    """Two characters or more, all Chinese."""
    return len(word) > 1 and all("一" <= character <= "鿿" for character in word)


def overlap(one: Neighbours, other: Neighbours) -> list[float]:
    """For each word the share of the neighbours that both have."""
    return [len(a & b) / len(a) for a, b in zip(one, other, strict=True)]


def make_stages(source: Path, data: Path) -> tuple[Path, Path]:
    """The outputs of Segment and Vocabulary."""
    asked: request.Request = {"sources": [str(source)], "preset": None, "set": ["Segment.HMM=true"]}
    end = request.make_end(asked, data, None, "vocabulary")
    request.make_steps(make_plan(end, {}), end)
    return end.inputs()[0].folder, end.folder


def train_model(segment: Path, vocabulary: Path, to: Path, seed: int) -> Path:
    """A model in the folder ``to``, with its vocabulary."""
    to.mkdir()
    started = time.process_time()
    train.run(segment, vocabulary, to, seed=seed, **GIVEN)
    shutil.copy(vocabulary / "vocab.tsv", to)
    print(f"{to.name}: {time.process_time() - started:.0f} s of CPU", flush=True)
    return to


def measure(source: Path, work: Path, each: int) -> Facts:
    """All models, and how near they come to each other."""
    segment, vocabulary = make_stages(source, work / "data")
    words = Words(vocabulary, each, seed=1)
    words.hide(vocabulary, work / "hidden")
    full, again = (train_model(segment, vocabulary, work / f"full-{seed}", seed) for seed in (1, 2))
    old = extend.open_model(train_model(segment, work / "hidden", work / "old", 1))
    of_full = words.neighbours(full)
    shuffled = [of_full[number - 1] for number in range(len(of_full))]
    facts: Facts = {
        "words": cache.read_json(vocabulary / "vocabulary.json")["words_in"], "different_words": len(words.counts),
        "drawn": len(words.drawn), "ranges": RANGES, "parameters": GIVEN,
        "overlap": {
            "full and full": words.by_range(overlap(of_full, words.neighbours(again))),
            "chance": words.by_range(overlap(of_full, shuffled)),
        },
        "norm": {"full": words.by_range(norms(words.split(full)[1]))},
        "cpu_seconds": {},
    }  # fmt: skip
    for epochs in EPOCHS:
        to = work / f"extended-{epochs}"
        to.mkdir()
        started = time.process_time()
        extend.extend(old, segment, vocabulary, to, epochs=epochs)
        name = f"extended, {epochs} epochs"
        facts["cpu_seconds"][name] = round(time.process_time() - started, 1)
        facts["overlap"][name] = words.by_range(overlap(of_full, words.neighbours(to)))
        facts["norm"][name] = words.by_range(norms(words.split(to)[1]))
    return facts


def norms(vectors: Matrix) -> list[float]:
    return [float(norm) for norm in np.linalg.norm(vectors, axis=1)]


def show(facts: Facts) -> None:
    """The tables on standard output."""
    head = [*(f"{low}-{high}" for low, high in RANGES), "all"]
    for table in ("overlap", "norm"):
        rows = [[name, *(f"{value:.3f}" for value in values)] for name, values in facts[table].items()]
        print("\n" + "\n".join(align([[f"{table}, by count", *head], *rows])))
    print(json.dumps(facts["cpu_seconds"]))


def main() -> None:
    parser = report.make_parser(__doc__)
    parser.add_argument("--size", type=corpus.parse_size, default="40M", help="bytes of text [40M]")
    parser.add_argument("--each", type=int, default=70, help="words drawn of each range [70]")
    given = parser.parse_args()
    source = (given.work / corpus.name_size(given.size)).resolve()
    corpus.build(source, given.size, given.shared)
    work = Path(tempfile.mkdtemp(prefix="extend-", dir=given.work)).resolve()
    try:
        facts = measure(source, work, given.each)
    finally:
        shutil.rmtree(work)
    show(facts)
    report.write_result("extend", facts, given.results)


if __name__ == "__main__":
    main()
