"""A model by its name: a run of the data folder, or the path of a file or folder."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from ciliu import Segmenter
from ciliu.bundle import open_cutter
from ciliu.kept_words import Cutter
from pipeline import cache, runs
from pipeline.evaluate.space import Space, from_path, from_stages


def open_space(name: str | None, data: Path) -> Space:
    """The vectors of a run (without a name, of the latest whose model is there), or of a path.

    Raises ``ValueError`` if it is neither.
    """
    if name and Path(name).exists():
        return from_path(Path(name))
    vocabulary, train = find_stages(name, data)
    return from_stages(vocabulary, train, cache.manifest_of(train)["parameters"])


def digest(name: str, data: Path) -> str:
    """What the model is, by its content. Raises ``ValueError`` as ``open_space``."""
    path = Path(name)
    if path.is_dir():
        return cache.output_digest(cache.describe_files(path, {}))
    if path.is_file():
        return cache.file_digest(path)
    return cache.digest([cache.manifest_of(folder)["digest"] for folder in find_stages(name, data)])


def find_cutter(name: str | None, data: Path) -> Cutter | None:
    """The model's own segmenter; None for a file, or a folder without one. Raises ``ValueError`` as ``open_space``."""
    from pipeline.export.segmenter import FOLDER, write_segmenter  # it costs as much as the rest

    if name and Path(name).exists():
        folder = Path(name) / FOLDER
        return open_cutter(folder) if folder.is_dir() else None
    record, vocabulary, _ = find_run(name, data)
    made: cache.Json = cache.read_json(vocabulary / cache.MANIFEST)["origin"]
    stop_words, protect = ([Path(path) for path in record["settings"][files]] for files in ("stop_words", "protect"))
    with TemporaryDirectory() as made_here:  # as Export writes it; what it maps stays mapped
        write_segmenter(data / "dictionary" / made["dictionary"]["key"], stop_words, protect, made, Path(made_here))
        return open_cutter(Path(made_here) / FOLDER)


def find_cut(name: str | None, data: Path) -> Callable[[str], list[str]]:
    """A text to words: by the model's own segmenter, or by jieba with its own dictionary where it has none."""
    cutter = find_cutter(name, data)
    return cutter.cut if cutter else Segmenter().lcut


def find_stages(name: str | None, data: Path) -> tuple[Path, Path]:
    """The outputs of Vocabulary and Train of a run."""
    return find_run(name, data)[1:]


def find_run(name: str | None, data: Path) -> tuple[cache.Json, Path, Path]:
    """The record of a run (its id or a tag; None: the latest whose model is there), its Vocabulary and Train."""
    for record in runs.read_all(data):
        if name in (None, record["run"], *runs.tags(record)):
            vocabulary, train = (data / stage / str(record["keys"].get(stage)) for stage in ("vocabulary", "train"))
            if cache.read_manifest(vocabulary) and cache.read_manifest(train):
                return record, vocabulary, train
            if name:
                raise ValueError(f"the model of run {name} is gone from {data}; make it again: ciliu run")
    if name:
        raise ValueError(f"{name} is neither a file or folder nor a run in {data} (ciliu status --runs lists them)")
    raise ValueError(f"no run in {data} has a model; make one: ciliu run SOURCES…")
