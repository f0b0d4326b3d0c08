"""The segmenter in a bundle: its dictionary and rules as data, and ``segmenter.py``, which needs only jieba."""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import ciliu
from ciliu.protect import read_rules
from ciliu.segmenter import TABLE
from pipeline import cache
from pipeline.export import opencc
from pipeline.plain_text import read_lines

FOLDER = "segmenter"
DICTIONARY = "dictionary.tsv"
SCRIPT = "segmenter.py"
LICENSES = Path(__file__).parent / "bundled" / "LICENSES.txt"
# Of the package ciliu.
PARTS = ("normal_form", "sentences", "protect", "conversion", "engine_jieba", "kept_words", "alone")
HEAD = '''"""Cut text as the training text of these vectors was cut. Needs jieba 0.42.1, nothing else.

    import segmenter
    cutter = segmenter.load()
    print(cutter.cut("..."))

or, a line at a time: python segmenter.py < text > words

These are modules of Ciliu (Apache-2.0), one behind the other.
"""

from contextlib import suppress
'''
# Python writes byte code before it runs a module, so nothing in the module can forbid it.
TAIL = """

if __spec__ and __spec__.cached:  # no sum of the bundle names the byte code that Python keeps of this file, so it goes
    with suppress(OSError):
        Path(__spec__.cached).unlink()
        Path(__spec__.cached).parent.rmdir()
"""


def write_segmenter(
    dictionary: Path, stop_words: Sequence[Path], protect: Sequence[Path], origin: cache.Json, bundle: Path
) -> None:
    """``segmenter/``: the compiled dictionary, and the rules with the names and sums of what they come from."""
    folder = bundle / FOLDER
    folder.mkdir()
    for name in (DICTIONARY, "dictionary.json", TABLE):
        if (dictionary / name).exists():  # without a compiler no table was made; it is made in memory then
            cache.link(dictionary / name, folder / name)
    cut, compiled = origin["segment"], origin["dictionary"]
    words, patterns = read_rules(protect)
    rules = {
        "engine": "none" if cut["parameters"].get("engine") == "none" else "jieba",
        "HMM": cut["parameters"]["HMM"],
        "keep_punctuation": cut["parameters"]["keep_punctuation"],
        "normal_form": list(origin["articles"]["parameters"]["normal_form"]),
        "opencc": origin["articles"]["parameters"]["opencc"],
        "stop_words": sorted({word for path in stop_words for word in read_lines(path)} - {""}),
        "protect": {"words": words, "patterns": patterns},
        "dictionary": {"jieba": compiled["versions"].get("jieba"), **compiled["parameters"], **compiled["files"]},
        "files": cut["files"],
        "versions": cut["versions"],
        "stages": {name: origin[name]["version"] for name in ("dictionary", "segment")},
    }
    cache.write_json(folder / "segmenter.json", rules)
    if rules["opencc"] != "none":
        opencc.write_tables(folder / opencc.FILE, rules["opencc"], origin["articles"]["versions"]["opencc"])
    shutil.copyfile(LICENSES, folder / LICENSES.name)


def link_segmenter(made: Path, bundle: Path) -> None:
    """The segmenter of the bundle ``made`` in another one."""
    (bundle / FOLDER).mkdir()
    for path in sorted((made / FOLDER).iterdir()):
        cache.link(path, bundle / FOLDER / path.name)


def write_part(made: Path, words: set[str], bundle: Path) -> None:
    """The segmenter of the bundle ``made`` in another one, of its dictionary these words alone."""
    link_segmenter(made, bundle)
    (bundle / FOLDER / TABLE).unlink(missing_ok=True)
    whole, part = made / FOLDER / DICTIONARY, bundle / FOLDER / DICTIONARY
    part.unlink()
    with whole.open(encoding="utf-8", newline="\n") as lines, part.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(line for line in lines if line.partition("\t")[0] in words)


def write_script(path: Path) -> None:
    """``segmenter.py``: the modules that the pipeline itself cuts by, in one file, so that it cuts no other way."""
    place = Path(ciliu.__file__).parent
    parts = [(place / f"{name}.py").read_text(encoding="utf-8") for name in PARTS]
    code = "\n\n".join(re.sub(r"^from ciliu\..*\n", "", part, flags=re.MULTILINE) for part in parts)
    path.write_text(f"{HEAD}\n{code}{TAIL}", encoding="utf-8", newline="\n")
