"""CA8's 17,813 questions on 350,000 words × 256: how long? ``python benchmarks/evaluate_speed.py --shared ../shared``.

The vectors are drawn; in them the second word of a question's pair lies a section's own step from the first, with
noise, so that some answers are right (the time does not hang on the values). The words are CA8's, then jieba's. Ciliu
answers all questions under both protocols; gensim a part of them, evenly drawn, for its time is the same for each: what
it takes for all is that, multiplied. Over that part both must have the same answers right.
"""

import resource
import tempfile
import time
from pathlib import Path

import numpy as np
from gensim.models import KeyedVectors

import report
from pipeline.evaluate import analogies, set_files
from pipeline.evaluate.space import Space
from pipeline.evaluate.words import dictionary

WORDS, SIZE, PART = 350_000, 256, 150
FILES = ("CA8_semantic", "CA8_morphological")
LIMIT = 60.0  # seconds


def draw_space(questions: list[analogies.Question]) -> Space:
    """350,000 vectors; those of CA8's words have its relations in them."""
    chance = np.random.default_rng(1)
    asked = dict.fromkeys(word for question in questions for word in question[1:])
    words = [*asked, *(word for word in dictionary() if word not in asked)]
    words += [f"#{number}" for number in range(WORDS - len(words))]  # should jieba have fewer
    vectors = chance.standard_normal((WORDS, SIZE), dtype=np.float32)
    rows = {word: row for row, word in enumerate(words[:WORDS])}
    steps = {section: 1.5 * chance.standard_normal(SIZE, dtype=np.float32) for section in {q[0] for q in questions}}
    for section, a, b, c, d in questions:
        for first, second in ((a, b), (c, d)):
            noise = 0.7 * chance.standard_normal(SIZE, dtype=np.float32)
            vectors[rows[second]] = vectors[rows[first]] + steps[section] + noise
    return Space(words[:WORDS], vectors)


def time_gensim(space: Space, questions: list[analogies.Question]) -> tuple[float, float, int]:
    """Seconds, those of CPU, and right answers."""
    keyed = KeyedVectors(SIZE)
    keyed.add_vectors(list(space.words), space.vectors)
    keyed.fill_norms()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "questions.txt"
        path.write_text(": all\n" + "".join(" ".join(question[1:]) + "\n" for question in questions), encoding="utf-8")
        started, cpu = time.monotonic(), time.process_time()
        _, sections = keyed.evaluate_word_analogies(str(path), restrict_vocab=WORDS)
    return time.monotonic() - started, time.process_time() - cpu, len(sections[-1]["correct"])


def main() -> None:
    parser = report.make_parser(__doc__)
    given = parser.parse_args()
    paths = [given.shared / "eval" / "analogy" / f"{name}.txt" for name in FILES]
    questions = [question for asked in set_files.read_sets(paths).analogies.values() for question in asked]
    space = draw_space(questions)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    started, cpu = time.monotonic(), time.process_time()
    found = analogies.score(space, questions)
    seconds, cpu = time.monotonic() - started, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    part = questions[:: len(questions) // PART]
    gensim_seconds, gensim_cpu, right = time_gensim(space, part)
    ours = analogies.score(space, part)["protocols"]["gensim"]["right"]
    whole = gensim_seconds / len(part) * len(questions)
    protocols = {
        name: {key: row[key] for key in ("right", "counted", "score")} for name, row in found["protocols"].items()
    }
    memory = {"matrix_bytes": space.vectors.nbytes, "bytes_before": before, "peak_bytes": peak}
    facts = {
        "questions": len(questions),
        "words": WORDS,
        "dimensions": SIZE,
        "limit_seconds": LIMIT,
        "ciliu": {"seconds": round(seconds, 1), "cpu_seconds": round(cpu, 1), **memory, "protocols": protocols},
        "gensim": {
            "questions": len(part),
            "seconds": round(gensim_seconds, 1),
            "cpu_seconds": round(gensim_cpu, 1),
            "seconds_for_all": round(whole),
            "right": right,
            "ciliu_right": ours,
        },
        "times_gensim": round(whole / seconds, 1),
    }
    print(f"ciliu   {len(questions):,} questions, both protocols: {seconds:.1f} s, {cpu:.1f} s of CPU")
    print(f"        {(peak - before) / 1e6:.0f} MB more than the model")
    print(f"gensim  {len(part):,} questions: {gensim_seconds:.1f} s, so {whole:.0f} s for all")
    print(f"right   {right} of these by gensim, {ours} by ciliu")
    if ours != right:
        raise SystemExit("the answers differ")
    report.write_result("evaluate", facts, given.results)


if __name__ == "__main__":
    main()
