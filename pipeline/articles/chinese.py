"""Traditional characters to simplified ones, by OpenCC (the extra ``[opencc]``)."""

from functools import lru_cache
from typing import Any

from ciliu.normal_form import Changes, note

VERSIONS = ("opencc",)
CONFIGURATIONS = ("t2s", "tw2sp", "hk2s")  # the names are OpenCC's


def require() -> None:
    """Raise ``ValueError`` where OpenCC is not installed."""
    try:
        import opencc  # noqa: F401 - only whether it is there
    except ImportError:
        raise ValueError('Articles.opencc needs OpenCC: pip install "ciliu[opencc]"') from None


@lru_cache(maxsize=1)
def _open(configuration: str) -> Any:
    require()
    from opencc import OpenCC

    return OpenCC(configuration)


def convert(text: str, configuration: str) -> str:
    """``text`` as OpenCC's ``configuration`` writes it."""
    converted: str = _open(configuration).convert(text)
    return converted


def simplify(text: str, configuration: str, changes: Changes) -> str:
    """``convert``, with the number of changed characters and the difference in length noted in ``changes``."""
    simple = convert(text, configuration)
    if simple == text:
        return text
    lines = zip(text.split("\n"), simple.split("\n"), strict=True)
    changed = sum(count_changed(old, new) for old, new in lines if old != new)
    note(changes, "opencc", changed, len(simple) - len(text))
    return simple


def count_changed(old: str, new: str) -> int:
    """Characters of ``old`` that ``new`` has others for; of unequal length, those between the first and the last."""
    if len(old) == len(new):
        return sum(map(str.__ne__, old, new))
    least = min(len(old), len(new))
    first = next((place for place in range(least) if old[place] != new[place]), least)
    last = next((place for place in range(least - first) if old[-1 - place] != new[-1 - place]), least - first)
    return len(old) - first - last
