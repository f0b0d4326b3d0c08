"""Lines of JSONL by the native core: the same articles, bytes and counts as by ``json_reader`` and ``make_article``,
in a pass over the bytes. What is no plain article (rejected, nested, with other names than before) is left to those."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ciliu import normal_form
from ciliu.engine_native import import_native
from pipeline import shards
from pipeline.articles import fields, filters
from pipeline.articles.records import Options

NOBODY, PYTHON = -1, -2  # whose a name is, if no field's; a field is told by its number in ``fields.FIELDS``

core: Any = import_native()


@dataclass(frozen=True)
class Converted:
    """Articles in normal form, as lines of JSON."""

    lines: bytes


def fits(options: Options) -> bool:
    """Whether the native core is there and can read by these options."""
    return (
        core is not None
        and options.label == "field"
        and options.opencc == "none"
        and not filters.is_on(options)
        and normal_form.ONCE - {"full_width"} <= set(options.normal_form) <= set(normal_form.DEFAULT)
    )


class NativeReader:
    """Reads blocks of lines, source by source. Once it has learnt the names of a record, it reads those like it."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.totals: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
        self.changes: normal_form.Changes = {name: Counter() for name in normal_form.CHANGES}
        self._rules = sum(1 << number for number, rule in enumerate(normal_form.DEFAULT) if rule in options.normal_form)
        self._candidates = {name for field in fields.FIELDS for name in fields.candidates(field, options)}
        self._learnt: tuple[str, frozenset[str]] | None = None
        self._notes: tuple[str, ...] = ()
        self._articles: Any = None

    def read(self, data: bytes, source: str, line: int, offset: int) -> Iterator[tuple[int, int, Converted | bytes]]:
        """``data``, whole lines, in parts: (lines so far, bytes so far, articles or a line for Python). ``line`` lines
        and ``offset`` bytes of ``source`` come before. Articles of one part end in one shard's size of text."""
        at = 0
        while at < len(data):
            if self._articles and self._learnt and self._learnt[0] == source:
                stop = ((offset + at) // shards.SIZE + 1) * shards.SIZE - offset - 1
                written, at, read = self._articles.read(data, at, stop, line)
                line += read
                if read:
                    yield line, offset + at, Converted(written)
            if at < len(data):
                after = data.find(b"\n", at) + 1 or len(data)
                line += 1
                yield line, offset + after, data[at:after]
                at = after

    def learn(self, source: str, names: tuple[str, ...]) -> None:
        """A record of ``source`` has these ``names``: those like it are read natively from now on."""
        there = frozenset(self._candidates.intersection(names))
        if self._learnt == (source, there):
            return
        self.flush()
        self._learnt = source, there
        chosen, self._notes = fields.choose(there, self.options)
        owner = {name: fields.FIELDS.index(field) for field, name in chosen}
        if len(owner) < len(chosen):  # one name for two fields
            return
        unlike = self._candidates - there
        listed = [(name.encode(), PYTHON if name in unlike else owner.get(name, NOBODY)) for name in self._candidates]
        name = json.dumps(source, ensure_ascii=False)[1:-1].encode()
        self._articles = core.Articles(name, tuple(listed), self._rules)

    def flush(self) -> None:
        """Add what was read natively to ``totals``, counts and what was found out, and to ``changes``."""
        if self._articles:
            counts = self._articles.counts()
            read = counts["articles"]
            for name in self.changes.keys() & counts.keys():
                self.changes[name].update({rule: times for rule, times in counts.pop(name).items() if times})
            found = dict.fromkeys(self._notes, read) if read else {}
            for total, new in zip(self.totals, ({**counts, "records": read}, found), strict=True):
                total.update(new)
            self._articles = None
