"""The result of ``segment_speed.py`` as tables in Markdown."""

from collections.abc import Sequence
from typing import Any

# times jieba: at least, goal
GOALS = {("standard", False): (60, 90), ("standard-thuocl", False): (50, 70), ("standard", True): (25, 40)}

Facts = dict[str, Any]


def show(variants: Sequence[Facts], two: Sequence[Facts], memory: Sequence[Facts], failures: dict[str, str]) -> None:
    """Tables in Markdown."""
    for variant in variants:
        show_variant(variant)
    for engine, reason in failures.items():
        print(f"\n{engine} was not installed: {reason}")
    print("\n| two against one (at least 1.7, goal 1.9) | HMM | × one (range) | CPU seconds of other programs |")
    print("|---|---|---|---|")
    for row in two:
        median, low, high = row["ratio"]
        others = row["others_cpu_seconds"]
        print(f"| {row['what']} | {on_off(row)} | {median:.2f} ({low:.2f}–{high:.2f}) | {others} |")
    show_memory(memory)


def show_memory(memory: Sequence[Facts]) -> None:
    """Beside the mapped table and the output; at most 50 MB, 16 bytes a character of the longest run."""
    print("\n| memory | HMM | beside table and output, MB | bytes a character |\n|---|---|---|---|")
    for row in memory:
        each = row.get("bytes_a_character", "")
        print(f"| {row['what']} | {on_off(row)} | {row['rest_bytes'] / 10**6:.1f} | {each} |")


def show_variant(variant: Facts) -> None:
    """Every engine with one dictionary."""
    title = f"HMM {on_off(variant)}, {variant['dictionary']}, {variant['words']:,} words"
    print(f"\n| {title} | MB/s | × jieba (range) | × by wall time | lines that differ | ready, s | peak RSS, MB |")
    print("|---|---|---|---|---|---|---|")
    for engine, row in variant["engines"].items():
        (cpu, low, high), (wall, *_) = row["ratio_cpu"], row["ratio_wall"]
        print(
            f"| {engine} | {row['mb_a_second_cpu']:.1f} | {cpu:.1f} ({low:.1f}–{high:.1f}) | {wall:.1f} "
            f"| {row['differing_lines']:,} | {row['ready_seconds']:.2f} | {row['peak_bytes'] / 10**6:.0f} |"
        )
    print(f"\nCPU seconds of other programs meanwhile: {variant['others_cpu_seconds']}.")
    if goals := GOALS.get((variant["dictionary"], variant["HMM"])):
        print(f"\nAt least {goals[0]} × jieba, goal {goals[1]} ×.")


def on_off(row: Facts) -> str:
    """The HMM setting in words."""
    return "on" if row["HMM"] else "off"
