"""How fast is skip-gram trained? ``python benchmarks/train_speed.py --shared ../shared``.

gensim (``corpus_file``, one worker) and the native core in one process on one core, on the same words with the same
vocabulary, in turns: gensim once a round, then every instruction set and every degree of sharing. CPU seconds of the
training alone; a round's ratio is of its own times. Then two threads against one on two cores; ``--two`` measures that
alone. Wants an idle machine; the result says how idle it was. GFLOP/s count six operations a dimension, pair and
target, beside what the core does with nothing but multiply-adds.

``--words 40000000 --min-count 5`` takes another vocabulary; ``--train-words`` of the text are trained on.
"""

import ctypes
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from gensim.models import Word2Vec

import report
import train_corpus
from ciliu.engine_native import import_native
from pipeline.train import HS_SHARE

Facts = dict[str, Any]


class Setting(NamedTuple):
    """What is trained; the names are gensim's."""

    vector_size: int
    window: int
    negative: int
    hs: int


SETTINGS = {"A": Setting(256, 10, 5, 0), "B": Setting(256, 10, 0, 1), "C": Setting(100, 5, 5, 0)}
SHARES = (0, 8, 4, 2, 1)
ALPHA, MIN_ALPHA = 0.025, 0.0001
NEAR = 150.0  # nanoseconds of a cache line there and back: 50 to 70 on one chip, 340 to 410 between two
PEAK_ROUNDS, HAND_OVERS = 20_000_000, 1_000_000
native: Any = import_native()


class Case:
    """One setting over one text: gensim's model for the vocabulary, and what a Trainer needs of it."""

    def __init__(self, setting: Setting, text: train_corpus.Text, words: int) -> None:
        self.setting, self.text = setting, text
        self.path, self.words = text.part(words)
        model = self.model()
        self.sample_int = self._column(model, "sample_int", np.uint32)
        self.syn0 = model.wv.vectors
        self.tree: Facts = {}
        self.targets = setting.negative + 1.0
        if setting.hs:
            points, codes = ([model.wv.get_vecattr(i, name) for i in range(len(text.names))] for name in PATH)
            lengths = np.array([len(point) for point in points])
            self.tree = {
                "offsets": np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
                "points": np.concatenate(points).astype(np.int32),
                "codes": np.concatenate(codes).astype(np.uint8),
            }
            self.targets = float(np.average(lengths, weights=text.counts * (self.sample_int / 2**32)))
        counting = self.trainer(vector_size=1, syn0=None)
        self.pairs = int(counting.loss(self.ids(), text.map)[1])

    @staticmethod
    def _column(model: Any, name: str, kind: Any) -> Any:
        return np.array([model.wv.get_vecattr(i, name) for i in range(len(model.wv))], dtype=kind)

    def ids(self) -> Any:
        """The ids of the part that is trained."""
        ends = np.flatnonzero(self.text.ids == train_corpus.END)
        last = int(np.searchsorted(ends - np.arange(len(ends)), self.words))
        return self.text.ids[: int(ends[last]) + 1]

    def model(self) -> Any:
        """gensim's model, its vocabulary built, not trained."""
        model = Word2Vec(sg=1, workers=1, epochs=1, min_count=1, sorted_vocab=0, seed=1, **self.setting._asdict())
        counts = dict(zip(self.text.names, self.text.counts.tolist(), strict=True))
        model.build_vocab_from_freq(counts, corpus_count=self.text.sentences)
        return model

    def trainer(self, **others: Any) -> Any:
        """A Trainer over the part that is trained, an epoch."""
        given = {
            "shards": [(self.ids(), self.text.map)], "counts": self.text.counts, "sample_int": self.sample_int,
            "vector_size": self.setting.vector_size, "window": self.setting.window, "negative": self.setting.negative,
            "ns_exponent": 0.75, "alpha": ALPHA, "min_alpha": MIN_ALPHA, "epochs": 1, "seed": 1, "syn0": self.syn0,
            **self.tree, **others,
        }  # fmt: skip
        return native.Trainer(**given)

    def time_gensim(self) -> float:
        """CPU seconds that gensim takes."""
        model = self.model()
        return timed(
            lambda: model.train(
                corpus_file=str(self.path), total_words=self.words, total_examples=model.corpus_count, epochs=1
            ),
            time.process_time,
        )

    def time_native(self, clock: Callable[[], float] = time.process_time, threads: int = 1, **others: Any) -> float:
        """Seconds that the native core takes."""
        trainer = self.trainer(**others)
        return timed(lambda: trainer.run(trainer.chunks, threads), clock)

    def gflops(self, seconds: float) -> float:
        """Operations of all pairs and targets."""
        return 6 * self.setting.vector_size * self.pairs * self.targets / seconds / 1e9


PATH = ("point", "code")


def timed(work: Callable[[], Any], clock: Callable[[], float]) -> float:
    """Seconds of ``work``."""
    start = clock()
    work()
    return clock() - start


class Machine(NamedTuple):
    """What the machine itself does, no lock held."""

    multiply_add: Callable[[], object]  # a quarter of a second of multiply-adds in registers, and nothing else
    hand_over: Callable[[int], object]  # by two threads, 0 and 1: a cache line goes to and fro HAND_OVERS times


def build_peak(folder: Path) -> Machine:
    """Compile ``peak.c``."""
    library = folder / "peak.so"
    source = Path(__file__).with_name("peak.c")
    flags = ["-O2", "-march=native", "-funroll-loops", "-shared", "-fPIC"]
    subprocess.run(["cc", *flags, str(source), "-o", str(library)], check=True)
    compiled = ctypes.CDLL(str(library))
    multiply_add, hand_over = compiled.multiply_add, compiled.hand_over
    multiply_add.argtypes, multiply_add.restype = [ctypes.c_long, ctypes.c_float], ctypes.c_float
    hand_over.argtypes, hand_over.restype = [ctypes.c_void_p, ctypes.c_int, ctypes.c_long], None
    turn = (ctypes.c_int * 64)()
    return Machine(lambda: multiply_add(PEAK_ROUNDS, 1.0), lambda me: hand_over(ctypes.byref(turn), me, HAND_OVERS))


def measure_peak(peak: Callable[[], object]) -> float:
    """GFLOP/s; the best of ten."""
    return max(320 * PEAK_ROUNDS / timed(peak, time.process_time) / 1e9 for _ in range(10))


def both(work: Callable[[int], object]) -> float:
    """Seconds of two threads at once."""
    with ThreadPoolExecutor(2) as pool:
        return timed(lambda: list(pool.map(work, range(2))), time.perf_counter)


def variants(setting: Setting, targets: Sequence[str]) -> list[tuple[str, int]]:
    """(instruction set, degree of sharing); lower sets without the degrees between."""
    shares = (0, 4, 1) if setting.hs else SHARES
    return [(target, share) for target in targets for share in shares if target == targets[0] or share in (0, 1)]


def measure(name: str, case: Case, given: Any) -> Facts:
    """One setting, all variants, in rounds."""
    elsewhere = report.cpu_elsewhere()
    rounds: list[dict[str, float]] = []
    for _ in range(given.rounds):
        times = {"gensim": case.time_gensim()}
        for target, share in variants(case.setting, native.targets()):
            times[f"{target} {share}"] = case.time_native(target=target, share=share)
        rounds.append(times)
    rows: dict[str, Facts] = {
        variant: {
            "words_a_second": round(statistics.median(case.words / times[variant] for times in rounds)),
            "ratio": spread([times["gensim"] / times[variant] for times in rounds]),
            "gflops": round(statistics.median(case.gflops(times[variant]) for times in rounds), 1),
        }
        for variant in rounds[0]
    }
    print(f"\n{name}: {case.setting}, {case.words:,} words, {case.pairs:,} pairs, {case.targets:.1f} targets a pair")
    for variant, row in rows.items():
        low_high = f"{row['ratio'][0]:6.2f} × ({row['ratio'][1]}-{row['ratio'][2]})"
        print(
            f"  {variant:12} {row['words_a_second']:>10,} words/s {low_high:24} {row['gflops']:6.1f} GFLOP/s",
            flush=True,
        )
    others = round(report.cpu_elsewhere() - elsewhere, 1)
    return {
        "setting": case.setting._asdict(), "words": case.words, "pairs": case.pairs, "targets": round(case.targets, 2),
        "others_cpu_seconds": others, "variants": rows, "rounds": rounds,
    }  # fmt: skip


def measure_two(case: Case, machine: Machine, rounds: int) -> Facts:
    """How many times as fast two threads are as one; beside it, in the same rounds, how many times as much the machine
    does with two that only multiply and add (a virtual machine's two processors may be one core), and the nanoseconds
    that a cache line takes from one to the other and back: they may lie on two chips, and change places, so the rounds
    in which they were near stand apart from the others."""
    found: Facts = {"training": [], "multiply_add": [], "cache_line_nanoseconds": []}
    for _ in range(rounds):
        share = HS_SHARE if case.setting.hs else 0
        before = both(machine.hand_over)
        one, two = (case.time_native(time.perf_counter, threads, share=share) for threads in (1, 2))
        found["training"].append(one / two)
        found["cache_line_nanoseconds"].append(max(before, both(machine.hand_over)) / HAND_OVERS * 1e9)
        one = timed(machine.multiply_add, time.perf_counter)
        found["multiply_add"].append(2 * one / both(lambda _: machine.multiply_add()))
    facts = {
        name: {"spread": spread(values), "rounds": [round(x, 2) for x in values]} for name, values in found.items()
    }
    pairs = list(zip(found["cache_line_nanoseconds"], found["training"], strict=True))
    near = [ratio for nanoseconds, ratio in pairs if nanoseconds < NEAR]
    far = [ratio for nanoseconds, ratio in pairs if nanoseconds >= NEAR]
    return facts | {
        where: {"rounds": len(ratios), "spread": spread(ratios)}
        for where, ratios in (("near", near), ("far", far))
        if ratios
    }


def spread(ratios: Sequence[float]) -> list[float]:
    """Median, lowest, highest."""
    return [round(of(ratios), 2) for of in (statistics.median, min, max)]


def main() -> None:
    parser = report.make_parser(__doc__)
    parser.add_argument("--words", type=int, default=5_000_000, help="of the text and its vocabulary [5000000]")
    parser.add_argument("--min-count", type=int, default=2, help="[2]")
    parser.add_argument("--train-words", type=int, default=5_000_000, help="to train on [5000000]")
    parser.add_argument("--settings", default="ABC", help="some of A, B, C [ABC]")
    parser.add_argument("--rounds", type=int, default=3, help="[3]")
    parser.add_argument("--two", action="store_true", help="two threads against one, and nothing else")
    parser.add_argument("--cpu", type=int, default=max(os.sched_getaffinity(0)), help="the core [the last]")
    given = parser.parse_args()
    text = train_corpus.prepare(given.shared, given.work, given.words, given.min_count)
    elsewhere = report.cpu_elsewhere()
    facts: Facts = {"text_words": text.words, "different_words": len(text.names)}
    name = "train_two_threads" if given.two else f"train_{given.words}"
    with tempfile.TemporaryDirectory() as folder:
        machine = build_peak(Path(folder))
        facts |= measure_pairs(text, given, machine) if given.two else measure_all(text, given, machine)
    facts["others_cpu_seconds"] = round(report.cpu_elsewhere() - elsewhere, 1)
    report.write_result(name, {"core": report.core_digest(report.TRAINING), **facts}, given.results)


def measure_pairs(text: train_corpus.Text, given: Any, machine: Machine) -> Facts:
    """Two threads against one, for each setting."""
    cases = {name: Case(SETTINGS[name], text, given.train_words) for name in given.settings}
    two = {name: measure_two(case, machine, given.rounds) for name, case in cases.items()}
    for name, found in two.items():
        print(name, {what: ratios["spread"] for what, ratios in found.items()}, flush=True)
    return {"two_threads": two}


def measure_all(text: train_corpus.Text, given: Any, machine: Machine) -> Facts:
    """Everything, setting by setting."""
    every = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {given.cpu})
    best = round(measure_peak(machine.multiply_add), 1)
    print(f"{len(text.names):,} different words of {text.words:,}; {best} GFLOP/s at best", flush=True)
    settings: Facts = {}
    for name in given.settings:
        case = Case(SETTINGS[name], text, given.train_words)
        settings[name] = measure(name, case, given)
        os.sched_setaffinity(0, every)
        settings[name]["two_threads"] = measure_two(case, machine, given.rounds)
        os.sched_setaffinity(0, {given.cpu})
        print(f"  two threads to one: {settings[name]['two_threads']}", flush=True)
    return {"peak_gflops": best, "settings": settings}


if __name__ == "__main__":
    main()
