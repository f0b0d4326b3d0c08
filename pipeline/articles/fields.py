"""Which fields of a record are its text, id, title and label."""

from collections import Counter
from functools import lru_cache

from pipeline.articles.records import Options, Record, Rejected

# In this order; what stands first in a record's list is taken.
NAMES = {
    "text": ("text", "content", "body", "正文", "内容"),
    "id": ("id", "编号", "docno", "url"),
    "title": ("title", "标题", "contenttitle"),
    "label": ("label", "category", "类别", "分类"),
}

Choice = tuple[dict[str, str], tuple[str, ...]]


@lru_cache(maxsize=1024)
def choose(names: tuple[str, ...], options: Options) -> Choice:
    """The name in the record of each field that is there, and what should be said of it: other names than the field's
    own, and names that were passed over."""
    chosen, notes = {}, []
    for field, usual in NAMES.items():
        given = getattr(options, f"{field}_field")
        there = [name for name in ((given,) if given else usual) if name in names]
        if there:
            chosen[field] = there[0]
        if there[1:]:
            notes.append(f"{field} from {there[0]}, not {there[1]}")
        elif there and there[0] not in (field, given):
            notes.append(f"{field} from {there[0]}")
    return chosen, tuple(notes)


def pick(record: Record, options: Options, found: Counter[str]) -> Record | Rejected:
    """The four fields of ``record`` under their own names, those that are there; ``found`` counts what was chosen."""
    chosen, notes = choose(tuple(record), options)
    if "text" not in chosen:
        return Rejected(f"no {options.text_field or 'text'}")
    picked = {field: record[name] for field, name in chosen.items()}
    for field, value in picked.items():
        if isinstance(value, dict | list) or (field == "text" and not isinstance(value, str)):
            return Rejected(f"{chosen[field]} is no string")
    for note in notes:
        found[note] += 1
    return picked
