"""Models that others made: read what a file holds, whatever wrote it, without running anything that it carries.

``read_model`` looks at what is in the file, not at its name, and says in ``Model.format`` what it took it for.
"""

import mmap
from collections.abc import Callable
from pathlib import Path

from pipeline.models import binary, gensim_pickle, text
from pipeline.models.model import Model, Repair
from pipeline.models.source import mapped

__all__ = ["Model", "Repair", "read_model"]

Reader = Callable[[mmap.mmap, Path, str], Model]

HEAD = 1 << 20  # bytes within which the first vector, as text, ends: 10,000 dimensions take 200 KB
PICKLES = (b"ccopy_reg\n", b"ccopyreg\n", *(bytes([0x80, protocol]) for protocol in range(2, 6)))
OTHERS = {
    b"PK\x03\x04": "a zip archive; unpack it and import the file in it",
    b"\xba\x16\x4f\x2f": "fastText's own .bin; import the .vec that lies beside it",
    b"\x93NUMPY": "a bare numpy array, which has no words",
    b"\x89HDF": "an HDF5 file",
}


def read_model(path: Path) -> Model:
    """The model of a file: word2vec binary and text, fastText ``.vec``, GloVe, gensim 0.x to 4.x; plain, gzip, bzip2
    or zstd.

    Raises ``ValueError`` where the file is none of these, truncated, damaged, or a pickle that would run code.
    """
    with mapped(path) as (data, compressed):
        form, reader = _recognise(data, path)
        return reader(data, path, f"{form}{compressed}")


def _recognise(data: mmap.mmap, path: Path) -> tuple[str, Reader]:
    head = data[:HEAD]
    if head.startswith(PICKLES):
        return "", gensim_pickle.read_gensim
    other = next((what for magic, what in OTHERS.items() if head.startswith(magic)), None)
    if other or head[257:262] == b"ustar":
        raise ValueError(f"{path} is {other or 'a tar archive; unpack it and import the file in it'}")
    if header := text.read_header(data):
        first = head[header[2] :].partition(b"\n")[0]
        fields = first.split()[1:]
        is_plain = b"\0" not in head  # a binary file's first floats may look like words and a number
        if (
            fields and is_plain and 2 * sum(1 for field in fields if text.NUMBER.match(field)) >= len(fields)
        ):  # one may be damaged
            return "word2vec text", text.read_word2vec
        return "word2vec binary", binary.read_binary
    if min(map(text.count_numbers, head.splitlines()[:2])) >= 2:
        return "GloVe text", text.read_glove
    raise ValueError(f"{path} is no model in a format that Ciliu reads; it begins with {head[:20]!r}")
