"""An imported model as a folder: a genuine gensim 4 model, its vectors, its vocabulary, and what was found."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline import cache, train
from pipeline.models.model import Model
from pipeline.publish import new_folder

REPORT = "import.json"
GIVEN = (  # to gensim's Word2Vec; the others of the parameters are what it found in a corpus
    "vector_size", "window", "sample", "sg", "hs", "negative", "ns_exponent", "cbow_mean", "alpha",
    "min_alpha", "epochs", "seed", "workers", "batch_words",
)  # fmt: skip


def publish(model: Model, target: Path) -> cache.Json:
    """Write ``target``, whole or not at all; what ``import.json`` there says.

    Raises ``ValueError`` if ``target`` is there and not empty.
    """
    with new_folder(target) as unfinished:
        facts = report(model)
        _write(model, unfinished, full=facts["training_can_go_on"])
        cache.write_json(unfinished / REPORT, facts)
    return facts


def report(model: Model) -> cache.Json:
    """What was found, without a path of this machine."""
    return {
        "format": model.format,
        "words": len(model.words),
        "vector_size": model.vectors.shape[1],
        "counts": has_counts(model),
        "outputs": sorted(model.outputs),
        "training_can_go_on": can_train(model),
        "parameters": model.parameters,
        "notes": model.notes,
        "repaired": [asdict(repair) for repair in model.repaired],
        "files": describe_files(model),
    }


def describe_files(model: Model) -> cache.Json:
    """Size and xxh3_128 of each file that was read."""
    return {path.name: {"size": path.stat().st_size, "xxh3_128": cache.file_digest(path)} for path in model.files}


def has_counts(model: Model) -> bool:
    """Whether there are counts: not none, and not nothing but zeros."""
    return model.counts is not None and bool(model.counts.any())


def can_train(model: Model) -> bool:
    """Whether all is there that each of the model's objectives goes on from."""
    hs, negative = model.parameters.get("hs"), model.parameters.get("negative")
    if not has_counts(model) or not (hs or negative):
        return False
    return (not hs or ("syn1" in model.outputs and model.tree is not None)) and (
        not negative or "syn1neg" in model.outputs
    )


def _write(model: Model, folder: Path, *, full: bool) -> None:
    if full:
        train.save(word2vec(model), folder)
    else:
        keyed = _keyed_vectors(model)
        keyed.lifecycle_events = None  # as train.save: no date, no path of this machine
        keyed.save(str(folder / train.MODEL), sep_limit=0)
        cache.link(folder / f"{train.MODEL}.vectors.npy", folder / train.VECTORS)
    counts = model.counts if model.counts is not None else np.zeros(len(model.words), dtype=np.int64)
    write_vocabulary(folder, model.words, counts)


def write_vocabulary(folder: Path, words: Sequence[str], counts: npt.NDArray[np.int64]) -> None:
    """``vocab.tsv``, as Vocabulary writes it, in the order of the rows."""
    with (folder / "vocab.tsv").open("w", encoding="utf-8", newline="\n") as file:
        file.write("word\tcount\trank\n")
        file.writelines(
            f"{word}\t{count}\t{rank}\n" for rank, (word, count) in enumerate(zip(words, counts, strict=True))
        )


def _keyed_vectors(model: Model) -> Any:
    from gensim.models import KeyedVectors  # 0.8 s of CPU, which ``--help`` need not pay

    keyed = KeyedVectors(model.vectors.shape[1])
    keyed.index_to_key = list(model.words)
    keyed.key_to_index = {word: row for row, word in enumerate(model.words)}
    keyed.vectors = np.ascontiguousarray(model.vectors)
    if has_counts(model):
        keyed.expandos["count"] = model.counts
    return keyed


def word2vec(model: Model) -> Any:
    """gensim's own ``build_vocab`` makes what follows from the counts; the matrices and the tree are the file's, for a
    tree made anew would have other paths where counts are equal."""
    from gensim.models import Word2Vec

    given = {name: model.parameters[name] for name in GIVEN if name in model.parameters}
    made = Word2Vec(min_count=0, sorted_vocab=0, null_word=0, **given)  # no word may go, or move
    made.build_vocab_from_freq(dict(zip(model.words, model.counts.tolist(), strict=True)))  # type: ignore[union-attr] # has_counts
    for name in ("min_count", "sorted_vocab", "null_word", "max_final_vocab", "corpus_count", "corpus_total_words"):
        if name in model.parameters:
            setattr(made, name, model.parameters[name])
    made.wv.vectors = np.ascontiguousarray(model.vectors)
    for name, matrix in model.outputs.items():
        setattr(made, name, np.ascontiguousarray(matrix))
    if model.tree and made.hs:
        for name, paths in (("code", model.tree.code), ("point", model.tree.point)):
            made.wv.expandos[name] = np.empty(len(paths), dtype=object)
            for row, path in enumerate(paths):  # at once numpy would make a matrix of paths of one length
                made.wv.expandos[name][row] = path
    return made
