"""Real words to train on: as gensim reads them (a sentence a line) and as the native core does (ids and their map).

``python benchmarks/train_corpus.py --shared ../shared --words 5000000 --min-count 2`` fills ``corpus/train/5000000-2``.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

import corpus
import report
from ciliu import Segmenter
from ciliu.normal_form import normalize
from pipeline.segment.lexicon import make_lexicon
from pipeline.vocabulary.counter import make_counter

BLOCK = 256  # articles between two writes
END = -1


@dataclass
class Text:
    """A prepared text. ``counts`` are those of the vocabulary, most frequent word first, named ``names``."""

    text: Path
    ids: npt.NDArray[np.int32]
    map: npt.NDArray[np.int32]
    names: list[str]
    counts: npt.NDArray[np.int64]
    words: int
    sentences: int

    def part(self, words: int) -> tuple[Path, int]:
        """The first sentences, ``words`` words or a few more, as gensim reads them; and how many words they have."""
        ends = np.flatnonzero(self.ids == END)
        before = ends - np.arange(len(ends))  # words up to the end of each sentence
        number = min(int(np.searchsorted(before, words)) + 1, len(ends))
        path = self.text.with_name(f"text-{words}")
        if not path.exists():
            with self.text.open("rb") as whole, path.open("wb") as part:
                part.writelines(islice(whole, number))
        return path, int(before[number - 1])


def prepare(shared: Path, work: Path, words: int, min_count: int) -> Text:
    """The text of ``words`` words, made if it is not there yet; the last article is whole."""
    folder = work / "train" / f"{words}-{min_count}"
    if not folder.exists():
        unfinished = folder.with_name(f".{folder.name}.partial")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        _fill(unfinished, shared, words, min_count)
        unfinished.rename(folder)
    facts = json.loads((folder / "facts.json").read_bytes())
    lines = [line.split("\t") for line in (folder / "vocab").read_text(encoding="utf-8").split("\n")[:-1]]
    return Text(
        folder / "text",
        np.memmap(folder / "ids", dtype="<i4", mode="r"),
        np.fromfile(folder / "map", dtype="<i4"),
        [line[0] for line in lines],
        np.array([int(line[1]) for line in lines], dtype=np.int64),
        facts["words"],
        facts["sentences"],
    )


def _fill(folder: Path, shared: Path, words: int, min_count: int) -> None:
    lexicon = make_lexicon(Segmenter(), HMM=True, keep_punctuation=False, stop_words=())
    articles = _articles(shared)
    with (folder / "ids").open("wb") as ids:
        while lexicon.counts()["words"] < words and (block := list(islice(articles, BLOCK))):
            for article in block:
                lexicon.encode(normalize(article)[0])
            lexicon.flush(ids)
    _write_text(folder, [line.split("\t")[0] for line in lexicon.words().decode().split("\n")])
    counter = make_counter()
    counter.add(lexicon.words())
    kept, _, _ = counter.rank(min_count)
    (folder / "map").write_bytes(counter.ranks())  # its words are added in the order of their ids
    (folder / "vocab").write_bytes(counter.lines(0, kept))
    counts = lexicon.counts()
    facts = {"words": counts["words"], "sentences": counts["sentences"]}
    (folder / "facts.json").write_text(json.dumps(facts), encoding="utf-8")


def _write_text(folder: Path, words: list[str]) -> None:
    """The ids as words, a sentence a line, for gensim."""
    ids = np.fromfile(folder / "ids", dtype="<i4")
    with (folder / "text").open("w", encoding="utf-8", newline="\n") as text:
        start = 0
        for end in np.flatnonzero(ids == END).tolist():
            text.write(" ".join([words[number] for number in ids[start:end].tolist()]) + "\n")
            start = end + 1


def _articles(shared: Path) -> Iterator[str]:
    """The texts of all corpora in turns, each once."""
    seen: set[bytes] = set()
    corpora = [corpus.Corpus(path, seen) for path in sorted((shared / "corpora").glob("*.jsonl.zst"))]
    return (article["text"] for article in corpus.take_turns(corpora))


if __name__ == "__main__":
    parser = report.make_parser(__doc__)
    parser.add_argument("--words", type=int, default=5_000_000, help="[5000000]")
    parser.add_argument("--min-count", type=int, default=2, help="[2]")
    given = parser.parse_args()
    made = prepare(given.shared, given.work, given.words, given.min_count)
    print(f"{made.words:,} words, {made.sentences:,} sentences, {len(made.names):,} different words")
