"""Train and Export: a genuine gensim model, a bundle that loads anywhere and repeats to the byte."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import CILIU, LONG, Front, read_corpus, write_articles

from ciliu import Vectors
from pipeline import cache, shard_files
from pipeline.train import native


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Front:
    """A run over 300 real articles with one thread."""
    folder = tmp_path_factory.mktemp("done")
    write_articles(folder / "text" / "news.jsonl", read_corpus("xwlb", 0, 300))
    front = Front(folder)
    front.run(folder / "text", "--set", "Train.threads=1", "--set", "Train.vector_size=16")
    return front


def bundle(front: Front) -> Path:
    return front.folder("export") / "bundle"


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def vocabulary(front: Front) -> list[list[str]]:
    lines = (front.folder("vocabulary") / "vocab.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines[1:]]


def test_the_model_is_gensims_own_in_the_order_of_the_vocabulary(done: Front) -> None:
    from gensim.models import Word2Vec

    model = Word2Vec.load(str(bundle(done) / "model.gensim"))
    words = [row[0] for row in vocabulary(done)]
    assert model.wv.index_to_key == words
    assert [model.wv.get_vecattr(word, "count") for word in words] == [int(row[1]) for row in vocabulary(done)]
    assert (model.sg, model.hs, model.negative, model.min_count) == (1, 0, 5, 5)
    model.train([["中国", "经济"]], total_examples=1, epochs=1)  # 中国 China, 经济 economy: it can go on


def test_the_engine_gensim_equals_gensim_on_the_same_sentences(done: Front, tmp_path: Path) -> None:
    """The same sentences, vocabulary order and seed, by gensim alone: the same vectors to the bit."""
    from gensim.models import Word2Vec

    shutil.copytree(done.data, tmp_path / "data")
    done = Front(tmp_path)
    assert done.run("--set", "Train.engine=gensim", "--set", "Train.share=1") <= {"train", "evaluate", "export"}
    sentences = list(shard_files.read_sentences(done.folder("segment")))
    model = Word2Vec(sg=1, vector_size=16, workers=1, min_count=5, sorted_vocab=0)
    model.build_vocab_from_freq({word: int(count) for word, count, _ in vocabulary(done)}, corpus_count=len(sentences))
    model.train(sentences, total_examples=len(sentences), total_words=sum(map(len, sentences)), epochs=5)
    assert np.array_equal(model.wv.vectors, np.load(done.folder("train") / "vectors.npy"))


@pytest.mark.skipif(not native.is_there(), reason="the native core was not built")
@pytest.mark.parametrize(("settings", "layers"), [((), {"syn1neg"}), (("Train.hs=1",), {"syn1"})])
def test_the_native_core_trains_what_gensim_would(
    done: Front, tmp_path: Path, settings: tuple[str, ...], layers: set[str]
) -> None:
    """Near, not in the bits: the hundred most frequent words have a mean cosine above 0.8 between the two trainers,
    once one space is turned into the other (Procrustes)."""
    from gensim.models import Word2Vec

    shutil.copytree(done.data, tmp_path / "data")
    front = Front(tmp_path)
    models = []
    for engine in ("native", "gensim"):
        values = (f"Train.engine={engine}", "Train.epochs=20", "Train.vector_size=32", *settings)
        front.run(*(part for value in values for part in ("--set", value)))
        models.append(Word2Vec.load(str(bundle(front) / "model.gensim")))
        assert front.manifest("train")["parameters"]["engine"] == engine
        assert {name for name in ("syn1", "syn1neg") if hasattr(models[-1], name)} == layers
    one, other = (model.wv.vectors[:100] / np.linalg.norm(model.wv.vectors[:100], axis=1)[:, None] for model in models)
    left, _, right = np.linalg.svd(one.T @ other)
    assert np.trace(one @ left @ right @ other.T) / 100 > 0.8
    models[0].train([["中国", "经济"]], total_examples=1, epochs=1)  # 中国 China, 经济 economy: gensim goes on with it
    assert models[0].predict_output_word(["中国"]) if layers == {"syn1neg"} else models[0].score([["中国", "经济"]])


@pytest.mark.parametrize("binary", [True, False])
def test_word2vec_files_load_in_gensim_with_equal_words_and_values(done: Front, binary: bool) -> None:
    from gensim.models import KeyedVectors

    file = bundle(done) / ("vectors.bin" if binary else "vectors.txt")
    loaded = KeyedVectors.load_word2vec_format(str(file), binary=binary)
    ours = Vectors.load(done.folder("train") / "vectors.npy", bundle(done) / "vocab.tsv")
    assert loaded.index_to_key == ours.words
    assert np.array_equal(loaded.vectors, ours.matrix)


def test_the_sums_are_those_that_xxh128sum_checks(done: Front, tmp_path: Path) -> None:
    sums = dict(reversed(line.split("  ")) for line in (bundle(done) / "XXH128SUMS").read_text().splitlines())
    there = {path.relative_to(bundle(done)).as_posix() for path in files(bundle(done))}
    assert sums.keys() == there - {"XXH128SUMS"}
    assert all(cache.file_digest(bundle(done) / name) == digest for name, digest in sums.items())
    if shutil.which("xxh128sum") is None:
        pytest.skip("xxh128sum is not installed (Debian's package xxhash)")
    copy = shutil.copytree(bundle(done), tmp_path / "copy")
    check = ["xxh128sum", "-c", "XXH128SUMS"]
    assert subprocess.run(check, cwd=copy, capture_output=True, check=False).returncode == 0
    (copy / "vectors.bin").write_bytes(b"x" + (copy / "vectors.bin").read_bytes()[1:])
    assert subprocess.run(check, cwd=copy, capture_output=True, check=False).returncode == 1


def test_no_path_date_or_duration_leaves_with_the_bundle(done: Front) -> None:
    manifest = json.loads((bundle(done) / "manifest.json").read_text(encoding="utf-8"))
    text = json.dumps(manifest)
    assert "seconds" not in text
    secrets = [str(done.data.parent), os.path.expanduser("~"), "text/news.jsonl"]  # noqa: PTH111 - a text to look for
    for path in files(bundle(done)):
        content = path.read_bytes()
        for secret in secrets:
            assert secret.encode() not in content, (path.name, secret)
        assert b"2026-" not in content.replace(b"2026-\xe5", b""), path.name
    assert list(manifest["stages"]) == ["articles", "dedup", "dictionary", "segment", "vocabulary", "train", "evaluate"]


def test_the_card_says_what_it_is_and_loads(done: Front) -> None:
    card = (bundle(done) / "README.md").read_text(encoding="utf-8")
    assert f"{len(vocabulary(done)):,} words × 16 dimensions" in card
    assert "negative sampling (5)" in card
    blocks = [block.split("```")[0] for block in card.split("```python\n")[1:]]
    code = next(block for block in blocks if "binary=True" in block)
    loaded = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code.encode("utf-8")],
        cwd=bundle(done),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert loaded.returncode == 0, loaded.stderr
    assert loaded.stdout.startswith("[(")


def test_exported_files_are_those_of_the_cache(done: Front, tmp_path: Path) -> None:
    done("export", "--to", tmp_path / "out")
    for path in files(bundle(done)):
        assert (tmp_path / "out" / path.relative_to(bundle(done))).read_bytes() == path.read_bytes()


def digests(data: Path) -> dict[str, Any]:
    outputs = [path.parent for path in data.glob(f"*/*/{cache.MANIFEST}")]
    return {output.parent.name: cache.read_json(output / cache.MANIFEST)["digest"] for output in outputs}


def test_one_two_and_three_processes_give_the_same_bytes_and_one_thread_the_same_model(
    done: Front, tmp_path: Path
) -> None:
    """In processes of their own, each with another hash seed."""
    write_articles(tmp_path / "text" / "a.jsonl", read_corpus("reviews", 0, 1000))
    write_articles(tmp_path / "text" / "b.jsonl", read_corpus("fudan", 0, 100))
    settings = [f"--set=Train.{setting}" for setting in ("threads=1", "vector_size=8", "epochs=1")]
    settings += ["--quiet", "--allow-failed"]  # so few dimensions and passes fail the evaluation
    results = []
    for processes in "123" if LONG else "13":
        data = tmp_path / f"data{processes}"
        command = [*CILIU, "run", tmp_path / "text", "--data", data, "--processes", processes, *settings]
        subprocess.run(command, check=True, env=os.environ | {"PYTHONHASHSEED": processes}, timeout=120)
        results.append(digests(data))
    assert all(result == results[0] for result in results)
    manifests = [cache.read_json(path) for path in data.glob(f"segment/*/{cache.MANIFEST}")]
    assert len(manifests[0]["shards"]) >= 10
