"""A model, opened so that it answers at once."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from ciliu import Segmenter
from ciliu.kept_words import Cutter
from pipeline import opened
from pipeline.evaluate.set_files import SHIPPED, read_sets
from pipeline.evaluate.space import Space
from pipeline.vocabulary_files import count_dropped
from pipeline.word_map import make_map

RULES = {"engine": "jieba", "keep_punctuation": False, "normal_form": [], "opencc": "none", "stop_words": [],
         "protect": {"words": [], "patterns": []}}  # fmt: skip
EXAMPLES = 8


@dataclass(frozen=True)
class Model:
    """``space`` has its vectors at length 1; ``cutter`` is its own segmenter, or (``own_cutter`` false) jieba with
    jieba's dictionary; ``vocabulary`` is the output of Vocabulary where it is a run."""

    name: str
    space: Space
    cutter: Cutter
    own_cutter: bool
    vocabulary: Path | None

    @cached_property
    def alphabetic(self) -> list[str]:
        """Its words by code point."""
        return sorted(self.space.words)

    @cached_property
    def map(self) -> dict[str, Any]:
        """Its most frequent words on a plane; it takes seconds. Raises ``ValueError`` without scikit-learn."""
        return make_map(self.space)

    def count(self, word: str) -> int | None:
        """How often a word of the model stands in its text; None where that is not known."""
        return int(self.space.counts[self.space.index[word]]) if self.space.counts is not None else None

    def why_unknown(self, word: str) -> dict[str, object]:
        """How often a word stands that the model does not have, with the least that was asked for, as far as that is
        known; and the words that its segmenter makes of it."""
        count = count_dropped(self.vocabulary, word) if self.vocabulary else None
        pieces = [[piece, piece in self.space.index] for piece in self.cutter.cut(word)]
        return {"count": count, "min_count": self.space.parameters.get("min_count"), "pieces": pieces}


def open_model(name: str | None, data: Path) -> Model:
    """A run (None: the latest that has a model) or what lies at a path. Raises ``ValueError`` if it is neither."""
    space = opened.open_space(name, data).normalized()
    cutter = opened.find_cutter(name, data)
    if name and Path(name).exists():
        called, vocabulary = Path(name).resolve().name, None
    else:
        record, vocabulary, _ = opened.find_run(name, data)
        called = name or str(record["run"])
    model = Model(called, space, cutter or Cutter(RULES, Segmenter().lcut), cutter is not None, vocabulary)
    _ = space.index, model.alphabetic  # made now rather than when the first question is asked
    return model


def examples(space: Space) -> dict[str, list[list[str]]]:
    """What a person may ask first: ``words`` (one of each of our groups), ``groups`` and ``analogies`` that the model
    knows whole; of a model that knows none, some frequent words."""
    sets = read_sets([SHIPPED / "groups.txt", SHIPPED / "analogies.txt"])
    groups = [sorted((word for word in words if len(word) > 1 and word in space.index), key=space.index.__getitem__)
              for words in sets.groups["groups"].values()]  # fmt: skip
    groups = sorted((words for words in groups if len(words) >= 3), key=lambda words: space.index[words[0]])
    first = {question[0]: [*question[1:]] for question in reversed(sets.analogies["analogies"])
             if all(word in space.index for word in question[1:])}  # fmt: skip
    frequent = [[word] for word in space.words if len(word) > 1][:EXAMPLES]
    return {
        "words": [words[:1] for words in groups[:EXAMPLES]] or frequent,
        "groups": [[*words[:3], other[0]] for words, other in pairwise(groups)][:4],
        "analogies": list(first.values())[:6],
    }
