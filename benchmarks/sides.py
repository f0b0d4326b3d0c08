"""The two sides that the tests of exactness compare: jieba's own methods and the native core's, in all modes."""

from collections.abc import Iterator, Sequence
from itertools import product, zip_longest
from typing import Any

from ciliu import Segmenter
from ciliu.engine_jieba import import_jieba

jieba = import_jieba()

MODES = ("hmm_off", "hmm_on", "cut_all", "search_hmm_off", "search_hmm_on")

Words = list[list[str]]  # of each line


class _Searcher(import_jieba().Tokenizer):  # type: ignore[misc] # jieba has no types
    """jieba's own ``cut_for_search`` over words that its ``cut`` has given already: it need not cut twice."""

    words: Sequence[str] = ()

    def cut(self, *arguments: object, **options: object) -> Sequence[str]:
        return self.words


def make_searcher(tokenizer: Any) -> Any:
    """A tokenizer for ``search`` with the words of another."""
    searcher = _Searcher()
    searcher.FREQ, searcher.total, searcher.initialized = tokenizer.FREQ, tokenizer.total, True
    return searcher


def search(searcher: Any, words: Words) -> Words:
    """jieba's ``lcut_for_search`` of the lines that were cut into ``words``."""
    found = []
    for searcher.words in words:
        found.append(searcher.lcut_for_search(""))
    return found


def cut_with_jieba(tokenizer: Any, searcher: Any, lines: Sequence[str]) -> dict[str, Words]:
    """The words of each line in each mode, by jieba's own methods."""
    off = [tokenizer.lcut(line, HMM=False) for line in lines]
    on = [tokenizer.lcut(line, HMM=True) for line in lines]
    everything = [tokenizer.lcut(line, cut_all=True) for line in lines]
    return dict(zip(MODES, (off, on, everything, search(searcher, off), search(searcher, on)), strict=True))


def cut_with_ciliu(segmenter: Segmenter, lines: Sequence[str]) -> dict[str, Words]:
    """The words of each line in each mode, one call a line."""
    return {
        "hmm_off": [segmenter.lcut(line) for line in lines],
        "hmm_on": [segmenter.lcut(line, HMM=True) for line in lines],
        "cut_all": [segmenter.lcut(line, cut_all=True) for line in lines],
        "search_hmm_off": [segmenter.lcut_for_search(line) for line in lines],
        "search_hmm_on": [segmenter.lcut_for_search(line, HMM=True) for line in lines],
    }


def find_differences(
    lines: Sequence[str], ours: dict[str, Words], theirs: dict[str, Words]
) -> Iterator[dict[str, Any]]:
    """The lines of which the two made different words, with the words around the first difference."""
    for mode in MODES:
        for line, one, other in zip(lines, ours[mode], theirs[mode], strict=True):
            if one != other:
                at = next(i for i, pair in enumerate(zip_longest(one, other)) if pair[0] != pair[1])
                near = slice(max(0, at - 5), at + 6)
                yield {"mode": mode, "line": line[:500], "ciliu": one[near], "jieba": other[near]}


def count_misplaced(segmenter: Segmenter, lines: Sequence[str]) -> int:
    """Lines whose tokens, in either mode of ``tokenize``, do not stand where their offsets say."""
    wrong = 0
    for line, HMM in product(lines, (False, True)):
        plain, search = (list(segmenter.tokenize(line, mode, HMM)) for mode in ("default", "search"))
        placed = all(word == line[start:end] for word, start, end in [*plain, *search])
        same = [word for word, _, _ in plain] == segmenter.lcut(line, HMM=HMM)
        same &= [word for word, _, _ in search] == segmenter.lcut_for_search(line, HMM=HMM)
        wrong += not (placed and same)
    return wrong
