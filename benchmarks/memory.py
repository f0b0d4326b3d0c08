"""Does memory stay bounded? ``python benchmarks/memory.py --shared ../shared``.

Runs the pipeline up to Vocabulary on a small and a large corpus and compares the peaks. Two things may grow with the
corpus, the words of Vocabulary and the digests of Dedup: what they take is measured by itself and subtracted from the
peak of their stage. What is left should be the same for both sizes; the goal is a ratio of at most 1.2.
"""

import os
import shutil
import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import corpus
import report
from pipeline import dedup, shard_files
from pipeline.cli.tables import align
from pipeline.dedup.exact import find_repeats
from pipeline.vocabulary.counter import make_counter

GOAL = 1.2
PROCESSES = 2

Facts = dict[str, Any]


def traced_peak(hold: Callable[[], object]) -> int:
    """Bytes that Python and numpy have allocated at the highest while ``hold`` runs."""
    tracemalloc.start()
    try:
        kept = hold()
        peak = tracemalloc.get_traced_memory()[1]
        del kept
    finally:
        tracemalloc.stop()
    return peak


def measure_words(segment: Path, min_count: int) -> int:
    """Bytes that Vocabulary holds for the words: their counts, their order, their ranks."""
    counter = make_counter()
    before = report.memory_of(os.getpid())
    for file in shard_files.files(segment, ".words"):
        counter.add(file.path.read_bytes())
    counter.rank(min_count)
    return report.memory_of(os.getpid()) - before


def measure_digests(articles: Path, deduplicated: Path) -> int:
    """Bytes that Dedup holds for the articles while it looks for duplicates."""
    files = shard_files.files(articles, ".jsonl")

    def hold() -> object:
        with tempfile.TemporaryDirectory() as work:
            return dedup.share_out(files, *find_repeats(files, deduplicated, Path(work)))

    return traced_peak(hold)


def run(size: int, given: Any) -> Facts:
    """Everything measured for one size."""
    source = given.work / corpus.name_size(size)
    built = corpus.build(source, size, given.shared)
    data = Path(tempfile.mkdtemp(prefix="data-memory-", dir=given.work))
    command = [report.CILIU, "run", str(source.resolve()), "--only", "vocabulary", "--data", str(data.resolve())]
    try:
        measured = report.run_measured(
            [*command, "--processes", str(PROCESSES), "--quiet"], given.work, phase=lambda: report.stage_under_way(data)
        )
        return describe(built, measured, data)
    finally:
        shutil.rmtree(data)


def describe(built: Facts, measured: report.Measured, data: Path) -> Facts:
    """Peaks, parts that may grow, what is left, speed, for a data folder that holds one run."""
    made = report.read_manifests(data)
    folders = {name: data / name / manifest["key"] for name, manifest in made.items()}
    counts = made["vocabulary"]["counts"]
    words, articles = counts["different_words_in"], made["dedup"]["counts"]["articles_in"]
    parts = {
        "dedup": measure_digests(folders["articles"], folders["dedup"]),
        "vocabulary": measure_words(folders["segment"], counts["min_count"]),
    }
    rest = {stage: peak - parts.get(stage, 0) for stage, peak in measured["peaks"].items()}
    return {
        "text_bytes": built["bytes"],
        "articles": articles,
        "duplicates": made["dedup"]["counts"]["duplicates"],
        "running_words": counts["words_in"],
        "different_words": words,
        "different_words_kept": counts["different_words"],
        "peak_bytes": measured["peak_bytes"],
        "peak_bytes_by_stage": measured["peaks"],
        "growing_bytes": parts,
        "bytes_a_word": round(parts["vocabulary"] / words, 1),
        "bytes_an_article": round(parts["dedup"] / articles, 1),
        "rest_bytes_by_stage": rest,
        "rest_bytes": max(rest.values()),
        "seconds": measured["seconds"],
        "cpu_seconds": measured["cpu_seconds"],
        "others_cpu_seconds": measured["others_cpu_seconds"],
        "stages": {name: speed(manifest["seconds"], built["bytes"]) for name, manifest in made.items()},
    }


def speed(seconds: float, size: int) -> dict[str, float]:
    return {"seconds": seconds, "mb_a_second": round(size / 10**6 / max(seconds, 0.001), 2)}


def show(small: Facts, large: Facts, ratio: float) -> None:
    """The table on standard output."""
    both = (small, large)
    rows = [["", "small", "large", "large/small"]]
    for name in ("text_bytes", "articles", "duplicates", "running_words", "different_words", "different_words_kept"):
        rows.append([name, f"{small[name]:,}", f"{large[name]:,}", f"{large[name] / max(1, small[name]):.2f}"])
    for name in ("bytes_a_word", "bytes_an_article", "seconds", "others_cpu_seconds"):
        rows.append([name, f"{small[name]:,}", f"{large[name]:,}", ""])
    for stage in large["peak_bytes_by_stage"]:
        rows.append(compare(f"peak {stage}, MB", *(side["peak_bytes_by_stage"].get(stage, 0) for side in both)))
    for stage in large["growing_bytes"]:
        rows.append(compare(f"growing in {stage}, MB", *(side["growing_bytes"][stage] for side in both)))
    for stage in large["rest_bytes_by_stage"]:
        rows.append(compare(f"left in {stage}, MB", *(side["rest_bytes_by_stage"].get(stage, 0) for side in both)))
    rows += [compare(name.replace("_bytes", ", MB"), small[name], large[name]) for name in ("peak_bytes", "rest_bytes")]
    for stage in large["stages"]:
        rows.append([f"{stage}, MB/s", *(f"{side['stages'][stage]['mb_a_second']:.2f}" for side in both), ""])
    print("\n" + "\n".join(align(rows)))
    print(f"\nmemory that is left, large / small: {ratio:.3f} (goal: at most {GOAL})")


def compare(name: str, small: int, large: int) -> list[str]:
    return [name, f"{small / 10**6:.1f}", f"{large / 10**6:.1f}", f"{large / small:.2f}" if small else ""]


def main() -> None:
    parser = report.make_parser(__doc__)
    parser.add_argument("--small", type=corpus.parse_size, default="100M", help="bytes of text [100M]")
    parser.add_argument("--large", type=corpus.parse_size, default="1G", help="bytes of text [1G]")
    given = parser.parse_args()
    small, large = run(given.small, given), run(given.large, given)
    ratio = large["rest_bytes"] / small["rest_bytes"]
    show(small, large, ratio)
    facts = {"processes": PROCESSES, "goal": GOAL, "ratio": round(ratio, 3), "small": small, "large": large}
    report.write_result("memory", facts, given.results)


if __name__ == "__main__":
    main()
