"""What ``ciliu inspect`` prints: the facts as lines."""

from collections.abc import Iterator
from typing import Any

BAR = 40
CUT = 100  # characters of a text that are shown

Facts = dict[str, Any]


def show(facts: Facts) -> Iterator[str]:
    """The facts as lines."""
    total = sum(row["bytes"] for row in facts["files"])
    kinds = ", ".join(f"{row['files']:,} {row['kind']} ({_size(row['bytes'])})" for row in facts["files"])
    yield f"files      {sum(row['files'] for row in facts['files']):,}, {_size(total)}: {kinds}"
    if facts["left_out"]:
        more = " …" if facts["left_out"][3:] else ""
        yield f"left out   {len(facts['left_out']):,}: {', '.join(facts['left_out'][:3])}{more}"
    yield f"encodings  {', '.join(map(_encoding, facts['encodings'])) or 'said by the files themselves'}"
    yield from _show_sample(facts)
    yield from _show_lengths(facts["lengths"])
    shown = [f"{name} {share:.1%}" for name, share in facts["shares"].items() if name != "traditional"]
    yield f"characters {', '.join(shown)}; of Han {facts['shares']['traditional']:.1%} traditional"
    yield from _show_trouble(facts)
    for article in facts["articles"]:
        text = article["text"].replace("\n", "⏎")
        rest = f" … ({len(text):,} characters)" if len(text) > CUT else ""
        yield f"article    id {article['id']}, title {article['title'] or '-'}, label {article['label'] or '-'}"
        yield f"           {text[:CUT]}{rest}"
    yield from _show_estimate(facts["estimate"])


def _encoding(row: Facts) -> str:
    least, most = row["confidence"]
    confidence = f"{least:.2f}" if least == most else f"{least:.2f}–{most:.2f}"
    return f"{row['encoding']} in {row['files']:,} with confidence {confidence}"


def _show_sample(facts: Facts) -> Iterator[str]:
    sample = facts["sample"]
    stopped = ", stopped by the clock" if sample["stopped"] else ""
    yield (
        f"sample     {sample['articles']:,} articles, {_size(sample['text_bytes'])} of text"
        f" from {sample['files']:,} files in {sample['seconds']:.1f} s{stopped}"
    )
    for name, rows in (("rejected", facts["rejected"]), ("found", facts["found"])):
        if rows:
            yield f"{name:<11}" + ", ".join(f"{reason} ({times:,})" for reason, times in list(rows.items())[:5])


def _show_lengths(rows: list[Facts]) -> Iterator[str]:
    most = max(row["articles"] for row in rows) or 1
    for number, row in enumerate(rows):
        if row["articles"]:
            head = "lengths" if not any(before["articles"] for before in rows[:number]) else ""
            bar = "█" * max(1, round(BAR * row["articles"] / most))
            yield f"{head:<11}{row['from']:>6,}+ {bar} {row['articles']:,}"


def _show_trouble(facts: Facts) -> Iterator[str]:
    number = facts["sample"]["articles"]
    lines = list(_wrong_encodings(facts))
    lines += [f"{what} in {times:,} of {number:,} articles" for what, times in facts["trouble"].items()]
    lines += [f"{times:,} articles have the {what} of another" for what, times in facts["repeated"].items() if times]
    lines += facts["damaged"][:3]
    lines += [
        f"{times:,} members of archives are left out: {why}" for why, times in facts["left_out_of_archives"].items()
    ]
    yield f"trouble    {lines[0] if lines else 'none found'}"
    yield from (f"           {line}" for line in lines[1:])


def _wrong_encodings(facts: Facts) -> Iterator[str]:
    for row in facts["encodings"]:
        name = row["encoding"]
        if facts["encoding"] not in (name, "auto") and "mark" not in name:
            hint = (
                "give its name as Articles.encoding"
                if name == "not clear"
                else f"--set Articles.encoding={name}, or auto"
            )
            yield f"{row['files']:,} texts look like another encoding than {facts['encoding']}: {name}; {hint}"


def _show_estimate(made: Facts | None) -> Iterator[str]:
    if not made:
        yield "estimate   none: there is no article in the sample"
        return
    seconds = made["seconds"]
    yield (
        f"estimate   {made['articles']:,} articles, {_size(made['text_bytes'])} of text;"
        f" about {made['words_kept']:,} words; {_time(sum(seconds.values()))} on {made['cores']} core"
        f"{'s' * (made['cores'] > 1)},"
        f" {_size(made['disk_bytes'])} of disk, {_size(made['memory_bytes'])} of memory"
    )
    yield f"           {', '.join(f'{name} {_time(value)}' for name, value in seconds.items())}"


def _size(number: float) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return f"{number:.0f} bytes"


def _time(seconds: float) -> str:
    if seconds >= 5400:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"
