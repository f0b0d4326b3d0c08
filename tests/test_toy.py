"""Twenty sentences about cats and dogs are enough to find that the two are alike."""

from itertools import product

import pytest
from gensim.models import Word2Vec
from toy import GLOSSES, SENTENCES, Toy

from pipeline import shard_files
from pipeline.train import native

pytestmark = pytest.mark.skipif(not native.is_there(), reason="the native core was not built")


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Toy:
    return Toy(tmp_path_factory.mktemp("toy"))


def test_the_words_come_through_as_they_were_cut_and_each_has_a_gloss(toy: Toy) -> None:
    sentences = [line.split() for line in SENTENCES.splitlines() if line]
    assert len(sentences) == 20
    assert list(shard_files.read_sentences(toy.front.folder("segment"))) == sentences
    assert {word for sentence in sentences for word in sentence} == GLOSSES.keys()


@pytest.mark.parametrize(("hs", "negative"), [(0, 5), (1, 0)], ids=["ns", "hs"])
def test_a_dog_is_among_the_three_nearest_of_a_cat(toy: Toy, hs: int, negative: int) -> None:
    """猫 cat, 狗 dog; at the default degree of sharing and at gensim's own, whatever the seed."""
    for share, seed in product((-1, 1), range(1, 6)):
        folder = toy.train(engine="native", hs=hs, negative=negative, share=share, seed=seed)
        model = Word2Vec.load(str(folder / "model.gensim"))
        assert "狗" in [word for word, _ in model.wv.most_similar("猫", topn=3)], (share, seed)
