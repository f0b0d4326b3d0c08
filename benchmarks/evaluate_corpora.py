"""A model of each shared corpus, trained and evaluated: ``python benchmarks/evaluate_corpora.py --shared ../shared``.

By `ciliu run` with the default settings but for what ``SETTINGS`` says, then `ciliu evaluate` with the sets in
``../shared/eval``. What is trained already (in ``--work``) is not trained again. Prints the table of docs/evaluate.md.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import report

SETTINGS = ("Train.vector_size=100", "Train.window=5", "Train.epochs=5")
CILIU = [sys.executable, "-c", "from pipeline.cli import main; main()"]
LEAST_COVERAGE = 0.5  # as Evaluate.least_coverage
SETS = ("eval/analogy", "eval/similarity")


def ciliu(*arguments: str) -> str:
    """What a verb prints. Raises ``CalledProcessError`` for a status that is neither 0 nor the gate's."""
    done = subprocess.run([*CILIU, *arguments], capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode not in (0, 7):
        raise subprocess.CalledProcessError(done.returncode, done.args, done.stdout, done.stderr)
    return done.stdout


def evaluate(source: Path, data: Path, shared: Path) -> dict[str, Any]:
    """Train and evaluate; the figures of the table."""
    settings = [part for setting in SETTINGS for part in ("--set", setting)]
    ciliu("run", str(source), "--data", str(data), *settings, "--quiet", "--allow-failed")
    sets = [part for name in SETS for part in ("--sets", str(shared / name))]
    facts = json.loads(ciliu("evaluate", "--data", str(data), *sets, "--json"))
    words = report.read_manifests(data)["vocabulary"]["counts"]["words_in"]
    analogies = {
        name: {"coverage": table["coverage"], "asked": table["asked"],
               **{protocol: {key: row[key] for key in ("right", "counted", "score")}
                  for protocol, row in table["protocols"].items()}}
        for name, table in facts["analogies"].items()
    }  # fmt: skip
    return {
        "running_words": words,
        **{name: facts[name] for name in ("gate", "reasons", "words", "vector_size", "similarity")},
        "analogies": analogies,
        "groups": {name: {key: table[key] for key in ("auc", "coverage")} for name, table in facts["groups"].items()},
        "verdicts": {name: probe["verdict"] for name, probe in facts["probes"].items()},
    }


def markdown(rows: dict[str, dict[str, Any]]) -> str:
    """A line for each corpus; analogies with gensim's protocol and the coverage."""
    columns = ["corpus", "running words", "vocabulary", "gate", "wordsim-240 (found)", "CA_translated", "CA8 semantic"]
    columns += ["CA8 morphological", "groups"]
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for name, row in rows.items():
        pairs = row["similarity"]["wordsim-240"]
        cells = [name, f"{row['running_words'] / 1e6:.1f} M", f"{row['words']:,}", row["gate"],
                 f"{pairs['spearman']:.3f} ({pairs['found']})"]  # fmt: skip
        for asked in ("CA_translated", "CA8_semantic", "CA8_morphological"):
            table = row["analogies"][asked]
            score = f"{table['gensim']['score']:.3f}" if table["coverage"] >= LEAST_COVERAGE else "–"
            cells.append(f"{score} ({table['coverage']:.0%})")
        lines.append("| " + " | ".join([*cells, f"{row['groups']['groups']['auc']:.2f}"]) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = report.make_parser(__doc__)
    parser.add_argument("--only", nargs="*", help="names of corpora; all if not given")
    given = parser.parse_args()
    rows = {}
    for source in sorted((given.shared / "corpora").glob("*.jsonl.zst")):
        name = source.name.partition(".")[0]
        if not given.only or name in given.only:
            rows[name] = evaluate(source, given.work / "evaluate" / name, given.shared)
            print(f"{name}: {rows[name]['gate']}", flush=True)
    print(markdown(rows))
    report.write_result("evaluate_corpora", {"settings": SETTINGS, "corpora": rows}, given.results)


if __name__ == "__main__":
    main()
