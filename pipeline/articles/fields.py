"""Which fields of a record are its text, id, title and label."""

from collections import Counter
from collections.abc import Collection

from pipeline.articles.records import Options, Record, Rejected

# In this order; what stands first in a record's list is taken.
NAMES = {
    "text": ("text", "content", "body", "正文", "内容"),
    "id": ("id", "编号", "docno", "url"),
    "title": ("title", "标题", "contenttitle"),
    "label": ("label", "category", "类别", "分类"),
}

FIELDS = tuple(NAMES)

Choice = tuple[tuple[tuple[str, str], ...], tuple[str, ...]]
KNOWN = 1024  # different lists of names that are remembered


def candidates(field: str, options: Options) -> tuple[str, ...]:
    """The names that ``field`` may have in a record, the first first."""
    given: str = getattr(options, f"{field}_field")
    return (given,) if given else NAMES[field]


def choose(names: Collection[str], options: Options) -> Choice:
    """(field, name in the record) of each field that is there, and what should be said of it: other names than the
    field's own, and names that were passed over."""
    chosen, notes = [], []
    for field in FIELDS:
        there = [name for name in candidates(field, options) if name in names]
        if there:
            chosen.append((field, there[0]))
        if there[1:]:
            notes.append(f"{field} from {there[0]}, not {there[1]}")
        elif there and there[0] not in (field, getattr(options, f"{field}_field")):
            notes.append(f"{field} from {there[0]}")
    return tuple(chosen), tuple(notes)


class Fields:
    """Picks the fields of records; ``found`` counts what was chosen, ``names`` are those of the last record."""

    def __init__(self, options: Options, found: Counter[str]) -> None:
        self.options, self.found = options, found
        self.names: tuple[str, ...] = ()
        self._known: dict[tuple[str, ...], Choice] = {}

    def pick(self, record: Record) -> Record | Rejected:
        """The four fields of ``record`` under their own names, those that are there."""
        names = self.names = tuple(record)
        choice = self._known.get(names)
        if choice is None:
            choice = choose(names, self.options)
            if len(self._known) < KNOWN:
                self._known[names] = choice
        chosen, notes = choice
        picked = {}
        for field, name in chosen:
            value = picked[field] = record[name]
            if not isinstance(value, str) and (field == "text" or isinstance(value, dict | list)):
                return Rejected(f"{name} is no string")
        if "text" not in picked:
            return Rejected(f"no {self.options.text_field or 'text'}")
        for note in notes:
            self.found[note] += 1
        return picked
