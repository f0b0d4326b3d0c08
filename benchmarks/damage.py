"""Sources of every format, whole and damaged: what ``fuzz_articles.py`` reads. All from a seed."""

import bz2
import gzip
import io
import json
import lzma
import random
import tarfile
import zipfile
from collections.abc import Callable
from functools import lru_cache

import pyarrow as pa
import pyarrow.parquet as pq
from backports import zstd
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

SENTENCES = (
    "今天天气很好。",
    "我们去公园散步，孩子们放风筝。",
    "央行维持利率不变。",
    "The price is 12.5％ higher.",
    "他说：“明天再来。”",
)
BOMB = 20 << 20  # bytes that a packed bomb unpacks to
NEST = 50_000


def texts(rng: random.Random) -> list[str]:
    """Some short articles."""
    return ["".join(rng.choices(SENTENCES, k=rng.randint(1, 8))) for _ in range(rng.randint(1, 6))]


def txt(rng: random.Random) -> bytes:
    return "\n".join(texts(rng)).encode(rng.choice(("utf-8", "utf-8", "gb18030", "utf-16", "utf-8-sig")))


def jsonl(rng: random.Random) -> bytes:
    rows = [{"id": str(at), "title": text[:4], "text": text} for at, text in enumerate(texts(rng))]
    return "".join(json.dumps(row, ensure_ascii=rng.random() < 0.2) + "\n" for row in rows).encode()


def json_array(rng: random.Random) -> bytes:
    return json.dumps(
        [{"text": text} for text in texts(rng)], ensure_ascii=False, indent=rng.choice((None, 1))
    ).encode()


def csv(rng: random.Random) -> bytes:
    return ("标题,正文\n" + "".join(f'{text[:3]},"{text}\n{text}"\n' for text in texts(rng))).encode()


def tsv(rng: random.Random) -> bytes:
    return ("id\ttext\n" + "".join(f"{at}\t{text}\n" for at, text in enumerate(texts(rng)))).encode()


def dat(rng: random.Random) -> bytes:
    doc = "<doc>\n<url>x</url>\n<docno>1</docno>\n<contenttitle>题</contenttitle>\n<content>{}</content>\n</doc>\n"
    return "".join(doc.format(text) for text in texts(rng)).encode("gb18030")


def html(rng: random.Random) -> bytes:
    charset = rng.choice(("utf-8", "gbk", "utf-8", "big5", "none"))
    paragraphs = "".join(f"<p>{text}</p>" for text in texts(rng))
    head = f'<meta charset="{charset}"><title>题</title>'
    page = f'<html><head>{head}</head><body><a href="/">页</a>{paragraphs}</body></html>'
    return page.encode("gb18030" if charset == "gbk" else "utf-8")


def warc(rng: random.Random) -> bytes:
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=False)
    for at in range(rng.randint(1, 4)):
        headers = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1")
        page = io.BytesIO(html(rng))
        writer.write_record(
            writer.create_warc_record(f"http://x.example/{at}", "response", payload=page, http_headers=headers)
        )
    return out.getvalue()


def wiki(rng: random.Random) -> bytes:
    head = "<title>题</title><ns>0</ns><id>{}</id>"
    page = f"<page>{head}<revision><text>'''甲'''{{{{{{{{模板|乙}}}}}}}} [[丙|丁]] {{}}</text></revision></page>"
    pages = "".join(page.format(at, text) for at, text in enumerate(texts(rng)))
    return f"<mediawiki>{pages}</mediawiki>".encode()


def parquet(rng: random.Random) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"id": ["1"], "text": ["".join(texts(rng))]}), out, write_page_checksum=True)
    return out.getvalue()


def tar(rng: random.Random) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, make in (("a/1.txt", txt), ("b.jsonl", jsonl), ("c.html", html), ("d.gz", txt)):
            content = make(rng)
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


def zipped(rng: random.Random) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, make in (("a/1.txt", txt), ("新闻.csv", csv), ("c.json", json_array)):
            archive.writestr(name, make(rng))
    return out.getvalue()


PLAIN: dict[str, Callable[[random.Random], bytes]] = {
    ".txt": txt, ".jsonl": jsonl, ".json": json_array, ".csv": csv, ".tsv": tsv, ".dat": dat, ".html": html,
    ".warc": warc, "-pages-articles.xml": wiki, ".parquet": parquet, ".tar": tar, ".zip": zipped,
}  # fmt: skip
HUGE = tuple("好".encode() * times for times in (6_000_000, 1_000_000, 100_000))
compressed_once = lru_cache(bz2.compress)


def bzip2(content: bytes) -> bytes:
    """Several streams, as the dumps of Wikipedia have; a huge run is one, compressed once: bzip2 takes seconds."""
    run = next((run for run in HUGE if len(run) <= len(content) and run in content), b"")
    if not run:
        return bz2.compress(content)
    before, _, after = content.partition(run)
    return bz2.compress(before) + compressed_once(run) + bz2.compress(after)


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress, ".bz2": bzip2, ".xz": lzma.compress, ".zst": zstd.compress,
}  # fmt: skip
FORMATS = (*PLAIN, *PACKERS)
NESTS = {
    ".json": b"[", ".jsonl": b'{"a":', ".html": b"<div>", "-pages-articles.xml": b"<page>", ".csv": b'"',
    ".dat": b"<doc>\n", ".warc": b"WARC/1.0\r\n",
}  # fmt: skip
KINDS = ("cut", "flipped", "noise", "lost", "twice", "another format", "nested", "huge field", "bomb")
WEIGHTS = (20, 25, 15, 10, 10, 10, 4, 3, 1)
UNITS = (b" ", b"\n", b"\0", "好".encode(), b'{"text":"')


@lru_cache(None)
def bomb(suffix: str, unit: bytes) -> bytes:
    """A small file that unpacks to ``BOMB`` bytes and more."""
    content = unit * (BOMB // 4) if suffix in PACKERS else unit * (BOMB // len(unit))
    out = io.BytesIO()
    if suffix == ".zip":
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.txt", content)
    elif suffix == ".parquet":
        pq.write_table(pa.table({"text": pa.array([content.decode()])}), out, compression="zstd")
    elif suffix == ".warc":
        writer = WARCWriter(out, gzip=False)
        lines = [("Content-Type", "text/html; charset=utf-8"), ("Content-Encoding", "gzip")]
        headers = StatusAndHeaders("200 OK", lines, protocol="HTTP/1.1")
        page = io.BytesIO(gzip.compress(content))
        record = writer.create_warc_record("http://x.example/", "response", payload=page, http_headers=headers)
        writer.write_record(record)
    else:
        return PACKERS[suffix](content)
    return out.getvalue()


BOMBS = (*PACKERS, ".zip", ".parquet", ".warc")


def make_bombs() -> None:
    """All bombs and huge runs: half a minute, mostly of bzip2."""
    for suffix in BOMBS:
        for unit in UNITS:
            bomb(suffix, unit)
    for run in HUGE:
        compressed_once(run)


def make(suffix: str, number: int, seed: int) -> tuple[str, str, bytes]:
    """(name of the file, kind of damage, content) of input ``number`` of a format."""
    rng = random.Random(f"{seed} {suffix} {number}")
    packed = suffix in PACKERS
    inner = rng.choice((".jsonl", ".txt", ".tar", ".warc", "-pages-articles.xml")) if packed else suffix
    name = f"{number}{inner}{suffix if packed else ''}"
    kind = rng.choices(KINDS, WEIGHTS)[0]
    if kind == "bomb" and suffix not in BOMBS:
        kind = "flipped"
    if kind == "bomb":
        content = bomb(suffix, rng.choice(UNITS))
    else:
        content = damage(PLAIN[inner](rng), inner, kind, rng)
        content = PACKERS[suffix](content) if packed else content
    if packed and rng.random() < 0.5:
        content = damage(content, suffix, rng.choice(KINDS[:5]), rng)
    return name, kind, content


def damage(content: bytes, suffix: str, kind: str, rng: random.Random) -> bytes:
    """``content`` with one kind of damage."""
    start = rng.randrange(len(content) + 1)
    end = min(len(content), start + rng.randint(1, 60))
    if kind == "cut":
        return content[:start]
    if kind == "noise":
        return content[:start] + rng.randbytes(rng.randint(1, 40)) + content[start:]
    if kind == "lost":
        return content[:start] + content[end:]
    if kind == "twice":
        return content[:end] + content[start:]
    if kind == "another format":
        return PLAIN[rng.choice(list(PLAIN))](rng)
    if kind == "nested":
        return content[:start] + NESTS.get(suffix, b"[") * rng.choice((100, 2_000, NEST)) + content[start:]
    if kind == "huge field":
        return content[:start] + rng.choice(HUGE) + content[start:]
    raw = bytearray(content)
    for _ in range(rng.randint(1, 20) if raw else 0):
        raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
    return bytes(raw)
