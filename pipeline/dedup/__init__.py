"""Dedup: articles whose text says the same, but for white space, once: the first in source order stays. On request
near-duplicates too.

Writes for each shard of Articles the articles kept (the same file where all are), ``duplicates.jsonl`` (each duplicate
with the article it repeats), and the digests, so that more articles hash nothing again; with ``near`` the signatures
too, with ``lines`` the digests of lines, and ``shared_lines.jsonl``.

Memory does not grow with the articles: digests are looked at in partitions. Near-duplicates take about 60 bytes an
article and 32 a pair.
"""

import shutil
import tempfile
from pathlib import Path

from pipeline import cache, shard_files, shards
from pipeline.dedup import lines as shared_lines
from pipeline.dedup import near_duplicates
from pipeline.dedup.dropping import drop_shard, share_out
from pipeline.dedup.exact import find_repeats, hash_shard, text_digest
from pipeline.dedup.partitions import first_occurrences
from pipeline.shards import Shard

__all__ = ["VERSION", "VERSIONS", "first_occurrences", "run", "share_out", "summary", "text_digest", "versions"]

VERSION = 2
VERSIONS: tuple[str, ...] = ()


def versions(near: bool) -> tuple[str, ...]:
    """The libraries that shape the bytes. Raises ``ValueError`` where one is missing."""
    if near:
        near_duplicates.require()
    return near_duplicates.VERSIONS if near else VERSIONS


def run(
    articles: Path,
    output: Path,
    *,
    near: bool = False,
    near_threshold: float = 0.5,
    near_values: int = 128,
    lines: int = 0,
    processes: int = 1,
) -> cache.Counts:
    """Deduplicate the output ``articles`` of Articles into ``output``.

    ``near``: drop near-duplicates too, the articles whose 3-grams have a Jaccard of ``near_threshold`` with an earlier
    one's; they are found by signatures of ``near_values`` values. ``lines``: if not 0, a line that stands in more
    articles than that stays in the first only.
    """
    files = shard_files.files(articles, ".jsonl")
    hashing = [Shard(file.path.stem, file.digest, (str(file.path), file.digest), file.size) for file in files]
    read = shards.map_shards(
        hash_shard, hashing, output, sharded="articles", processes=processes, label="dedup (digests)", verify=shards.ALL
    )
    work = Path(tempfile.mkdtemp(prefix=cache.WORK, dir=output))
    repeats, ends = find_repeats(files, output, work, processes)
    found: cache.Counts = {}
    if near:
        found = near_duplicates.add(files, ends, repeats, output, near_threshold, near_values, processes)
    removed = shared_lines.find(files, repeats, ends, output, lines, processes) if lines else None
    dropping = share_out(files, repeats, ends, removed)
    dropped = shards.map_shards(
        drop_shard, dropping, output, sharded="articles", processes=processes, verify=(".duplicates", ".shared_lines")
    )
    shutil.rmtree(work, ignore_errors=True)  # an attempt that nobody waits for may write there still
    shard_files.join(output, ".duplicates", output / "duplicates.jsonl")
    counts = {**shards.total([*read, *dropped]), **found}
    if lines:
        shard_files.join(output, ".shared_lines", output / "shared_lines.jsonl")
    gone = counts["duplicates"] + counts.get("near_duplicates", 0) + counts.get("emptied", 0)
    counts["articles"] = counts["articles_in"] - gone
    gone = sum(counts["dropped_characters"].values()) + counts.get("line_characters_removed", 0)
    counts["characters"] = counts["characters_in"] - gone
    return counts


def summary(counts: cache.Counts) -> str:
    """The closing line: in, out, dropped."""
    share = counts["articles"] / max(1, counts["articles_in"])
    line = f"kept {counts['articles']:,} of {counts['articles_in']:,} articles ({share:.1%})"
    if "near_duplicates" in counts:
        line += (
            f"; dropped {counts['duplicates']:,} duplicates, {counts['near_duplicates']:,} near-duplicates; "
            f"{counts['kept_apart_by_numbers']:,} kept apart by their numbers, "
            f"{counts['too_short']:,} too short to compare"
        )
    if "lines_removed" in counts:
        line += f"; removed {counts['lines_removed']:,} lines, {counts['line_characters_removed']:,} characters"
    return line
