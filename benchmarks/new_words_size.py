"""How long does the search for new words take, and in how much memory? ``python benchmarks/new_words_size.py --shared
../shared``.

The stage NewWords on 100 MB, 300 MB and 1 GB of text with n-grams up to 4, in two processes: seconds, CPU, the peak of
all its processes; the goals are 10 minutes and 1 GB for 1 GB of text, and a peak that does not grow by more than a
fifth. Beside it, on less text, bojone/word-discovery's algorithm (``word_discovery.py``) and, where ``--others`` names
a Python that has them, SmoothNLP 0.4.0, Jiagu 0.2.3 and HanLP (pyhanlp, which fetches a Java archive when it is
imported), each in one process as it is made. One that cannot be had says why in the result.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import corpus
import report
from pipeline import shard_files
from pipeline.cli.tables import align

SIZES = ("100M", "300M", "1G")
OTHERS = ("5M", "10M", "20M")
ORDER = 4
PROCESSES = 2
SECONDS, BYTES, GROWTH = 600, 10**9, 1.2  # the goals, for the larger size

SECONDS_EACH = 900  # of another tool, at most

# Each prints how many words it finds in a file, an article a line.
OWN = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import word_discovery; word_discovery.main()"
SMOOTHNLP = """
import sys
from smoothnlp.algorithm.phrase import extract_phrase
texts = open(sys.argv[1], encoding="utf-8").read().split("\\n")
print(len(extract_phrase(texts, top_k=10_000, max_n=4, min_freq=32)), "words")
"""
JIAGU = """
import sys
from jiagu.findword import new_word_find
new_word_find(sys.argv[1], sys.argv[1] + ".words", min_freq=32)
print(len(open(sys.argv[1] + ".words", encoding="utf-8").readlines()), "words")
"""
HANLP = """
import sys
from pyhanlp import HanLP
print(len(HanLP.extractWords(open(sys.argv[1], encoding="utf-8").read(), 10_000)), "words")
"""

Facts = dict[str, Any]


def measure(size: str, given: Any) -> Facts:
    """The stage alone; what is before it was made before."""
    source = given.work / corpus.name_size(corpus.parse_size(size))
    built = corpus.build(source, corpus.parse_size(size), given.shared)
    with tempfile.TemporaryDirectory(prefix="new-words-", dir=given.work) as folder:
        data = Path(folder) / "data"
        common = ["--data", str(data), "--processes", str(PROCESSES), "--quiet"]
        for stage in ("dedup", "dictionary"):
            report.run_measured([report.CILIU, "run", str(source.resolve()), "--only", stage, *common], given.work)
        measured = report.run_measured(
            [report.CILIU, "words", "find", *common, "--dicts", folder, "--set", f"NewWords.order={ORDER}"], given.work
        )
        manifest = report.read_manifests(data)["newwords"]
        sizes = [file.stat().st_size for file in (data / "newwords" / manifest["key"]).iterdir()]
        if not given.texts.exists():
            write_lines(data, given.texts)
    return {
        "text_bytes": built["bytes"],
        "characters": manifest["counts"]["characters"],
        "counts": manifest["counts"],
        "seconds": manifest["seconds"],
        "cpu_seconds": measured["cpu_seconds"],
        "others_cpu_seconds": measured["others_cpu_seconds"],
        "peak_bytes": measured["peak_bytes"],
        "output_bytes": sum(sizes),
    }


def write_lines(data: Path, path: Path) -> None:
    """The deduplicated articles, a line each, for the tools that take such a file."""
    dedup = next((data / "dedup").iterdir())
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for shard in shard_files.files(dedup, ".jsonl"):
            file.writelines(one["text"].replace("\n", "。") + "\n" for one in shard_files.read_articles(shard.path))


def measure_others(given: Any) -> list[Facts]:
    """Each other tool on the first lines of the smallest corpus, until one is about to take too long."""
    tools = {"word-discovery": [sys.executable, "-c", OWN]}
    if given.others:
        scripts = {"SmoothNLP": SMOOTHNLP, "Jiagu": JIAGU, "HanLP": HANLP}
        tools |= {tool: [given.others, "-c", script] for tool, script in scripts.items()}
    found: list[Facts] = []
    for tool, command in tools.items():
        for size in OTHERS:
            part = given.texts.with_suffix(f".{size}")
            content = given.texts.read_bytes()[: corpus.parse_size(size)]
            part.write_bytes(content[: content.rfind(b"\n") + 1])
            found.append({"tool": tool, "text_bytes": part.stat().st_size, **run_other(command, part)})
            print(found[-1], flush=True)
            part.unlink()
            if "failed" in found[-1] or found[-1]["seconds"] * 5 > SECONDS_EACH:
                break
    return found


def run_other(command: list[str], part: Path) -> Facts:
    """Seconds, CPU, peak and words of a tool; or how it failed."""
    try:
        measured = report.run_measured(["timeout", str(SECONDS_EACH), *command, str(part)], part.parent)
    except RuntimeError as error:
        return {"failed": str(error).strip().splitlines()[-1][:200]}
    words = next(line for line in reversed(measured["output"].splitlines()) if " words" in line)
    facts = {name: measured[name] for name in ("seconds", "cpu_seconds", "peak_bytes")}
    return {**facts, "words": int(words.split(" words")[0].replace(",", ""))}


def main() -> None:
    parser = report.make_parser(__doc__)
    parser.add_argument("--others", help="a Python that has smoothnlp, jiagu, pyhanlp")
    given = parser.parse_args()
    given.work.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=given.work) as folder:
        given.texts = Path(folder) / "texts"
        sizes = [measure(size, given) for size in SIZES]
        others = measure_others(given)
    small, *_, large = sizes
    growth = max(one["peak_bytes"] for one in sizes) / small["peak_bytes"]
    goals = {
        "seconds": large["seconds"] < SECONDS,
        "peak_bytes": large["peak_bytes"] < BYTES,
        "growth": growth < GROWTH,
    }
    names = ("text_bytes", "seconds", "cpu_seconds", "peak_bytes", "words", "failed")
    sides = [{"tool": "ciliu", **one} for one in sizes] + others
    rows = [[str(side.get(name, "")) for name in ("tool", *names)] for side in sides]
    print("\n".join(align([["tool", *names], *rows])))
    facts = {"order": ORDER, "processes": PROCESSES, "growth": round(growth, 3), "goals": goals}
    facts |= {"small": small, "middle": sizes[1:-1], "large": large, "others": others}
    report.write_result("new_words_size", facts, given.results)
    print(json.dumps(goals))


if __name__ == "__main__":
    main()
