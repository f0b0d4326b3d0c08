"""``ciliu words``: find new words in the corpus, judge them, make a dictionary of those that were accepted."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from pipeline import cache, runs
from pipeline.cli import front
from pipeline.cli.run import request_options
from pipeline.publish import write_file

option_dicts = click.option(
    "--dicts",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("dicts"),
    show_default=True,
    help="The folder of judgements.tsv and accepted.txt.",
)
option_n = click.option("-n", type=click.IntRange(1), default=20, show_default=True, help="How many.")

Candidate = dict[str, Any]


@click.group(epilog="Example: ciliu words find articles/ -n 50")
def words() -> None:
    """Find words that the corpus has and the dictionary has not, judge them, make a dictionary of the accepted ones."""


@words.command(epilog="Example: ciliu words find articles/ --set NewWords.min_count=20 -n 50")
@request_options
@option_dicts
@option_n
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, with the sentences.")
@click.option("--quiet", is_flag=True, help="No progress, no closing lines.")
@front.guarded
def find(
    sources: tuple[str, ...],
    preset: str | None,
    assignments: tuple[str, ...],
    processes: int | None,
    data: Path,
    query: str | None,
    fingerprint_query: str | None,
    dicts: Path,
    n: int,
    as_json: bool,
    quiet: bool,
) -> None:
    """Find candidates in SOURCES (as `ciliu run` takes them; without any those of the last run) and show the best.

    What was judged is left out: accepted words, and rejected ones unless they stand ten times as often now.
    """
    from pipeline import judgements
    from pipeline.cli import request
    from pipeline.plan import make_plan

    front.show_progress(None, quiet)
    assignments += request.assign_queries(query, fingerprint_query)
    asked = request.complete_request(sources, preset, assignments, data)
    end = request.make_end(asked, data, processes, "newwords")
    request.make(make_plan(end, request.last_keys(data)), end, data, asked, anyway=False)
    found = list(judgements.propose(read_candidates(end.folder), judgements.read(dicts / judgements.FILE)))
    show(found[:n], as_json)
    if not as_json:
        click.echo(f"{len(found):,} to judge: ciliu words review")


def show(found: list[Candidate], as_json: bool) -> None:
    """Candidates as a table, or as JSON lines."""
    from pipeline.cli.tables import align

    if as_json:
        for row in found:
            click.echo(json.dumps(row, ensure_ascii=False))
        return
    table = [["word", "score", "count", "articles", "cut today", "kind", ""]]
    for row in found:
        numbers = [f"{row['score']:.1f}", f"{row['count']:,}", f"{row['articles']:,}"]
        table.append([row["word"], *numbers, " / ".join(row["today"]), row["kind"], row["again"]])
    for line in align(table, lambda column: column in (0, 4, 5, 6)):
        click.echo(line)


def find_output(data: Path) -> Path:
    """The newest complete output of NewWords. Raises ``ValueError`` if there is none."""
    for record in runs.read_all(data):
        output = data / "newwords" / str(record["keys"].get("newwords"))
        if cache.read_manifest(output):
            return output
    raise ValueError(f"no words were looked for in {data}: find them with ciliu words find")


def read_candidates(output: Path) -> Iterator[Candidate]:
    """The candidates, the best first."""
    with (output / "candidates.jsonl").open("rb") as lines:
        yield from map(json.loads, lines)


def corpus_key(output: Path) -> str:
    """What a judgement says of the corpus: the first digits of Dedup's key."""
    return str(cache.manifest_of(output)["inputs"]["dedup"]["key"])[:12]


@words.command(epilog="Example: ciliu words review --page")
@front.option_data
@option_dicts
@click.option("--page", is_flag=True, help="Judge in the browser: a page of this machine alone.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Of the page.  [default: any that is free]")
@click.option("--to-csv", type=click.Path(path_type=Path, dir_okay=False), help="Write them for a spreadsheet.")
@click.option("--from-csv", type=click.Path(path_type=Path, dir_okay=False), help="Take the verdicts out of it again.")
@front.guarded
def review(data: Path, dicts: Path, page: bool, port: int, to_csv: Path | None, from_csv: Path | None) -> None:
    """Judge the candidates that `ciliu words find` found: here, one key a word, or --page, or in a spreadsheet.

    Each judgement is a line of judgements.tsv at once; Ctrl-C loses none.
    """
    from pipeline import judgements
    from pipeline.review import spreadsheet
    from pipeline.review.server import serve
    from pipeline.review.session import Session

    if sum([page, bool(to_csv), bool(from_csv)]) > 1:
        raise click.UsageError("give one of --page, --to-csv and --from-csv")
    output = find_output(data)
    session = Session(list(read_candidates(output)), dicts / judgements.FILE, corpus_key(output))
    if page:
        with serve(session, port) as server:
            click.echo(f"{server.url}\nStop with Ctrl-C.")
            server.wait()
    elif to_csv:
        click.echo(f"{to_csv}: {spreadsheet.write(session.open(), to_csv):,} candidates; fill in the column verdict")
    elif from_csv:
        taken = spreadsheet.read(from_csv, session)
        click.echo(f"{session.path}: {session.judge(taken):,} judgements taken from {from_csv}")
    elif not sys.stdin.isatty():
        raise click.UsageError("there is no terminal here to take keys from; judge with --page or --to-csv FILE")
    else:
        from pipeline.cli.review_terminal import ask

        ask(session)


@words.command(epilog="Example: ciliu words apply")
@front.option_data
@option_dicts
@click.option("--accept-above", type=float, metavar="SCORE", help="Accept all open candidates of this score or more.")
@option_n
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@front.guarded
def apply(data: Path, dicts: Path, accept_above: float | None, n: int, as_json: bool) -> None:
    """Write the accepted words to accepted.txt, a dictionary like any other, and show what it does to the segmentation
    of some of the articles: before and after."""
    from pipeline import judgements
    from pipeline.cli import dict_text
    from pipeline.judgements import Judgement
    from pipeline.review.session import Session

    front.show_progress(None, quiet=False)
    output = find_output(data)
    session = Session(list(read_candidates(output)), dicts / judgements.FILE, corpus_key(output))
    if accept_above is not None:
        chosen = [one for one in session.open() if one["score"] >= accept_above]
        reason = f"no review: score {accept_above:g} or more"
        session.judge([Judgement(one["word"], "accept", kind=one["kind"], reason=reason) for one in chosen])
    target = dicts / "accepted.txt"
    before = target.read_bytes() if target.exists() else b""
    after = judgements.dictionary_lines(session.judged).encode("utf-8")
    accepted = after.count(b"\n")
    files = dictionary_files(data)
    there = any(path.absolute() == target.absolute() for path in files)
    found = compare(
        [path for path in files if path.absolute() != target.absolute()], before if there else b"", after, output
    )
    if after != before:
        write_file(target, after)
    if as_json:
        facts = {"accepted": accepted, "changed": after != before, "difference": dict_text.difference_as_json(found, n)}
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    click.echo(f"{target}: {accepted:,} words{'' if after != before else ', as before: nothing reruns'}")
    for line in dict_text.difference(found, n):
        click.echo(line)
    names = ",".join(map(str, files if there else [*files, target]))
    click.echo(f"\nNext: ciliu run{'' if there else f' --set Dictionary.files={names}'}")


def dictionary_files(data: Path) -> list[Path]:
    """The user dictionaries of the last run, in order."""
    from pipeline.cli import request

    end = request.make_end(request.complete_request((), None, (), data), data, None, "dictionary")
    return end.paths("files")


def compare(files: list[Path], before: bytes, after: bytes, output: Path) -> Any:
    """What the accepted words do to the segmentation of a sample of the corpus, beside ``files``."""
    import tempfile

    from ciliu import Segmenter
    from pipeline.cli.dict import compiled
    from pipeline.dictionary import diff
    from pipeline.review.sample import sample_lines

    dedup = output.parent.parent / "dedup" / cache.manifest_of(output)["inputs"]["dedup"]["key"]
    with tempfile.TemporaryDirectory(prefix="ciliu-") as folder:
        lists = []
        for name, content in (("before", before), ("after", after)):
            path = Path(folder) / f"{name}.txt"
            path.write_bytes(content)
            lists.append(",".join(map(str, [*files, *([path] if content else [])])))
        with compiled(lists[0], "file") as a, compiled(lists[1], "file") as b:
            return diff.compare(Segmenter(a), Segmenter(b), sample_lines(dedup))
