"""Are the kernel's vectors as good as gensim's? ``python benchmarks/quality.py --shared ../shared``.

40 million words, 256 dimensions, window 10, 3 epochs, one thread, the seeds 1, 2 and 3 of each trainer and objective.
Hours: gensim takes about 20 minutes of CPU a run with negative sampling and 13 with hierarchical softmax. What is done
is kept under ``--work``, and a stopped job goes on.
"""

import time
from pathlib import Path

import quality_corpus
import report
from quality_runs import Run, is_done, list_runs, train_run


def train_all(runs: list[Run], made: quality_corpus.QualityCorpus, folder: Path) -> None:
    """Train what is not there yet."""
    for run in runs:
        if not is_done(run, made, folder):
            print(f"{time.strftime('%H:%M:%S')} {run.name}", flush=True)
            train_run(run, made, folder)


def main() -> None:
    parser = report.make_parser(__doc__)
    parser.add_argument("--part", type=int, default=quality_corpus.PART, help="thousandths of the articles")
    given = parser.parse_args()
    work = given.work / "quality"
    made = quality_corpus.build(given.shared, work, given.part)
    train_all(list(list_runs("gensim")), made, work / "runs")


if __name__ == "__main__":
    main()
