"""Our kernel beside word2vec.c and other public trainers: ``python benchmarks/train_others.py --shared ../shared``.

The same text, the same vocabulary and parameters, one thread on one core, one epoch, in turns; CPU seconds of the
training alone (``others.py`` says how). gensim reads words from a file as the others do; the native core reads the ids
that Segment wrote. Each trainer is fetched and built under ``--work``; one that cannot be is listed with the reason.
"""

import os
import statistics
import subprocess
from pathlib import Path
from typing import Any

import report
import train_corpus
from others import OTHERS, Other
from train_speed import SETTINGS, Case

Facts = dict[str, Any]
Times = dict[str, float]

SHARES = (0, 4, 1)


def build_all(folder: Path) -> tuple[list[Other], dict[str, str]]:
    """Those that are there, and why the others are not."""
    built, missing = [], {}
    for other in OTHERS:
        (folder / other.name).mkdir(parents=True, exist_ok=True)
        try:
            other.build(folder / other.name)
            built.append(other)
        except (OSError, StopIteration, subprocess.SubprocessError) as error:
            said = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
            missing[other.name] = said[-1] if said else type(error).__name__
            print(f"{other.name}: not built: {missing[other.name]}", flush=True)
    return built, missing


def measure_other(other: Other, folder: Path, name: str, text: train_corpus.Text) -> float:
    """CPU seconds of its training. Raises ``RuntimeError`` if it fails."""
    commands = other.commands(folder, SETTINGS[name], text)
    training, nothing = (report.run_measured(command, folder)["cpu_seconds"] for command in commands)
    return training - nothing


def measure_round(name: str, case: Case, built: list[Other], folder: Path) -> Times:
    """CPU seconds of each trainer, gensim's first."""
    times = {"gensim": case.time_gensim()}
    for other in built:
        if name in other.objectives:
            times[other.name] = measure_other(other, folder / other.name, name, case.text)
    for share in SHARES:
        times[f"ciliu, share={share}"] = case.time_native(share=share)
    print(f"{name}: " + ", ".join(f"{trainer} {seconds:.1f} s" for trainer, seconds in times.items()), flush=True)
    return times


def summarize(words: int, rounds: list[Times]) -> Facts:
    """Words a second, and how many times gensim's of the same round: medians."""
    return {
        trainer: {
            "words_a_second": round(statistics.median(words / times[trainer] for times in rounds)),
            "ratio": round(statistics.median(times["gensim"] / times[trainer] for times in rounds), 2),
        }
        for trainer in rounds[0]
    }


def print_table(settings: Facts) -> None:
    """Markdown: trainers down, settings across."""
    trainers = list(dict.fromkeys(trainer for facts in settings.values() for trainer in facts["trainers"]))
    heads = [
        f"{s['vector_size']} dimensions, window {s['window']}, {'HS' if s['hs'] else 'NS ' + str(s['negative'])}"
        for s in (facts["setting"] for facts in settings.values())
    ]
    print(f"\n| words a second (× gensim) | {' | '.join(heads)} |\n|---|{'---|' * len(heads)}")
    for trainer in trainers:
        rows = [facts["trainers"].get(trainer) for facts in settings.values()]
        cells = [f"{row['words_a_second']:,} ({row['ratio']:.2f})" if row else "–" for row in rows]
        print(f"| {trainer} | {' | '.join(cells)} |")


def main() -> None:
    parser = report.make_parser(__doc__)
    parser.add_argument("--words", type=int, default=5_000_000, help="of the text [5000000]")
    parser.add_argument("--settings", default="ABC", help="some of A, B, C of train_speed.py [ABC]")
    parser.add_argument("--rounds", type=int, default=3, help="[3]")
    parser.add_argument("--cpu", type=int, default=max(os.sched_getaffinity(0)), help="the core [the last]")
    given = parser.parse_args()
    text = train_corpus.prepare(given.shared, given.work, given.words, 2)
    folder = (given.work / "others").resolve()
    built, missing = build_all(folder)
    os.sched_setaffinity(0, {given.cpu})
    print(f"{len(text.names):,} different words of {text.words:,}", flush=True)
    settings: Facts = {}
    for name in given.settings:
        elsewhere = report.cpu_elsewhere()
        case = Case(SETTINGS[name], text, text.words)
        rounds = [measure_round(name, case, built, folder) for _ in range(given.rounds)]
        settings[name] = {
            "setting": case.setting._asdict(), "trainers": summarize(case.words, rounds), "rounds": rounds,
            "others_cpu_seconds": round(report.cpu_elsewhere() - elsewhere, 1),
        }  # fmt: skip
    print_table(settings)
    notes = {other.name: other.note for other in built}
    for name, note in [*notes.items(), *((name, f"not built: {why}") for name, why in missing.items())]:
        print(f"\n{name}: {note}")
    facts = {"words": text.words, "different_words": len(text.names), "core": report.core_digest(report.TRAINING)}
    report.write_result(
        "train_others", {**facts, "settings": settings, "notes": notes, "missing": missing}, given.results
    )


if __name__ == "__main__":
    main()
