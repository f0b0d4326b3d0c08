"""Groups of articles out of pairs: union-find, where the first of a group stands for it."""

from array import array

import numpy as np
import numpy.typing as npt


class Groups:
    """Articles 0 … ``size`` - 1, each a group of its own at first; 8 bytes each."""

    def __init__(self, size: int) -> None:
        self.parent = array("q", range(size))

    def first(self, article: int) -> int:
        """The first article of the group."""
        parent = self.parent
        while parent[article] != article:
            parent[article] = article = parent[parent[article]]
        return article

    def join(self, one: int, other: int) -> bool:
        """Make one group of two articles' groups. False if they are one already."""
        low, high = sorted((self.first(one), self.first(other)))
        self.parent[high] = low
        return low != high

    def firsts(self) -> npt.NDArray[np.int64]:
        """For each article the first of its group."""
        firsts = np.array(self.parent, dtype=np.int64)
        while not np.array_equal(further := firsts[firsts], firsts):
            firsts = further
        return firsts
