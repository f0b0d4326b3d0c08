"""The trainer under the address and the undefined-behaviour sanitizer: ``python benchmarks/train_edges.py``; on Linux.

Corner cases by name (two words, two million words, no text at all, a window of 50, 1,024 dimensions …), then cases that
``--seed`` draws, on each instruction set of this machine. What a sanitizer finds ends the run: the last line of
``train_edges.log`` under ``--work`` is the case. No number of a trained matrix may be NaN or infinite.
"""

import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

import report
import sanitized
from ciliu.engine_native import import_native

Ids = npt.NDArray[np.int32]

DROPPED = -1  # in a map: this word is not in the vocabulary
LONGEST_PATH = 40
TEXTS = {  # the lengths of sentences
    "none": [],
    "empty sentences": [0, 0, 0],
    "shorter than the window": [1, 2, 3],
    "one word each": [1] * 20,
    "some sentences": [0, 7, 30, 1, 0, 0, 70, 2],
    "one long sentence": [600],
    "several chunks": [0, 11_000, 3, 9_990, 5, 12_000],
}


class Case(NamedTuple):
    """What is trained; the names are the Trainer's. ``negative`` 0 needs ``hs``."""

    words: int = 60
    vector_size: int = 20
    window: int = 5
    negative: int = 5
    hs: int = 0
    share: int = 4
    threads: int = 1
    text: str = "some sentences"
    target: str = "auto"
    seed: int = 1


CORNERS = [
    *(Case(2, d, 5, 5, 1, share) for d in (1, 1_024) for share in (0, 1, 2, 4, 8)),
    Case(2_000_000, 1, 5, 5, 0), Case(2_000_000, 7, 5, 5, 1), Case(2_000_000, 7, 50, 0, 1, 0, 2),
    *(Case(window=window, negative=1, hs=1, share=share, text=text)
      for window in (1, 31, 32, 33, 49, 50) for share in (0, 1, 8) for text in ("some sentences", "one long sentence")),
    *(Case(negative=negative, share=share) for negative in (1, 3, 4, 14, 15, 16, 30) for share in (0, 1, 2)),
    *(Case(vector_size=d, hs=1) for d in (1, 7, 15, 16, 17, 50, 127, 128, 256, 300, 1_024)),
    *(Case(hs=hs, negative=negative, threads=threads, text=text, window=50)
      for hs, negative in ((0, 5), (1, 0), (1, 5)) for threads in (1, 2) for text in TEXTS if text != "several chunks"),
    *(Case(hs=hs, negative=negative, threads=threads, text="several chunks", vector_size=7, window=2)
      for hs, negative in ((0, 2), (1, 0), (1, 2)) for threads in (1, 2)),
]  # fmt: skip


def draw_case(draw: random.Random, seed: int, targets: list[str]) -> Case:
    """A small one. Chunks for two threads need 10,000 words each: few dimensions then."""
    hs, most = draw.choice(((0, 30), (1, 0), (1, 30)))
    text = draw.choice(list(TEXTS)) if draw.random() < 0.9 else "several chunks"
    long = text == "several chunks"
    return Case(
        draw.choice((2, 3, 60, 5_000)),
        draw.choice((1, 7) if long else (1, 7, 50, 256, 300, 1_024)),
        draw.randint(1, 4 if long else 50),
        draw.randint(1, 5 if long else most) if most else 0,
        hs,
        draw.choice((0, 1, 2, 4, 8)),
        draw.choice((1, 2)),
        text,
        draw.choice(targets),
        seed,
    )


def cases(seed: int, number: int, targets: list[str]) -> Iterator[Case]:
    """The named ones on each instruction set, then ``number`` drawn ones."""
    for case in CORNERS:
        yield from (case._replace(target=target) for target in targets)
    draw = random.Random(seed)
    for i in range(number):
        yield draw_case(draw, i, targets)


def make_shards(case: Case, chance: np.random.Generator) -> list[tuple[Ids, Ids]]:
    """Two shards, the second without an end of its last sentence; a tenth of the ids are of no word of the vocabulary.
    With many words a shard knows the first and the last of them alone."""
    known = np.unique(np.concatenate([np.arange(min(case.words, 5_000)), [case.words - 1]])).astype(np.int32)
    ranks = np.append(known, np.full(len(known) // 9 + 1, DROPPED, dtype=np.int32))
    lengths = TEXTS[case.text]
    sentences = [np.append(chance.integers(0, len(ranks), length), -1) for length in lengths]
    ids = np.concatenate([*sentences, []]).astype(np.int32)
    return [(ids, ranks), (ids[: len(ids) // 3].copy(), ranks)]


def make_tree(words: int, chance: np.random.Generator) -> dict[str, Any]:
    """For each word a way over nodes that differ, the last node among them."""
    lengths = chance.integers(1, min(words, LONGEST_PATH) + 1, words)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    places = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
    points = (np.repeat(chance.integers(0, words, words), lengths) + places) % words
    return {
        "offsets": offsets,
        "points": points.astype(np.int32),
        "codes": chance.integers(0, 2, offsets[-1]).astype(np.uint8),
    }


def check(native: Any, case: Case) -> int:
    """Train two epochs and look at all that can be asked for; how many words were trained. Raises ``ValueError`` for a
    wrong result."""
    chance = np.random.default_rng(case.seed)
    shards = make_shards(case, chance)
    trainer = native.Trainer(
        shards=shards, counts=chance.integers(1, 1_000_000, case.words),
        sample_int=chance.integers(1 << 30, 1 << 32, case.words).astype(np.uint32), vector_size=case.vector_size,
        window=case.window, negative=case.negative, ns_exponent=0.75, alpha=0.025, min_alpha=0.0001, epochs=2,
        seed=case.seed, share=case.share, target=case.target,
        syn0=(chance.random((case.words, case.vector_size), np.float32) - 0.5) / case.vector_size,
        **(make_tree(case.words, chance) if case.hs else {}),
    )  # fmt: skip
    before = [trainer.loss(*shard)[0] for shard in shards]
    read = trained = 0
    while trainer.done < 2 * trainer.chunks:
        more, kept = trainer.run(2, case.threads)
        read, trained = read + more, trained + kept
    if read != 2 * sum(int((ids >= 0).sum()) for ids, _ in shards):
        raise ValueError(f"{read} words read")
    finite = np.isfinite([*before, *(trainer.loss(*shard)[0] for shard in shards), *trainer.norms()]).all()
    rows = np.empty((case.words, case.vector_size), dtype=np.float32)
    for name in ("syn0", *["syn1neg"] * (case.negative > 0), *["syn1"] * case.hs):
        trainer.get(name, rows)
        finite &= np.isfinite(rows).all()
    if not finite:
        raise ValueError("a result is no number")
    return trained


def run(seed: int, number: int, log: Path) -> dict[str, Any]:
    """All cases; what was seen. The log has a line for each before it is begun."""
    native: Any = import_native()
    targets = native.targets()
    started = time.monotonic()
    counts: Counter[str] = Counter()
    with log.open("w", encoding="utf-8") as lines:
        for case in cases(seed, number, targets):
            print(case, file=lines, flush=True)
            trained = check(native, case)
            objective = " and ".join(["NS"] * (case.negative > 0) + ["HS"] * case.hs)
            for name in (case.target, objective, f"share {case.share}", f"threads {case.threads}", case.text):
                counts[name] += 1
            counts["words trained"] += trained
    return {
        "seed": seed, "cases": len(CORNERS) * len(targets) + number, "named": len(CORNERS) * len(targets),
        "drawn": number, "core": report.core_digest(report.TRAINING), "targets": targets,
        "seconds": round(time.monotonic() - started), "counts": counts,
    }  # fmt: skip


def main() -> None:
    parser = report.make_parser(__doc__, shared=False)
    parser.add_argument("--number", type=int, default=2_000, help="of drawn cases [2000]")
    parser.add_argument("--seed", type=int, default=1, help="[1]")
    given = parser.parse_args()
    log = given.work / "train_edges.log"
    if not sanitized.is_loaded():
        code = sanitized.run_again(given.work / "sanitized")
        sys.exit(f"the case: {log.read_text(encoding='utf-8').splitlines()[-1]}" if code else 0)
    facts = run(given.seed, given.number, log)
    for name, times in facts["counts"].most_common():
        print(f"{times:>12,}  {name}")
    print(f"{facts['cases']:,} cases in {facts['seconds']:,} s: nothing found")
    report.write_result("train_edges", facts, given.results)


if __name__ == "__main__":
    main()
