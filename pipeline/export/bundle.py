"""A bundle: made in a folder that is its own, each format loaded back, manifest and sums last."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from pipeline import cache
from pipeline.export import licence
from pipeline.export.bundled import verify
from pipeline.export.card import write_card
from pipeline.export.check import check
from pipeline.export.formats import FORMATS, Format
from pipeline.export.segmenter import SCRIPT, write_script
from pipeline.export.table import Table, normalize, write_vocabulary

FORMAT_VERSION = 1
MODEL = "model.gensim"
SCRATCH = ".normalized.npy"


@dataclass(frozen=True)
class About:
    """What a bundle says of itself beside its numbers: how each stage made its part, the licences of the sources."""

    origin: cache.Json
    licences: licence.Rows = licence.UNKNOWN
    name: str = ""


def make_bundle(
    folder: Path,
    table: Table,
    formats: Sequence[Format],
    about: About,
    *,
    model: Path,
    write_segmenter: Callable[[Path], None],
    normalized: bool = False,
) -> cache.Json:
    """Fill ``folder``; ``model`` is the folder of Train's output. Returns the manifest.

    Raises ``ValueError`` where a format does not give back what was written, or cannot hold what is asked for.
    """
    whole = table.chosen == "all words" and not normalized and not table.repaired
    refuse_model(formats, model, whole)
    write_segmenter(folder)
    write_script(folder / SCRIPT)
    write_vocabulary(table, folder / "vocab.tsv")
    if normalized:
        table = normalize(table, folder / SCRATCH)
    loaded = {one.name: _add(one, folder, table, model) for one in formats}
    (folder / SCRATCH).unlink(missing_ok=True)
    shutil.copyfile(str(verify.__file__), folder / "verify.py")
    manifest = describe(table, about, loaded)
    write_card(folder / "README.md", manifest, list(formats), table)
    manifest["files"] = cache.describe_files(folder, {})
    cache.write_json(folder / verify.MANIFEST, manifest)
    write_sums(folder, manifest["files"])
    return manifest


def _add(one: Format, folder: Path, table: Table, model: Path) -> cache.Json:
    if one.module is FORMATS["gensim"]:
        for path in sorted(model.glob(f"{MODEL}*")):
            cache.link(path, folder / path.name)
    else:
        one.module.write(table, folder, one.packing)
    return check(one, folder, table)


def refuse_model(formats: Sequence[Format], model: Path, whole: bool) -> None:
    """Raises ``ValueError`` if the full model is asked for and it is not there, or not what is asked for."""
    if any(one.module is FORMATS["gensim"] for one in formats):
        if not whole:
            raise ValueError("the format gensim is the full model as it was trained; give --format keyedvectors")
        if not (model / MODEL).exists():
            raise ValueError("the format gensim needs the full model, and the output of train is gone")


def describe(table: Table, about: About, loaded: cache.Json) -> cache.Json:
    """The manifest, but for the list of files."""
    return {
        "format_version": FORMAT_VERSION,
        "name": about.name,
        "words": len(table.words),
        "vector_size": table.matrix.shape[1],
        "type": "float32",
        "normalized": table.normalized,
        "chosen": table.chosen,
        "repaired": [asdict(repair) for repair in table.repaired],
        "licence": licence.of_all(about.licences),
        "licences": list(about.licences),
        "made_by": {"ciliu": version("ciliu")},
        "formats": loaded,
        "stages": about.origin,
    }


def write_sums(folder: Path, files: cache.Json) -> None:
    """``XXH128SUMS``: the xxh3_128 of each of ``files`` and of the manifest, as ``xxh128sum -c`` checks them."""
    listed = files | {verify.MANIFEST: cache.describe_file(folder / verify.MANIFEST)}
    sums = [f"{listed[name]['xxh3_128']}  {name}\n" for name in sorted(listed)]
    (folder / verify.SUMS).write_text("".join(sums), encoding="utf-8", newline="\n")
