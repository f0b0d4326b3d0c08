"""When does ``ciliu pack`` pay? ``python benchmarks/small_files.py --shared ../shared``.

``--number`` reviews, a file each in 200 folders; then the same packed. Measured for both: to look at them for the first
time (find them, hash them), again (nothing changed), and to read them by the stage in two processes. The files were
just written, so they come from the system's cache: from a disk they take longer.
"""

import itertools
import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from backports import zstd

import report
from pipeline import articles
from pipeline.articles.pack import pack
from pipeline.articles.records import Options
from pipeline.articles.sample import draw
from pipeline.articles.sources import Source, find, read_state
from pipeline.fingerprints import Fingerprints

FOLDERS = 200


def write_files(shared: Path, folder: Path, number: int) -> int:
    """``number`` small files; their bytes."""
    with zstd.open(shared / "corpora" / "reviews.jsonl.zst", "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in itertools.islice(lines, number)]
    written = 0
    for at in range(number):
        path = folder / f"{at % FOLDERS:03d}" / f"{at}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        written += path.write_bytes(texts[at % len(texts)].encode())
    return written


def look(folder: Path, memo: Path) -> tuple[float, list[Source]]:
    began = time.monotonic()
    fingerprints = Fingerprints(memo)
    found = read_state(find([str(folder)])[0], fingerprints)
    fingerprints.save()
    return time.monotonic() - began, found


def read(found: list[Source], output: Path) -> float:
    output.mkdir()
    began = time.monotonic()
    articles.run(found, output, max_rejected=1.0, processes=2)
    seconds = time.monotonic() - began
    shutil.rmtree(output)
    return seconds


def measure(folder: Path, work: Path) -> dict[str, Any]:
    """Seconds: the first look, the second, the stage, a sample as ``ciliu inspect`` draws it."""
    memo = work / f"memo-{folder.name}"
    first, found = look(folder, memo)
    again, _ = look(folder, memo)
    stage = read(found, work / "output")
    sampled = draw([(source.name, source.path) for source in found], Options()).seconds
    seconds = {"first_look": first, "second_look": again, "stage": stage, "sample": sampled}
    return {"files": len(found), **{name: round(value, 2) for name, value in seconds.items()}}


def main() -> None:
    parser = report.make_parser(__doc__)
    parser.add_argument("--number", type=int, default=200_000, help="files [200,000]")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    elsewhere = report.cpu_elsewhere()
    with tempfile.TemporaryDirectory(dir=given.work) as folder:
        small, packed = Path(folder) / "small", Path(folder) / "packed"
        written = write_files(given.shared, small, given.number)
        time.sleep(3)  # a file that changed just now is not remembered
        began = time.monotonic()
        packed.mkdir()
        pack(find([str(small)])[0], Options(), packed)
        seconds = round(time.monotonic() - began, 2)
        time.sleep(3)
        facts: dict[str, Any] = {name.name: measure(name, Path(folder)) for name in (small, packed)}
    others = round(report.cpu_elsewhere() - elsewhere, 1)
    facts |= {"text_bytes": written, "pack_seconds": seconds, "others_cpu_seconds": others}
    print(json.dumps(facts, indent=1))
    report.write_result("small_files", facts, given.results)


if __name__ == "__main__":
    main()
