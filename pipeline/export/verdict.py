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
    coverage = evaluation.get("coverage", {})
    lines += ["", "| set, protocol | known of its lines | score |", "|---|---|---|"]
    for name, score in evaluation["scores"].items():
        known = coverage.get(name.partition(", ")[0])
        share = "" if known is None else f"{known:.0%}"
        lines.append(f"| {name} | {share} | {'too few are known' if score is None else f'{score:.3f}'} |")
    return "\n".join(lines)


def describe_bias(evaluation: cache.Json) -> str:
    """A table of the card: what the vectors think of groups of people and things (WEAT), where its words are known."""
    rows = [
        f"| {name} | {test['effect_size']:+.2f} | {test['p']:.3g} | {test['found']} of {test['asked']} |"
        for name, test in evaluation.get("bias", {}).items()
        if test["effect_size"] is not None
    ]
    if not rows:
        return "Bias was not measured: too few words of the sets are in the vocabulary. 未测偏见：词表中词太少。"
    head = (
        "Bias found here, by the word embedding association test (effect size of -2 to 2, 0: none; p by permutation). "
        "测得的偏见（WEAT 效应量，0 为无）：\n\n| test | effect size | p | words known |\n|---|---|---|---|\n"
    )
    return head + "\n".join(rows)
