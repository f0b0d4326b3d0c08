"""Candidates as a CSV that opens in a spreadsheet, and its verdicts back, checked."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline import judgements
from pipeline.judgements import Judgement
from pipeline.publish import write_file
from pipeline.review.session import Session

FILLED = ("word", "verdict", "frequency", "kind", "reason")  # what is read back
TOLD = ("score", "count", "articles", "today", "again", "sentence 1", "sentence 2", "sentence 3")


def write(candidates: Sequence[dict[str, Any]], path: Path) -> int:
    """Write the candidates, with a mark so that Excel reads UTF-8; how many."""
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow([*FILLED, *TOLD])
    for one in candidates:
        sentences = [*one["contexts"], "", "", ""][:3]
        told = [one["score"], one["count"], one["articles"], " / ".join(one["today"]), one["again"], *sentences]
        table.writerow([safe(str(cell)) for cell in [one["word"], "", "", one["kind"], "", *told]])
    write_file(path, text.getvalue().encode("utf-8-sig"))
    return len(candidates)


def safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in "=+-@" and cell else cell


def read(path: Path, session: Session) -> list[Judgement]:
    """The rows with a verdict. Raises ``ValueError`` with file, line and value for the first that makes no sense."""
    found: dict[str, Judgement] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            rows = csv.DictReader(file, delimiter=_delimiter(file.readline()))
            file.seek(0)
            missing = set(FILLED) - set(rows.fieldnames or ())
            if missing:
                raise ValueError(f"{path}, line 1: there is no column {min(missing)}")
            for row in rows:
                judgement = _judgement(row, session, f"{path}, line {rows.line_num}")
                if judgement and judgement.word in found:
                    raise ValueError(f"{path}, line {rows.line_num}: {judgement.word} is there twice")
                if judgement:
                    found[judgement.word] = judgement
        except UnicodeDecodeError:
            raise ValueError(f"{path}: not UTF-8; save it as CSV UTF-8") from None
    return list(found.values())


def _delimiter(head: str) -> str:
    """A spreadsheet writes what its country uses."""
    return max(",;\t", key=head.count)


def _judgement(row: dict[str, str], session: Session, place: str) -> Judgement | None:
    word, verdict, frequency, kind, reason = ((row[name] or "").strip() for name in FILLED)
    if not verdict:
        return None
    if word not in session.candidates:
        raise ValueError(f"{place}: {word!r} is no candidate of the last search")
    try:
        return judgements.parse([word, verdict, frequency, kind, reason.replace("\n", " ")])
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from None
