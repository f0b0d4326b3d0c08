"""How good are new words? ``python benchmarks/new_words.py --shared ../shared``.

1. Words without a dictionary: on the text of SIGHAN's PKU set, and on it with the television news of ``../shared``
   before it, beside bojone/word-discovery (``word_discovery.py``). As its own evaluation does, jieba cuts the PKU text
   with nothing but the words that were found; F1 of the words by place, as the bakeoff counts them. F1 of the word
   list too: the gold standard's words of two characters or more that stand at least ``min_count`` times in the text.
2. The first candidates of the stage on all corpora of ``../shared``: the share that THUOCL or jieba's large dictionary
   has, though jieba's own, which was used, has not. A lower bound: many a real word is in neither. With traditional
   characters as they are, and made simplified (``Articles.opencc=t2s``).
"""

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from backports import zstd

import report
import sighan
import texts
import word_discovery
from ciliu import Segmenter
from pipeline import dictionary
from pipeline.cli.tables import align
from pipeline.newwords import grams

SETTINGS = [("pku", 2), ("pku", 4), ("pku + xwlb", 8), ("pku + xwlb", 32)]
FIRST = (100, 250, 500, 1_000)
LISTED = 100
DEFAULT_STEP = 2.0

MARK = "<!-- written by make bench-words -->"
Words = dict[str, int]


def find(lines: list[str], order: int, min_count: int, step: float) -> Words:
    """The pieces that the stage would look at, with their votes; no dictionary is asked."""
    core = grams.core()
    text = "\n".join(lines).encode("utf-8")
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        run.write_bytes(core.count_grams(text, order))
        core.keep_grams([bytes(run)], order, min_count, 10**7, bytes(Path(folder) / "kept"))
        counted = core.Grams(bytes(Path(folder) / "kept"))
    votes = core.vote(counted.cohesive(tuple(step * n for n in range(order - 1))), order, text)
    return {word: int(count) for word, count in (line.split("\t") for line in grams.add_votes([votes], min_count))}


def open_segmenter(words: Words, folder: Path) -> Segmenter:
    """jieba's algorithm over these words alone."""
    folder.mkdir()
    dictionary.write(folder, sorted(words.items()), sum(words.values()), [])
    return Segmenter(folder)


def score_words(found: Words, gold: Words, min_count: int) -> dict[str, float]:
    """Precision, recall and F1 of the list."""
    right = {word for word, count in gold.items() if len(word) > 1 and count >= min_count}
    mine = {word for word in found if len(word) > 1}
    both = len(right & mine)
    return {
        "gold_words": len(right),
        "found_words": len(mine),
        "word_precision": round(both / max(1, len(mine)), 4),
        "word_recall": round(both / max(1, len(right)), 4),
        "word_f1": round(2 * both / max(1, len(right) + len(mine)), 4),
    }


def compare(shared: Path) -> list[dict[str, Any]]:
    """Each tool on each text."""
    gold, pku, _ = sighan.read_set(shared / texts.SIGHAN, "pku")
    times: Words = {}
    for word in gold:
        times[word] = times.get(word, 0) + 1
    news = [line for text, _ in texts.read_texts(texts.find_texts(shared)["xwlb"]) for line in text.split("\n")]
    rows = []
    for name, min_count in SETTINGS:
        lines = pku if name == "pku" else [*news, *pku]
        tools: dict[str, Callable[[], Words]] = {
            "word-discovery": lambda: word_discovery.discover(lines, min_count=min_count),  # noqa: B023 - called at once
            "ciliu, method word-discovery": lambda: find(lines, 4, min_count, 2.0),  # noqa: B023 - called at once
            "ciliu": lambda: find(lines, 6, min_count, DEFAULT_STEP),  # noqa: B023 - called at once
        }
        for tool, run in tools.items():
            started = time.process_time()
            found = run()
            seconds = time.process_time() - started
            with tempfile.TemporaryDirectory() as folder:
                cut = sighan.cut_lines(open_segmenter(found, Path(folder) / "words"), pku, HMM=False)
            cut_score = sighan.score(gold, cut)
            listed = score_words(found, times, min_count) if name == "pku" else {}
            rows.append({
                "text": name, "min_count": min_count, "tool": tool, "f1": round(cut_score.f1, 4),
                "precision": round(cut_score.precision, 4), "recall": round(cut_score.recall, 4), **listed,
                "cpu_seconds": round(seconds, 2),
            })  # fmt: skip
    return rows


def read_known(shared: Path) -> set[str]:
    """The words of THUOCL and of jieba's large dictionary."""
    known = set()
    for path in sorted((shared / "dicts" / "THUOCL").glob("*.txt")):
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        known |= {line.split("\t")[0].strip() for line in lines}
    with zstd.open(shared / "dicts" / "jieba_dict.txt.big.zst", "rt", encoding="utf-8") as file:
        known |= {line.split(" ")[0] for line in file}
    return known


def search(shared: Path, work: Path, opencc: str) -> dict[str, Any]:
    """The stage on all corpora: how many of the first candidates are known words, and the best."""
    corpora = [str(path) for path in sorted((shared / "corpora").glob("*.jsonl.zst"))]
    with tempfile.TemporaryDirectory(prefix="new-words-", dir=work) as data:
        command = [report.CILIU, "words", "find", *corpora, "--data", data, "--dicts", data, "--quiet", "--json"]
        measured = report.run_measured(
            [*command, "-n", str(max(FIRST)), "--set", f"Articles.opencc={opencc}"], work,
            phase=lambda: report.stage_under_way(Path(data)),
        )  # fmt: skip
        counts = report.read_manifests(Path(data))["newwords"]["counts"]
    found = [json.loads(line) for line in measured["output"].splitlines()]
    known = read_known(shared)
    precision = {str(n): round(sum(one["word"] in known for one in found[:n]) / n, 4) for n in FIRST}
    columns = ("word", "score", "count", "articles", "today", "kind")
    best = [{**{name: one[name] for name in columns}, "known": one["word"] in known} for one in found[:LISTED]]
    return {
        "opencc": opencc, "counts": counts, "precision": precision, "cpu_seconds": measured["cpu_seconds"],
        "peak_bytes": measured["peaks"].get("newwords"), "best": best,
    }  # fmt: skip


def write_docs(rows: list[dict[str, Any]], searches: list[dict[str, Any]], path: Path) -> None:
    """The figures into the page, behind the mark."""
    text = path.read_text(encoding="utf-8").partition(MARK)[0]
    found = [["text", "times", "tool", "F1", "F1 of the list"], ["---"] * 5]
    for row in rows:
        listed = f"{row['word_f1']:.3f}" if "word_f1" in row else ""
        found.append([row["text"], str(row["min_count"]), row["tool"], f"{row['f1']:.3f}", listed])
    first = [["Articles.opencc", *(f"first {n:,}" for n in FIRST)], ["---"] * (1 + len(FIRST))]
    first += [[one["opencc"], *(f"{one['precision'][str(n)]:.1%}" for n in FIRST)] for one in searches]
    best = "、".join(word["word"] for word in searches[-1]["best"])
    parts = [text + MARK, _markdown(found), _markdown(first), f"The {LISTED} best of the last line:", best]
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8", newline="\n")


def _markdown(table: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in table)


def main() -> None:
    parser = report.make_parser(__doc__)
    given = parser.parse_args()
    rows = compare(given.shared)
    head = ["text", "min_count", "tool", "f1", "precision", "recall", "word_f1", "found_words", "cpu_seconds"]
    print("\n".join(align([head, *([str(row.get(name, "")) for name in head] for row in rows)])))
    searches = [search(given.shared, given.work.resolve(), opencc) for opencc in ("none", "t2s")]
    for one in searches:
        print(one["opencc"], one["precision"], "、".join(word["word"] for word in one["best"]))
    write_docs(rows, searches, report.REPOSITORY / "docs" / "words.md")
    report.write_result("new_words", {"without_dictionary": rows, "candidates": searches}, given.results)


if __name__ == "__main__":
    main()
