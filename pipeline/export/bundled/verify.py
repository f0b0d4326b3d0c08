"""Is this bundle what was published? ``python verify.py [FOLDER]``: a sentence a fault, exit status 1 if there is one.

Needs Python 3.9 or newer and the package xxhash. It finds damage, not forgery: who wants to can make other files with
the same sums; signatures are for that.
"""

import ast
import json
import os
import struct
import sys
from pathlib import Path
from typing import Any, Iterator, Optional

import xxhash

SUMS, MANIFEST = "XXH128SUMS", "manifest.json"
LARGEST = 16 << 20  # bytes of manifest.json and XXH128SUMS
BLOCK = 1 << 20
CODE = "; Python would run it instead of the .py file: remove it"


def digest(path: Path) -> str:
    """The xxh3_128 of a file, as ``xxh128sum`` prints it."""
    state = xxhash.xxh3_128()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            state.update(block)
    return state.hexdigest()


def files_below(folder: Path) -> Iterator[str]:
    """The names of all files, folders without files and links below ``folder``."""
    for parent, folders, files in os.walk(folder, onerror=_fail):
        links = [name for name in folders if (Path(parent) / name).is_symlink()]
        names = [*files, *links] if files or folders or Path(parent) == folder else [""]
        yield from ((Path(parent) / name).relative_to(folder).as_posix() for name in names)


def _fail(error: OSError) -> None:
    raise error


def read_small(path: Path) -> bytes:
    """A file of a bounded size. Raises ``ValueError`` where it is larger."""
    if path.is_symlink() or not path.is_file():
        raise ValueError(f"{path.name} is not there")
    if path.stat().st_size > LARGEST:
        raise ValueError(f"{path.name} has {path.stat().st_size:,} bytes; more than {LARGEST:,} are not read")
    return path.read_bytes()


def read_sums(folder: Path) -> "dict[str, str]":
    """The sum of each file, by name. Raises ``ValueError`` where the list is damaged."""
    sums: dict[str, str] = {}
    raw = read_small(folder / SUMS)
    for number, line in enumerate(raw.split(b"\n")[:-1], start=1):
        text = line.decode("utf-8", "replace")
        hexadecimal, _, name = text.partition("  ")
        if len(hexadecimal) != 32 or set(hexadecimal) - set("0123456789abcdef") or not name or name in sums:
            raise ValueError(f"{SUMS}, line {number}: {text[:80]!r} is no sum and name")
        sums[name] = hexadecimal
    if not raw.endswith(b"\n"):
        raise ValueError(f"{SUMS} is cut off: its last line has no end")
    return sums


def read_manifest(folder: Path) -> "dict[str, Any]":
    """``manifest.json``. Raises ``ValueError`` where it is none."""
    try:
        manifest = json.loads(read_small(folder / MANIFEST))
    except RecursionError:
        raise ValueError(f"{MANIFEST} is nested too deep to be read") from None
    except (ValueError, UnicodeDecodeError) as error:
        raise ValueError(f"{MANIFEST} is no JSON: {error}") from None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise ValueError(f"{MANIFEST} does not say which files there are")
    return manifest


def find_faults(folder: Path, quick: bool = False) -> Iterator[str]:
    """A sentence for each fault; ``quick``: files and sums alone."""
    there = set(files_below(folder))
    try:
        sums, manifest = read_sums(folder), read_manifest(folder)
    except ValueError as error:
        yield str(error)
        return
    for name in sorted(there - sums.keys() - {SUMS}):
        yield f"{name} does not belong to the bundle: {SUMS} does not name it" + (CODE if name.endswith(".pyc") else "")
    for name in sorted(sums.keys() - there):
        yield f"{name} is missing"
    sound = {name for name in sums.keys() & there if not (folder / name).is_symlink() and (folder / name).is_file()}
    yield from (f"{name} is a link or no plain file" for name in sorted((sums.keys() & there) - sound))
    for name in sorted(sound):
        if digest(folder / name) != sums[name]:
            yield f"{name} is damaged: its bytes are not those that were written"
            sound.discard(name)
    yield from _against_manifest(folder, manifest, sums)
    if not quick:
        yield from (fault for name in sorted(sound) if (fault := _inside(folder / name, manifest)))


def _against_manifest(folder: Path, manifest: "dict[str, Any]", sums: "dict[str, str]") -> Iterator[str]:
    told = manifest["files"]
    for name in sorted((sums.keys() - {MANIFEST}) ^ told.keys()):
        yield f"{name}: {MANIFEST} and {SUMS} do not name the same files; one of them is of another bundle"
    for name in sorted(told.keys() & sums.keys()):
        path, entry = folder / name, told[name] if isinstance(told[name], dict) else {}
        if entry.get("xxh3_128") != sums[name]:
            yield f"{name}: {MANIFEST} and {SUMS} give different sums; one of them is of another bundle"
        elif path.is_file() and path.stat().st_size != entry.get("size"):
            yield f"{name} has {path.stat().st_size:,} bytes instead of {entry.get('size')}"


def _inside(path: Path, manifest: "dict[str, Any]") -> Optional[str]:
    """What is wrong within a file whose bytes are those that were written."""
    shape = manifest.get("words"), manifest.get("vector_size")
    if not all(isinstance(number, int) for number in shape):
        return f"{MANIFEST} does not say how many words of how many dimensions there are"
    try:
        if path.name == "vocab.tsv" and path.parent.name != "segmenter":
            _look_at_words(path, shape[0])
        elif path.name == "vectors.npy":
            _look_at_npy(path, shape)
        elif path.name == "vectors.bin":
            _look_at_bin(path, shape)
    except ValueError as error:
        return f"{path.name}: {error}"
    return None


def _look_at_words(path: Path, count: Any) -> None:
    with path.open(encoding="utf-8", newline="\n") as file:
        if next(file, "") != "word\tcount\trank\n":
            raise ValueError("its first line is not word, count, rank")
        words = set()
        number = 0
        for number, line in enumerate(file, start=1):
            fields = line.split("\t")
            if len(fields) != 3 or fields[0].split() != [fields[0]] or fields[0] in words:
                raise ValueError(f"line {number + 1:,} is no new word with count and rank")
            words.add(fields[0])
    if number != count:
        raise ValueError(f"{number:,} words instead of {count}")


def _look_at_npy(path: Path, shape: "tuple[Any, ...]") -> None:
    with path.open("rb") as file:
        head = file.read(10)
        length = struct.unpack("<H", head[8:])[0] if head[:6] == b"\x93NUMPY" and len(head) == 10 else 0
        try:
            told = ast.literal_eval(file.read(length).decode("latin-1"))
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            raise ValueError("its header is damaged") from None
        if told != {"descr": "<f4", "fortran_order": False, "shape": shape}:
            raise ValueError(f"its header says {told} where {shape} float32 should stand")
        if path.stat().st_size != 10 + length + 4 * shape[0] * shape[1]:
            raise ValueError(f"its length is not that of {shape[0]} × {shape[1]} float32")
        while block := file.read(BLOCK):
            _refuse_infinite(block)


def _refuse_infinite(block: bytes) -> None:
    """Raises ``ValueError`` where a float32 has an exponent of ones."""
    last, before = block[3::4], block[2::4]
    if 0x7F in last or 0xFF in last:
        for i, byte in enumerate(last):
            if byte & 0x7F == 0x7F and before[i] & 0x80:
                raise ValueError("a number is NaN or infinite")


def _look_at_bin(path: Path, shape: "tuple[Any, ...]") -> None:
    with path.open("rb") as file:
        head = file.readline(64)
        if head != b"%d %d\n" % shape:
            raise ValueError(f"its header says {head!r} where {shape} should stand")
        if path.stat().st_size < len(head) + shape[0] * (4 * shape[1] + 2):
            raise ValueError("it is shorter than its header promises")


def main() -> int:
    """The faults of the folder that is named, or of the one this file lies in, on standard output."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    faults = list(find_faults(folder))
    for fault in faults:
        print(fault)
    print(f"{len(faults)} faults" if faults else "no fault found")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
