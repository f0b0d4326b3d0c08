"""``ciliu evaluate``: what a model is worth; the exit status is the gate's."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli import front

if TYPE_CHECKING:
    from pipeline import cache
    from pipeline.evaluate.classify import Cut
    from pipeline.evaluate.gate import Thresholds
    from pipeline.evaluate.space import Space


@click.command(epilog="Example: ciliu evaluate models/news/vectors.bin --sets sets/ --baseline models/news-2025")
@click.argument("model", required=False)
@click.option(
    "--sets", multiple=True, type=click.Path(path_type=Path), help="A file or folder of sets besides our own."
)
@click.option("--baseline", help="A run or model that this one is held against.")
@click.option("--ask", multiple=True, metavar="WORD", help="Show the neighbours of this word.")
@click.option("--set", "assignments", multiple=True, metavar="Evaluate.PARAMETER=VALUE", help="Change a threshold.")
@click.option("--bias", is_flag=True, help="Measure axes such as 他–她 against occupations and traits too.")
@click.option("--classify", type=click.Path(path_type=Path), help="Classify the labelled texts of this file too.")
@click.option("--sentences", type=click.Path(path_type=Path), help="Compare the pairs of sentences of this file too.")
@front.option_data
@click.option("--json", "as_json", is_flag=True, help="Print all figures as JSON.")
@front.guarded
def evaluate(
    model: str | None,
    sets: tuple[Path, ...],
    baseline: str | None,
    ask: tuple[str, ...],
    assignments: tuple[str, ...],
    bias: bool,
    classify: Path | None,
    sentences: Path | None,
    data: Path,
    as_json: bool,
) -> None:
    """Score and probe MODEL: a run, a bundle, or a file of gensim or word2vec; without MODEL the latest run's.

    Sets are text files: analogies (": section", then four words a line), pairs (two words and a number) or groups
    ("kind: words"). Exit status 0 where the gate says pass or warn, 7 where it says fail.
    """
    from pipeline import evaluate, opened
    from pipeline.evaluate.bias import look as measure_bias

    limits = _thresholds(assignments)
    space = opened.open_space(model, data)
    before = opened.open_space(baseline, data) if baseline else None
    facts = evaluate.evaluate(space, sets, before, limits, [word for given in ask for word in given.split(",")])
    if bias:
        facts["bias"] = measure_bias(space)
    if classify or sentences:
        facts |= _downstream(space, opened.find_cut(model, data), classify, sentences)
    lines = [json.dumps(facts, ensure_ascii=False, indent=1)] if as_json else summary(facts)
    for line in lines:
        click.echo(line)
    if facts["gate"] == "fail":
        sys.exit(front.FAILED)


def _downstream(space: "Space", cut: "Cut", texts: Path | None, pairs: Path | None) -> "cache.Json":
    """What the vectors are good for."""
    from pipeline.evaluate import classify, sentences

    facts: cache.Json = {"classification": classify.look(space, texts, cut)} if texts else {}
    return facts | ({"sentences": sentences.look(space, pairs, cut)} if pairs else {})


def _thresholds(assignments: tuple[str, ...]) -> "Thresholds":
    import tasks
    from pipeline import settings
    from pipeline.evaluate.gate import Thresholds

    values: dict[str, Any] = {}
    try:
        for text in assignments:
            section, given = settings.parse_assignment(text)
            values |= settings.resolve_section(section, given, [tasks.Evaluate], f"--set {text}")
        return Thresholds(**values)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    except TypeError:
        raise click.UsageError("--set takes the thresholds of Evaluate; sets and baseline have options here") from None


def summary(facts: "cache.Json") -> list[str]:
    """The verdict, the probes, the tables."""
    from pipeline.cli.tables import align

    probes = [[name, probe["verdict"], probe["reason"] + (f" → {probe['todo']}" if probe["todo"] else "")]
              for name, probe in facts["probes"].items()]  # fmt: skip
    lines = [f"{facts['gate']}: {facts['words']:,} words × {facts['vector_size']}", ""]
    lines += align([["probe", "verdict", "reason → what to do"], *probes], lambda column: True)
    downstream = [_downstream_rows(facts, *of) for of in (("classification", "accuracy"), ("sentences", "Spearman"))]
    for table in (_analogies(facts), _pairs(facts), _groups(facts), _bias(facts), *downstream):
        if len(table) > 1:
            lines += ["", *align(table)]
    for word, found in facts["figures"]["neighbours"]["asked"].items():
        said = " ".join(f"{near} {cosine:.3f}" for near, cosine in found) if found else "not in the vocabulary"
        lines += ["", f"{word}: {said}"]
    return lines


def _show(score: float | None, coverage: float, facts: "cache.Json") -> str:
    """A score, or that there is none for want of coverage."""
    return "-" if score is None or coverage < facts["thresholds"]["least_coverage"] else f"{score:.3f}"


def _analogies(facts: "cache.Json") -> list[list[str]]:
    rows = [["analogies", "protocol", "score", "right", "counted", "asked", "coverage"]]
    for name, table in facts["analogies"].items():
        for protocol, row in table["protocols"].items():
            score = _show(row["score"], table["coverage"], facts)
            numbers = [f"{number:,}" for number in (row["right"], row["counted"], table["asked"])]
            rows.append([name, protocol, score, *numbers, f"{table['coverage']:.0%}"])
    return rows


def _pairs(facts: "cache.Json") -> list[list[str]]:
    rows = [["similarity", "Spearman", "95% interval", "Pearson", "found", "asked"]]
    for name, table in facts["similarity"].items():
        interval = "{:.3f}–{:.3f}".format(*table["interval"]) if table["interval"] else "-"
        both = [_show(table[kind], table["coverage"], facts) for kind in ("spearman", "pearson")]
        rows.append([name, both[0], interval, both[1], f"{table['found']:,}", f"{table['asked']:,}"])
    return rows


def _groups(facts: "cache.Json") -> list[list[str]]:
    rows = [["groups of words", "nearer than others (chance .5)", "found", "asked", "weakest"]]
    for name, table in facts["groups"].items():
        known = {kind: group["auc"] for kind, group in table["groups"].items() if group["auc"] is not None}
        weakest = " ".join(f"{kind} {known[kind]:.2f}" for kind in sorted(known, key=lambda kind: known[kind])[:3])
        score = _show(table["auc"], table["coverage"], facts)
        rows.append([name, score, f"{table['found']:,}", f"{table['asked']:,}", weakest])
    return rows


def _bias(facts: "cache.Json") -> list[list[str]]:
    rows = [["bias", "effect size", "p", "RND", "words found", "of"]]
    for test in facts.get("bias", []):
        shown = [f"{test[name]:.3f}" if test[name] is not None else "-" for name in ("effect_size", "p", "rnd")]
        rows.append([test["name"], *shown, str(test["found"]), str(test["asked"])])
    return rows


def _downstream_rows(facts: "cache.Json", name: str, score: str) -> list[list[str]]:
    rows = [[name, score, "lowest", "highest", "seeds"]]
    for features, found in facts.get(name, {"features": {}})["features"].items():
        mean = sum(found) / len(found)
        rows.append([features, *(f"{value:.3f}" for value in (mean, min(found), max(found))), str(len(found))])
    return rows
