"""MinHash signatures of a shard's articles, and their bands: articles that share a band's key are looked at.

rensa makes them, 3-grams and all at 170 MB of text a second and core, 28 where each text has 80 characters (its result
comes out as lists, some 7 µs a text); the same values by its scalar, its AVX2 and its AVX-512 kernel.
"""

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from struct import Struct

import numpy as np
import numpy.typing as npt

from pipeline import cache, shard_files
from pipeline.dedup import grams

SEED = 1
BLOCK = 1 << 17  # characters that are signed at once: what they become stays in a core's cache
FOUND = 0.8  # the least chance that two texts just at the threshold share a band

Signatures = npt.NDArray[np.uint32]
Keys = npt.NDArray[np.uint64]


def band_rows(values: int, threshold: float) -> int:
    """The values that make a band: as many as leave a pair at the ``threshold`` a chance of ``FOUND``. At .5 and 128
    values 4, so 32 bands, which find .87 of such pairs; the 25 bands of 5 that are often taken find .55."""
    return max(
        (rows for rows in range(1, values + 1) if 1 - (1 - threshold**rows) ** (values // rows) >= FOUND), default=1
    )


def sign(texts: Sequence[str], values: int) -> tuple[Signatures, npt.NDArray[np.bool_]]:
    """Signatures (n × ``values``) of n texts, zeros for those that are too short; and which are long enough."""
    from rensa import RMinHash

    packed, starts, long = grams.cut_many(texts)
    mixed = packed * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(32)
    signatures = np.zeros((len(texts), values), dtype="<u4")
    if long.any():
        rows = RMinHash.digest_matrix_from_flat_token_hashes(mixed, starts, values, SEED).to_rows()
        pack = Struct(f"<{values}I").pack  # half the time that numpy takes for lists
        signatures[long] = np.frombuffer(b"".join([pack(*row) for row in rows]), dtype="<u4").reshape(-1, values)
    return signatures, long


def band_keys(signatures: Signatures, long: npt.NDArray[np.bool_], rows: int) -> Keys:
    """A key for each band and text (bands × n); 0 for texts that are too short, which share nothing."""
    keys = np.zeros((signatures.shape[1] // rows, len(signatures)), dtype="<u8")
    for number, key in enumerate(keys):
        for column in signatures.T[number * rows : (number + 1) * rows]:
            key ^= column
            key *= np.uint64(0xFF51AFD7ED558CCD)
            key ^= key >> np.uint64(33)
        key |= np.uint64(1)
    return keys * long


def sign_shard(folder: Path, name: str, path: str, digest: str, values: int, rows: int) -> cache.Counts:
    """One shard's signatures and band keys, in the order of its articles."""
    keys = []
    lines = io.BytesIO(shard_files.read_whole(Path(path), digest))
    with (folder / f"{name}.signatures").open("wb") as file:
        for texts in blocks(json.loads(line)["text"] for line in lines):
            signatures, long = sign(texts, values)
            signatures.tofile(file)
            keys.append(band_keys(signatures, long, rows))
    np.concatenate([*keys, np.zeros((values // rows, 0), dtype="<u8")], axis=1).tofile(folder / f"{name}.bands")
    return {}


def blocks(texts: Iterable[str]) -> Iterator[list[str]]:
    """The texts in lists of about ``BLOCK`` characters."""
    block: list[str] = []
    characters = 0
    for text in texts:
        block.append(text)
        characters += len(text)
        if characters >= BLOCK:
            yield block
            block, characters = [], 0
    if block:
        yield block
