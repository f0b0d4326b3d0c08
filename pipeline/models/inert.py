"""Read a pickle without running anything that it names.

A pickle is a program: it names callables and calls them. ``pickle.load``, and so gensim's ``load``, imports and calls
whatever it names. Here every name is looked up in a short list and stands for something inert of ours, which only keeps
what it is given; any other name is refused. Nothing is imported, no function of numpy or gensim is called, and arrays
are made here, after a look at their type and size.
"""

import math
import mmap
import pickle
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, ClassVar

import numpy as np
import numpy.typing as npt

NUMBER = re.compile(r"[iuf][1248]|b1")


class Inert:
    """An object of a class that is not loaded: the class's name, and its attributes as they were pickled."""

    kind = ""
    attributes: dict[str, Any]

    def __new__(cls, *arguments: object) -> "Inert":  # a pickle may leave __init__ out
        self = super().__new__(cls)
        self.attributes = {}
        return self

    def __init__(self, *arguments: object) -> None:
        """What the class would have been called with is of no interest."""

    def __setstate__(self, state: object) -> None:
        parts = state if isinstance(state, tuple) else (state,)
        pairs = [pair for part in parts if isinstance(part, dict) for pair in part.items()]
        self.attributes = {_text(name): value for name, value in pairs}


class Type:
    """A pickled ``numpy.dtype``: ``f4`` and the like, and its byte order."""

    def __init__(self, code: object = "", *flags: object) -> None:
        self.code, self.order = _text(code), "="

    def __setstate__(self, state: tuple[object, ...]) -> None:
        self.order = _text(state[1])

    def number(self) -> np.dtype[Any]:
        """Raises ``UnpicklingError`` where it is no type of plain numbers."""
        if not NUMBER.fullmatch(self.code) or self.order not in ("<", ">", "=", "|"):
            raise pickle.UnpicklingError(f"an array of type {self.code!r} where numbers should be")
        return np.dtype(self.order.replace("=", "<") + self.code)


class Array:
    """A pickled ``numpy.ndarray``."""

    def __init__(self, *arguments: object) -> None:
        self.shape: tuple[int, ...] = ()
        self.type, self.fortran, self.data = Type(), False, b""

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.shape, self.type, self.fortran, self.data = state[-4:]  # the first versions of numpy gave no version

    def read(self) -> npt.NDArray[Any]:
        """The numbers. Raises ``UnpicklingError`` where shape, type and bytes do not go together."""
        number = self.type.number()
        if not isinstance(self.data, bytes) or math.prod(self.shape) * number.itemsize != len(self.data):
            raise pickle.UnpicklingError(f"an array of shape {self.shape} whose bytes do not fill it")
        return np.frombuffer(self.data, number).reshape(self.shape, order="F" if self.fortran else "C")

    def items(self) -> list[Any]:
        """The objects of an array of objects."""
        return self.data if isinstance(self.data, list) else []


class Dict(dict[Any, Any]):
    """A dictionary of any kind, without what makes it more than one (a ``defaultdict``'s factory)."""

    __slots__ = ()

    def __init__(self, *arguments: object) -> None:
        super().__init__(*(given for given in arguments[:1] if isinstance(given, dict | list)))

    def __setstate__(self, state: object) -> None:
        raise pickle.UnpicklingError("a dictionary with attributes")


class Call:
    """A function of ours under a name of the pickle's; a pickle cannot set its attributes."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., object]) -> None:
        self._function = function

    def __call__(self, *arguments: object) -> object:
        return self._function(*arguments)

    def __setstate__(self, state: object) -> None:
        raise pickle.UnpicklingError("a function with attributes")


def _text(name: object) -> str:
    """A name, which Python 2 pickled as bytes."""
    return name.decode("latin-1") if isinstance(name, bytes) else str(name) if isinstance(name, str) else ""


def _encode(text: str, encoding: object = "latin1") -> bytes:
    return text.encode("latin-1")  # how Python 3 writes bytes in a pickle that Python 2 can read


def _number(kind: Type, data: bytes) -> object:
    return np.frombuffer(data, kind.number(), count=1)[0].item()


def _new(kind: object, *arguments: object) -> object:
    if isinstance(kind, type) and issubclass(kind, Inert | Dict):
        return kind()
    raise pickle.UnpicklingError("an object of no class")


def _inert(kind: str) -> type[Inert]:
    return type("Inert", (Inert,), {"kind": kind})


_NUMPY = ("numpy.core.multiarray", "numpy._core.multiarray")
ALLOWED: dict[str, object] = {
    "numpy.dtype": Type,
    "numpy.ndarray": Array,
    **{f"{module}._reconstruct": Call(lambda *given: Array()) for module in _NUMPY},
    **{f"{module}.scalar": Call(_number) for module in _NUMPY},
    "_codecs.encode": Call(_encode),
    **{f"{module}._reconstructor": Call(_new) for module in ("copyreg", "copy_reg")},
    **{f"collections.{name}": Dict for name in ("defaultdict", "OrderedDict", "Counter")},
    **{
        f"{module}.{name}": _inert(f"builtins.{name}")
        for module in ("builtins", "__builtin__")  # Python 3's name and Python 2's
        for name in ("object", "int", "long", "float", "hash")
    },
    **{f"{module}.bytes": Call(lambda *given: b"") for module in ("builtins", "__builtin__")},
}
UNUSED = {  # opcodes that no model needs: objects by reference, and memory by a mere number
    ord(code)
    for code in (
        pickle.PERSID, pickle.BINPERSID, pickle.EXT1, pickle.EXT2, pickle.EXT4, pickle.BYTEARRAY8, pickle.NEXT_BUFFER,
        pickle.READONLY_BUFFER,
    )
}  # fmt: skip
INERT = ("gensim.", "numpy.random.")  # whatever is below them stands for an inert object


class _Unpickler(pickle._Unpickler):
    """Python's own in Python. The one in C keeps its memo in an array as long as the largest number that the pickle
    names: ten bytes make it take 64 GB. It is not twice as fast either, for the objects are made in Python anyway."""

    dispatch: ClassVar[Any] = {code: load for code, load in pickle._Unpickler.dispatch.items() if code not in UNUSED}

    def __init__(self, file: IO[bytes] | mmap.mmap) -> None:
        super().__init__(file, encoding="bytes")  # strings of Python 2 stay bytes: nothing is guessed
        self._kinds: dict[str, object] = dict(ALLOWED)

    def find_class(self, module: str, name: str) -> object:
        kind = f"{module}.{name}"
        if kind not in self._kinds:
            if not kind.startswith(INERT):
                shown = kind.encode("unicode_escape").decode("ascii")
                raise pickle.UnpicklingError(
                    f"it names {shown}, which no model of word vectors needs; nothing of it was run"
                )
            self._kinds[kind] = _inert(kind)
        return self._kinds[kind]


def unpickle(file: IO[bytes] | mmap.mmap, path: Path) -> object:
    """The object that a pickle describes, made of ``Inert``, ``Array``, ``Dict`` and plain values.

    Raises ``ValueError`` with the name where the pickle names something that is not in ``ALLOWED`` nor below ``INERT``,
    and where it is truncated or damaged.
    """
    try:
        return _Unpickler(file).load()
    except (EOFError, struct.error):
        raise ValueError(f"{path}: the pickle is truncated") from None
    except pickle.UnpicklingError as error:
        raise ValueError(f"{path} is refused: {error}") from None
    except (
        AttributeError,
        ImportError,
        IndexError,
        KeyError,
        MemoryError,
        OverflowError,
        TypeError,
        ValueError,
    ) as error:
        raise ValueError(f"{path}: the pickle is damaged or no model ({type(error).__name__}: {error})") from None
