"""A model by its name: a run of the data folder, or the path of a file or folder."""

from pathlib import Path

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


def find_stages(name: str | None, data: Path) -> tuple[Path, Path]:
    """The outputs of Vocabulary and Train of a run."""
    for record in runs.read_all(data):
        if name in (None, record["run"], *runs.tags(record)):
            found = [data / stage / str(record["keys"].get(stage)) for stage in ("vocabulary", "train")]
            if all(cache.read_manifest(folder) for folder in found):
                return found[0], found[1]
            if name:
                raise ValueError(f"the model of run {name} is gone from {data}; make it again: ciliu run")
    if name:
        raise ValueError(f"{name} is neither a file or folder nor a run in {data} (ciliu status --runs lists them)")
    raise ValueError(f"no run in {data} has a model; make one: ciliu run SOURCES…")
