"""``ciliu cut``: lines in, words out; a filter for a shell pipe."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from pipeline.cli import front

if TYPE_CHECKING:
    from ciliu import Segmenter

BLOCK = 1 << 20  # bytes read at once


@click.command(epilog="Example: ciliu cut --dict dicts/example.txt --sep / < news.txt | less")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--dict",
    "dictionary",
    default="",
    help="Dictionary files, several with commas between them, or the folder of a compiled dictionary (`ciliu dict "
    "compile`, or a run's data/dictionary/KEY), which is there at once.  [default: jieba's own]",
)
@click.option("--hmm", is_flag=True, help="Let jieba's HMM guess words of unknown characters.")
@click.option("--sep", default=" ", show_default=True, help="What stands between two words; at most 8 bytes.")
@click.option("--json", "as_json", is_flag=True, help="A line becomes [[word, start, end], …], in characters.")
@click.option("--search", is_flag=True, help="Also the shorter words within a word (jieba's cut_for_search).")
@click.option("--protect", default="", help="Files of words and patterns that are kept whole, with commas.")
@click.option("--engine", type=click.Choice(["auto", "native", "jieba"]), default="auto", show_default=True)
@front.guarded
def cut(
    files: tuple[Path, ...],
    dictionary: str,
    hmm: bool,
    sep: str,
    as_json: bool,
    search: bool,
    protect: str,
    engine: str,
) -> None:
    """Cut the lines of FILES, or of standard input, into words: UTF-8 in, UTF-8 out, a line for a line.

    Nothing is dropped and nothing is changed: without the separators each line is what it was. (`ciliu run` brings
    text into a normal form first, cuts it by sentences and drops punctuation.)
    """
    separator = os.fsencode(sep).replace(b"\\t", b"\t")
    if len(separator) > 8:
        raise ValueError(f"--sep {sep}: a separator has at most 8 bytes")
    with ExitStack() as stack:
        segmenter = _open(stack, dictionary, protect, engine)
        work = _work(segmenter, separator, hmm, as_json, search)
        missing = [str(path) for path in files if not path.is_file()]
        if missing:
            raise ValueError(f"there is no file {missing[0]}")
        for path in files or [None]:
            file = stack.enter_context(path.open("rb")) if path else sys.stdin.buffer
            whole = _filter(file, str(path or "standard input"), work)
            if not whole and path and path != files[-1]:
                sys.stdout.buffer.write(b"\n")  # the next file begins with a line of its own


def _open(stack: ExitStack, dictionary: str, protect: str, engine: str) -> "Segmenter":
    from ciliu import Protect, Segmenter
    from pipeline.cli.dict import compiled

    kept = Protect.read(protect.split(",")) if protect else None
    if not dictionary:
        return Segmenter(None, engine, kept)
    if (Path(dictionary) / "dictionary.json").exists():
        return Segmenter(dictionary, engine, kept)
    return Segmenter(stack.enter_context(compiled(dictionary, "file")), engine, kept)


def _work(segmenter: "Segmenter", separator: bytes, hmm: bool, as_json: bool, search: bool) -> Callable[[bytes], bytes]:
    """What is done to a block of whole lines."""
    if not as_json and not search:
        return lambda block: segmenter.cut_lines(block, separator, hmm)

    def one(line: str) -> str:
        if as_json:
            tokens = segmenter.tokenize(line, "search" if search else "default", hmm)
            return json.dumps(list(tokens), ensure_ascii=False)
        return separator.decode("utf-8").join(segmenter.lcut_for_search(line, hmm))

    def work(block: bytes) -> bytes:
        lines = block.decode("utf-8").split("\n")
        last = lines.pop()  # "" behind the last line end
        return "".join(f"{one(line)}\n" for line in lines).encode("utf-8") + (
            one(last).encode("utf-8") if last else b""
        )

    return work


def _filter(file: BinaryIO, name: str, work: Callable[[bytes], bytes]) -> bool:
    """Each block is written at once: who waits for a line gets it. Returns whether the last line has an end."""
    done = 0
    block = b"\n"
    for block in read_blocks(file):
        try:
            sys.stdout.buffer.write(work(block))
        except UnicodeDecodeError as error:
            line = done + block.count(b"\n", 0, error.start) + 1
            raise ValueError(f"{name}, line {line:,}: not UTF-8 ({block[error.start : error.start + 1]!r})") from None
        sys.stdout.buffer.flush()
        done += block.count(b"\n")
    return block.endswith(b"\n")


def read_blocks(file: BinaryIO) -> Iterator[bytes]:
    """The bytes of a file, or of a pipe as they come, in blocks that end with a line (but for the last)."""
    begun: list[bytes] = []  # of a line whose end has not come yet
    while piece := os.read(file.fileno(), BLOCK):
        end = piece.rfind(b"\n") + 1
        if end:
            yield b"".join([*begun, piece[:end]])
            begun = []
        if end < len(piece):
            begun.append(piece[end:])
    if begun:
        yield b"".join(begun)
