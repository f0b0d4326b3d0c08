"""The corpus of ``quality.py``: a part of the shared articles through the project's own stages, and what is held out.

The shared corpora take turns (``corpus.take_turns``: each time an article of the one that is furthest behind for its
size; exact duplicates, by the xxh3_128 of their normal form, are skipped). The xxh3_64 of an article's text, modulo
1,000, says where it goes: 999 is held out, what is below ``part`` is trained on, the rest is left out. Both go through
Articles, Dedup, Dictionary and Segment as a run would do it (HMM off, punctuation dropped), what is trained on through
Vocabulary (``min_count`` 5) as well.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xxhash

import corpus
import report
from pipeline import cache, shard_files
from pipeline.vocabulary_files import read_maps, read_vocabulary

PART = 542  # thousandths of the articles: 40 million words
HELD_OUT = 999
NOTE = "corpus.json"

RUN = """
import sys, luigi, tasks
name, data, source = sys.argv[1:]
task = getattr(tasks, name)(sources=(source,), data=data, processes=2)
sys.exit(not luigi.build([task], local_scheduler=True, log_level="WARNING"))
"""

Ids = npt.NDArray[np.int32]


@dataclass(frozen=True)
class QualityCorpus:
    """What all trainers train on and are scored on. ``counts`` has a place for each of ``words``, the most frequent
    first; ``text`` is all sentences in one file, a line each; ``shards`` are the same as ids with the map from a
    shard's ids to ranks; ``heldout`` is an output of Segment."""

    text: Path
    shards: list[tuple[Ids, Ids]]
    words: list[str]
    counts: npt.NDArray[np.int64]
    sentences: int
    words_in: int
    heldout: Path
    digest: str


def build(shared: Path, work: Path, part: int = PART) -> QualityCorpus:
    """Make the corpus in ``work``, unless it is there. Raises ``ValueError`` if another part was made there."""
    if not (work / NOTE).exists():
        work.mkdir(parents=True, exist_ok=True)
        articles = write_sources(shared, work / "sources", part)
        run_stages("Vocabulary", work / "train", work / "sources" / "train")
        run_stages("Segment", work / "heldout", work / "sources" / "heldout")
        write_text(find_output(work / "train", "segment"), work / "corpus.txt")
        write_text(find_output(work / "heldout", "segment"), work / "heldout.txt")
        cache.write_json(work / NOTE, {"part": part, "articles": articles})
    made = cache.read_json(work / NOTE)["part"]
    if made != part:
        raise ValueError(f"{work} holds part {made} of the articles, not {part}: name another folder")
    return read(work)


def read(work: Path) -> QualityCorpus:
    """The corpus that ``build`` made."""
    segment, vocabulary = (find_output(work / "train", stage) for stage in ("segment", "vocabulary"))
    totals = cache.read_json(vocabulary / "vocabulary.json")
    counts = dict(read_vocabulary(vocabulary))
    heldout = find_output(work / "heldout", "segment")
    digests = [
        cache.file_digest(path) for path in (work / "corpus.txt", vocabulary / "vocab.tsv", work / "heldout.txt")
    ]
    return QualityCorpus(
        text=work / "corpus.txt",
        shards=[
            (np.memmap(segment / f"{name}.ids", "<i4", "r"), ranks)
            for name, ranks in read_maps(vocabulary)
            if len(ranks)
        ],
        words=list(counts),
        counts=np.fromiter(counts.values(), np.int64, len(counts)),
        sentences=totals["sentences"],
        words_in=totals["words_in"],
        heldout=heldout,
        digest=cache.digest(digests),
    )


def write_text(segment: Path, path: Path) -> None:
    """The sentences of an output of Segment, a line each."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(" ".join(words) + "\n" for words in shard_files.read_sentences(segment))


def describe(work: Path) -> cache.Json:
    """What the corpus is, for the result."""
    manifests = report.read_manifests(work / "train")
    heldout = report.read_manifests(work / "heldout")["segment"]["counts"]
    names = ("words_in", "words", "different_words", "sentences", "min_count")
    return {
        **cache.read_json(work / NOTE),
        **{name: manifests["vocabulary"]["counts"][name] for name in names},
        "heldout": {name: heldout[name] for name in ("words", "sentences")},
    }


def write_sources(shared: Path, folder: Path, part: int) -> dict[str, int]:
    """``train/`` and ``heldout/`` with a file of articles each; how many there are.

    Raises ``ValueError`` if there are no corpora.
    """
    seen: set[bytes] = set()
    corpora = [corpus.Corpus(path, seen) for path in sorted((shared / "corpora").glob("*.jsonl.zst"))]
    if not seen:
        raise ValueError(f"there are no corpora in {shared / 'corpora'}")
    written = {"train": 0, "heldout": 0}
    for name in written:
        (folder / name).mkdir(parents=True, exist_ok=True)
    with (
        (folder / "train" / "train.jsonl").open("wb") as trained,
        (folder / "heldout" / "heldout.jsonl").open("wb") as heldout,
    ):
        for article in corpus.take_turns(corpora):
            place = xxhash.xxh3_64_intdigest(article["text"].encode("utf-8")) % 1_000
            if place < part or place == HELD_OUT:
                file, name = (heldout, "heldout") if place == HELD_OUT else (trained, "train")
                file.write(json.dumps(article, ensure_ascii=False).encode("utf-8") + b"\n")
                written[name] += 1
    return written


def run_stages(stage: str, data: Path, source: Path) -> None:
    """Everything up to ``stage``, by Luigi in a process of its own."""
    arguments = [stage, str(data.resolve()), str(source.resolve())]
    subprocess.run([sys.executable, "-c", RUN, *arguments], check=True, cwd=report.REPOSITORY)


def find_output(data: Path, stage: str) -> Path:
    """The output of a stage in a data folder that holds one run."""
    return data / stage / str(report.read_manifests(data)[stage]["key"])


def read_heldout(made: QualityCorpus) -> Iterator[Ids]:
    """The held-out sentences as ranks; as in training, a word that is not in the vocabulary is not there."""
    ranks = {word: rank for rank, word in enumerate(made.words)}
    for file in shard_files.files(made.heldout, ".ids"):
        lines = file.path.with_suffix(".words").read_text(encoding="utf-8").split("\n")[:-1]
        known = np.array([ranks.get(line.split("\t")[0], -1) for line in lines], dtype=np.int32)
        ids = np.fromfile(file.path, dtype="<i4")
        for sentence in np.split(ids, np.flatnonzero(ids < 0)):
            mapped = known[sentence[sentence >= 0]]
            yield mapped[mapped >= 0]
