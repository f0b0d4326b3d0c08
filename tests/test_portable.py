"""A model leaves for places where another gensim and numpy are, and no Ciliu."""

import io
import os
import pickle
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from toy import Toy

from pipeline.train import native

OBJECTIVES = {"ns": (0, 5), "hs": (1, 0), "both": (1, 5)}  # hs, negative

# 猫 cat, 狗 dog, 喜欢 to like, 鱼 fish. What is there for one objective alone is tried where that was trained.
USE = """
import sys
import gensim, numpy
from gensim.models import Word2Vec

for path in sys.argv[1:]:
    model = Word2Vec.load(path)
    assert model.wv["猫"].shape == (50,)
    assert len(model.wv.most_similar("狗", topn=3)) == 3
    before = model.wv.vectors.copy()
    model.train([["猫", "喜欢", "鱼"]] * 50, total_examples=50, epochs=2)
    assert numpy.isfinite(model.wv.vectors).all() and (model.wv.vectors != before).any()
    if model.negative:
        assert len(model.predict_output_word(["喜欢"], topn=5)) == 5
    if model.hs:
        assert numpy.isfinite(model.score([["猫", "喜欢", "鱼"]], total_sentences=1)).all()
assert not {"ciliu", "pipeline", "tasks"} & sys.modules.keys()
print("gensim", gensim.__version__, "numpy", numpy.__version__, "used", len(sys.argv) - 1)
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """By each engine that is here, for each objective."""
    toy = Toy(tmp_path_factory.mktemp("toy"))
    engines = ["gensim", "native"] if native.is_there() else ["gensim"]
    return [
        toy.train(engine=engine, hs=hs, negative=negative, share=-1, held_out=-1) / "model.gensim"
        for engine, (hs, negative) in product(engines, OBJECTIVES.values())
    ]


class Names(pickle.Unpickler):
    """Notes what a pickle names."""

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data))
        self.found: set[str] = set()

    def find_class(self, module: str, name: str) -> Any:
        self.found.add(f"{module}.{name}")
        return super().find_class(module, name)


def test_the_pickle_names_nothing_that_numpy_1_lacks_and_nothing_of_ours(models: list[Path]) -> None:
    for path in models:
        names = Names(path.read_bytes())
        model = names.load()
        roots = {name.partition(".")[0] for name in names.found}
        assert roots <= {"gensim", "numpy", "builtins", "collections"}
        assert {name for name in names.found if name.startswith("numpy.")} == {
            "numpy.dtype", "numpy.ndarray", "numpy._core.multiarray._reconstruct", "numpy.random.mtrand.RandomState",
        }  # fmt: skip
        assert model.random.randint(1 << 30) == type(model.random)(model.seed).randint(1 << 30)


def use(python: Path, folder: Path, models: list[Path]) -> str:
    """What ``USE`` prints, in an empty folder and without the variables of this process that name places."""
    folder.mkdir()
    command = [str(python), "-I", "-X", "utf8", "-c", USE, *map(str, models)]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_model_is_used_without_ciliu(models: list[Path], tmp_path: Path) -> None:
    assert use(Path(sys.executable), tmp_path / "empty", models).endswith(f"used {len(models)}\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    "packages",
    [("gensim==4.3.3", "numpy==1.26.1", "scipy<1.13"), ("gensim==4.4.0", "numpy>=2")],
    ids=["numpy 1", "numpy 2"],
)
def test_it_is_used_by_another_gensim_and_numpy(models: list[Path], tmp_path: Path, packages: tuple[str, ...]) -> None:
    """In an environment that pip fills; a training that hangs, as it would without ``random``, meets the timeout."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True, timeout=120)
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    command = [str(python), "-m", "pip", "install", "--quiet", "--only-binary=:all:", *packages]
    pip = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if pip.returncode:
        pytest.skip(f"pip cannot install {', '.join(packages)} here")
    print(use(python, tmp_path / "empty", models))  # noqa: T201 - which versions it was, for `pytest -rP`
