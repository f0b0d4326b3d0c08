"""The dictionaries that the measurements of segmentation use: made by jieba itself, handed to ``ciliu.Segmenter``.

| name | what |
|---|---|
| ``standard`` | jieba's own ``dict.txt`` |
| ``large`` | ``jieba_dict.txt.big`` as main dictionary |
| ``standard-thuocl``, ``large-thuocl`` | the same, then ``add_word(word)`` of THUOCL's words, file by file |
"""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from backports import zstd

from ciliu.engine_jieba import import_jieba
from pipeline import dictionary

NAMES = ("standard", "large", "standard-thuocl", "large-thuocl")
WRITABLE = re.compile("[^\t\n\ud800-\udfff]+").fullmatch
LINE_END = re.compile("\r\n|\r|\n")


def make_tokenizer(name: str, shared: Path) -> Any:
    """A ``jieba.Tokenizer`` with a dictionary, by jieba's own code; its cache in the temporary folder is not used."""
    if name not in NAMES:
        raise ValueError(f"dictionary {name!r}: one of {', '.join(NAMES)}")
    jieba = import_jieba()
    jieba.finalseg.Force_Split_Words.clear()  # one set for the whole process
    tokenizer = jieba.Tokenizer()
    file: Any = tokenizer.get_dict_file()
    if name.startswith("large"):
        file = io.BytesIO(zstd.decompress((shared / "dicts" / "jieba_dict.txt.big.zst").read_bytes()))
    tokenizer.FREQ, tokenizer.total = jieba.Tokenizer.gen_pfdict(file)
    tokenizer.initialized = True
    if name.endswith("thuocl"):
        for word in read_thuocl(shared):
            tokenizer.add_word(word)
    return tokenizer


def read_thuocl(shared: Path) -> Iterator[str]:
    """THUOCL's words, files by name, lines in order: what stands before the tab. One file has a mark and CR alone."""
    for path in sorted((shared / "dicts" / "THUOCL").glob("*.txt")):
        for line in LINE_END.split(path.read_bytes().decode("utf-8-sig")):
            word = line.partition("\t")[0].strip()
            if word:
                yield word


def compile_tokenizer(tokenizer: Any, folder: Path) -> int:
    """What a tokenizer holds, as a compiled dictionary for ``ciliu.Segmenter``. Returns how many words it has.

    Words that no line of a dictionary can hold are left out: jieba never finds them in a text.
    """
    words = [(word, frequency) for word, frequency in tokenizer.FREQ.items() if frequency and WRITABLE(word)]
    force_split = sorted(filter(WRITABLE, import_jieba().finalseg.Force_Split_Words))
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("dictionary.*"):
        old.unlink()  # a new file: the old one may still be mapped
    dictionary.write(folder, words, tokenizer.total, force_split)
    return len(words)
