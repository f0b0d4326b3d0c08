"""``ciliu dict``: look into user dictionaries before a corpus is cut with them."""

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from pipeline import progress, resources
from pipeline.cli import front
from pipeline.publish import write_file

LONGEST_TEXT = 1_000  # characters that explain takes

option_frequencies = click.option(
    "--frequencies",
    type=click.Choice(["file", "suggest"]),
    default="file",
    show_default=True,
    help="As Dictionary.frequencies: the numbers in the files, or jieba's suggestion for every word.",
)
option_hmm = click.option("--hmm", is_flag=True, help="Let jieba's HMM guess words (Segment.HMM=true).")
option_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(epilog="Example: ciliu dict lint dicts/example.txt")
def dict() -> None:
    """Check dictionaries, compare what they do to a text, explain how a text is cut."""


@dict.command(epilog="Example: ciliu dict lint dicts/example.txt")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@option_frequencies
@click.option("--strict", is_flag=True, help="Exit with 6 for notes as well.")
@click.option("--json", "as_json", is_flag=True, help="Print all findings, one JSON object a line, and no summary.")
@click.option("-n", type=click.IntRange(0), default=20, show_default=True, help="Lines printed of a kind; 0: all.")
@front.guarded
def lint(files: tuple[Path, ...], frequencies: str, strict: bool, as_json: bool, n: int) -> None:
    """Say which entries of FILES have no effect, or another than their author expects, and why.

    The files are compiled together in their order on top of jieba's own dictionary, as `ciliu run` does it.

    \b
    warnings: unreadable           no entry; so many that the run would stop, or left out
              no frequency         the number makes no sense; jieba's suggestion is taken
              never matches        a character that jieba never joins (space, ·, @, full width …)
              never wins           cut apart even alone: the frequency is too small
              frequency too large  above that of 了: other words are broken up
              frequency 0          of a word that no dictionary has
              stands twice         the later entry counts
    notes:    already there        in jieba's own dictionary
              jieba misreads       what load_userdict makes of a line that Ciliu reads
              encoding             UTF-16
              frequency 0          a word removed from jieba's own dictionary

    Exit status: 0 no warning; 6 warnings; 3 a file that is not there or is no text.
    """
    from pipeline.cli import dict_text
    from pipeline.dictionary import lint as linter

    front.show_progress(None, quiet=False)
    findings, entries = linter.lint(_existing(files), suggest=frequencies == "suggest")
    shown = (json.dumps(row, ensure_ascii=False) for row in findings) if as_json else dict_text.findings(findings, n)
    for line in shown:
        click.echo(line)
    if not as_json:
        click.echo(dict_text.lint_summary(findings, entries, len(files)))
    if any(strict or finding["level"] == "warning" for finding in findings):
        sys.exit(front.FINDINGS)


@dict.command(epilog="Example: ciliu dict compile dicts/example.txt --to compiled/")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--to", type=click.Path(path_type=Path), required=True, help="A folder that is not there yet.")
@option_frequencies
@front.guarded
def compile(files: tuple[Path, ...], to: Path, frequencies: str) -> None:
    """Compile FILES, in their order, on top of jieba's own dictionary, for `ciliu cut --dict` and ciliu.Segmenter.

    The folder can be copied to other machines; it is opened in milliseconds. `ciliu run` does this by itself.
    """
    from pipeline import dictionary

    front.show_progress(None, quiet=False)
    if to.exists():
        raise ValueError(f"{to} is there already")
    with (
        resources.writing(to),
        tempfile.TemporaryDirectory(dir=to.absolute().parent, prefix=f".{to.name}.") as folder,
    ):
        made = Path(folder) / "made"
        made.mkdir()
        counts = dictionary.run(_existing(files), made, frequencies=frequencies)
        made.rename(to)
    click.echo(f"{to}: {dictionary.summary(counts)}")


@dict.command(epilog="Example: ciliu dict diff - dicts/example.txt --on articles/")
@click.argument("a")
@click.argument("b")
@click.option("--on", "text", required=True, help="A .txt or .jsonl file (.gz, .zst too), or a folder of them.")
@option_frequencies
@option_hmm
@option_json
@click.option("-n", type=click.IntRange(0), default=20, show_default=True, help="How many changes and words; 0: all.")
@front.guarded
def diff(a: str, b: str, text: str, frequencies: str, hmm: bool, as_json: bool, n: int) -> None:
    """Show what dictionary B does to the segmentation of a text that A does not.

    A and B are files, several with commas between them; - is jieba's own dictionary alone. Shown are the share of
    lines that change, the most frequent changes with the first line of each side by side, and the words that are cut
    out more often (gained) and less often (lost).
    """
    from ciliu import Segmenter
    from pipeline.cli import dict_text
    from pipeline.cli.texts import read_lines_of
    from pipeline.dictionary import diff as differ

    front.show_progress(None, quiet=False)
    with compiled(a, frequencies) as folder_a, compiled(b, frequencies) as folder_b:
        lines = read_lines_of(text)
        found = differ.compare(Segmenter(folder_a), Segmenter(folder_b), lines, HMM=hmm)
    if as_json:
        click.echo(json.dumps(dict_text.difference_as_json(found, n), ensure_ascii=False))
        return
    for line in dict_text.difference(found, n):
        click.echo(line)


@dict.command(epilog="Example: ciliu dict explain 北京大学生前来应聘 --svg why.svg")
@click.argument("text")
@click.option("--dict", "files", default="-", help="Files, several with commas between them.  [default: jieba's own]")
@option_frequencies
@option_hmm
@click.option("--svg", type=click.Path(path_type=Path, dir_okay=False), help="Draw it too, into this file.")
@click.option("-n", type=click.IntRange(0), default=3, show_default=True, help="How many other ways to cut a block.")
@front.guarded
def explain(text: str, files: str, frequencies: str, hmm: bool, svg: Path | None, n: int) -> None:
    """Show why TEXT is cut as it is.

    Listed are all words that the dictionary has at each place, with frequency and weight, which is log(frequency) −
    log(total). The path with the largest sum of weights wins; behind each other word stands by how much the best path
    through it loses. Then follow the chosen path, the next best ones, and what the HMM made of it (--hmm).
    """
    from ciliu.engine_jieba import make_tokenizer
    from ciliu.segmenter import read_words
    from pipeline.cli import dict_text
    from pipeline.dictionary import explain as explainer
    from pipeline.dictionary import picture

    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")  # typed in the locale C
    if not 0 < len(text) <= LONGEST_TEXT:
        raise ValueError(f"the text has {len(text):,} characters; explain takes 1 to {LONGEST_TEXT:,}")
    with compiled(files, frequencies) as folder:
        words, total, force_split = read_words(folder)
    known = make_tokenizer(words, total).FREQ
    found = explainer.explain(text, known, total, force_split=force_split, HMM=hmm, paths=n + 1)
    if svg:
        write_file(svg, picture.draw(found).encode("utf-8"))
    for line in dict_text.explanation(found, files, total, hmm):
        click.echo(line)
    if svg:
        click.echo(f"\npicture  {svg}")


def _existing(files: tuple[Path, ...]) -> list[Path]:
    for path in files:
        if not path.is_file():
            raise ValueError(f"there is no file {path}")
    if len(set(files)) < len(files):
        raise ValueError(f"a file is given twice: {', '.join(map(str, files))}")
    return list(files)


@contextmanager
def compiled(given: str, frequencies: str) -> Iterator[Path | None]:
    """The folder of the compiled dictionary of some files; None for jieba's own."""
    files = _existing(tuple(Path(name) for name in given.split(","))) if given not in ("-", "") else []
    if not files:
        yield None
        return
    from pipeline import dictionary

    with tempfile.TemporaryDirectory(prefix="ciliu-") as folder:
        counts = dictionary.run(files, Path(folder), frequencies=frequencies)
        if counts["warnings"]:
            progress.say(f"{given}: {dictionary.summary(counts)} (ciliu dict lint says more)")
        yield Path(folder)
