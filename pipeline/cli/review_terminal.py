"""Candidates judged in the terminal, one key a word."""

from collections.abc import Iterator

import click

from pipeline import judgements
from pipeline.judgements import Judgement
from pipeline.review.session import Candidate, Session, edit

HELP = "a accept · r reject · l later · e edit · f frequency · w why (a reason) · u undo · q quit"
VERDICTS = {verdict[0]: verdict for verdict in judgements.VERDICTS}


def ask(session: Session) -> None:
    """Show each open candidate and take a key for it."""
    waiting = session.open()
    click.echo(f"{len(waiting):,} candidates, the best first. {HELP}")
    at, keys = 0, read_keys()
    while at < len(waiting):
        show(waiting[at], f"{at + 1:,}/{len(waiting):,}")
        step = answer(session, waiting[at], keys)
        if step is None:
            break
        at = max(0, at + step)
    click.echo(f"{session.path}: {len(session.judged):,} words judged. Next: ciliu words apply")


def show(candidate: Candidate, place: str) -> None:
    """A candidate with its sentences."""
    word = candidate["word"]
    click.echo()
    click.echo(
        f"{place}  {click.style(word, bold=True)}  {candidate['kind']} ({candidate['cue']}); cut today "
        f"{' / '.join(candidate['today'])}; {candidate['count']:,} times in {candidate['articles']:,} articles"
    )
    if candidate["again"]:
        click.echo(f"  {candidate['again']}")
    for text in candidate["contexts"]:
        click.echo(f"  {text.replace(word, click.style(word, fg='red', bold=True))}")


def read_keys() -> Iterator[str]:
    """The keys; several come at once where they were typed ahead, an arrow comes as several that mean nothing."""
    while True:
        typed = click.getchar().lower()
        yield from typed if not typed.startswith("\x1b") else "?"


def answer(session: Session, candidate: Candidate, keys: Iterator[str]) -> int | None:
    """Take keys until the candidate is judged. Returns by how many to go on, None to stop."""
    word, frequency, reason = candidate["word"], None, ""
    for key in keys:
        if key in VERDICTS:
            session.judge([Judgement(word, VERDICTS[key], frequency, reason=reason)])
            click.echo(f"  {VERDICTS[key]}")
            return 1
        if key == "u":
            click.echo(f"  taken back: {', '.join(session.undo()) or 'nothing'}")
            return -1
        if key in "q\x03\x04":
            return None
        try:
            if key == "e":
                session.judge(edit(word, click.prompt("  the word").strip(), reason))
                return 1
            if key == "f":
                frequency = click.prompt("  its frequency", type=click.IntRange(1))
            elif key == "w":
                reason = click.prompt("  the reason").strip()
            else:
                click.echo(f"  {HELP}")
        except ValueError as error:
            click.echo(f"  {error}")
    return None
