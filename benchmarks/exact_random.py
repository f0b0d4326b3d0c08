"""Random strings, random dictionaries: ``python benchmarks/exact_random.py --number 10000000``.

Each string is cut by jieba and by the native core in all modes, a new dictionary every 2,000 strings. Also:
``cut_lines`` with one of some separators against jieba, the offsets of ``tokenize``, and the place of a flaw in bytes
that are not UTF-8, as Python names it. A case that fails is made small, printed in full, and ends the run with exit
status 1.

``--batch N`` repeats one batch (all of a run are named by seed and number); ``--sanitize`` builds the core with the
address and the undefined-behaviour sanitizer and runs on that. What is done is noted under ``--work``, and a stopped
run goes on.
"""

import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, TypeVar

import dictionaries
import random_cases
import report
import sanitized
import sides
from ciliu import Segmenter
from pipeline import cache, progress
from random_cases import Draw, Step

BATCH = 2_000  # strings for each dictionary
PART = 50  # batches between two notes
SEPARATORS = (b" ", b"", b"\t", b"/", b"12345678", "\u3000".encode())

Item = TypeVar("Item")
Facts = dict[str, Any]


class Both:
    """jieba and the native core with one dictionary."""

    def __init__(self, steps: Sequence[Step], folder: Path) -> None:
        self.tokenizer = random_cases.make_tokenizer(steps)
        self.searcher = sides.make_searcher(self.tokenizer)
        dictionaries.compile_tokenizer(self.tokenizer, folder)
        self.segmenter = Segmenter(folder, engine="native")

    def differences(self, texts: Sequence[str]) -> Iterator[Facts]:
        """The strings that are cut in two ways, with both."""
        ours = sides.cut_with_ciliu(self.segmenter, texts)
        theirs = sides.cut_with_jieba(self.tokenizer, self.searcher, texts)
        yield from sides.find_differences(texts, ours, theirs)
        if sides.count_misplaced(self.segmenter, texts[::20]):
            yield {"mode": "offsets"}
        for HMM, mode in ((False, "hmm_off"), (True, "hmm_on")):
            yield from self._differing_lines(texts, theirs[mode], HMM)

    def _differing_lines(self, texts: Sequence[str], words: sides.Words, HMM: bool) -> Iterator[Facts]:
        """``cut_lines`` of all strings at once against jieba; of one with line ends against its lines by ``lcut``."""
        separator = SEPARATORS[len(texts[0]) % len(SEPARATORS)] if texts else b" "
        fit = [i for i, text in enumerate(texts) if text.isascii() or not random_cases.PATTERNS["lone surrogate"](text)]
        plain = [i for i in fit if "\n" not in texts[i]]
        cases = [("\n".join(texts[i] for i in plain), [words[i] for i in plain])]
        for i in set(fit) - set(plain):
            cases.append((texts[i], [self.segmenter.lcut(line, HMM=HMM) for line in texts[i].split("\n")]))
        for text, wanted in cases:
            got = self.segmenter.cut_lines(text.encode(), separator, HMM)
            if wanted and got != "\n".join(map(separator.decode().join, wanted)).encode():
                yield {"mode": f"cut_lines, {HMM=}", "separator": separator}

    def wrong_flaw(self, data: bytes) -> bool:
        """Whether ``cut_lines`` names another place of the first flaw than Python, or none."""
        return find_flaw(data.decode) != find_flaw(lambda: self.segmenter.cut_lines(data))


def find_flaw(decode: Callable[[], object]) -> int | None:
    """The offset of the first byte that is not UTF-8."""
    try:
        decode()
    except UnicodeDecodeError as error:
        return error.start
    return None


def check_batch(seed: int, number: int) -> tuple[Counter[str], Facts | None]:
    """One dictionary, its strings: counts by kind, and the first case that fails, made small."""
    draw = Draw(f"{seed} {number}")
    texts = draw.strings(BATCH)
    with tempfile.TemporaryDirectory() as folder:
        both = Both(draw.steps, Path(folder))
        failed = next(both.differences(texts), None)
        flawed = [draw.bytes(texts[i : i + 5]) for i in range(0, BATCH, 50)]
        wrong = next((data for data in flawed if both.wrong_flaw(data)), None)
    counts = Counter({"strings": len(texts), "characters": sum(map(len, texts)), "flawed bytes": len(flawed)})
    counts[f"dictionary: {draw.style}"] = len(texts)
    counts[f"allocator: {os.environ.get('PYTHONMALLOC', 'pymalloc')}"] = len(texts)
    for text in texts:
        counts.update(random_cases.features(text))
    if failed:
        return counts, {"number": number, **shrink_case(draw.steps, texts)}
    return counts, {"number": number, "steps": draw.steps, "bytes": wrong} if wrong is not None else None


def fails(steps: Sequence[Step], texts: Sequence[str]) -> Facts | None:
    """The first difference that a dictionary and strings show."""
    with tempfile.TemporaryDirectory() as folder:
        return next(Both(steps, Path(folder)).differences(texts), None)


def shrink_case(steps: Sequence[Step], texts: Sequence[str]) -> Facts:
    """A smaller dictionary and fewer, shorter strings that still differ, and how."""
    texts = shrink(texts, lambda fewer: fails(steps, fewer) is not None)
    steps = shrink(steps, lambda fewer: fails(fewer, texts) is not None)
    for i in range(len(texts)):
        before, after = texts[:i], texts[i + 1 :]
        kept = shrink([*texts[i]], lambda f, b=before, a=after: fails(steps, [*b, "".join(f), *a]) is not None)  # type: ignore[misc] # defaults bind the loop's names
        texts = [*before, "".join(kept), *after]
    return {"steps": steps, "strings": texts, "difference": fails(steps, texts)}


def shrink(items: Sequence[Item], failing: Callable[[Sequence[Item]], bool]) -> list[Item]:
    """``items`` without those that ``failing`` does not need: halves first, single ones at last."""
    kept = list(items)
    size = max(1, len(kept) // 2)
    while True:
        at = 0
        while at < len(kept):
            fewer = kept[:at] + kept[at + size :]
            if failing(fewer):
                kept = fewer
            else:
                at += size
        if size == 1:
            return kept
        size //= 2


def check_all(seed: int, batches: int, processes: int, note: Path) -> tuple[Counter[str], float, Facts | None]:
    """All batches over the processes, until one fails; every ``PART`` of them are noted. Returns the counts, the
    seconds, and the case that fails."""
    done, counts, seconds = 0, Counter[str](), 0.0
    if note.exists():
        noted = json.loads(note.read_bytes())
        done, seconds = noted["batches"], noted["seconds"]
        counts.update(noted["counts"])
    with progress.bar("fuzz", batches * BATCH, unit=" strings", initial=min(done, batches) * BATCH) as bar:
        for first in range(done, batches, PART):
            began = time.monotonic()
            last = min(first + PART, batches)
            found, failed = check_part(seed, range(first, last), processes, bar)
            counts.update(found)
            seconds += time.monotonic() - began
            if failed:
                return counts, seconds, failed
            cache.write_json(note, {"batches": last, "counts": counts, "seconds": seconds})
    return counts, seconds, None


def check_part(seed: int, batches: range, processes: int, bar: Any) -> tuple[Counter[str], Facts | None]:
    """Some batches over the processes, until one fails."""
    counts: Counter[str] = Counter()
    running: dict[Future[tuple[Counter[str], Facts | None]], int] = {}
    numbers = iter(batches)
    with ProcessPoolExecutor(processes, multiprocessing.get_context("fork")) as pool:
        while True:
            for _, number in zip(range(2 * processes - len(running)), numbers, strict=False):
                running[pool.submit(check_batch, seed, number)] = number
            if not running:
                return counts, None
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                try:
                    found, failed = done.result()
                except BrokenProcessPool:
                    sys.exit(f"a process died; --seed {seed} --batch one of {sorted(running.values())} shows why")
                del running[done]
                counts.update(found)
                bar.update(BATCH)
                if failed:
                    pool.shutdown(cancel_futures=True)
                    return counts, failed


def read_arguments() -> Any:
    parser = report.make_parser(__doc__, shared=False)
    parser.add_argument("--number", type=int, default=10_000_000, help="of strings [10,000,000]")
    parser.add_argument("--seed", type=int, default=1, help="[1]")
    parser.add_argument("--batch", type=int, help="this batch alone")
    parser.add_argument("--processes", type=int, default=2, help="[2]")
    parser.add_argument("--sanitize", action="store_true", help="with the sanitizers, about a third as fast")
    return parser.parse_args()


def main() -> None:
    given = read_arguments()
    if given.sanitize and not sanitized.is_loaded():
        sys.exit(sanitized.run_again(given.work / "sanitized"))
    progress.mode = "bar" if sys.stderr.isatty() else "lines"
    seconds = 0.0
    if given.batch is not None:
        counts, failed = check_batch(given.seed, given.batch)
    else:
        core = report.cutter_digest("table.c", "module.c")
        note = given.work / "fuzz" / f"{core}-{given.seed}{'-sanitized' * given.sanitize}.json"
        note.parent.mkdir(parents=True, exist_ok=True)
        counts, seconds, failed = check_all(given.seed, -(-given.number // BATCH), given.processes, note)
    for name, times in counts.most_common():
        print(f"{times:>14,}  {name}")
    facts = {
        "seed": given.seed, "differing": int(failed is not None), "core": report.core_digest(),
        "sanitizers": given.sanitize, "seconds": round(seconds), "counts": counts,
    }  # fmt: skip
    if failed:
        print("\na case that fails:", *(f"{name}: {value!r}" for name, value in failed.items()), sep="\n  ")
    elif given.batch is None:
        report.write_result("exact_random" + "_sanitized" * given.sanitize, facts, given.results)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
