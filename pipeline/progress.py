"""What a person sees while work goes on: a bar on a terminal, plain lines elsewhere, one JSON object an event in a log.

The front door chooses the ``mode``: verbs that only look show warnings; used as a library, nothing is shown.
"""

import json
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from tqdm import tqdm

log = logging.getLogger("ciliu")

Mode = Literal["bar", "lines", "warnings", "quiet"]
mode: Mode = "quiet"

DELAY = 2.0  # seconds before anything is shown: short work needs no bar
EVERY = 10.0  # seconds between two plain lines


class JsonLines(logging.Formatter):
    """A log record as one JSON object a line: time, level, message and the event's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {"time": round(record.created, 3), "level": record.levelname, "message": record.getMessage()}
        return json.dumps({**fields, **getattr(record, "fields", {})}, ensure_ascii=False, default=str)


def say(message: str, *, level: int = logging.INFO, **fields: object) -> None:
    """A sentence for the person who watches, and an event with ``fields`` for the JSON log."""
    log.log(level, message, extra={"fields": fields})
    if level >= {"quiet": logging.CRITICAL, "warnings": logging.WARNING}.get(mode, logging.INFO):
        tqdm.write(message, file=sys.stderr)


class Bar:
    """How far a piece of work is: ``update`` it with what was done since the last call."""

    def __init__(self, label: str, total: float, unit: str, initial: float) -> None:
        self.label, self.total, self.unit = label, total, unit
        self.done = self._initial = initial
        self._started = time.monotonic()
        self._next_line = self._started + DELAY
        self._tqdm = tqdm(
            total=total,
            desc=label,
            unit=unit,
            unit_scale=True,
            delay=DELAY,
            initial=initial,
            disable=mode != "bar",
            leave=False,
        )

    def update(self, done: float, note: str = "") -> None:
        """Add ``done`` units; ``note`` is shown behind the rate."""
        self.done += done
        if note:
            self._tqdm.set_postfix_str(note, refresh=False)
        self._tqdm.update(done)
        now = time.monotonic()
        if now >= self._next_line and self.done < self.total:
            self._next_line = now + EVERY
            self._line(now, note)

    def _line(self, now: float, note: str) -> None:
        rate = (self.done - self._initial) / (now - self._started)
        left = (self.total - self.done) / rate if rate else float("inf")
        text = f"{self.label}: {self.done / self.total:.0%}, {tqdm.format_sizeof(rate)}{self.unit}/s, {left:.0f} s left"
        if self.total == float("inf"):
            text = f"{self.label}: {tqdm.format_sizeof(self.done)}{self.unit}, {tqdm.format_sizeof(rate)}{self.unit}/s"
        fields = {"event": "progress", "stage": self.label, "done": self.done, "total": self.total, "rate": rate}
        log.info(text, extra={"fields": fields})
        if mode == "lines":
            tqdm.write(f"{text} {note}".rstrip(), file=sys.stderr)

    def close(self) -> None:
        """Take the bar away."""
        self._tqdm.close()


@contextmanager
def bar(label: str, total: float, unit: str = "B", initial: float = 0.0) -> Iterator[Bar]:
    """A ``Bar`` over ``total`` units of work (perhaps infinite), ``initial`` of them done before; gone in the end."""
    shown = Bar(label, total, unit, initial)
    try:
        yield shown
    finally:
        shown.close()
