"""Models that gensim saved, of 0.x to 4.x: a pickle, and the large arrays beside it.

Where things are, by gensim's own sources:

| gensim | words | vectors | counts | syn1, syn1neg |
|---|---|---|---|---|
| 0.x | index2word | syn0 | vocab[word].count | on the model |
| 0.13.4-3.2 | wv.index2word | wv.syn0 | wv.vocab[word].count | on the model |
| 3.3-3.8 | wv.index2word | wv.vectors | wv.vocab[word].count | trainables |
| 4.x | wv.index_to_key | wv.vectors | wv.expandos["count"] | on the model |

A file of vectors alone has what stands below ``wv``.
"""

import mmap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.models.inert import Array, Inert, unpickle
from pipeline.models.model import Matrix, Model, Tree, check_finite, mend_words, take
from pipeline.models.saveload import Part, read_array

PARAMETERS = {  # gensim 4's name → as older ones call it
    "vector_size": "size", "window": "", "min_count": "", "max_final_vocab": "", "sample": "", "sg": "", "hs": "",
    "negative": "", "ns_exponent": "", "cbow_mean": "", "alpha": "", "min_alpha": "", "epochs": "iter", "seed": "",
    "workers": "", "sorted_vocab": "", "null_word": "", "batch_words": "", "corpus_count": "", "corpus_total_words": "",
}  # fmt: skip
LARGEST = 1 << 63
OUTPUTS = ("syn1", "syn1neg")


def read_gensim(data: mmap.mmap, path: Path, form: str) -> Model:
    """A full model or vectors alone. Nothing that the pickle names is run: see ``inert``.

    Raises ``ValueError`` where it names what it should not, is damaged, or the vectors that should lie beside are
    missing. Missing output matrices are told in ``notes``: the vectors are whole without them.
    """
    data.seek(0)
    found = unpickle(data, path)
    if not isinstance(found, Inert) or not found.kind.startswith("gensim.models."):
        what = found.kind if isinstance(found, Inert) else type(found).__name__
        raise ValueError(f"{path} is a pickle of {what}, not of gensim's word vectors")
    try:
        return _read(Part(found, str(path), path, [path]), path, form)
    except (
        AttributeError,
        IndexError,
        KeyError,
        TypeError,
    ) as error:  # anything may stand anywhere in a damaged pickle
        raise ValueError(f"{path} is not laid out as gensim's models are: {type(error).__name__}: {error}") from error


def _read(model: Part, path: Path, form: str) -> Model:
    words = model.part("wv") or model
    raw = _names(words, path)
    vectors = _vectors(words, len(raw), path)

    def place(row: int) -> str:
        return f"word {row + 1:,}"

    check_finite(vectors, raw, place, path)
    texts, rows, repaired = mend_words(raw, place, pickled=True)
    form = f"gensim {_generation(model, words)} {model.kind}{form}"
    result = Model(form, texts, take(vectors, rows), repaired, model.files)
    result.counts, result.tree = _counts(words, rows, len(raw), path)
    if "Vectors" not in model.kind:  # KeyedVectors and its kin are vectors alone
        result.parameters = _parameters(model) | {"vector_size": vectors.shape[1]}
    if model.kind == "Word2Vec":
        _outputs(model, result, rows, len(raw))
        _check_tree(result, path)
    elif "FastText" in model.kind or "Doc2Vec" in model.kind:
        result.notes.append(f"of a {model.kind} only the vectors of whole words are taken over")
    return result


def _check_tree(model: Model, path: Path) -> None:
    """gensim follows the paths in C without a look: one that leaves ``syn1`` would read and write foreign memory."""
    if model.tree is None or "syn1" not in model.outputs:
        return
    nodes = len(model.outputs["syn1"])
    for word, code, point in zip(model.words, model.tree.code, model.tree.point, strict=True):
        if code.shape != point.shape or code.ndim != 1 or (code > 1).any() or (point >= nodes).any():
            raise ValueError(f"{path}: the path of {word} in the Huffman tree leads out of syn1's {nodes:,} rows")


def _generation(model: Part, words: Part) -> str:
    if words.get("index_to_key") is not None:
        return "4.x"
    if words.has("vectors"):
        return "3.3 to 3.8"
    return "0.x" if words is model and "Vectors" not in model.kind else "0.13.4 to 3.2"


def _names(words: Part, path: Path) -> list[bytes | str]:
    names = words.get("index_to_key", "index2word", "index2entity")
    if not isinstance(names, list) or not names:
        raise ValueError(f"{path}: {words.kind} has no list of words")
    for row, name in enumerate(names, 1):
        if not isinstance(name, str | bytes):
            raise ValueError(f"{path}, word {row:,}: {name!r} is no word")
    return names


def _vectors(words: Part, count: int, path: Path) -> Matrix:
    try:
        vectors = words.array("vectors", "syn0")
    except FileNotFoundError as error:
        raise ValueError(f"{path}: its vectors should lie beside it in {error}, which is missing") from None
    if vectors is None:
        why = " of whole words: gensim 4 computes them from those of parts of words" if "FastText" in words.kind else ""
        raise ValueError(f"{path}: {words.kind} has no vectors{why}")
    return _matrix(vectors, "vectors", (count, count), path)


def _matrix(found: npt.NDArray[Any], name: str, rows: tuple[int, int], path: Path) -> Matrix:
    """As float32. Raises ``ValueError`` where it is no matrix, or has fewer or more rows than it may."""
    if found.dtype.kind != "f" or found.ndim != 2 or not rows[0] <= len(found) <= rows[1] or not found.shape[1]:
        raise ValueError(f"{path}: {name} is {found.shape} of {found.dtype}, for {rows[1]:,} words")
    return np.asarray(found, dtype=np.float32)


def _counts(
    words: Part, rows: Sequence[int], total: int, path: Path
) -> tuple[npt.NDArray[np.int64] | None, Tree | None]:
    """The counts of the words in these rows, and their paths in the Huffman tree, as far as they are there."""
    facts = _vocab(words, total, path) if words.get("vocab") is not None else _expandos(words, total, path)
    counts = None
    if (found := facts.get("count")) is not None:
        if any(not isinstance(count, int) or not 0 <= count < LARGEST for count in found):
            raise ValueError(f"{path}: a count is no number of words")
        counts = np.array([found[row] for row in rows], dtype=np.int64)
    if "code" not in facts or "point" not in facts:
        return counts, None
    code, point = ([read_array(facts[name][row], path) for row in rows] for name in ("code", "point"))
    return counts, Tree([turns.astype(np.uint8) for turns in code], [nodes.astype(np.uint32) for nodes in point])


def _vocab(words: Part, total: int, path: Path) -> dict[str, list[Any]]:
    """Up to 3.8: an object for each word. By its row, for Python 2 may spell a word as bytes here and as text there."""
    entries: list[dict[str, Any] | None] = [None] * total
    for entry in words.get("vocab").values():
        row = entry.attributes.get("index") if isinstance(entry, Inert) else None
        if not isinstance(row, int) or not 0 <= row < total:
            raise ValueError(f"{path}: vocab has a word of row {row}, of {total:,}")
        entries[row] = entry.attributes
    if None in entries:
        raise ValueError(f"{path}, word {entries.index(None) + 1:,}: vocab does not have it, the list of words does")
    names = {"count", "code", "point"}.intersection(*(entry for entry in entries if entry is not None))
    return {name: [entry[name] for entry in entries if entry is not None] for name in names}


def _expandos(words: Part, total: int, path: Path) -> dict[str, list[Any]]:
    """From 4.0 on: an array for each fact."""
    found = words.get("expandos") or {}
    arrays = {name: found[name] for name in ("count", "code", "point") if isinstance(found.get(name), Array)}
    facts = {name: array.items() or read_array(array, path).tolist() for name, array in arrays.items()}
    for name, values in facts.items():
        if len(values) != total:
            raise ValueError(f"{path}: {len(values):,} times {name} for {total:,} words")
    return facts


def _parameters(model: Part) -> dict[str, Any]:
    """The numbers among gensim's parameters, which 3.3 to 3.8 keep in three places."""
    parts = [model, *(part for name in ("vocabulary", "trainables") if (part := model.part(name)))]
    found = {
        name: next((part.get(name, old) for part in parts if part.has(name, old)), None)
        for name, old in PARAMETERS.items()
    }
    return {name: value for name, value in found.items() if isinstance(value, int | float) and abs(value) < LARGEST}


def _outputs(model: Part, result: Model, rows: Sequence[int], total: int) -> None:
    """syn1 has a row for each inner node of the tree, one less than words, of which gensim keeps one more."""
    keepers = [model, *([part] if (part := model.part("trainables")) else [])]
    for name, fewest in (("syn1", total - 1), ("syn1neg", total)):
        for keeper in keepers:
            try:
                found = keeper.array(name)
            except FileNotFoundError as error:
                result.notes.append(f"{name} should lie beside in {error}, which is missing")
                continue
            if found is None:
                continue
            matrix = _matrix(found, name, (fewest, total), result.files[0])
            if matrix.shape[1] != result.vectors.shape[1]:
                raise ValueError(f"{result.files[0]}: {name} has {matrix.shape[1]:,} columns, vectors another number")
            result.outputs[name] = take(matrix, rows) if name == "syn1neg" else matrix
