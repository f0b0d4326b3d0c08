"""The gate: each probe's verdict with its reason and what to do, and the verdict on the model.

``pass``, ``warn`` and ``fail`` as they read; ``unknown`` where there is too little to say. The thresholds were set on
television news (29,285 words) and tried on models of other corpora, sound and broken (docs/stages/evaluate.md).
"""

from dataclasses import asdict, dataclass
from typing import Any

Figures = dict[str, Any]

ORDER = ("unknown", "pass", "warn", "fail")
FEWEST_WORDS = 5_000  # below them what a model knows cannot be told from chance
FEWEST_LISTED = 1_000  # below them nothing is said of how the text was cut, or where the vocabulary ends
FEWEST_FOUND = 100  # words of groups
LIKE_RANDOM = 1.25  # times the cosine of the nearest among random directions; sound models have twice that and more
CUT_OFF = 2.0  # times min_count: where the rarest word of a whole vocabulary never stands
FEW_CONTEXTS = 0.5
MOST_HUB = 0.2  # of the words may have one word among their nearest
LEAST_IN_DICTIONARY = 0.5  # of the longer running words; with the HMM, or cut by other rules, 0.9 and more


@dataclass(frozen=True)
class Thresholds:
    """``Evaluate``'s parameters; each is described in ``tasks.py``."""

    least_coverage: float = 0.5
    least_meaning: float = 0.6
    most_bad_rows: float = 0.001
    most_dimension: float = 0.25
    most_cosine: float = 0.8
    most_single: float = 0.75
    most_drop: float = 0.1


@dataclass(frozen=True)
class Verdict:
    """What a probe says; ``todo`` is empty where there is nothing to do."""

    verdict: str
    reason: str
    todo: str = ""


def norms(rows: Figures, limits: Thresholds) -> Verdict:
    bad = {name: rows[name] for name in ("not_finite", "zero", "equal", "short", "long") if rows[name]}
    if not bad:
        return Verdict("pass", "every vector has a length of 0.01 to 100, and no two are equal")
    names = {"not_finite": "NaN or infinite", "zero": "zero", "equal": "equal to an earlier one",
             "short": "shorter than 0.01", "long": "longer than 100"}  # fmt: skip
    said = ", ".join(f"{number:,} {names[name]}" for name, number in bad.items())
    diverged = max(rows["long"], rows["not_finite"]) > limits.most_bad_rows * rows["rows"]
    reason = "the training diverged (too high a learning rate): " if diverged else ""
    reason += f"of {rows['rows']:,} vectors {said}, such as {' '.join(next(iter(rows['examples'].values())))}"
    worst = max(bad, key=lambda name: bad[name])
    advice = {"not_finite": "train with a smaller Train.alpha", "long": "train with a smaller Train.alpha",
              "zero": "these words were never filled in: make the file again from the trained model",
              "equal": "these words were never trained, or were copied: look at the tool that wrote the file",
              "short": "these words were hardly trained: more epochs, or a larger min_count"}  # fmt: skip
    failed = rows["bad"] > limits.most_bad_rows * rows["rows"]
    return Verdict("fail" if failed else "warn", reason, advice[worst])


def isotropy(found: Figures, limits: Thresholds) -> Verdict:
    if found["words"] < FEWEST_WORDS or found["dimensions"] < 20:
        return too_small(found["words"], found["dimensions"])
    dimension, hub = found["dimension"], found["hubs"]
    if dimension["share"] > limits.most_dimension:
        return Verdict("fail", f"dimension {dimension['number']} alone holds {dimension['share']:.0%} of all squared "
                       "values: every cosine is about it", "make the file again from the trained model")  # fmt: skip
    if found["mean_cosine"] > limits.most_cosine:
        return Verdict("fail", f"random pairs have the mean cosine {found['mean_cosine']:.2f}: nearly all vectors "
                       "point the same way", "train with a smaller Train.alpha, or more text")  # fmt: skip
    if hub and hub["share"] > MOST_HUB:
        return Verdict("warn", f"{hub['word']} is among the {10} nearest of {hub['share']:.0%} of the words",
                       "look at its text: often a mark-up or boilerplate word; a stop list drops it")  # fmt: skip
    return Verdict("pass", f"random pairs have the mean cosine {found['mean_cosine']:.2f}; the first component has "
                   f"{found['first']:.0%} of the variance, the largest dimension {dimension['share']:.0%}")  # fmt: skip


def neighbours(found: Figures, limits: Thresholds) -> Verdict:
    if found["words"] < FEWEST_WORDS:
        return too_small(found["words"], found["dimensions"])
    near, random = found["nearest"], found["nearest_at_random"]
    said = f"a word's nearest has the cosine {near:.2f}, among random directions {random:.2f}"
    if near < LIKE_RANDOM * random:
        return Verdict("fail", f"the vectors are random, not trained: {said}", "train; or look for the right file")
    return Verdict("pass", said)


def symmetry(found: Figures, limits: Thresholds) -> Verdict:
    if "asymmetry" not in found:
        return too_small(found["words"], found["dimensions"])
    if found["asymmetry"] > 1e-5 or found["greatest_cosine"] > 1 + 1e-5:
        return Verdict("fail", f"cos(a, b) and cos(b, a) differ by {found['asymmetry']:g}; the greatest cosine is "
                       f"{found['greatest_cosine']:g}", "the library that multiplies matrices is broken")  # fmt: skip
    return Verdict("pass", f"cos(a, b) = cos(b, a) to {max(found['asymmetry'], 1e-7):.0e}")


def meaning(groups: Figures, characters: Figures, found: Figures, rows: Figures, limits: Thresholds) -> Verdict:
    """Do words that belong together lie together? The cause of a failure is told by the other figures."""
    scores = {
        "words of one kind": groups["auc"] if groups["words"] >= FEWEST_FOUND else None,
        "words that end in the same character": characters["auc"],
    }
    known = {name: score for name, score in scores.items() if score is not None}
    if not known or found["words"] < FEWEST_WORDS:
        return too_small(found["words"], found["dimensions"])
    said = "; ".join(f"{name} are nearer than others {score:.0%} of the time" for name, score in known.items())
    if min(known.values()) >= limits.least_meaning:
        return Verdict("pass", f"{said} (chance: 50%)")
    return Verdict("fail", f"{_cause(found, rows, limits)}: {said} (chance: 50%)", "mend what the "
                   "other probes find; else compare the order of the words with that of the rows")  # fmt: skip


def _cause(found: Figures, rows: Figures, limits: Thresholds) -> str:
    if rows["bad"] > limits.most_bad_rows * rows["rows"]:
        return f"{rows['bad']:,} rows are no vectors of words (see norms)"
    if found["nearest"] < LIKE_RANDOM * found["nearest_at_random"]:
        return "the vectors are random"
    if found["dimension"]["share"] > limits.most_dimension:
        return f"dimension {found['dimension']['number']} drowns the others"
    if found["mean_cosine"] > limits.most_cosine:
        return "the vectors have collapsed onto one direction"
    return "the vectors are like trained ones but do not belong to their words (rows or words out of order)"


def rare_words(characters: Figures, limits: Thresholds) -> Verdict:
    """How much better than chance, by frequency band."""
    bands = [band for band in characters["bands"] if band["auc"] is not None]
    if not bands:
        return Verdict("unknown", "too few words of two characters that share the last one")
    said = ", ".join(f"{band['from_rank']:,}–{band['to_rank']:,}: {band['auc'] - 0.5:+.0%}" for band in bands)
    reason = f"better than chance by {said} (ranks)"
    if bands[-1]["auc"] < 0.55 and len(bands) > 1:
        return Verdict("warn", f"the rarest words are little better than chance: {reason}",
                       "a larger Vocabulary.min_count, more epochs, or more text")  # fmt: skip
    return Verdict("pass", reason)


def subsampling(found: Figures, limits: Thresholds) -> Verdict:
    if found["contexts"] is None:
        return Verdict("unknown", "no counts, or Train.sample is not known")
    rarest = found["bands"][-1]["trained"]
    reason = (
        f"{rarest:.0%} of the rarest words' places and {found['contexts']:.0%} of the words around them are trained on"
    )
    if rarest < FEW_CONTEXTS or found["contexts"] < 0.1:
        return Verdict(
            "warn", f"Train.sample = {found['sample']:g} is hard on this corpus: {reason}", "a larger Train.sample"
        )
    return Verdict("pass", reason)


def cut(found: Figures, limits: Thresholds) -> Verdict:
    """How the text was cut into words."""
    if found["words"] < FEWEST_LISTED or found["single"] is None:
        return too_small(found["words"], None)
    listed = found["in_dictionary"]
    said = f"{found['single']:.0%} of running words have one character"
    if listed is not None:
        said += f"; of the longer ones jieba's dictionary knows {listed:.0%}"
    if found["single"] > limits.most_single:
        return Verdict("fail", f"the text fell apart into single characters, as with the wrong dictionary: {said}",
                       "look at `ciliu sentences`; check Dictionary.files, and traditional or simplified")  # fmt: skip
    if listed is not None and listed < LEAST_IN_DICTIONARY:
        return Verdict("fail", f"most words are none that a dictionary has, as with the wrong dictionary: {said}",
                       "look at `ciliu sentences`; check Dictionary.files and Dictionary.frequencies")  # fmt: skip
    return Verdict("pass", said)


def vocabulary(found: Figures, limits: Thresholds) -> Verdict:
    """Is it all there, and what does it cover? A vocabulary that was cut off scores well on what is left."""
    words, declared, last, least = (found[name] for name in ("words", "declared", "last_count", "min_count"))
    coverage = found["common_found"] / found["common"]
    said = f"{words:,} words, {coverage:.0%} of {found['common']} common ones"
    whole = "take the whole file; do not believe scores on what is left"
    if declared and words < declared:
        return Verdict("fail", f"truncated: {words:,} of the {declared:,} words that its manifest declares", whole)
    if words >= FEWEST_LISTED and last and least and last > CUT_OFF * least and last > least + 5:
        return Verdict(
            "fail", f"truncated: the rarest word stands {last:,} times, though min_count is {least:,}", whole
        )
    if words < FEWEST_WORDS:
        return too_small(words, None)
    if coverage < limits.least_coverage:
        return Verdict("warn", f"few common words: {said}; a truncated file, or a corpus of one domain: general "
                       "sets say little about it", "judge it by a set or texts of its own domain")  # fmt: skip
    return Verdict("pass", said)


def too_small(words: int, dimensions: int | None) -> Verdict:
    size = f"{words:,} words" + (f" × {dimensions}" if dimensions else "")
    return Verdict("unknown", f"too small to say: {size}")


def analogies(scores: Figures, limits: Thresholds) -> Verdict:
    """What every general model should know. It never fails a model, and never makes one pass."""
    table = scores["protocols"]["gensim"]
    if scores["coverage"] < limits.least_coverage:
        return Verdict("unknown", f"coverage {scores['coverage']:.0%}: too few of its words are known for a score",
                       "judge it by a set of its own domain")  # fmt: skip
    reason = f"{table['right']:,} of {table['counted']:,} right (gensim's protocol), coverage {scores['coverage']:.0%}"
    if table["score"] < 0.05:
        return Verdict("warn", f"hardly any answer is right: {reason}", "more text or epochs; normal for one domain")
    return Verdict("pass", reason)


def overall(probes: dict[str, Verdict]) -> tuple[str, list[str]]:
    """The verdict on the model, and the reasons. It cannot pass where nothing is known of its meaning."""
    worst = max((probe.verdict for probe in probes.values()), key=ORDER.index)
    worst = "warn" if worst != "fail" and probes["meaning"].verdict == "unknown" else worst
    kept = [name for name, probe in probes.items() if probe.verdict == worst]
    if worst == "warn" and probes["meaning"].verdict == "unknown":
        kept = ["meaning", *kept]
    return worst, [] if worst == "pass" else [f"{name}: {probes[name].reason}" for name in kept]


def as_json(probes: dict[str, Verdict]) -> dict[str, Any]:
    return {name: asdict(probe) for name, probe in probes.items()}
