"""``ciliu import``: a gensim 4 model of a file that another tool, or an old gensim, made."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli import front

if TYPE_CHECKING:
    from pipeline import cache

SHOWN = 10  # repaired words


@click.command("import", epilog="Example: ciliu import zh.300.vec.gz --to models/zh")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    help="A folder that is not there yet.  [default: FILE's name with .imported, in the working folder]",
)
@click.option("--json", "as_json", is_flag=True, help="Print what import.json says instead of a summary.")
@front.guarded
def import_(file: Path, to: Path | None, as_json: bool) -> None:
    """Read a model of word2vec, fastText (.vec), GloVe or gensim 0.x to 4.x, and write it as gensim 4 does.

    What FILE is shows in its content, not in its name; it may be compressed (gzip, bzip2, zstd). No code that it
    carries is run. Words that cannot stay as they are get repaired, and listed.
    """
    from pipeline.models import folder, read_model

    target = to or Path(f"{file.name}.imported")
    facts = folder.publish(read_model(file), target)
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False, indent=1))
        return
    for line in _summary(facts):
        click.echo("".join(map(_printable, line)))
    click.echo(f"model       {target}")


def _summary(facts: "cache.Json") -> list[str]:
    parameters = ", ".join(f"{name} {value:g}" for name, value in facts["parameters"].items())
    lines = [
        f"format      {facts['format']}",
        f"vectors     {facts['words']:,} words × {facts['vector_size']:,} dimensions",
        f"counts      {'yes' if facts['counts'] else 'none'}",
        f"outputs     {', '.join(facts['outputs']) or 'none'}; training {_can(facts['training_can_go_on'])} go on",
        f"parameters  {parameters or 'none'}",
        *(f"note        {note}" for note in facts["notes"]),
        f"repaired    {len(facts['repaired']):,} words",
    ]
    for repair in facts["repaired"][:SHOWN]:
        original = "“" + repair["original"] + "”"
        lines.append(f"  {repair['place']}: {original} → {repair['word'] or 'nothing'} ({repair['why']})")
    if len(facts["repaired"]) > SHOWN:
        lines.append("  … all of them are in import.json")
    return lines


def _printable(character: str) -> str:
    """A word of the file may hold what would steer the terminal."""
    return character if character.isprintable() else character.encode("unicode_escape", "replace").decode("ascii")


def _can(able: bool) -> str:
    return "can" if able else "cannot"
