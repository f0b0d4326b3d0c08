"""How fast is a model of the recipe's size exported and loaded? ``python benchmarks/export_speed.py``.

352,196 words × 256 dimensions of random numbers. Text against gensim's ``save_word2vec_format`` (equal values read
back), binary beside a plain copy, a whole bundle and each format with its memory, loading it and the first neighbours
in a fresh process.
"""

import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from gensim.models import KeyedVectors

import report
from pipeline import cache, dictionary
from pipeline.export import formats, table
from pipeline.export.bundle import About, make_bundle
from pipeline.export.segmenter import write_segmenter

WORDS, SIZE = 352_196, 256
FORMATS = "numpy,word2vec,word2vec-text,safetensors"
ORIGIN: dict[str, Any] = {
    name: {
        "key": "0" * 32,
        "digest": "0" * 32,
        "version": 1,
        "versions": {},
        "parameters": {},
        "counts": {},
        "files": {},
    }
    for name in ("articles", "dictionary", "segment", "vocabulary", "train")
}
ORIGIN["articles"]["parameters"] = {"normal_form": [], "opencc": "none"}
ORIGIN["segment"]["parameters"] = {"HMM": False, "keep_punctuation": False}
ORIGIN["train"]["parameters"] = {"negative": 5, "hs": 0}


def make_model(folder: Path) -> None:
    """``vectors.npy`` and ``vocab.tsv`` of random numbers, and a compiled dictionary without words of one's own."""
    rng = np.random.default_rng(1)
    np.save(folder / "vectors.npy", rng.normal(0, 0.2, (WORDS, SIZE)).astype(np.float32))
    points = rng.integers(0x4E00, 0x9FD6, (2 * WORDS, 3)).tolist()
    words = list(dict.fromkeys("".join(map(chr, row)) for row in points))[:WORDS]
    with (folder / "vocab.tsv").open("w", encoding="utf-8", newline="\n") as file:
        file.write("word\tcount\trank\n")
        file.writelines(f"{word}\t{10**7 // (rank + 1) + 64}\t{rank}\n" for rank, word in enumerate(words))
    (folder / "dictionary").mkdir()
    dictionary.run([], folder / "dictionary", frequencies="file")


LOAD = """
import json, sys, time
started, before = time.perf_counter(), time.process_time()
import ciliu
imported, between = time.perf_counter(), time.process_time()
model = ciliu.load(sys.argv[1])
model.similar(model.words[1000])
ended, after = time.perf_counter(), time.process_time()
print(json.dumps([round(s, 3) for s in (ended - imported, after - between, ended - started, after - before)]))
"""


def make(model: Path, bundle: Path, names: str) -> None:
    """One bundle, as Export makes it."""
    bundle.mkdir()
    given = table.read_table(model, model / "vectors.npy")
    make_bundle(
        bundle, given, formats.parse_list(names), About(ORIGIN), model=model,
        write_segmenter=lambda to: write_segmenter(model / "dictionary", [], [], ORIGIN, to),
    )  # fmt: skip


def load(bundle: Path) -> dict[str, list[float]]:
    """Load and look up in five fresh processes: seconds and CPU seconds, without the imports and with them."""
    runs = [report.run_measured([sys.executable, "-c", LOAD, str(bundle)], bundle) for _ in range(5)]
    columns = zip(*(json.loads(one["output"]) for one in runs), strict=True)
    names = ("seconds", "cpu_seconds", "seconds_with_imports", "cpu_seconds_with_imports")
    return {f"load_and_first_neighbours_{name}": sorted(column) for name, column in zip(names, columns, strict=True)}


def memory(work: Path, make_command: list[str], names: list[str]) -> dict[str, int]:
    """Bytes above the model's at the peak of making a bundle of each format alone."""
    peaks = {}
    for name in names:
        bundle = work / "one"
        peak = report.run_measured([*make_command, str(work), str(bundle), name], work)["peak_bytes"]
        peaks[name] = peak - WORDS * SIZE * 4
        print(f"{name}: {peaks[name]:,} bytes above the model", flush=True)
        shutil.rmtree(bundle)
    return dict(sorted(peaks.items()))


def timed(function: Any) -> float:
    """Seconds, until all is on the disk."""
    os.sync()
    started = time.perf_counter()
    function()
    os.sync()
    return round(time.perf_counter() - started, 3)


def beside_copy(given: table.Table, vectors: Path, folder: Path) -> dict[str, list[list[float]]]:
    """word2vec's binary format beside a plain copy of as many bytes, in turn, each flushed: seconds, CPU seconds."""
    binary, copy = folder / "vectors.bin", folder / "copy"
    times: dict[str, list[list[float]]] = {"binary_seconds_and_cpu": [], "copy_seconds_and_cpu": []}
    for _ in range(5):
        for path, write, measured in (
            (binary, lambda: formats.FORMATS["word2vec"].write(given, folder, ""), times["binary_seconds_and_cpu"]),
            (copy, lambda: shutil.copyfile(vectors, copy), times["copy_seconds_and_cpu"]),
        ):
            path.unlink(missing_ok=True)
            started, before = time.perf_counter(), time.process_time()
            write()
            cache.sync(path)
            measured.append([round(time.perf_counter() - started, 3), round(time.process_time() - before, 3)])
    return {name: sorted(measured) for name, measured in times.items()}


def compare(model: Path, folder: Path) -> dict[str, Any]:
    """Text and binary by us, by gensim, and the bare bytes."""
    given = table.read_table(model, model / "vectors.npy")
    keyed = KeyedVectors(SIZE)
    keyed.index_to_key, keyed.vectors = given.words, np.asarray(given.matrix)
    keyed.key_to_index = {word: row for row, word in enumerate(given.words)}
    text = formats.FORMATS["word2vec-text"]
    facts: dict[str, Any] = {
        "text_seconds": timed(lambda: text.write(given, folder, "")),
        "gensim_text_seconds": timed(lambda: keyed.save_word2vec_format(str(folder / "gensim.txt"))),
        "gensim_binary_seconds": timed(lambda: keyed.save_word2vec_format(str(folder / "gensim.bin"), binary=True)),
        "text_bytes": (folder / "vectors.txt").stat().st_size,
        **beside_copy(given, model / "vectors.npy", folder),
    }
    equal = all(
        cache.file_digest(folder / f"vectors.{end}") == cache.file_digest(folder / f"gensim.{end}")
        for end in ("txt", "bin")
    )
    started = time.perf_counter()
    loaded = KeyedVectors.load_word2vec_format(str(folder / "vectors.txt"))
    facts["gensim_reads_text_seconds"] = round(time.perf_counter() - started, 3)
    facts["equal_values_read_back_by_gensim"] = bool(
        loaded.index_to_key == given.words and np.array_equal(loaded.vectors, given.matrix)
    )
    return {
        **facts,
        "equal_bytes": equal,
        "times_as_fast": round(facts["gensim_text_seconds"] / facts["text_seconds"], 2),
    }


def main() -> None:
    parser = report.make_parser(__doc__, shared=False)
    parser.add_argument("--only", help="the memory of these formats alone (with commas); nothing is written down")
    parser.add_argument("--make", nargs=3, help="(for itself)")
    given = parser.parse_args()
    if given.make:
        model, bundle, names = given.make
        return make(Path(model), Path(bundle), names)
    given.work.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="export-", dir=given.work)).resolve()
    try:
        make_model(work)
        make_command = [sys.executable, str(Path(__file__).resolve()), "--make"]
        if given.only:
            memory(work, make_command, given.only.split(","))
            return None
        names = [name for name in formats.FORMATS if name != "gensim"]  # the full model needs a training
        whole = report.run_measured([*make_command, str(work), str(work / "bundle"), FORMATS], work)
        model = WORDS * SIZE * 4
        facts = {
            "words": WORDS, "vector_size": SIZE, "model_bytes": model,
            "bundle": {"formats": FORMATS, "seconds": whole["seconds"], "cpu_seconds": whole["cpu_seconds"],
                       "others_cpu_seconds": whole["others_cpu_seconds"], "peak_bytes": whole["peak_bytes"],
                       "peak_above_the_model_bytes": whole["peak_bytes"] - model},
            **load(work / "bundle"),
            "peak_above_the_model_bytes_by_format": memory(work, make_command, names),
            **compare(work, work),
        }  # fmt: skip
    finally:
        shutil.rmtree(work)
    print(json.dumps(facts, indent=1))
    report.write_result("export", facts, given.results)
    return None


if __name__ == "__main__":
    main()
