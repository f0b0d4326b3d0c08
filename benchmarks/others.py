"""Public trainers of skip-gram: how each is fetched and built in a folder of its own, and how it is called.

Each is called twice on the same words, once without any training, so that the difference is training alone: reading the
text again as words belongs to it, learning the vocabulary, making the matrices and saving them do not.
"""

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from train_corpus import Text
from train_speed import ALPHA, Setting

Command = list[str]
WORD2VEC = "word2vec==0.11.1"  # the package that carries word2vec.c
PATIENCE = 1_800  # seconds for each step of a build
P_WORD2VEC = "https://github.com/IntelLabs/pWord2Vec"

FASTTEXT = "import fasttext, json, sys; fasttext.train_unsupervised(**json.loads(sys.argv[1]))"
MATRYOSHKA = """
import json, sys
from word2vec_matryoshka import Word2Vec
path, parameters = json.loads(sys.argv[1])
with open(path, encoding="utf-8") as lines:
    sentences = [line.split() for line in lines]
Word2Vec(sentences, **parameters)
"""


class Other(NamedTuple):
    """``build`` raises ``OSError`` or ``subprocess.SubprocessError`` where it cannot. ``commands`` gives the call
    that trains, and the one that does all but that; ``note`` says what is not as elsewhere."""

    name: str
    build: Callable[[Path], None]
    commands: Callable[[Path, Setting, Text], tuple[Command, Command]]
    objectives: str  # of the settings that it can train
    note: str


def call(*command: str | Path, cwd: Path | None = None) -> None:
    """Run a command and keep what it says for the exception."""
    subprocess.run(list(map(str, command)), cwd=cwd, check=True, capture_output=True, text=True, timeout=PATIENCE)


def make_venv(folder: Path, *packages: str) -> Path:
    """An environment with ``packages``; its Python."""
    python = folder / "venv" / "bin" / "python"
    if not python.exists():
        call(sys.executable, "-m", "venv", folder / "venv")
    call(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages)
    return python


# ---------------------------------------------------------------- word2vec.c


def build_word2vec(folder: Path) -> None:
    if not (source := folder / "word2vec.c").exists():
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary=:all:", "--dest", "."]
        call(*pip, WORD2VEC, cwd=folder)
        with tarfile.open(next(folder.glob("word2vec-*.tar.gz"))) as archive:
            name = next(name for name in archive.getnames() if name.endswith("/includes/word2vec.c"))
            source.write_bytes(archive.extractfile(name).read())  # type: ignore[union-attr] # it is a file
    flags = ["-Ofast", "-march=native", "-funroll-loops", "-pthread", "-w"]  # the package's own
    call("cc", *flags, source, "-lm", "-o", folder / "word2vec")


def write_inputs(folder: Path, text: Text) -> None:
    """The vocabulary as word2vec.c saves it, and a text of one word, in names that are short enough for it."""
    with (folder / "vocab").open("w", encoding="utf-8") as file:
        file.write(f"</s> {text.sentences}\n")
        file.writelines(f"{word} {count}\n" for word, count in zip(text.names, text.counts.tolist(), strict=True))
    (folder / "nothing").write_text(f"{text.names[0]}\n", encoding="utf-8")
    (folder / "text").unlink(missing_ok=True)
    (folder / "text").symlink_to(text.text.resolve())


def word2vec_commands(folder: Path, setting: Setting, text: Text) -> tuple[Command, Command]:
    """``-read-vocab``, and without training a text of one word."""
    write_inputs(folder, text)
    given = {
        "size": setting.vector_size, "window": setting.window, "negative": setting.negative, "hs": setting.hs,
        "cbow": 0, "sample": 1e-3, "alpha": ALPHA, "iter": 1, "threads": 1, "min-count": 1, "binary": 1, "debug": 0,
        "read-vocab": "vocab", "output": os.devnull,
    }  # fmt: skip
    options = [part for name, value in given.items() for part in (f"-{name}", str(value))]
    return ["./word2vec", *options, "-train", "text"], ["./word2vec", *options, "-train", "nothing"]


# ---------------------------------------------------------------- pWord2Vec


def build_p_word2vec(folder: Path) -> None:
    """Its makefile wants Intel's compiler; here GCC, with MKL from PyPI."""
    if not (source := folder / "pWord2Vec.cpp").exists():
        call("git", "clone", "--quiet", "--depth", "1", P_WORD2VEC, folder / "repository")
        source.symlink_to(folder / "repository" / source.name)
    root = make_venv(folder, "mkl-devel").parent.parent
    library = next(root.glob("lib/libmkl_rt.so*"))
    flags = ["-std=c++11", "-Ofast", "-march=native", "-fopenmp", "-w", "-DUSE_MKL", "-include", "immintrin.h",
             "-include", "cstdio", "-include", "cstdlib", f"-I{root / 'include'}"]  # fmt: skip
    call("c++", *flags, source, library, f"-Wl,-rpath,{library.parent}", "-o", folder / "word2vec")


def p_word2vec_commands(folder: Path, setting: Setting, text: Text) -> tuple[Command, Command]:
    """As word2vec.c. A batch is the whole window, as its authors recommend."""
    training, nothing = word2vec_commands(folder, setting, text)
    batch = ["-batch-size", str(2 * setting.window + 1)]
    sequential = ["env", "MKL_THREADING_LAYER=SEQUENTIAL"]
    return [*sequential, *training, *batch], [*sequential, *nothing, *batch]


# ---------------------------------------------------------------- fastText, word2vec-matryoshka


def build_fasttext(folder: Path) -> None:
    make_venv(folder, "--no-binary=fasttext", "fasttext==0.9.3")  # built here, for this processor


def fasttext_commands(folder: Path, setting: Setting, text: Text) -> tuple[Command, Command]:
    """No n-grams; without training: no epoch."""
    given = {
        "input": str(text.text.resolve()), "model": "skipgram", "dim": setting.vector_size, "ws": setting.window,
        "neg": setting.negative, "loss": "hs" if setting.hs else "ns", "t": 1e-3, "lr": ALPHA, "minCount": 2, "minn": 0,
        "maxn": 0, "bucket": 0, "thread": 1, "verbose": 0,
    }  # fmt: skip
    command = [str(folder / "venv" / "bin" / "python"), "-c", FASTTEXT]
    return [*command, json.dumps({**given, "epoch": 1})], [*command, json.dumps({**given, "epoch": 0})]


def build_matryoshka(folder: Path) -> None:
    make_venv(folder, "word2vec-matryoshka==0.1.5")


def matryoshka_commands(folder: Path, setting: Setting, text: Text) -> tuple[Command, Command]:
    """Without training: no epoch."""
    given = {**setting._asdict(), "sg": 1, "min_count": 2, "workers": 1, "alpha": ALPHA, "verbose": False}
    command = [str(folder / "venv" / "bin" / "python"), "-c", MATRYOSHKA]
    path = str(text.text.resolve())
    return (
        [*command, json.dumps([path, {**given, "epochs": 1}])],
        [*command, json.dumps([path, {**given, "epochs": 0}])],
    )


OTHERS = (
    Other("word2vec.c", build_word2vec, word2vec_commands, "ABC", "the original, -Ofast -march=native"),
    Other("pWord2Vec", build_p_word2vec, p_word2vec_commands, "AC", "negatives shared by the window; GCC and MKL"),
    Other("fastText", build_fasttext, fasttext_commands, "ABC", "no n-grams; trains the end of a sentence as a word"),
    Other("word2vec-matryoshka", build_matryoshka, matryoshka_commands, "ABC", "in Rust; knows no subsampling"),
)
