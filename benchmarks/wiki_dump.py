"""How fast is a Wikipedia dump read, and how much of its text is kept?
``python benchmarks/wiki_dump.py --shared ../shared``.

A dump is made of the Wikipedia paragraphs in ``../shared``: twelve to a page, under headings, with links, references,
templates, a table and language variants set around them by a fixed seed, so the running text is known. It is read by
``pipeline.articles``, by gensim's WikiCorpus (its functions, in one process) and, where it is installed, by
mwparserfromhell; CPU seconds on one core. Kept is the share of the paragraphs' Han characters, as a multiset.
"""

import bz2
import importlib
import json
import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from backports import zstd
from gensim.corpora import wikicorpus

import report
from pipeline.articles import readers
from pipeline.articles.wiki_text import clean

HAN = re.compile("[\u3400-\u9fff]")
INFOBOX = "{{Infobox person\n|name=某\n|born={{birth date|1950|1|1}}\n|image=a.jpg\n}}\n"
PICTURE = "[[File:a.jpg|thumb|200px|图片的[[说明]]]]\n"
REFERENCE = "<ref>{{cite web|url=http://example.org/|title=某报道|date=2010-01-01|publisher=某通讯社}}</ref>"
TABLE = '{| class="wikitable"\n|-\n! 年 !! 月\n|-\n| 1990 || {{nts|2}}\n|}\n'
END = "== 参考文献 ==\n{{reflist}}\n[[Category:某人]]\n"
HOSTILE = "{{a|" * 5_000


def wikify(paragraph: str, chance: random.Random) -> str:
    """A paragraph with markup that shows nothing, or what was there before."""
    clauses = []
    for clause in paragraph.split("，"):
        if len(clause) > 8 and chance.random() < 0.5:
            clause = f"{clause[:2]}[[{clause[2:5]}|{clause[2:6]}]]{clause[6:]}"
        elif len(clause) > 4 and chance.random() < 0.1:
            clause = f"-{{zh-hans:{clause[:4]};zh-hant:某種寫法}}-'''{clause[4:]}'''"
        clauses.append(clause + (REFERENCE if chance.random() < 0.15 else ""))
    return "，".join(clauses)


def make_pages(shared: Path) -> tuple[list[str], str]:
    """Wikitext, and all its running text."""
    with zstd.open(shared / "corpora" / "wiki_paras.jsonl.zst", "rt", encoding="utf-8") as lines:
        paragraphs = [re.sub(r"[\[\]{}|<>]", "", json.loads(line)["text"]) for line in lines]
    chance = random.Random(1)
    pages = []
    for first in range(0, len(paragraphs), 12):
        body = [wikify(paragraph, chance) + "\n\n" for paragraph in paragraphs[first : first + 12]]
        pages.append(INFOBOX + "".join(body[:4]) + PICTURE + "".join(body[4:8]) + TABLE + "".join(body[8:]) + END)
    return pages, "".join(paragraphs)


def write_dump(pages: list[str], path: Path) -> int:
    """Returns the bytes of XML."""
    body = (
        f"<page><title>第{number}页</title><ns>0</ns><id>{number}</id><revision><id>1</id>"
        f"<text>{escape(page)}</text></revision></page>\n"
        for number, page in enumerate(pages, 1)
    )
    head = '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="zh">\n<siteinfo/>\n'
    raw = f"{head}{''.join(body)}</mediawiki>\n".encode()
    path.write_bytes(bz2.compress(raw))
    return len(raw)


def gensim_texts(path: Path) -> Iterator[str]:
    """What ``WikiCorpus.get_texts`` gives, without its processes."""
    with bz2.open(path) as stream:
        for _, text, _ in wikicorpus.extract_pages(stream, ("0",)):
            yield "".join(wikicorpus.tokenize(wikicorpus.filter_wiki(text)))


def own_texts(path: Path) -> Iterator[str]:
    return (record["text"] for _, _, record in readers.read(path) if isinstance(record, dict))


def measure(texts: Callable[[], Iterator[str]], wanted: Counter[str], size: int) -> dict[str, Any]:
    """MB a second of ``size`` bytes, and the shares of Han characters that are kept and that are not running text."""
    began = time.process_time()
    made = list(texts())
    seconds = time.process_time() - began
    found = Counter(HAN.findall("".join(made)))
    return {
        "mb_a_second": round(size / 1e6 / seconds, 1),
        "kept": round((wanted & found).total() / wanted.total(), 4),
        "added": round((found - wanted).total() / wanted.total(), 4),
    }


def seconds_of(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return round(time.process_time() - began, 3)


def main() -> None:
    given = report.make_parser(__doc__).parse_args()
    elsewhere = report.cpu_elsewhere()
    pages, text = make_pages(given.shared)
    wanted = Counter(HAN.findall(text))
    size = sum(len(page.encode()) for page in pages)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "zhwiki-pages-articles.xml.bz2"
        xml = write_dump(pages, path)
        found = {
            "dump, Ciliu": measure(lambda: own_texts(path), wanted, xml),
            "dump, gensim": measure(lambda: gensim_texts(path), wanted, xml),
        }
    found["wikitext, Ciliu"] = measure(lambda: map(clean, pages), wanted, size)
    hostile = {"Ciliu": seconds_of(lambda: clean(HOSTILE))}
    try:
        parser = importlib.import_module("mwparserfromhell")
    except ImportError:
        print("mwparserfromhell is not installed: left out")
    else:
        part = pages[: len(pages) // 4]
        counted = Counter(HAN.findall("".join(map(clean, part))))
        found["wikitext, mwparserfromhell (a quarter; against Ciliu's text)"] = measure(
            lambda: (parser.parse(page).strip_code() for page in part),
            counted,
            sum(len(page.encode()) for page in part),
        )
        hostile["mwparserfromhell"] = seconds_of(lambda: parser.parse(HOSTILE))
    for name, row in found.items():
        print(
            f"{name}: {row['mb_a_second']} MB/s; kept {row['kept']:.2%}, added {row['added']:.2%} of the Han characters"
        )
    print(f"20 kB of {{{{a|: {hostile} s")
    facts = {"pages": len(pages), "bytes": size, "rows": found, "hostile_seconds": hostile}
    report.write_result(
        "wiki", {**facts, "others_cpu_seconds": round(report.cpu_elsewhere() - elsewhere, 1)}, given.results
    )


if __name__ == "__main__":
    main()
