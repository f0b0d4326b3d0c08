"""Matrices of vectors on disk, read with numpy alone: what a file claims is not believed before it was looked at."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

HEAD = 1 << 20  # bytes of a header, at most
NUMBERS = {"F32": "<f4", "F16": "<f2", "I8": "<i1", "I64": "<i8"}

Matrix = npt.NDArray[np.float32]


def read_npy(path: Path) -> npt.NDArray[Any]:
    """A ``.npy`` file, mapped. Raises ``ValueError`` where it is damaged, or holds objects."""
    try:
        mapped: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(f"{path.name} is damaged or truncated: {error}") from None
    if path.stat().st_size != mapped.offset + mapped.nbytes:  # type: ignore[attr-defined] # a memmap has an offset
        raise ValueError(f"{path.name}: its length is not that of an array of shape {mapped.shape}")
    return mapped


def read_safetensors(path: Path) -> dict[str, npt.NDArray[Any]]:
    """The tensors of a ``.safetensors`` file, mapped. Raises ``ValueError`` where header and length do not agree."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= min(HEAD, size - 8):
            raise ValueError(f"{path.name}: a header of {length:,} bytes in a file of {size:,}")
        try:
            header = json.loads(file.read(length))
            header.pop("__metadata__", None)
            return {name: _map_tensor(path, 8 + length, size, told) for name, told in header.items()}
        except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{path.name}: its header is damaged: {error}") from None


def _map_tensor(path: Path, start: int, size: int, told: dict[str, Any]) -> npt.NDArray[Any]:
    kind, shape = np.dtype(NUMBERS[told["dtype"]]), tuple(int(length) for length in told["shape"])
    first, end = told["data_offsets"]
    if min(shape, default=0) < 0 or math.prod(shape) * kind.itemsize != end - first or not 0 <= first <= end:
        raise ValueError(f"{end - first:,} bytes for the shape {shape}")
    if start + end > size:
        raise ValueError(f"the shape {shape} needs more than the {size:,} bytes of the file")
    if first == end:
        return np.empty(shape, kind)
    return np.memmap(path, kind, "r", start + first, shape)


def read_vectors(folder: Path) -> Matrix | None:
    """The vectors of a bundle by the best format that numpy reads: as they are (mapped), else what is left of them
    (float16, int8); None where it has none of these."""
    if (path := folder / "vectors.npy").exists():
        return read_npy(path)
    if (path := folder / "vectors.safetensors").exists():
        return read_safetensors(path)["vectors"]
    if (path := folder / "vectors.float16.npy").exists():
        return read_npy(path).astype(np.float32)
    if (path := folder / "vectors.int8.npy").exists():
        return dequantize(read_npy(path), read_npy(folder / "vectors.int8.scales.npy"))
    return None


def quantize(rows: Matrix) -> tuple[npt.NDArray[np.int8], Matrix]:
    """Rows as int8, and what to multiply each with: its largest value stands for 127."""
    scales = np.abs(rows).max(axis=1, keepdims=True).astype(np.float32) / np.float32(127)
    steps = np.divide(rows, scales, out=np.zeros_like(rows), where=scales > 0)
    return np.rint(steps).astype(np.int8), scales


def dequantize(rows: npt.NDArray[Any], scales: npt.NDArray[Any]) -> Matrix:
    """What ``quantize`` left of the rows."""
    return np.asarray(np.multiply(rows, scales, dtype=np.float32))
