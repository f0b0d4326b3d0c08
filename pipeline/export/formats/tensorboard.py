"""TensorBoard's projector: numbers and words as two tables, and the file that says which is which."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.export import rows
from pipeline.export.table import Matrix, Table

FOLDER = "tensorboard"
FILES = ("tensorboard/projector_config.pbtxt",)  # and the two tables
PACKINGS = ("",)
TITLE = "TensorBoard's projector"
LIBRARY = "tensorboard"
WRITERS: tuple[str, ...] = ()
SAFE = True
WORDS = "any length, but for TAB and line ends, which part the fields"
LOAD = """\
tensorboard --logdir tensorboard  # then http://localhost:6006/#projector
# or without it: https://projector.tensorflow.org, Load, vectors.tsv and metadata.tsv
"""
CONFIG = """\
embeddings {
  tensor_name: "vectors"
  tensor_path: "vectors.tsv"
  metadata_path: "metadata.tsv"
}
"""


def write(table: Table, folder: Path, packing: str) -> None:
    """``vectors.tsv``, ``metadata.tsv`` (word, count) and ``projector_config.pbtxt``."""
    target = folder / FOLDER
    target.mkdir()
    rows.write(table, target / "vectors.tsv", header=False, separator="\t", with_words=False)
    with (target / "metadata.tsv").open("w", encoding="utf-8", newline="\n") as file:
        file.write("word\tcount\n")
        pairs = zip(table.words, table.counts.tolist(), strict=True)
        file.writelines(f"{word}\t{count}\n" for word, count in pairs)
    (target / "projector_config.pbtxt").write_text(CONFIG, encoding="utf-8", newline="\n")


def read(folder: Path, packing: str, table: Table) -> Iterator[tuple[list[str], Matrix]]:
    """Words and vectors, some megabytes at a time."""
    text = (folder / FOLDER / "metadata.tsv").read_text(encoding="utf-8")
    words, start = [line.split("\t")[0] for line in text.split("\n")[1:-1]], 0
    size, path = table.matrix.shape[1], folder / FOLDER / "vectors.tsv"
    for _, block in rows.read(path, size, header=False, separator="\t", with_words=False):
        yield words[start : start + len(block)], block
        start += len(block)
