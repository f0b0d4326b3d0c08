"""How much of the kernel's speed is left in the stage, and what does 1 % more cost?
``python benchmarks/segment_stage.py --shared ../shared``.

The shared corpora, grown to ``--size`` (see ``corpus.py``), but for every hundredth article, go through Articles,
Dedup, Dictionary, Segment and Vocabulary; then the same with those as well, three times from the same state. The
kernel (``cut_lines``) cuts the same text in one process.

``--size 20G --only-more`` leaves the kernel and Segment's repetitions out, and takes the corpus apart in its place.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import corpus
import report
from ciliu import Segmenter
from pipeline import shard_files

GOAL_STAGE, GOAL_MORE = 0.40, 0.03
KERNEL_BYTES = 64 << 20  # of the text, for the kernel's speed
BLOCK = 1 << 20
REPEATS = 3


def split_corpora(source: Path, folder: Path, *, consume: bool = False) -> None:
    """Into ``most/`` and, every hundredth article, ``more/``. ``consume``: remove each file of ``source`` after that,
    so that no disk has to hold both."""
    for part in ("most", "more"):
        (folder / part).mkdir(parents=True)
    for path in sorted(source.glob("*.jsonl")):
        with (
            path.open("rb") as lines,
            (folder / "most" / path.name).open("wb") as most,
            (folder / "more" / path.name).open("wb") as more,
        ):
            for number, line in enumerate(lines):
                (more if number % 100 == 99 else most).write(line)
        if consume:
            path.unlink()
    if consume:
        shutil.rmtree(source)


def run(data: Path, *sources: Path) -> float:
    """Seconds of everything up to Vocabulary, as a user would start it."""
    command = [Path(sys.executable).with_name("ciliu"), "run", *sources, "--until", "vocabulary", "--data", data]
    os.sync()  # what was written before is on disk, and does not hold up what this writes
    began = time.monotonic()
    subprocess.run([*map(str, command), "--processes", "2", "--quiet"], check=True, cwd=report.REPOSITORY)
    return time.monotonic() - began


def time_kernel(dedup: Path, dictionary: Path) -> float:
    """Bytes of text a second, in one process."""
    texts: list[bytes] = []
    size = 0
    for file in shard_files.files(dedup, ".jsonl")[::8]:
        texts += [article["text"].encode() for article in shard_files.read_articles(file.path)]
        size = sum(map(len, texts))
        if size > KERNEL_BYTES:
            break
    text = b"\n".join(texts)
    segmenter = Segmenter(dictionary, engine="native")
    blocks = [text[at : at + BLOCK].decode(errors="ignore").encode() for at in range(0, len(text), BLOCK)]
    speeds = []
    for _ in range(3):
        began = time.perf_counter()
        for block in blocks:
            segmenter.cut_lines(block)
        speeds.append(len(text) / (time.perf_counter() - began))
    return statistics.median(speeds)


def stages_of(data: Path) -> dict[str, Any]:
    """Seconds by stage, of the last output of each."""
    manifests = report.read_manifests(data)
    return {name: {key: manifest[key] for key in ("key", "seconds", "counts")} for name, manifest in manifests.items()}


def measure(source: Path, work: Path, *, only_more: bool) -> dict[str, Any]:
    """The runs, and the kernel."""
    split_corpora(source, work / "sources", consume=only_more)
    data = work / "data"
    most, more = work / "sources" / "most", work / "sources" / "more"
    first = run(data, most)
    stages = stages_of(data)
    facts = {
        "first_seconds": round(first, 2),
        "stages": stages,
        "one_percent_more": measure_more(data, work / "again", first, most, more),
    }
    return facts if only_more else facts | measure_segment(data, work, stages)


def measure_more(data: Path, again: Path, first: float, *sources: Path) -> dict[str, Any]:
    """What more articles cost: the median of ``REPEATS`` runs, each from a copy of the data folder."""
    seconds = []
    for _ in range(REPEATS):
        shutil.rmtree(again, ignore_errors=True)
        shutil.copytree(data, again, copy_function=os.link)
        seconds.append(round(run(again, *sources), 2))
    share = statistics.median(seconds) / first
    return {"seconds": seconds, "share": round(share, 4), "goal": GOAL_MORE, "stages": stages_of(again)}


def measure_segment(data: Path, work: Path, stages: dict[str, Any]) -> dict[str, Any]:
    """Segment's speed beside the kernel's."""
    dedup = data / "dedup" / stages["dedup"]["key"]
    dictionary = data / "dictionary" / stages["dictionary"]["key"]
    text_bytes = sum(
        len(article["text"].encode())
        for file in shard_files.files(dedup, ".jsonl")
        for article in shard_files.read_articles(file.path)
    )
    kernel = time_kernel(dedup, dictionary)
    again = [stages["segment"]["seconds"]]
    for number in range(2):  # Segment alone, on the same Dedup, in data folders of its own
        again.append(time_segment(work / f"again{number}", dedup, dictionary))
    speed = text_bytes / statistics.median(again)
    return {
        "text_bytes": text_bytes,
        "kernel_bytes_a_second": round(kernel),
        "segment_seconds": again,
        "segment_bytes_a_second": round(speed),
        "segment_of_kernel_times_cores": {"share": round(speed / kernel / 2, 3), "floor": GOAL_STAGE, "cores": 2},
    }


def time_segment(output: Path, dedup: Path, dictionary: Path) -> float:
    """Seconds of Segment's own work with two processes."""
    code = (
        "import sys, pathlib; from pipeline import segment; p = pathlib.Path; "
        "segment.run(p(sys.argv[1]), p(sys.argv[2]), [], [], p(sys.argv[3]),"
        " HMM=False, keep_punctuation=False, processes=2)"
    )
    output.mkdir()
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", code, str(dedup), str(dictionary), str(output)], check=True)
    seconds = time.monotonic() - began
    shutil.rmtree(output)
    return seconds


def main() -> None:
    parser = report.make_parser(__doc__)
    parser.add_argument("--size", default="2G", type=corpus.parse_size, help="bytes; memory should hold it [2G]")
    parser.add_argument("--only-more", action="store_true", help="only what 1 %% more cost; uses the corpus up")
    options = parser.parse_args()
    options.work.mkdir(exist_ok=True)
    source = options.work / corpus.name_size(options.size)
    corpus.build(source, options.size, options.shared)
    with tempfile.TemporaryDirectory(dir=options.work) as folder:
        facts = measure(source, Path(folder), only_more=options.only_more)
    print(json.dumps({name: value for name, value in facts.items() if "stages" not in name}, indent=1)[:600])
    if not options.only_more:
        share = facts["segment_of_kernel_times_cores"]["share"]
        print(f"Segment: {share:.0%} of the kernel's speed × 2 cores (floor {GOAL_STAGE:.0%})")
    more = facts["one_percent_more"]
    print(
        f"1 % more articles: {more['share']:.1%} of the first run's time up to Vocabulary (goal under {GOAL_MORE:.0%})"
    )
    name = f"segment_stage_{corpus.name_size(options.size)}"
    report.write_result(name, {"core": report.core_digest(), **facts}, options.results)


if __name__ == "__main__":
    main()
