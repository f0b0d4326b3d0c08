"""The manifest of a bundle against ``manifest.schema.json``, a JSON Schema: as much of that language as it uses."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline import cache

SCHEMA = Path(__file__).with_name("manifest.schema.json")
TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool,
}  # fmt: skip


def find_faults(value: object, rule: cache.Json | None = None, place: str = "manifest.json") -> Iterator[str]:
    """A sentence for each place where ``value`` breaks the schema."""
    rule = cache.read_json(SCHEMA) if rule is None else rule
    if "type" in rule and not _is_of(value, rule["type"]):
        yield f"{place} is no {rule['type']}: {str(value)[:60]!r}"
    elif isinstance(value, dict):
        yield from _in_object(value, rule, place)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from find_faults(item, rule.get("items", {}), f"{place}[{number}]")
    elif isinstance(value, str) and not re.search(rule.get("pattern", ""), value):
        yield f"{place} is not of the form {rule['pattern']}: {value[:60]!r}"
    elif "const" in rule and value != rule["const"]:
        yield f"{place} is {value}, not {rule['const']}"
    elif isinstance(value, int | float) and value < rule.get("minimum", value):
        yield f"{place} is {value}, less than {rule['minimum']}"


def _is_of(value: object, kind: str) -> bool:
    return isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _in_object(value: dict[str, Any], rule: cache.Json, place: str) -> Iterator[str]:
    known = rule.get("properties", {})
    yield from (f"{place} has no {name}" for name in rule.get("required", []) if name not in value)
    others = rule.get("additionalProperties", True)
    for name, part in value.items():
        if name in known:
            yield from find_faults(part, known[name], f"{place}: {name}")
        elif others is False:
            yield f"{place} has {name!r}, which the schema does not know"
        elif isinstance(others, dict):
            yield from find_faults(part, others, f"{place}: {name}")
