"""A review under way: the candidates, the judgements in their file, and what can be taken back."""

from collections.abc import Iterable
from pathlib import Path
from threading import Lock
from typing import Any

from pipeline import judgements
from pipeline.judgements import Judgement

Candidate = dict[str, Any]


class Session:
    """Every judgement is in the file before a method returns. Several threads may use one."""

    def __init__(self, candidates: list[Candidate], path: Path, corpus: str) -> None:
        """``candidates`` as NewWords wrote them; ``path`` of the judgements; ``corpus``: its key, for the record."""
        self.candidates = {candidate["word"]: candidate for candidate in candidates}
        self.path, self.corpus = path, corpus
        self.judged = judgements.read(path)
        self.history: list[dict[str, Judgement | None]] = []  # what stood before each step
        self.lock = Lock()

    def open(self) -> list[Candidate]:
        """The candidates that are to be judged, the best first."""
        return list(judgements.propose(self.candidates.values(), self.judged))

    def judge(self, given: Iterable[Judgement]) -> int:
        """Write down judgements, as one step; how many. Raises ``ValueError`` for one that is none, and takes none."""
        with self.lock:
            new = [self._complete(judgement) for judgement in given]
            self.judged = judgements.read(self.path)  # somebody else may have judged meanwhile
            after = judgements.judge(self.judged, new)
            if new:
                self.history.append({one.word: self.judged.get(one.word) for one in new})
                judgements.write(self.path, after)
                self.judged = after
            return len(new)

    def _complete(self, judgement: Judgement) -> Judgement:
        candidate = self.candidates.get(judgement.word)
        kind = judgement.kind or (candidate["kind"] if candidate else "")
        return judgement._replace(kind=kind, corpus=self.corpus, times=candidate["count"] if candidate else 0)

    def undo(self) -> list[str]:
        """Take the last step back; its words."""
        with self.lock:
            if not self.history:
                return []
            step = self.history.pop()
            self.judged = judgements.read(self.path)
            kept = {word: one for word, one in self.judged.items() if word not in step}
            self.judged = kept | {word: one for word, one in step.items() if one}
            judgements.write(self.path, self.judged)
            return list(step)


def edit(word: str, right: str, reason: str = "") -> list[Judgement]:
    """The judgements for a candidate that is a word but for its ends: ``right`` is accepted, ``word`` rejected."""
    return [
        Judgement(right, "accept", reason=reason or f"for {word}"),
        Judgement(word, "reject", reason=f"it is {right}"),
    ]
