"""NewWords: words that the corpus has and the dictionary has not, as candidates for people to judge.

Character n-grams are counted by shard into sorted runs (``.grams``) and merged; those that stand often enough and hold
together vote, over the whole text, where it may be cut; the pieces that the dictionary does not have are looked for
again: how often, in how many articles, how freely on either side. Writes ``candidates.tsv``, the best first, and
``candidates.jsonl`` with three sentences of each.

Memory does not grow with the text: of a shard about ten times its size; 27 bytes for each of at most ``LIMIT`` n-grams
(where more stand ``min_count`` times the minimum is raised, and the closing line says so); pieces and neighbours are
added up in bands. Disk: the runs take 1.4 times the text with n-grams up to 6.
"""

import json
import mmap
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ciliu import Segmenter
from pipeline import cache, shard_files, shards
from pipeline.newwords import grams, kinds, look, votes
from pipeline.newwords import score as scores
from pipeline.shards import ALL, Shard

VERSION = 2  # votes are written sorted
VERSIONS = ("jieba", "unicode")

LIMIT = 8_000_000  # n-grams in memory
OPEN = 200  # runs that are merged at a time
CONTEXT = 40  # characters shown to either side

# bojone/word-discovery's own: n-grams to 4, 32 times, log PMI of 0, 2, 4 for 2, 3, 4 characters; by votes alone.
WORD_DISCOVERY = {"order": 4, "min_count": 32, "cohesion": 2.0, "min_entropy": 0.0}

COLUMNS = (
    "word", "score", "count", "articles", "votes", "cohesion", "left_entropy", "right_entropy", "ends", "titles",
    "marked", "today", "kind",
)  # fmt: skip

Candidate = dict[str, Any]


def resolve(method: str, **given: Any) -> dict[str, Any]:
    """The parameters: those given, or with the method ``word-discovery`` that tool's own."""
    return {"method": method, **given, **(WORD_DISCOVERY if method == "word-discovery" else {})}


def run(
    dedup: Path,
    dictionary: Path,
    output: Path,
    *,
    method: str,
    order: int,
    min_count: int,
    cohesion: float,
    min_entropy: float,
    most: int,
    processes: int = 1,
) -> cache.Counts:
    """Find candidates in the articles of ``dedup`` that the compiled ``dictionary`` does not have, into ``output``.

    ``order``: characters of the n-grams; ``min_count``: how often n-grams and candidates stand at least; ``cohesion``:
    the log PMI at the worst split that an n-gram of three characters needs, one of four twice that, one of two none;
    ``min_entropy``: in nats, on either side; ``most``: candidates that are looked at. ``method``: ``word-discovery``
    ranks by votes.
    """
    files = shard_files.files(dedup, ".jsonl")
    runs = count(files, output, order, processes)
    with tempfile.TemporaryDirectory(prefix=cache.WORK, dir=output) as work:
        kept, table = Path(work) / "kept", Path(work) / "table"
        keep(runs, kept, order, min_count)
        facts = choose_cohesive(kept, table, tuple(cohesion * n for n in range(order - 1)))
        voted = take_votes(files, output, table, order, processes)
        chance = scores.CHANCE if method != "word-discovery" else 0.0
        chosen, pieces = votes.choose_pieces(voted, kept, Segmenter(dictionary), order, chance, most)
        listed = Path(work) / "words"
        listed.write_text("".join(f"{piece.word}\n" for piece in chosen), encoding="utf-8", newline="\n")
        found = describe(chosen, look_for(files, output, listed, processes), method, min_entropy)
    add_contexts(found, chosen, files, output)
    write(output, found)
    return {
        "characters": facts[0],
        "min_count": facts[1],
        "raised": facts[1] > min_count,
        "ngrams": facts[2],
        "pieces": pieces,
        "looked_at": len(chosen),
        "candidates": len(found),
    }


def count(files: Sequence[shard_files.File], output: Path, order: int, processes: int) -> list[bytes]:
    """The shards' n-grams as sorted runs: their paths."""
    work = [Shard(file.path.stem, file.digest, (str(file.path), file.digest, order), file.size) for file in files]
    shards.map_shards(
        count_shard, work, output, sharded="dedup", processes=processes, label="newwords (n-grams)", verify=ALL,
        only=["order"],
    )  # fmt: skip
    return [os.fsencode(output / f"{shard.name}.grams") for shard in work]


def keep(runs: list[bytes], target: Path, order: int, min_count: int) -> None:
    """Write the n-grams of all runs that stand often enough."""
    with tempfile.TemporaryDirectory(prefix=cache.WORK, dir=target.parent) as merged:
        while len(runs) > OPEN:  # more open files than a process may have
            both = os.fsencode(Path(merged) / str(len(runs)))
            grams.core().merge_runs(runs[:OPEN], both)
            runs = [*runs[OPEN:], both]
        grams.core().keep_grams(runs, order, min_count, LIMIT, os.fsencode(target))


def choose_cohesive(kept: Path, table: Path, thresholds: tuple[float, ...]) -> tuple[int, int, int]:
    """Write those that hold together, as ``vote`` takes them; characters, the minimum count, n-grams. The n-grams are
    not held meanwhile: the workers want memory."""
    counted: grams.Grams = grams.core().Grams(os.fsencode(kept))
    table.write_bytes(counted.cohesive(thresholds))
    return counted.facts()


def count_shard(folder: Path, name: str, path: str, digest: str, order: int) -> cache.Counts:
    """One shard's run."""
    text = look.read_texts(Path(path), digest).text
    (folder / f"{name}.grams").write_bytes(grams.core().count_grams(text, order))
    return {}


def take_votes(files: Sequence[shard_files.File], output: Path, table: Path, order: int, processes: int) -> list[Path]:
    """The shards' votes by the n-grams in ``table``."""
    chosen = cache.file_digest(table)
    work = [
        Shard(file.path.stem, [file.digest, chosen], (str(file.path), file.digest, str(table), order), file.size)
        for file in files
    ]
    shards.map_shards(
        vote_shard, work, output, sharded="dedup", processes=processes, label="newwords (votes)", verify=ALL, only=[]
    )
    return [output / f"{shard.name}.votes" for shard in work]


def vote_shard(folder: Path, name: str, path: str, digest: str, table: str, order: int) -> cache.Counts:
    """One shard's pieces."""
    with Path(table).open("rb") as file:
        chosen = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if Path(table).stat().st_size else b""
        text = look.read_texts(Path(path), digest).text
        lines = grams.core().vote(chosen, order, text).splitlines(keepends=True)
        (folder / f"{name}.votes").write_bytes(b"".join(sorted(lines)))
    return {}


def look_for(files: Sequence[shard_files.File], output: Path, words: Path, processes: int) -> list[Path]:
    """What of the candidates in the file ``words`` each shard says: the paths without their ends."""
    chosen = cache.file_digest(words)
    work = [
        Shard(file.path.stem, [file.digest, chosen], (str(file.path), file.digest, str(words)), file.size)
        for file in files
    ]
    shards.map_shards(
        look.look_shard, work, output, sharded="dedup", processes=processes, label="newwords (look)", verify=ALL,
        only=[],
    )  # fmt: skip
    return [output / shard.name for shard in work]


def describe(chosen: Sequence[scores.Piece], parts: Sequence[Path], method: str, min_entropy: float) -> list[Candidate]:
    """The candidates that are free enough on both sides, the best first; ``number``: the place in ``chosen``."""
    seen = look.add_seen([path.with_suffix(".seen") for path in parts], len(chosen))
    left = look.entropies([path.with_suffix(".left") for path in parts], len(chosen))
    right = look.entropies([path.with_suffix(".right") for path in parts], len(chosen))
    found = []
    for number, piece in enumerate(chosen):
        entropy = min(left.entropy[number], right.entropy[number])
        ends = max(left.ends[number], right.ends[number])
        row = {name: int(seen[name][number]) for name in ("count", "articles", "titles", "marked")}
        if not row["count"] or entropy < min_entropy:
            continue
        value = scores.score(piece, row["count"], row["articles"], row["titles"] + row["marked"], entropy, ends)
        facts = {
            "score": round(float(piece.votes if method == "word-discovery" else value), 3),
            "votes": piece.votes,
            "cohesion": round(piece.cohesion, 3),
            "left_entropy": round(float(left.entropy[number]), 3),
            "right_entropy": round(float(right.entropy[number]), 3),
            "ends": round(float(ends), 3),
        }
        found.append({"word": piece.word, **row, **facts, "today": piece.today, "number": number})
    return sorted(found, key=lambda candidate: (-candidate["score"], candidate["word"]))


def add_contexts(
    found: Sequence[Candidate], chosen: Sequence[scores.Piece], files: Sequence[shard_files.File], output: Path
) -> None:
    """Add to each candidate three sentences, and the kind that they and the word suggest."""
    contexts: list[list[str]] = [[] for _ in chosen]
    wanted = {candidate["number"] for candidate in found}
    places = look.first_places([output / f"{file.path.stem}.places" for file in files])
    for file, kept in zip(files, places, strict=True):
        with file.path.open("rb") as lines:
            for word, line, at in sorted(kept, key=lambda place: place[1]):
                if word in wanted:
                    lines.seek(line)
                    text = str(json.loads(lines.readline())["text"]).encode("utf-8")
                    contexts[word].append(look.sentence(text, at, len(chosen[word].word.encode("utf-8")), CONTEXT))
    for candidate in found:
        candidate["contexts"] = contexts[candidate.pop("number")]
        candidate["kind"], candidate["cue"] = kinds.guess(candidate["word"], candidate["today"], candidate["contexts"])


def write(output: Path, found: Sequence[Candidate]) -> None:
    """``candidates.tsv`` for spreadsheets and grep, ``candidates.jsonl`` with the sentences."""
    with (output / "candidates.tsv").open("w", encoding="utf-8", newline="\n") as table:
        table.write("\t".join(COLUMNS) + "\n")
        for row in found:
            cells = {**row, "today": "/".join(row["today"])}
            table.write("\t".join(str(cells[name]) for name in COLUMNS) + "\n")
    with (output / "candidates.jsonl").open("w", encoding="utf-8", newline="\n") as lines:
        lines.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in found)


def summary(counts: cache.Counts) -> str:
    """The closing line: in, out."""
    raised = f"; more than {LIMIT:,} n-grams, so that min_count is {counts['min_count']:,}" if counts["raised"] else ""
    return (
        f"{counts['candidates']:,} candidates of {counts['pieces']:,} pieces of {counts['characters']:,} characters"
        f"{raised}"
    )
