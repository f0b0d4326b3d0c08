"""The rows of ``quality.py``: the seeds of a trainer, objective and degree of sharing as one, beside gensim's; and as
a Markdown table."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from quality_compare import compare, compare_loss
from quality_evaluate import Scored
from quality_runs import SEEDS
from quality_scores import PAIRS, SETS, EvalSet, Floats, total

Row = dict[str, Any]
Group = dict[int, Scored]  # by seed

TRAINERS = {"gensim": "gensim", "native": "kernel"}
OBJECTIVES = {"ns": "negative sampling", "hs": "hierarchical softmax"}
MEASURED = ("cpu_seconds", "words_a_cpu_second", "others_cpu_seconds")
SHARES = {0: "whole window", 1: "one context word"}


def make_rows(scored: Sequence[Scored], tests: Mapping[str, EvalSet]) -> list[Row]:
    """A row for each trainer, objective and degree that has a run, in the order in which they first come."""
    groups: dict[tuple[str, str, int | None, int], Group] = {}
    for one in scored:
        groups.setdefault(one.run.row, {})[one.run.seed] = one
    return [make_row(group, groups.get(("gensim", row[1], None, 1), {}), tests) for row, group in groups.items()]


def make_row(group: Group, gensim: Group, tests: Mapping[str, EvalSet]) -> Row:
    """Scores, loss and CPU time by seed with mean and spread; beside all three seeds of gensim a verdict as well.

    ``others_cpu_seconds`` is what else the machine did meanwhile: much of it makes CPU seconds longer."""
    members = [group[seed] for seed in sorted(group)]
    first = members[0].run
    row: Row = {"trainer": first.trainer, "objective": first.objective, "share": first.share}
    row |= {"threads": first.threads, "seeds": sorted(group)}
    row["cores"] = sorted({one.record["recipe"]["core"] for one in members}) if first.trainer == "native" else []
    row["sets"] = {name: score_set(test, stack(members, name)) for name, test in tests.items()}
    row["loss"] = spread([one.loss for one in members])
    for name in MEASURED:
        row[name] = spread([one.record[name] for one in members])
    if first.trainer != "gensim" and sorted(group) == sorted(gensim) == sorted(SEEDS):
        others = [gensim[seed] for seed in SEEDS]
        for name, test in tests.items():
            row["sets"][name] |= asdict(compare(test, stack(members, name), stack(others, name)))
        row["loss"] |= compare_loss(row["loss"]["by_seed"], [one.loss for one in others])
        gensim_cpu = spread([one.record["cpu_seconds"] for one in others])
        row["times_gensim"] = gensim_cpu["mean"] / row["cpu_seconds"]["mean"]
    return row


def stack(members: Sequence[Scored], name: str) -> Floats:
    """Seeds × lines of a set."""
    return np.stack([one.values[name] for one in members])


def score_set(test: EvalSet, values: Floats) -> Row:
    """Coverage and scores. ``mean_of_asked``: the other protocol, a question with an unknown word is a miss."""
    found = len(test.ranks)
    row: Row = {"asked": test.asked, "found": found, **spread([total(test, line) for line in values])}
    return row if len(test.human) else {**row, "mean_of_asked": row["mean"] * found / test.asked}


def spread(values: Sequence[float]) -> Row:
    """Mean and sample standard deviation; the latter is None for one value."""
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return {"by_seed": list(values), "mean": float(np.mean(values)), "spread": deviation}


def markdown(rows: Sequence[Row]) -> str:
    """The table for the docs: analogies in %, mean ± standard deviation over the seeds; behind a score of the kernel
    whether it is not inferior (✓) or is (✗)."""
    names = [*SETS, "held-out loss", "CPU s", "× gensim"]
    head = ["trainer", "objective", "a step is of", "seeds", *names]
    lines = [head, ["---"] * 4 + ["---:"] * len(names), *map(_cells, rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def coverage(rows: Sequence[Row]) -> str:
    """How many lines of each set are found, the same for all."""
    sets = rows[0]["sets"] if rows else {}
    return ", ".join(f"{name} {found['found']:,} of {found['asked']:,}" for name, found in sets.items())


def _cells(row: Row) -> list[str]:
    share = SHARES.get(row["share"] or 0, f"{row['share']} context words") if row["trainer"] == "native" else "–"
    if row["threads"] > 1:
        share += f", {row['threads']} threads"
    cells = [TRAINERS[row["trainer"]], OBJECTIVES[row["objective"]], share, str(len(row["seeds"]))]
    for name, found in row["sets"].items():
        cells.append(_cell(found, ".3f") if name in PAIRS else _cell(found, ".2f", 100))
    cells += [_cell(row["loss"], ".4f"), _cell(row["cpu_seconds"], ",.0f")]
    return [*cells, f"{row['times_gensim']:.1f}" if "times_gensim" in row else "–"]


def _cell(found: Row, form: str, factor: int = 1) -> str:
    text = f"{found['mean'] * factor:{form}}"
    if found["spread"] is not None:
        text += f" ± {found['spread'] * factor:{form}}"
    return text + {True: " ✓", False: " ✗", None: ""}[found.get("not_inferior")]
