"""Dictionary: jieba's own dictionary plus user dictionaries in order, their frequencies fixed once.

Writes ``dictionary.tsv`` (word, frequency) and ``dictionary.json`` (total, words that the HMM must split), from which
``ciliu.Segmenter`` starts without the 5 s that ``load_userdict`` takes for 500,000 words; ``report/warnings.jsonl``.

The result is what ``add_word`` of each entry in order makes of jieba's main dictionary.
"""

import json
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from ciliu.segmenter import import_jieba, make_tokenizer
from pipeline import cache, progress
from pipeline.dictionary.parse import Entry, find_warnings, read_entries

VERSION = 1
VERSIONS = ("jieba",)


def run(files: Sequence[Path], output: Path, *, frequencies: str) -> cache.Counts:
    """Compile ``files`` on top of jieba's dictionary into ``output``.

    ``frequencies`` is ``file`` (the numbers in the files; jieba's suggestion where there is none) or ``suggest``
    (jieba's suggestion for every word: right for tables whose numbers are document frequencies).
    """
    entries = [entry for path in files for entry in read_entries(path)]
    tokenizer, force_split = compile_entries(entries, suggest=frequencies == "suggest")
    words = [(word, count) for word, count in tokenizer.FREQ.items() if count]
    write(output, words, tokenizer.total, force_split)
    warnings = find_warnings(entries, suggest=frequencies == "suggest")
    report(output, warnings)
    return {
        "entries": len(entries),
        "words": len(words),
        "total": tokenizer.total,
        "warnings": dict(Counter(str(warning["kind"]) for warning in warnings)),
    }


def entries_digest(path: Path) -> str:
    """What of a file shapes the segmentation: its entries in order, not its comments and line ends."""
    return cache.digest([[entry.word, entry.frequency] for entry in read_entries(path)])


def compile_entries(entries: Sequence[Entry], *, suggest: bool) -> tuple[Any, list[str]]:
    """jieba's own ``add_word`` of each entry in order; the tokenizer and the words that the HMM must split.

    Order counts: a suggestion depends on the words before it (reversed, 5,586 of 500,000 frequencies differ).
    """
    finalseg = import_jieba().finalseg
    before, finalseg.Force_Split_Words = finalseg.Force_Split_Words, set()
    try:
        tokenizer = make_tokenizer(*read_jieba_dictionary())
        with progress.bar("dictionary", len(entries), unit="words") as bar:
            for entry in entries:
                tokenizer.add_word(entry.word, None if suggest else entry.frequency)
                bar.update(1)
        return tokenizer, sorted(finalseg.Force_Split_Words)
    finally:
        finalseg.Force_Split_Words = before  # one set for the whole process: leave it as it was


def read_jieba_dictionary() -> tuple[list[tuple[str, int]], int]:
    """Words and frequencies of jieba's ``dict.txt``, and the total as jieba counts it: a repeated word twice."""
    words = {}
    total = 0
    path = Path(str(distribution("jieba").locate_file("jieba/dict.txt")))
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            word, frequency = line.split(" ")[:2]
            words[word] = int(frequency)
            total += int(frequency)
    return list(words.items()), total


def write(output: Path, words: Sequence[tuple[str, int]], total: int, force_split: Sequence[str]) -> None:
    """A compiled dictionary: what ``ciliu.Segmenter`` opens."""
    with (output / "dictionary.tsv").open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{word}\t{frequency}\n" for word, frequency in words)
    cache.write_json(output / "dictionary.json", {"total": total, "force_split": list(force_split)})


def report(output: Path, warnings: Sequence[dict[str, object]]) -> None:
    """``report/warnings.jsonl``: for people; no stage reads it."""
    folder = output / "report"
    folder.mkdir(exist_ok=True)
    with (folder / "warnings.jsonl").open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(warning, ensure_ascii=False) + "\n" for warning in warnings)


def summary(counts: cache.Counts) -> str:
    """The closing line: in, out, dropped."""
    warned = ", ".join(f"{times:,} × {kind}" for kind, times in counts["warnings"].items())
    return f"{counts['words']:,} words, {counts['entries']:,} entries of your own" + (
        f"; warnings: {warned}" if warned else ""
    )
