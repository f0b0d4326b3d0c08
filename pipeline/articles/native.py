"""Lines of JSONL by the native core: the same articles, bytes and counts as by ``json_reader`` and ``make_article``, some
eight times as fast. A line that is no plain article (a rejection, a nested value, other names than before) is left to
those."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ciliu.engine_native import import_native
from pipeline import shards
from pipeline.articles import fields
from pipeline.articles.records import Options

FIELDS = ("id", "title", "label", "text")
NOBODY, PYTHON = -1, -2  # whose a name is, besides the number of a field


@dataclass(frozen=True)
class Converted:
    """Articles in normal form, as lines of JSON."""

    lines: bytes


@dataclass(frozen=True)
class Line:
    """A line that Python has to read."""

    raw: bytes


def fits(options: Options) -> bool:
    """Whether the native core is there and knows how to read by these options."""
    return import_native() is not None and options.label == "field"


class NativeReader:
    """Reads the blocks of one source after another; told what Python found in a line, it reads those like it."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.candidates = tuple({name: None for names in fields.candidates(options).values() for name in names})
        self.counts: Counter[str] = Counter()
        self.changed: Counter[str] = Counter()
        self.found: Counter[str] = Counter()
        self._source = ""
        self._names: tuple[str, ...] | None = None
        self._core: Any = None
        self._notes: tuple[str, ...] = ()

    def read(self, data: bytes, source: str, line: int, offset: int) -> Iterator[tuple[int, int, Converted | Line]]:
        """``data``, whole lines, in parts: (lines so far, bytes so far, part). ``line`` lines and ``offset`` bytes of
        ``source`` come before it. The articles of one part end in one shard's size of text."""
        at = 0
        while at < len(data):
            if self._core and source == self._source:
                end = offset + at
                stop = (end // shards.SIZE + 1) * shards.SIZE - offset - 1
                written, at, read = self._core.read(data, at, stop, line)
                line += read
                if read:
                    yield line, offset + at, Converted(written)
            if at < len(data):
                after = data.index(b"\n", at) + 1
                line += 1
                yield line, offset + after, Line(data[at:after])
                at = after

    def learn(self, source: str, record: dict[str, Any]) -> None:
        """``record`` is a plain one of ``source``: from now on those with the same names are read natively."""
        names = tuple(name for name in self.candidates if name in record)
        if (source, names) == (self._source, self._names):
            return
        self.flush()
        self._source, self._names = source, names
        chosen, self._notes = fields.choose(names, self.options)
        if len(set(chosen.values())) < len(chosen) or "text" not in chosen:
            return
        owner = {name: FIELDS.index(field) for field, name in chosen.items()}
        listed = [
            (name.encode("utf-8"), owner.get(name, NOBODY) if name in names else PYTHON) for name in self.candidates
        ]
        self._core = _native().Articles(json.dumps(source, ensure_ascii=False)[1:-1].encode("utf-8"), tuple(listed))

    def flush(self) -> None:
        """Add up what was read natively in ``counts``, ``changed`` and ``found``."""
        if self._core:
            counts = self._core.counts()
            self.changed.update({rule: times for rule, times in counts.pop("normal_form").items() if times})
            self.counts.update(counts)
            self.found.update(dict.fromkeys(self._notes, counts["articles"]))
            self._core = None


def _native() -> Any:
    return import_native()
