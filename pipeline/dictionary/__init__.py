"""Dictionary: jieba's own dictionary plus user dictionaries in order, their frequencies fixed once.

Writes ``dictionary.tsv`` (word, frequency) and ``dictionary.json`` (total, words that the HMM must split), from which
``ciliu.Segmenter`` starts without the 5 s that ``load_userdict`` takes for 500,000 words; ``report/warnings.jsonl``.

The result is what ``add_word`` of each entry in order makes of jieba's main dictionary.
"""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ciliu.engine_jieba import import_jieba, make_tokenizer, read_jieba_dictionary
from ciliu.engine_native import compile_dictionary, import_native
from ciliu.segmenter import TABLE
from pipeline import cache, progress
from pipeline.dictionary.parse import Entry, find_warnings, read_entries, read_file

VERSION = 2
VERSIONS = ("jieba",)


def run(files: Sequence[Path], output: Path, *, frequencies: str) -> cache.Counts:
    """Compile ``files`` on top of jieba's dictionary into ``output``.

    ``frequencies`` is ``file`` (the numbers in the files; jieba's suggestion where there is none) or ``suggest``
    (jieba's suggestion for every word: right for tables whose numbers are document frequencies).
    """
    parsed = [read_file(path) for path in files]
    entries = [entry for found, _ in parsed for entry in found]
    tokenizer, force_split = compile_entries(entries, suggest=frequencies == "suggest")
    words = [(word, count) for word, count in tokenizer.FREQ.items() if count]
    write(output, words, tokenizer.total, force_split)
    warnings = [finding for _, odd in parsed for finding in odd]
    warnings += find_warnings(entries, suggest=frequencies == "suggest")
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


def write(output: Path, words: Sequence[tuple[str, int]], total: int, force_split: Sequence[str]) -> None:
    """A compiled dictionary: what ``ciliu.Segmenter`` opens; with the table for the native core where that is there."""
    lines = "".join(f"{word}\t{frequency}\n" for word, frequency in words).encode("utf-8")
    (output / "dictionary.tsv").write_bytes(lines)
    cache.write_json(output / "dictionary.json", {"total": total, "force_split": list(force_split)})
    if import_native():
        (output / TABLE).write_bytes(compile_dictionary(lines, total, force_split))


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
