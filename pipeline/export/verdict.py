"""What Evaluate said of the model, for its card."""

from pipeline import cache

SAYS = {
    "pass": "It passed the evaluation.",
    "warn": "It passed the evaluation, with warnings:",
    "fail": "**It FAILED the evaluation and was exported all the same** (`--allow-failed`):",
}


def describe(evaluation: cache.Json) -> str:
    """A section of the card, from the counts of Evaluate: the verdict, the reasons, the scores with their protocol."""
    lines = [SAYS[evaluation["gate"]], *([""] if evaluation["reasons"] else [])]
    lines += [f"- {reason}" for reason in evaluation["reasons"]]
    lines += ["", "| set, protocol | score |", "|---|---|"]
    lines += [
        f"| {name} | {'too few of its lines are known' if score is None else f'{score:.3f}'} |"
        for name, score in evaluation["scores"].items()
    ]
    return "\n".join(lines)
