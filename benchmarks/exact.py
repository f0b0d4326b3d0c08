"""``make exact``: line by line, the native core against jieba 0.42.1 itself, over all shared texts and three
dictionaries: HMM off, HMM on, all words, for search with and without HMM, offsets, and whole blocks of lines.

A run that was stopped goes on: what is done lies in ``exact.partial/``, under the digest of the core's sources.
"""

import argparse
import gc
import itertools
import json
import multiprocessing
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from backports import zstd

import report
from ciliu import Segmenter
from ciliu.engine_jieba import import_jieba, read_jieba_dictionary
from pipeline import dictionary
from pipeline.plain_text import LINE_END

ROOT = Path(__file__).parents[1]
LINES = 4_000  # a batch
MODES = ("cut", "cut, HMM", "all", "search", "search, HMM")
KEPT = 20  # differing lines that the result shows

Words = list[tuple[str, int]]


class Lattice(import_jieba().Tokenizer):  # type: ignore[misc] # jieba has no types
    """jieba, which makes the lattice and the best path of a run (by its own code) once for all modes of a line."""

    lattices: dict[str, Any]
    routes: dict[str, Any]

    def forget(self) -> None:
        self.lattices, self.routes = {}, {}

    def get_DAG(self, sentence: str) -> Any:  # noqa: N802 - jieba's name
        if sentence not in self.lattices:
            self.lattices[sentence] = super().get_DAG(sentence)
        return self.lattices[sentence]

    def calc(self, sentence: str, DAG: Any, route: Any) -> None:
        if sentence not in self.routes:
            super().calc(sentence, DAG, route)
            self.routes[sentence] = route
        route.update(self.routes[sentence])


class Search(import_jieba().Tokenizer):  # type: ignore[misc] # jieba has no types
    """jieba, whose ``cut_for_search`` (its own code) goes over the words that ``cut`` gave a moment ago."""

    words: Sequence[str] = ()

    def cut(self, sentence: str, cut_all: bool = False, HMM: bool = True, use_paddle: bool = False) -> Iterator[str]:
        return iter(self.words)


def read_texts(shared: Path) -> Iterator[tuple[str, Iterator[str]]]:
    """(name, lines) of each shared text."""
    for path in sorted((shared / "corpora").glob("*.jsonl.zst")):
        with zstd.open(path, "rt", encoding="utf-8") as file:
            yield (
                path.name.removesuffix(".jsonl.zst"),
                (line for row in file for line in json.loads(row)["text"].split("\n")),
            )
    sogou = shared / "corpora" / "sogou_news_tensite_xml.smarty.gb18030.dat"
    yield "sogou", iter(sogou.read_bytes().decode("gb18030", "replace").split("\n"))
    yield "fudan_files", _read_tar(shared / "corpora" / "fudan_gb18030_files.tar.gz")
    for path in sorted((shared / "eval" / "segmentation").rglob("*.utf8")):
        yield f"sighan {path.stem}", iter(path.read_text(encoding="utf-8", errors="replace").split("\n"))


def _read_tar(path: Path) -> Iterator[str]:
    with tarfile.open(path) as archive:
        for member in archive:
            if file := archive.extractfile(member):
                yield from file.read().decode("gb18030", "replace").split("\n")


def read_dictionaries(shared: Path) -> Iterator[tuple[str, Any, list[str]]]:
    """(name, jieba's tokenizer, words that the HMM must split): jieba's own, its large one, its own with THUOCL."""
    yield "standard", _tokenizer(*read_jieba_dictionary()), []
    yield "big", _tokenizer(*_read_big(shared)), []
    thuocl = _tokenizer(*read_jieba_dictionary())
    words = read_thuocl(shared)
    for word in words:
        thuocl.add_word(word)
    yield f"standard + THUOCL ({len(words):,} words)", thuocl, []


def _tokenizer(words: Words, total: int) -> Any:
    from ciliu.engine_jieba import make_tokenizer

    return make_tokenizer(words, total)


def _read_big(shared: Path) -> tuple[Words, int]:
    """As jieba reads a main dictionary."""
    words, total = {}, 0
    with zstd.open(shared / "dicts" / "jieba_dict.txt.big.zst", "rt", encoding="utf-8", newline="\n") as file:
        for line in file:
            word, frequency = line.split(" ")[:2]
            words[word] = int(frequency)
            total += int(frequency)
    return list(words.items()), total


def read_thuocl(shared: Path) -> list[str]:
    """The words of THUOCL's lists, in the order of their names; the frequencies are of documents and left out."""
    words = []
    for path in sorted((shared / "dicts" / "THUOCL").glob("*.txt")):
        lines = LINE_END.split(path.read_bytes().decode("utf-8-sig"))
        words += [word for line in lines if (word := line.split("\t")[0].strip())]
    return words


class Side:
    """Both sides with one dictionary, in one process."""

    def __init__(self, folder: Path) -> None:
        self.ours = Segmenter(folder, engine="native")
        jieba: Any = Segmenter(folder, engine="jieba")._engine
        self.jieba = jieba
        known, self.lattice, self.searcher = jieba.tokenizer, Lattice(), Search()
        for tokenizer in (self.lattice, self.searcher):
            tokenizer.FREQ, tokenizer.total, tokenizer.initialized = known.FREQ, known.total, True
        jieba.tokenizer = self.lattice

    def compare(self, lines: list[str]) -> dict[str, Any]:
        """Tokens and differing lines by mode."""
        tokens: Counter[str] = Counter()
        differing: dict[str, list[str]] = {mode: [] for mode in (*MODES, "lines", "lines, HMM", "offsets")}
        joined: dict[bool, list[str]] = {False: [], True: []}
        for line in lines:
            self.lattice.forget()
            cut = {HMM: self.jieba.lcut(line, HMM) for HMM in (False, True)}
            pairs = [
                (cut[False], self.ours.lcut(line)),
                (cut[True], self.ours.lcut(line, HMM=True)),
                (self.jieba.lcut_all(line), self.ours.lcut(line, cut_all=True)),
                (self.search(cut[False]), self.ours.lcut_for_search(line)),
                (self.search(cut[True]), self.ours.lcut_for_search(line, HMM=True)),
            ]
            for mode, (theirs, ours) in zip(MODES, pairs, strict=True):
                tokens[mode] += len(theirs)
                if theirs != ours:
                    differing[mode].append(line)
            for HMM in (False, True):
                joined[HMM].append("\x01".join(cut[HMM]))
        for mode, HMM in (("lines", False), ("lines, HMM", True)):
            data = "\n".join(lines).encode("utf-8")
            ours = self.ours.cut_lines(data, b"\x01", HMM).decode("utf-8").split("\n")
            differing[mode] += [a for a, b in itertools.zip_longest(joined[HMM], ours) if a != b]
        for line in lines[::20]:
            self.lattice.forget()
            theirs = list(import_jieba().Tokenizer.tokenize(self.jieba.tokenizer, line, "search", False))
            if theirs != list(self.ours.tokenize(line, "search")):
                differing["offsets"].append(line)
        return {"lines": len(lines), "characters": sum(map(len, lines)), "tokens": tokens, "differing": differing}

    def search(self, words: list[str]) -> list[str]:
        """jieba's own ``cut_for_search`` over these words."""
        self.searcher.words = words
        return list(self.searcher.cut_for_search(""))


side: Side


def _start(folder: Path) -> None:
    global side
    side = Side(folder)
    gc.freeze()


def _compare(lines: list[str]) -> dict[str, Any]:
    return side.compare(lines)


def compare_text(pool: Any, lines: Iterator[str], limit: int) -> dict[str, Any]:
    """The counts of one text, added up."""
    found: dict[str, Any] = {"lines": 0, "characters": 0, "tokens": Counter(), "differing": Counter(), "examples": {}}
    began = time.monotonic()
    batches = itertools.islice(iter(lambda: list(itertools.islice(lines, LINES)), []), limit or None)
    for part in pool.imap(_compare, batches):
        found["lines"] += part["lines"]
        found["characters"] += part["characters"]
        found["tokens"].update(part["tokens"])
        for mode, differing in part["differing"].items():
            found["differing"][mode] += len(differing)
            if differing:
                found["examples"][mode] = [*found["examples"].get(mode, []), *differing][:KEPT]
        print(f"\r  {found['lines']:,} lines, {time.monotonic() - began:.0f} s ", end="", file=sys.stderr)
    print(file=sys.stderr)
    return {**found, "seconds": round(time.monotonic() - began, 1)}


def compare_dictionary(
    name: str, tokenizer: Any, force_split: list[str], options: argparse.Namespace
) -> dict[str, Any]:
    """Every text with one dictionary; texts that are done are taken from their notes."""
    notes = ROOT / "exact.partial" / report.cutter_digest()
    notes.mkdir(parents=True, exist_ok=True)
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        words = [(word, frequency) for word, frequency in tokenizer.FREQ.items() if frequency]
        dictionary.write(Path(folder), words, tokenizer.total, force_split)
        with multiprocessing.get_context("spawn").Pool(2, _start, (Path(folder),)) as pool:
            for text, lines in read_texts(options.shared):
                note = notes / f"{name} {text} {options.limit}.json"
                if options.texts and text not in options.texts:
                    continue
                if not note.exists():
                    print(f"{name}: {text}", file=sys.stderr)
                    note.write_text(json.dumps(compare_text(pool, lines, options.limit), ensure_ascii=False))
                results[text] = json.loads(note.read_text())
    return {"words": len(words), "total": tokenizer.total, "texts": results}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=ROOT / "../shared")
    parser.add_argument(
        "--dictionaries", nargs="*", help="standard, big, standard + THUOCL: what their names begin with"
    )
    parser.add_argument("--texts", nargs="*", help="names of texts")
    parser.add_argument("--limit", type=int, default=0, help=f"batches of {LINES:,} lines a text; 0: all")
    parser.add_argument("--to", type=Path, help="the JSON file (default: benchmarks/results/exact.json)")
    options = parser.parse_args()
    results = {}
    for name, tokenizer, force_split in read_dictionaries(options.shared):
        if not options.dictionaries or any(name.startswith(wanted) for wanted in options.dictionaries):
            results[name] = compare_dictionary(name, tokenizer, force_split, options)
    totals = [text for found in results.values() for text in found["texts"].values()]
    differing = sum(sum(text["differing"].values()) for text in totals)
    lines = sum(text["lines"] for text in totals)
    print(f"{lines:,} lines × {len(MODES) + 2} ways of cutting: {differing:,} differ")
    result = {"lines": lines, "differing": differing, "dictionaries": results, "core": report.cutter_digest()}
    if options.to:
        options.to.write_text(json.dumps(result, ensure_ascii=False), encoding="utf-8")
    else:
        report.write_result("exact", result, ROOT / "benchmarks" / "results")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
