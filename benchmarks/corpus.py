"""A larger corpus out of the real ones: ``python benchmarks/corpus.py --size 1G --shared ../shared --to corpus/1G``.

The first pass over the articles takes them as they are, each once; every further pass takes copies with the sentences
in another order and other digits, so that no exact dedup removes one. The corpora take turns, so that every size has
the same mixture. The same arguments give the same bytes.
"""

import argparse
import json
import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import xxhash
from backports import zstd

from ciliu.normal_form import normalize
from pipeline.dedup import text_digest

SEED = 1
FILE_SIZE = 64 * 10**6  # bytes of a .jsonl
FOLDER_FILES = 1_000  # .txt files a folder
FEW_DIGITS = 8  # a text with fewer gets a numeral: other digits alone might give the same text twice

SENTENCE = re.compile("[^\n。！？]*[\n。！？]+|[^\n。！？]+")
DIGIT = re.compile("[0-9]")

Article = dict[str, str]
Facts = dict[str, Any]


class Corpus:
    """One of the shared corpora: which of its articles to take (one flag a line), and how many bytes of text they
    have."""

    def __init__(self, path: Path, seen: set[bytes]) -> None:
        """Reads it once. ``seen`` holds the digests of the articles of the corpora before, and gets those of this."""
        self.path = path
        self.take = bytearray()
        self.size = 0
        for article in read_articles(path):
            digest = text_digest(normalize(article["text"])[0])
            self.take.append(digest not in seen and bool(article["text"].strip()))
            self.size += text_size(article) if self.take[-1] else 0
            seen.add(digest)

    def read(self) -> Iterator[Article]:
        """Its articles, without those that repeat an earlier one."""
        return (article for article, take in zip(read_articles(self.path), self.take, strict=True) if take)


def read_articles(path: Path) -> Iterator[Article]:
    with zstd.open(path, "rb") as lines:
        for line in lines:
            yield json.loads(line)


def text_size(article: Article) -> int:
    """Bytes of an article's text in UTF-8."""
    return len(article["text"].encode("utf-8"))


def take_turns(corpora: list[Corpus]) -> Iterator[Article]:
    """The articles of all corpora, each time one of the corpus that is furthest behind for its size."""
    readers = {corpus.path: corpus.read() for corpus in corpora}
    sizes = {corpus.path: corpus.size for corpus in corpora}
    done = {path: 0.0 for path, size in sizes.items() if size}
    while done:
        path = min(done, key=lambda path: done[path])
        article = next(readers[path], None)
        if article is None:
            del done[path]
            continue
        done[path] += text_size(article) / sizes[path]
        yield article


def salt(text: str, copy: int, number: int) -> str:
    """``text`` with its sentences in another order and every digit another one; with few digits it gets a numeral."""
    chance = random.Random(xxhash.xxh3_64_intdigest(f"{SEED} {copy} {number}".encode()))
    sentences = SENTENCE.findall(text)
    if not sentences[-1].endswith(("\n", "。", "！", "？")):
        sentences[-1] += "\n"
    chance.shuffle(sentences)
    salted, digits = DIGIT.subn(lambda digit: str((int(digit[0]) + chance.randrange(1, 10)) % 10), "".join(sentences))
    if digits >= FEW_DIGITS:
        return salted
    return f"{salted} {chance.randrange(1_000)} {chance.randrange(1_000)} {copy}"  # short numbers: few new words


def make_copies(corpora: list[Corpus], facts: Facts, end: str) -> Iterator[Article]:
    """Articles without end: as they are, then salted ones; ``facts["copies"]`` counts the passes begun. ``end`` is put
    behind each text."""
    while True:
        copy = facts["copies"]
        facts["copies"] += 1
        for number, article in enumerate(take_turns(corpora)):
            text = salt(article["text"], copy, number) if copy else article["text"]
            yield {**article, "id": f"{article['id']}-{copy}", "text": text + end}


def limit(articles: Iterator[Article], size: int, facts: Facts) -> Iterator[Article]:
    """Articles until they have ``size`` bytes of text; the last one is cut. Counts them in ``facts``."""
    for article in articles:
        rest = size - facts["bytes"]
        if text_size(article) >= rest:
            article = {**article, "text": article["text"].encode("utf-8")[:rest].decode("utf-8", "ignore")}
        if article["text"].strip():
            facts["articles"] += 1
            facts["bytes"] += text_size(article)
            yield article
        if text_size(article) >= rest - 3:  # a cut character leaves up to 3 bytes
            return


def write_jsonl(articles: Iterator[Article], folder: Path) -> int:
    """An article a line, ``00000.jsonl`` and so on. Returns how many files."""
    number, article = 0, next(articles, None)
    while article:
        with (folder / f"{number:05d}.jsonl").open("wb") as file:
            while article and file.tell() < FILE_SIZE:
                file.write(json.dumps(article, ensure_ascii=False).encode("utf-8") + b"\n")
                article = next(articles, None)
        number += 1
    return number


def write_txt(articles: Iterator[Article], folder: Path, size: int, files: int) -> int:
    """``files`` files of equal size, articles cut or joined, ``000/00000.txt`` and so on. Returns how many."""
    waiting = b""
    written = 0
    for number in range(files):
        wanted = size * (number + 1) // files - written
        while len(waiting) < wanted and (article := next(articles, None)):
            waiting += article["text"].encode("utf-8")
        while wanted < len(waiting) and waiting[wanted] & 0xC0 == 0x80:  # in the middle of a character
            wanted += 1
        path = folder / f"{number // FOLDER_FILES:03d}" / f"{number:05d}.txt"
        path.parent.mkdir(exist_ok=True)
        written += path.write_bytes(waiting[:wanted])
        waiting = waiting[wanted:]
    return files


def build(to: Path, size: int, shared: Path, files: int = 0) -> Facts:
    """Make the corpus in the folder ``to``, unless it is there; what was built is noted beside it and returned.

    ``files`` asks for so many .txt files instead of .jsonl. Raises ``ValueError`` if the folder holds something else.
    """
    note = to.with_name(f"{to.name}.growth.json")
    asked = {"size": size, "txt_files": files, "seed": SEED}
    if to.exists():
        known: Facts = json.loads(note.read_bytes()) if note.exists() else {}
        if any(known.get(name) != value for name, value in asked.items()):
            raise ValueError(f"{to} is there already and is not what is asked for: remove it, or name another folder")
        print(f"{to} is there already: {known['bytes']:,} bytes of text in {known['files']:,} files")
        return known
    unfinished = to.with_name(f".{to.name}.partial")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    facts = {**asked, **_fill(unfinished, size, shared, files)}
    note.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    unfinished.rename(to)
    print(f"{to}: {facts['articles']:,} articles, {facts['bytes']:,} bytes of text in {facts['files']:,} files")
    return facts


def _fill(folder: Path, size: int, shared: Path, files: int) -> Facts:
    seen: set[bytes] = set()
    corpora = [Corpus(path, seen) for path in sorted((shared / "corpora").glob("*.jsonl.zst"))]
    if not seen:
        raise ValueError(f"there are no corpora in {shared / 'corpora'}")
    facts: Facts = {"copies": 0, "articles": 0, "bytes": 0}
    facts["bytes_a_copy"] = sum(corpus.size for corpus in corpora)
    articles = limit(make_copies(corpora, facts, "\n" if files else ""), size, facts)
    facts["files"] = write_txt(articles, folder, size, files) if files else write_jsonl(articles, folder)
    return facts


def parse_size(text: str) -> int:
    """``100M`` or ``1G`` as bytes."""
    return int(float(text[:-1]) * {"M": 10**6, "G": 10**9}[text[-1].upper()])


def name_size(size: int) -> str:
    """The other way: ``1G``, ``100M``."""
    return f"{size // 10**9}G" if size % 10**9 == 0 else f"{size // 10**6}M"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", required=True, type=parse_size, help="bytes of text in UTF-8: 100M, 1G")
    parser.add_argument("--shared", required=True, type=Path, help="the folder that holds corpora/")
    parser.add_argument("--to", required=True, type=Path, help="the folder to make")
    parser.add_argument("--files", type=int, default=0, help="so many .txt files instead of .jsonl")
    given = parser.parse_args()
    build(given.to, given.size, given.shared, given.files)


if __name__ == "__main__":
    main()
