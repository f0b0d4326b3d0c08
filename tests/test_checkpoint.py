"""Checkpoints and held-out sentences: a training that was stopped gives what it would have given, and says how it
went."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import progress
from pipeline.train import checkpoint, native
from pipeline.train.held_out import Ids, counts_by_band, find_sentences, when_to_look

needs_core = pytest.mark.skipif(not native.is_there(), reason="the native core was not built")

WORDS = 300
EPOCHS = 3


def draw_shards(seed: int, shards: int = 3, words: int = 9_000) -> list[tuple[Ids, Ids]]:
    """Shards of random sentences, some of them empty, with a map that leaves words out."""
    chance = np.random.default_rng(seed)
    made = []
    for _ in range(shards):
        ids = chance.zipf(1.3, words) % WORDS
        ids[chance.random(words) < 0.05] = -1
        ids[-1] = -1
        made.append((ids.astype(np.int32), np.where(np.arange(WORDS) % 17 == 3, -1, np.arange(WORDS)).astype(np.int32)))
    return made


def make_model(hs: int) -> Any:
    from gensim.models import Word2Vec

    model = Word2Vec(sg=1, vector_size=24, hs=hs, negative=0 if hs else 5, min_count=1, sorted_vocab=0, seed=3)
    model.build_vocab_from_freq({f"w{n}": WORDS - n for n in range(WORDS)}, corpus_count=1_000)
    return model


def train(output: Path, hs: int, held_out: int, stop: int = -1) -> tuple[Any, native.State] | None:
    """As ``native.train`` does, on shards in memory; ends at checkpoint number ``stop`` as if it had been killed."""
    shards, model = draw_shards(1), make_model(hs)
    trainer = native.make_trainer(model, shards, epochs=EPOCHS, share=2, held_out=held_out)
    state = native.State(**(checkpoint.load(output, model, trainer) or {}))
    sentences = find_sentences(shards, held_out, words=27_000)
    with progress.bar("train", 1) as bar:
        for number, _ in enumerate(native.run(trainer, state, bar, sentences, EPOCHS, 1, seconds=0)):
            checkpoint.save(output, model, trainer, asdict(state))
            if number == stop:
                return None
    native.fill(model, trainer)
    return model, state


@needs_core
@pytest.mark.parametrize("hs", [0, 1])
def test_a_training_that_was_killed_goes_on_to_the_same_bytes(tmp_path: Path, hs: int) -> None:
    for name in ("once", "often"):
        (tmp_path / name).mkdir()
    wanted = train(tmp_path / "once", hs, 10)
    for stop in (0, 1, 0):
        assert train(tmp_path / "often", hs, 10, stop) is None
        assert len(checkpoint.find(tmp_path / "often")) == 1
    got = train(tmp_path / "often", hs, 10)
    assert got
    assert wanted
    layer = "syn1" if hs else "syn1neg"
    assert np.array_equal(got[0].wv.vectors, wanted[0].wv.vectors)
    assert np.array_equal(getattr(got[0], layer), getattr(wanted[0], layer))
    assert got[1].trained == wanted[1].trained
    assert [tuple(loss) for loss in got[1].losses] == [tuple(loss) for loss in wanted[1].losses]


@needs_core
def test_a_damaged_checkpoint_is_not_believed(tmp_path: Path) -> None:
    assert train(tmp_path, 0, 0, stop=1) is None
    (folder,) = checkpoint.find(tmp_path)
    content = bytearray((folder / "syn0").read_bytes())
    content[100] ^= 1
    (folder / "syn0").write_bytes(content)
    model = make_model(0)
    trainer = native.make_trainer(model, draw_shards(1), epochs=EPOCHS, share=2)
    assert checkpoint.load(tmp_path, model, trainer) is None
    assert trainer.done == 0


@needs_core
def test_held_out_sentences_are_not_trained_on() -> None:
    """Other words in them, as many: the same vectors to the bit."""
    shards = [(ids, np.arange(WORDS, dtype=np.int32)) for ids, _ in draw_shards(2)]
    chance = np.random.default_rng(5)
    other = []
    number = 0
    for ids, ranks in shards:
        changed = ids.copy()
        start = 0
        for end in np.flatnonzero(ids < 0).tolist():
            number += end > start
            if end > start and number % 7 == 0:
                changed[start:end] = chance.integers(0, WORDS, end - start)
            start = end + 1
        other.append((changed, ranks))
    assert any((one[0] != two[0]).any() for one, two in zip(shards, other, strict=True))
    results = []
    for text in (shards, other):
        model = make_model(0)
        model.wv.expandos["sample_int"][:] = 2**32 - 1  # no word is subsampled
        trainer = native.make_trainer(model, text, epochs=EPOCHS, share=4, held_out=7)
        trainer.run(EPOCHS * trainer.chunks, 1)
        native.fill(model, trainer)
        results.append(model.wv.vectors)
    assert np.array_equal(*results)


sentences_of_shards = st.lists(st.lists(st.lists(st.integers(0, 9), max_size=4), max_size=8), max_size=4)


def encode(texts: list[list[list[int]]]) -> Iterator[tuple[Ids, Ids]]:
    for sentences in texts:
        ids = [word for sentence in sentences for word in [*sentence, -1]]
        yield (
            np.array(ids, dtype=np.int32),
            np.array([-1, *range(9)], dtype=np.int32),
        )  # word 0 is not in the vocabulary


@settings(examples(200), suppress_health_check=[HealthCheck.too_slow])
@given(sentences_of_shards, st.integers(1, 5))
def test_each_nth_sentence_with_words_is_held_out(texts: list[list[list[int]]], held_out: int) -> None:
    full = [sentence for sentences in texts for sentence in sentences if sentence]
    wanted = [rank for sentence in full[held_out - 1 :: held_out] for rank in [*(w - 1 for w in sentence if w), -1]]
    assert find_sentences(list(encode(texts)), held_out, words=100).tolist() == wanted


def test_a_long_text_is_looked_at_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.train.held_out.WORDS", 100)
    (shard,) = encode([[[1, 2, 3]] * 3_000])
    found = find_sentences([shard], 10, words=9_000)
    assert np.count_nonzero(found == -1) == 33  # of 300 sentences that are held out, each ninth: 99 words


def test_the_loss_is_taken_before_the_first_chunk_and_after_the_last() -> None:
    assert when_to_look(3) == [0, 1, 2, 3]
    assert when_to_look(1_000)[:2] == [0, 50]
    assert when_to_look(1_000)[-1] == 1_000


def test_subsampling_by_frequency_band() -> None:
    """gensim keeps a word of which it says sample_int with the chance sample_int / 2**32."""
    counts = np.array([1_000] * 10 + [10] * 15, dtype=np.int64)
    sample_int = np.array([2**31 - 1] * 10 + [2**32 - 1] * 15, dtype=np.uint32)
    assert counts_by_band(counts, sample_int) == [  # type: ignore[arg-type] # counts are int64
        {"from_rank": 1, "to_rank": 10, "words": 10_000, "trained": 0.5},
        {"from_rank": 11, "to_rank": 25, "words": 150, "trained": 1.0},
    ]
