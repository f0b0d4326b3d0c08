"""Is bias what wefe says it is? ``python benchmarks/bias_wefe.py``: all our tests, over vectors that are drawn.

wefe 1.0 asks for numpy below 1.27 and scipy below 1.13, so it cannot be installed beside Ciliu: it gets a fresh
environment. Its results, with the vectors, become ``tests/wefe.json``, which a test holds ours against. wefe's p-value
is left out: it draws words *with* replacement, so it is none of a permutation test.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
from gensim.models import KeyedVectors

import report
from pipeline.evaluate import bias
from pipeline.evaluate.space import Space

FIXTURE = report.REPOSITORY / "tests" / "wefe.json"
SIZE = 6
CODE = """
import json, sys
from gensim.models import KeyedVectors
from importlib.metadata import version
from wefe.metrics import RND, WEAT
from wefe.query import Query
from wefe.word_embedding_model import WordEmbeddingModel
model = WordEmbeddingModel(KeyedVectors.load_word2vec_format(sys.argv[1]), "drawn")
found = []
for test in json.load(open(sys.argv[2], encoding="utf-8")):
    X, Y, A, B = (test[name].split() for name in "XYAB")
    weat = WEAT().run_query(Query([X, Y], [A, B]), model, normalize=True)
    rnd = RND().run_query(Query([A, B], [X + Y]), model, normalize=True)
    found.append({"name": test["name"], "effect_size": float(weat["effect_size"]), "rnd": float(rnd["rnd"])})
print("RESULT" + json.dumps({"version": version("wefe"), "found": found}, ensure_ascii=False))
"""


def draw_space(tests: list[dict[str, str]]) -> Space:
    """Words of the tests with three decimals, so that the file is short."""
    words = sorted({word for test in tests for name in "XYAB" for word in test[name].split()})
    drawn = np.random.default_rng(1).standard_normal((len(words), SIZE)) * 2
    return Space(words, drawn.round(3).astype(np.float32))


def ask_wefe(space: Space, tests: list[dict[str, str]], work: Path) -> dict[str, Any]:
    """Its version, and its results of each test."""
    keyed = KeyedVectors(SIZE)
    keyed.add_vectors(list(space.words), space.vectors)
    keyed.save_word2vec_format(str(work / "drawn.txt"))
    (work / "tests.json").write_text(json.dumps(tests, ensure_ascii=False), encoding="utf-8")
    subprocess.run([sys.executable, "-m", "venv", str(work / "wefe")], check=True)
    pip = [str(work / "wefe" / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", "wefe==1.0.1"]
    subprocess.run(pip, check=True, stderr=subprocess.PIPE)
    command = [str(work / "wefe" / "bin" / "python"), "-X", "utf8", "-c", CODE, "drawn.txt", "tests.json"]
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, encoding="utf-8", check=True)
    result: dict[str, Any] = json.loads(done.stdout.rpartition("RESULT")[2])
    return result


def main() -> None:
    given = report.make_parser(__doc__, shared=False).parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    tests = tomllib.loads(bias.SETS.read_text(encoding="utf-8"))["test"]
    space = draw_space(tests)
    work = Path(tempfile.mkdtemp(prefix="wefe-", dir=given.work)).resolve()
    try:
        wefe = ask_wefe(space, tests, work)
    finally:
        shutil.rmtree(work)
    own = {test["name"]: test for test in bias.look(space)}
    rows = [
        {**test, "ours": {name: own[test["name"]][name] for name in ("effect_size", "rnd")}} for test in wefe["found"]
    ]
    apart = max(abs(row[name] - row["ours"][name]) for row in rows for name in ("effect_size", "rnd"))
    print(f"wefe {wefe['version']}: {len(rows)} tests, greatest difference {apart:.6f}")
    vectors = {
        word: vector.tolist() for word, vector in zip(space.words, space.vectors.astype(float).round(3), strict=True)
    }
    FIXTURE.write_text(json.dumps({**wefe, "vectors": vectors}, ensure_ascii=False) + "\n", encoding="utf-8")
    report.write_result(
        "bias", {"wefe": wefe["version"], "greatest_difference": round(apart, 6), "tests": rows}, given.results
    )
    if apart > 1e-4:  # ours are rounded to four decimals
        sys.exit(1)


if __name__ == "__main__":
    main()
