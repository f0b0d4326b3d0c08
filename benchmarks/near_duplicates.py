"""Are planted near-duplicates found, and nothing else? ``python benchmarks/near_duplicates.py --shared ../shared``.

Real articles, cleaned of what Dedup itself finds among them, and what ``planted.py`` plants beside them. Everything
dropped that is no edit of its own origin counts as wrong. Then the speed of signatures in one process, texts in memory,
of articles and of 80 characters of each; and the memory of the stage for two numbers of small synthetic articles, one
in 20 an edit.
"""

import itertools
import json
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import corpus
import report
from pipeline import dedup
from pipeline.cli.tables import align
from pipeline.dedup import grams, signatures
from planted import SEED, Article, make_article, plant, read_texts

CORPORA = ("xwlb", "tech", "fudan", "modern_translation", "wiki_paras")
LENGTHS = range(300, 8_000)  # characters of an article that is planted on
GOALS = {"space": 1.0, "frame_added": 1.0, "edits_5": 0.99, "edits_10": 0.99, "edits_20": 0.65}
STAY = ("digits", "half", "frame", "short")
GOAL_PRECISION, GOAL_SPEED = 0.99, 35.0  # MB/s
SYNTHETIC = 80  # characters

Facts = dict[str, Any]


def run_dedup(articles: list[Article], work: Path) -> tuple[dict[str, str], Facts]:
    """For each article that Dedup drops the one that it repeats, and the stage's counts."""
    folder = Path(tempfile.mkdtemp(dir=work))
    try:
        (folder / "in").mkdir()
        (folder / "out").mkdir()
        corpus.write_jsonl(iter(articles), folder / "in")
        counts = dedup.run(folder / "in", folder / "out", near=True)
        lines = (folder / "out" / "duplicates.jsonl").read_text(encoding="utf-8").splitlines()
        return {row["id"]: row["repeats"]["id"] for row in map(json.loads, lines)}, counts
    finally:
        shutil.rmtree(folder)


def read_base(shared: Path, number: int, work: Path) -> list[str]:
    """Real texts, the corpora by turns, without those that Dedup takes for duplicates of others."""
    turns = zip(*(read_texts(shared, name) for name in CORPORA), strict=False)
    texts = [text for text in itertools.chain.from_iterable(turns) if len(text) in LENGTHS][:number]
    dropped, _ = run_dedup([make_article(str(place), text) for place, text in enumerate(texts)], work)
    return [text for place, text in enumerate(texts) if str(place) not in dropped]


def score(articles: list[Article], origins: dict[str, str], dropped: dict[str, str], counts: Facts) -> Facts:
    """Recall by kind, precision, what stayed."""
    texts = {article["id"]: article["text"] for article in articles}
    kinds: dict[str, list[str]] = {}
    for name in texts:
        kinds.setdefault(name.split("-")[0], []).append(name)
    facts: Facts = {"articles": len(articles), "bytes": sum(map(corpus.text_size, articles)), "kinds": {}}
    for kind in (*GOALS, *STAY):
        names = kinds[kind]
        cut = [(grams.cut(texts[name]), grams.cut(texts[origins[name]])) for name in names if name in origins]
        jaccard = [grams.similarity(*pair) for pair in cut]
        right = sum(dropped.get(name) == origins.get(name, "") for name in names)
        facts["kinds"][kind] = {
            "planted": len(names),
            **({"mean_jaccard": round(statistics.mean(jaccard), 3)} if jaccard else {}),
            **({"median_jaccard": round(statistics.median(jaccard), 3)} if jaccard else {}),
            **(
                {"recall": round(right / len(names), 4), "goal": GOALS[kind]}
                if kind in GOALS
                else {"dropped": sum(name in dropped for name in names)}
            ),
        }
    wrong = [name for name, of in dropped.items() if name.split("-")[0] not in GOALS or of != origins[name]]
    facts |= {"dropped": len(dropped), "wrong": dict(Counter(name.split("-")[0] for name in wrong))}
    facts |= {"precision": round(1 - len(wrong) / len(dropped), 4), "goal_precision": GOAL_PRECISION, "counts": counts}
    return facts


def time_signatures(texts: list[str]) -> Facts:
    """MB of UTF-8 a second of CPU, in one process: 3-grams, signatures, band keys."""
    signatures.sign(texts[:100], 128)
    size = sum(len(text.encode("utf-8")) for text in texts)
    elsewhere, started = report.cpu_elsewhere(), time.process_time()
    for block in signatures.blocks(texts):
        signatures.band_keys(*signatures.sign(block, 128), 4)
    seconds = time.process_time() - started
    others = round(report.cpu_elsewhere() - elsewhere, 2)
    speed = round(size / 10**6 / seconds, 1)
    return {"bytes": size, "texts": len(texts), "cpu_seconds": round(seconds, 3), "mb_a_second": speed,
            "goal": GOAL_SPEED, "others_cpu_seconds": others}  # fmt: skip


def write_synthetic(folder: Path, number: int) -> None:
    """Articles of drawn letters; every 20th is the one before it with 8 letters others. 80,000 a file."""
    drawn = np.random.default_rng(SEED)
    for file, start in enumerate(range(0, number, 80_000)):
        codes = drawn.integers(0x4E00, 0x6E00, (min(80_000, number - start), SYNTHETIC), dtype=np.uint32)
        codes[19::20, 8:] = codes[18::20, 8:][: len(codes[19::20])]
        with (folder / f"{file:05d}.jsonl").open("w", encoding="utf-8", newline="\n") as lines:
            for place, row in enumerate(codes):
                article = make_article(str(start + place), row.tobytes().decode("utf-32-le"))
                lines.write(json.dumps(article, ensure_ascii=False) + "\n")


def measure_memory(number: int, near: bool, work: Path) -> Facts:
    """The stage in a process of its own, over ``number`` synthetic articles."""
    folder = Path(tempfile.mkdtemp(dir=work))
    try:
        (folder / "in").mkdir()
        (folder / "out").mkdir()
        write_synthetic(folder / "in", number)
        command = [sys.executable, __file__, "--stage", str(folder.resolve()), *(["--near"] if near else [])]
        measured: Facts = {**report.run_measured(command, report.REPOSITORY)}
    finally:
        shutil.rmtree(folder)
    kept = {name: measured[name] for name in ("seconds", "cpu_seconds", "others_cpu_seconds", "peak_bytes")}
    return {"articles": number, "near": near, **kept, "counts": json.loads(measured["output"])}


def show(facts: Facts) -> None:
    """The tables on standard output."""
    rows = [["kind", "planted", "mean Jaccard", "recall", "dropped", "goal"]]
    for kind, part in facts["planted"]["kinds"].items():
        rows.append(
            [kind, *(str(part.get(name, "")) for name in ("planted", "mean_jaccard", "recall", "dropped", "goal"))]
        )
    print("\n" + "\n".join(align(rows)))
    print(f"precision {facts['planted']['precision']}")
    for name in ("signatures", "signatures_of_small_texts"):
        print(f"{name.replace('_', ' ')}: {facts[name]['mb_a_second']} MB/s a core")
    for part in facts["memory"]:
        memory = f"{part['peak_bytes'] / 10**6:.0f} MB"
        print(f"{part['articles']:,} articles, near {part['near']}: {memory}, {part['seconds']} s")


def main() -> None:
    if sys.argv[1:2] == ["--stage"]:
        folder = Path(sys.argv[2])
        print(json.dumps(dedup.run(folder / "in", folder / "out", near="--near" in sys.argv)))
        return
    parser = report.make_parser(__doc__)
    parser.add_argument("--articles", type=int, default=8_000, help="real articles to plant among [8000]")
    parser.add_argument("--planted", type=int, default=300, help="of each kind [300]")
    parser.add_argument("--sizes", type=int, nargs="*", default=[100_000, 1_000_000], help="articles for memory")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    texts = read_base(given.shared, given.articles, given.work)
    articles, origins = plant(texts, given.shared, given.planted)
    dropped, counts = run_dedup(articles, given.work)
    chance = random.Random(SEED)
    small = [text[:SYNTHETIC] for text in chance.choices(texts, k=50_000)]
    facts = {
        "rensa": version("rensa"),
        "planted": score(articles, origins, dropped, counts),
        "signatures": time_signatures(texts),
        "signatures_of_small_texts": time_signatures(small),
        "memory": [measure_memory(size, near, given.work) for size in given.sizes for near in (False, True)],
    }
    show(facts)
    report.write_result("near_duplicates", facts, given.results)


if __name__ == "__main__":
    main()
