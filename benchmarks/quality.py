"""Are the kernel's vectors as good as gensim's? ``python benchmarks/quality.py --shared ../shared``.

40 million words, 256 dimensions, window 10, 3 epochs, the seeds 1, 2 and 3 of each trainer and objective, and of the
kernel at each degree of sharing of negatives: in one thread, and the kernel's defaults in two as well. Hours: gensim
takes about 20 minutes of CPU a run with negative sampling (28 on a busy machine) and 13 with hierarchical softmax,
three of each. What is done is kept under ``--work``, and a stopped job goes on; ``--train`` without a name
trains nothing and makes the table of what there is.

The corpus: ``quality_corpus.py``. The scores: ``quality_scores.py``, ``quality_loss.py``. The verdict:
``quality_compare.py``.
"""

import time
from pathlib import Path

import quality_corpus
import report
from pipeline.train import native
from quality_compare import ERRORS, LOSS
from quality_evaluate import Evaluation
from quality_gensim import SETTINGS
from quality_runs import Run, is_done, list_runs, train_run
from quality_table import coverage, make_rows, markdown

TRAINERS = ("gensim", "native")


def say(text: str) -> None:
    """What is being done, with the time: it may take half an hour."""
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def train_all(trainers: list[str], made: quality_corpus.QualityCorpus, folder: Path) -> None:
    """Train what is not there yet."""
    for trainer in trainers:
        if trainer == "native" and not native.is_there():
            say("the native core has no trainer: its rows are left out")
            continue
        for run in list_runs(trainer):
            if not is_done(run, made, folder):
                say(run.name)
                train_run(run, made, folder)


def list_done(made: quality_corpus.QualityCorpus, folder: Path) -> list[Run]:
    """The runs that the table can have now, gensim's first."""
    return [run for trainer in TRAINERS for run in list_runs(trainer) if is_done(run, made, folder)]


def main() -> None:
    parser = report.make_parser(__doc__)
    parser.add_argument("--part", type=int, default=quality_corpus.PART, help="thousandths of the articles")
    parser.add_argument("--train", nargs="*", choices=TRAINERS, default=TRAINERS, help="whose missing runs to train")
    given = parser.parse_args()
    work = given.work / "quality"
    made = quality_corpus.build(given.shared, work, given.part)
    train_all(given.train, made, work / "runs")
    evaluation = Evaluation(given.shared, made)
    scored = [evaluation.score(run, work / "runs", say) for run in list_done(made, work / "runs")]
    rows = make_rows(scored, evaluation.tests)
    print(f"\n{markdown(rows)}\nFound: {coverage(rows)}.")
    rule = {"pooled_standard_errors": ERRORS, "relative_loss": LOSS}
    facts = {"corpus": quality_corpus.describe(work), "settings": SETTINGS, "not_inferior": rule, "rows": rows}
    report.write_result("quality", {"core": report.core_digest(), **facts}, given.results)


if __name__ == "__main__":
    main()
