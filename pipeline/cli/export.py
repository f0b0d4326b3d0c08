"""``ciliu export`` and ``ciliu verify``: hand a model on, look whether it arrived sound."""

import json
import shutil
import sys
from functools import partial
from pathlib import Path
from typing import Any

import click

from pipeline import cache, runs
from pipeline.cli import front
from pipeline.cli.words import output

FAULTS = 6  # the exit status when a bundle has faults, as of ``ciliu dict lint``


@click.command(epilog="Example: ciliu export --to news-2026.tar.zst --format word2vec --format parquet --top 100000")
@click.option(
    "--to", required=True, help="A new folder, NAME.tar.zst, or a URL (sftp://host/folder, s3://bucket/folder)."
)
@click.option(
    "--format", "formats", multiple=True, metavar="NAME",
    help="numpy, word2vec, word2vec-text, gensim, keyedvectors, safetensors, parquet, fasttext, glove, tensorboard, "
    "float16, int8, model2vec, sentence-transformers, spacy; with .gz or .zst behind word2vec, word2vec-text, glove.  "
    "[default: those of the run's bundle]",
)  # fmt: skip
@click.option("--top", type=click.IntRange(1), help="Only so many words, the most frequent ones.")
@click.option("--words", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Only the words of a file.")
@click.option("--normalized", is_flag=True, help="Vectors of length 1 instead of those that were trained.")
@click.option(
    "--licence", multiple=True, metavar="[PATTERN=]TEXT",
    help="Of the sources that are called so (wiki*=cc-by-sa-4.0), or of all others, for the model card.",
)  # fmt: skip
@click.option("--name", default="", help="The title of the model card.")
@click.option("--allow-failed", is_flag=True, help="Hand it on although Evaluate failed it; its card says so.")
@click.option("--release", help="Export to a folder of this name below --to, and let the file latest there name it.")
@front.option_data
@front.option_run
@front.guarded
def export(
    to: str,
    formats: tuple[str, ...],
    top: int | None,
    words: Path | None,
    normalized: bool,
    licence: tuple[str, ...],
    name: str,
    allow_failed: bool,
    release: str | None,
    data: Path,
    run_id: str | None,
) -> None:
    """Hand the model of a run to others: a folder, an archive or a place on a server, whole or not at all.

    Without --format, --top, --words, --normalized, --licence and --name it is the bundle that the run made. Otherwise
    one is made of it, and each format is loaded back before it is there.
    """
    from pipeline.export.target import publish
    from pipeline.publish import refuse_failed

    with runs.kept(data, run_id) as record:
        made = output(data, record, "export") / "bundle"
        refuse_failed(cache.read_json(made / "manifest.json")["stages"]["evaluate"]["counts"], allow_failed)
        if formats or top or words or normalized or licence or name:
            licences = _licences(data / "articles" / record["keys"]["articles"], licence)
            options = {"normalized": normalized, "licences": licences, "name": name}
            fill = partial(
                _make, made, data / "train" / record["keys"]["train"], ",".join(formats), top or 0, words, options
            )
        else:
            fill = partial(_copy, made)
        place = publish(fill, to, release)
        runs.note_export(data, record, place)
    click.echo(f"{place}: a bundle that was checked there")
    _note_stale(data, record)
    check = f"cd {place} && xxh128sum -c XXH128SUMS, or: " if Path(place, "XXH128SUMS").exists() else ""
    click.echo(f"check it there: {check}ciliu verify {place}")


def _licences(articles: Path, given: tuple[str, ...]) -> Any:
    """Those that were given, by source; nothing if none was. Raises ``ValueError`` if Articles' output is gone."""
    from pipeline.export.licence import by_source, names_of

    if not given:
        return []
    if (manifest := cache.read_manifest(articles)) is None:
        raise ValueError("--licence: the output of articles is gone, which knows the sources; ciliu run makes it again")
    return by_source(given, names_of(json.loads(manifest["recipe"])))


def _copy(made: Path, folder: Path) -> None:
    """What stands in ``made``. Of a full disk ``shutil.copytree`` makes a list with a row a file."""
    for path in sorted(made.rglob("*")):
        copy = folder / path.relative_to(made)
        copy.mkdir() if path.is_dir() else shutil.copy2(path, copy)


def _make(
    made: Path, train: Path, formats: str, top: int, words: Path | None, options: cache.Json, folder: Path
) -> None:
    from pipeline.export.bundle import About, make_bundle
    from pipeline.export.formats import parse_list
    from pipeline.export.licence import by_source
    from pipeline.export.segmenter import link_segmenter
    from pipeline.export.table import choose, read_table

    manifest = cache.read_json(made / "manifest.json")
    table = choose(read_table(made, made / "vectors.npy"), top, [words] if words else [])
    licences = options["licences"] or manifest.get("licences") or by_source([manifest["licence"]], [])
    about = About(manifest["stages"], licences, options["name"] or manifest["name"])
    asked = parse_list(formats or ",".join(manifest["formats"]))
    segmenter = partial(link_segmenter, made)
    make_bundle(folder, table, asked, about, model=train, write_segmenter=segmenter, normalized=options["normalized"])
    _unlink(folder)


def _unlink(folder: Path) -> None:
    """Copies instead of hard links: what people do to their bundle must not reach the data folder."""
    for path in [path for path in folder.rglob("*") if path.is_file() and path.stat().st_nlink > 1]:
        copy = path.with_name(f"{path.name}.copy")
        shutil.copyfile(path, copy)
        copy.replace(path)


def _note_stale(data: Path, record: cache.Json) -> None:
    from pipeline.cli.data import state_of

    manifests = {stage: cache.read_manifest(data / stage / key) for stage, key in record["keys"].items()}
    if (state := state_of(manifests["export"], manifests)) != "there":
        click.echo(f"note: this is the former model ({state}); ciliu run makes the bundle of the new one", err=True)


@click.command(epilog="Example: ciliu verify news-2026.tar.zst")
@click.argument("bundle", type=click.Path(path_type=str), required=False)
@click.option(
    "--data", is_flag=False, flag_value="data", type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Hash every file of every output of a data folder instead.  [without a folder: data]",
)  # fmt: skip
@click.option("--quick", is_flag=True, help="Files and sums alone: nothing is looked into.")
@click.option("--json", "as_json", is_flag=True, help="Print the faults as JSON.")
@front.guarded
def verify(bundle: str | None, data: Path | None, quick: bool, as_json: bool) -> None:
    """Is BUNDLE, a folder, a .tar.zst or a URL of one, what was published? Or is a data folder whole (--data)? A
    sentence a fault; exit status 6 if there is one.

    Sums, sizes, no file too many; then the manifest against its schema, headers against lengths, numbers that are
    finite, words that are unique, and each format read. Nothing that a bundle carries is run. The sums show damage, not
    who made them.
    """
    from pipeline.export.fetch import at_hand
    from pipeline.export.verification import describe, find_faults

    if bundle is None or data is not None:
        if bundle is not None or data is None or quick:
            raise click.UsageError("give a BUNDLE, or --data [DIR]: not both")
        _verify_data(data, as_json)
        return
    with at_hand(bundle) as path:
        faults = find_faults(path, quick)
        sound = "" if faults else describe(path)
    if as_json:
        name = bundle.rstrip("/").rpartition("/")[2].partition("?")[0]
        click.echo(json.dumps({"bundle": name, "quick": quick, "faults": faults}, ensure_ascii=False, indent=1))
    else:
        for fault in faults:
            click.echo(fault)
        number = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        click.echo(number if faults else f"sound: {sound}")
    if faults:
        sys.exit(FAULTS)


def _verify_data(data: Path, as_json: bool) -> None:
    from pipeline.cli.data import check_outputs

    *faults, total = check_outputs(data)
    if as_json:
        click.echo(json.dumps({"data": str(data), "faults": faults}, ensure_ascii=False, indent=1))
    else:
        click.echo("\n".join([*faults, total]))
    if faults:
        sys.exit(FAULTS)
