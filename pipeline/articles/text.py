"""A source's bytes as text: lines, blocks or the whole, with what is no character of the encoding told or replaced."""

import codecs
from collections import Counter
from collections.abc import Iterator
from typing import IO

from pipeline.articles import encodings, packing, records
from pipeline.articles.fields import Fields
from pipeline.articles.records import Lines, Options, Reading, Rejected

BAD = "\udcff"  # stands for bytes that are no character: a lone surrogate, which no encoding gives


def _mark_bad(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return BAD, error.end


codecs.register_error("ciliu", _mark_bad)


class Text:
    """A stream in its encoding. ``found`` counts what a person should hear of: encodings, replaced characters."""

    def __init__(self, stream: IO[bytes], encoding: str, options: Options, found: Counter[str]) -> None:
        self.name = encodings.NAMES[encoding]
        self.wide = self.name == "UTF-16"
        self.codec = "utf-8" if self.wide else encoding
        self.stream = packing.from_blocks(_narrow(stream, encoding), stream) if self.wide else stream
        self.options, self.found = options, found
        self.fields = Fields(options, found)
        self.whole_lines = options.whole_lines and self.codec == "utf-8"

    def decode(self, raw: bytes, of: str) -> str | Rejected:
        """``raw`` as text; ``of`` (the line, the file) is where a bad byte is counted from."""
        try:
            return raw.decode(self.codec)
        except UnicodeDecodeError as error:
            if self.options.errors == "replace":
                return self._replace(raw.decode(self.codec, "ciliu"))
            if self.wide:
                number = len(raw[: error.start].decode(self.codec).removeprefix("\ufeff")) + 1
                return Rejected(f"not {self.name} at character {number} of the {of}", "encoding")
            return Rejected(f"not {self.name} at byte {error.start + 1} of the {of}", "encoding")

    def check(self, text: str, of: str) -> str | Rejected:
        """A part of what ``blocks`` or ``marked`` gave, without bad characters; ``of`` says what it is."""
        if BAD not in text:
            return text
        if self.options.errors == "replace":
            return self._replace(text)
        return Rejected(f"not {self.name} at character {text.index(BAD) + 1} of the {of}", "encoding")

    def _replace(self, text: str) -> str:
        self.found["replaced characters"] += text.count(BAD)
        return text.replace(BAD, "\ufffd")

    def marked(self, raw: bytes, of: str) -> str | Rejected:
        """``raw`` as text with its bad bytes marked: for readers that first see to how a line hangs together."""
        return raw.decode(self.codec, "ciliu")

    def lines(self, end: int | None = None, *, marked: bool = False) -> Iterator[tuple[int, int, str | Rejected]]:
        """(line, bytes read so far, text with its line end) up to byte ``end``. No other character of the encodings
        holds the byte of a line feed, so bytes are cut before they are decoded."""
        offset = line = 0
        limit = records.LIMIT
        decode = self.marked if marked else self.decode
        while (end is None or offset < end) and (raw := self.stream.readline(limit + 1)):
            line += 1
            offset += len(raw)
            if len(raw) > limit and not raw.endswith(b"\n"):
                offset += self._skip_line()
                yield line, offset, records.too_long("a line")
            else:
                yield line, offset, decode(raw, "line")

    def line_blocks(self, end: int | None = None) -> Iterator[Reading]:
        """(line, bytes read so far, whole lines) up to byte ``end``: ``lines`` by the block."""
        offset = line = 0
        rest = raw = b""
        while True:
            room = min(packing.BLOCK, records.LIMIT + 1 - len(rest))
            raw = self.stream.read(room if end is None else min(room, end - offset - len(rest)))
            data = rest + raw
            cut = data.rfind(b"\n") + 1 if raw else len(data)
            if cut:
                count = data.count(b"\n", 0, cut) + (not raw)  # at the end there is one without a line end
                line, offset = line + count, offset + cut
                yield line, offset, Lines(data[:cut], count, self)
            rest = data[cut:]
            if not raw:
                return
            if len(rest) > records.LIMIT:
                line, offset, rest = line + 1, offset + len(rest) + self._skip_line(), b""
                yield line, offset, records.too_long("a line")

    def _skip_line(self) -> int:
        skipped = 0
        while raw := self.stream.readline(1 << 20):
            skipped += len(raw)
            if raw.endswith(b"\n"):
                break
        return skipped

    def blocks(self) -> Iterator[tuple[int, str]]:
        """(bytes read so far, text) a block at a time; bad bytes are left to ``check``."""
        decoder = codecs.getincrementaldecoder(self.codec)("ciliu")
        offset = 0
        while raw := self.stream.read(1 << 16):
            offset += len(raw)
            yield offset, decoder.decode(raw)
        yield offset, decoder.decode(b"", True)


def _narrow(stream: IO[bytes], encoding: str) -> Iterator[bytes]:
    """UTF-16 as UTF-8, so that lines can be read as bytes. What is bad becomes the byte 255, bad in UTF-8 too."""
    decoder = codecs.getincrementaldecoder(encoding)("ciliu")
    for block in packing.blocks_of(stream):
        yield decoder.decode(block).encode("utf-8", "surrogateescape")
    yield decoder.decode(b"", True).encode("utf-8", "surrogateescape")


def open_text(stream: IO[bytes], options: Options, found: Counter[str], *, inside: bool = False) -> Text:
    """``stream`` in the encoding of its mark, else in that of ``options``. ``inside`` it there is no mark to look for.

    Raises ``encodings.UnclearError`` where ``auto`` cannot say which.
    """
    if inside:
        return Text(stream, options.encoding, options, found)
    guess = options.encoding == "auto"
    head = stream.read(encodings.SAMPLE if guess else 1 << 10)
    encoding = encodings.mark_of(head)
    note = "by its mark" if encoding else "without a mark"
    if not encoding and guess:
        encoding, confidence = encodings.detect(head)
        least = max(step for step in (encodings.CONFIDENCE, 0.95, 0.99) if step <= confidence)
        note = f"with confidence {least:g} or more"
    elif not encoding and options.encoding == "utf-16":
        encoding = encodings.byte_order(head)
    if encoding and (guess or encoding != "utf-8"):
        found[f"{encoding} {note}"] += 1
    return Text(packing.prefixed(head, stream), encoding or options.encoding, options, found)
