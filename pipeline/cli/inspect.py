"""``ciliu inspect``: what the sources hold, before any run."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from pipeline.cli import front
from pipeline.remote_file import RemoteFile

LENGTHS = (0, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 50_000)  # characters: where the bars begin

Facts = dict[str, Any]


@click.command(epilog="Example: ciliu inspect news/ --set Articles.encoding=auto")
@click.argument("sources", nargs=-1, type=click.Path(path_type=str))
@click.option("--preset", help="As for ciliu run.")
@click.option("--set", "assignments", multiple=True, metavar="TASK.PARAMETER=VALUE", help="As for ciliu run.")
@click.option("--processes", type=click.IntRange(0), help="The cores that the estimate is for.  [default: all]")
@front.option_data
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
@front.guarded
def inspect(
    sources: tuple[str, ...],
    preset: str | None,
    assignments: tuple[str, ...],
    processes: int | None,
    data: Path,
    as_json: bool,
) -> None:
    """Look at SOURCES before a run: files and formats, encodings, how long the articles are and what they are made of,
    likely trouble, three articles as they will be read, and what the whole run will take.

    A sample is read, in some ten seconds however much there is; nothing is written. Databases are not looked at.
    --preset and --set as for `ciliu run`.
    """
    from pipeline.cli import request
    from pipeline.cli.inspect_text import show

    asked = request.complete_request(sources, preset, assignments, data)
    facts = look(asked, data, processes)
    click.echo(json.dumps(facts, ensure_ascii=False, indent=1) if as_json else "\n".join(show(facts)))


def look(asked: dict[str, Any], data: Path, processes: int | None) -> Facts:
    """All that is said, as JSON."""
    from pipeline.articles import sample as samples
    from pipeline.articles import signs, sources
    from pipeline.articles.records import Options
    from pipeline.cli import request

    task = request.make_end(asked, data, processes, "articles")
    options = Options(**task.parameters())
    files, left_out = sources.find(asked["sources"], options)
    sample = samples.draw(files, options)
    troubles = Counter(each for text in sample.raw for each in signs.trouble(text))
    return {
        "files": _files(files),
        "left_out": left_out,
        "encodings": _encodings(samples.encodings_of(files, options)),
        "sample": {
            **{name: getattr(sample, name) for name in ("files", "records", "read_bytes", "text_bytes", "stopped")},
            "articles": len(sample.articles),
            "seconds": round(sample.seconds, 2),
        },
        "rejected": dict(sample.rejected.most_common()),
        "left_out_of_archives": dict(sample.left_out.most_common()),
        "found": dict(sample.found),
        "damaged": sample.damaged,
        "lengths": histogram([len(article["text"]) for article in sample.articles]),
        "shares": {name: round(share, 5) for name, share in signs.shares(sample.raw).items()},
        "trouble": dict(troubles.most_common()),
        "repeated": samples.repeated(sample),
        "articles": samples.three(sample),
        "encoding": options.encoding,
        "estimate": _estimate(files, sample, asked, data, processes, options),
    }


def _files(files: Sequence[tuple[str, Path | RemoteFile]]) -> list[Facts]:
    """Number and bytes by the suffixes of their names."""
    from pipeline.articles.packing import split_suffix

    by_suffix: dict[str, list[int]] = {}
    for _, path in files:
        kind, packing = split_suffix(path)
        by_suffix.setdefault(kind + packing, []).append(path.stat().st_size)
    rows = [{"kind": name, "files": len(sizes), "bytes": sum(sizes)} for name, sizes in by_suffix.items()]
    return sorted(rows, key=lambda row: -int(row["bytes"]))


def _encodings(found: Counter[tuple[str, float]]) -> list[Facts]:
    """Files, and members of archives, by what ``auto`` would find, with the least and the highest confidence."""
    rows = []
    for name in sorted({name for name, _ in found}):
        values = [confidence for each, confidence in found if each == name]
        files = sum(times for (each, _), times in found.items() if each == name)
        rows.append({"encoding": name, "confidence": [min(values), max(values)], "files": files})
    return rows


def histogram(lengths: Sequence[int]) -> list[Facts]:
    """How many articles are from so many characters on, up to the next row."""
    ends = (*LENGTHS[1:], float("inf"))
    counts = [sum(start <= length < end for length in lengths) for start, end in zip(LENGTHS, ends, strict=True)]
    return [{"from": start, "articles": count} for start, count in zip(LENGTHS, counts, strict=True)]


def _estimate(
    files: Sequence[tuple[str, Path | RemoteFile]],
    sample: Any,
    asked: dict[str, Any],
    data: Path,
    processes: int | None,
    options: Any,
) -> Facts | None:
    """None where the sample holds no article."""
    from pipeline.articles import native, packing, readers
    from pipeline.articles.sample import growth, spread
    from pipeline.cli import request
    from pipeline.estimate import estimate
    from pipeline.processes import cpus

    if not sample.articles:
        return None
    packed = spread([file for file in files if file[1].suffix in packing.PACKED_TEXT])[:20]
    larger = sum(map(growth, (path for _, path in packed))) / len(packed) if packed else 1.0
    unpacked = sum(path.stat().st_size * (larger if path.suffix in packing.PACKED_TEXT else 1.0) for _, path in files)
    text_bytes = unpacked * sample.text_bytes / max(1, sample.read_bytes)
    cores = processes or cpus()
    lines = native.fits(options) and all(readers.format_of(path, options) == ".jsonl" for _, path in files)
    rate = sample.text_bytes / sample.seconds * cores * (2 if lines else 1)  # the native core is twice as fast
    end = request.make_end(asked, data, processes, None)
    made = estimate(text_bytes, rate, _parameters(end), cores)
    articles = round(text_bytes / sample.text_bytes * len(sample.articles))
    return {"text_bytes": round(text_bytes), "articles": articles, "cores": cores, **made}


def _parameters(end: Any) -> Facts:
    return {
        **{name: getattr(end, name) for name in ("min_count", "vector_size", "window", "epochs", "hs")},
        "negative": end.negative if end.negative >= 0 else 0 if end.hs else 5,
    }
