"""What gensim's ``SaveLoad`` wrote: objects in a pickle, large arrays in files beside it.

It notes in ``__numpys`` which attributes lie beside, in ``FILE.attribute.npy`` (of the object ``wv``:
``FILE.wv.attribute.npy``; ``.npz`` if ``FILE`` ends with ``.gz`` or ``.bz2``). What it left out on purpose, as
``syn0norm``, is in ``__ignoreds`` and has no file.
"""

import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.models.inert import Array, Inert


class Part:
    """An object of the model, with the file that its arrays lie beside."""

    def __init__(self, inert: Inert, beside: str, root: Path, files: list[Path]) -> None:
        self.inert, self.beside, self.root, self.files = inert, beside, root, files

    @property
    def kind(self) -> str:
        return self.inert.kind.rsplit(".", 1)[-1]

    def get(self, *names: str) -> Any:
        """The first of these attributes that is there, or None."""
        return next((self.inert.attributes[name] for name in names if name in self.inert.attributes), None)

    def has(self, *names: str) -> bool:
        """Whether one of these attributes is there, in the pickle or beside it."""
        return self.get(*names) is not None or not self.beside_names.isdisjoint(names)

    @property
    def beside_names(self) -> set[str]:
        """The attributes whose arrays lie beside."""
        return {name.decode() if isinstance(name, bytes) else name for name in self.get("__numpys") or []}

    def part(self, name: str) -> "Part | None":
        found = self.get(name)
        return Part(found, f"{self.beside}.{name}", self.root, self.files) if isinstance(found, Inert) else None

    def array(self, *names: str) -> npt.NDArray[Any] | None:
        """The first of these arrays that is there, in the pickle or beside it, or None.

        Raises ``FileNotFoundError`` if it should lie beside and does not, ``ValueError`` if it is damaged.
        """
        for name in names:
            if name in self.beside_names:
                return self._load(name)
            if isinstance(found := self.get(name), Array):
                return read_array(found, self.root)
        return None

    def _load(self, name: str) -> npt.NDArray[Any]:
        compressed = self.root.suffix in (".gz", ".bz2")  # by its name, as gensim does
        path = Path(f"{self.beside}.{name}.{'npz' if compressed else 'npy'}")
        if not path.exists():
            raise FileNotFoundError(path.name)
        self.files.append(path)
        try:
            loaded: Any = np.load(path, mmap_mode=None if compressed else "r", allow_pickle=False)
            return np.asarray(loaded["val"] if compressed else loaded)
        except (ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
            raise ValueError(f"{path} is damaged or truncated: {error}") from None


def read_array(array: Array, path: Path) -> npt.NDArray[Any]:
    """An array out of the pickle. Raises ``ValueError`` with the file's name where it is damaged."""
    try:
        return array.read()
    except (pickle.UnpicklingError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{path} holds a damaged array: {error}") from None
