"""Articles by the native core: what it reads is what Python makes of the same line, the rest it leaves to Python."""

import gzip
import io
import json
import tarfile
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import examples
from hypothesis import example, given
from hypothesis import strategies as st

from ciliu import normal_form
from ciliu.engine_native import import_native
from pipeline import articles, shards
from pipeline.articles import make_article, packing, records, sources
from pipeline.articles import native as native_jsonl
from pipeline.articles.fields import FIELDS
from pipeline.articles.json_reader import parse_line
from pipeline.articles.records import Options, Rejected
from pipeline.articles.text import Text
from pipeline.fingerprints import Fingerprints

native: Any = import_native()
pytestmark = pytest.mark.skipif(native is None, reason="the native core was not built here")
many = examples(1_000)

SOURCE = 'news/"一".jsonl'
ALL = (1 << len(normal_form.DEFAULT)) - 1  # the rules, as bits
# What the rules change, what stands beside it, and what ends or escapes something in JSON.
LETTERS = st.sampled_from(
    [*"一是的中。，！（）：；？～．．Ａ１ａ＋Ｚ／＠", *"aZ09 .\"\\/{}[]:,\n\r\t\x00\x07\x0b\x0c\x1b\x1c\x1f\x7f",
     *"\x80\x85\x9f\xa0\xadé\u061c\u1680\u180e\u2000\u200b\u2014\u2028\u202a\u202f\u205f\u2060\u2065\u2066\u3000\u3001",
     *"\ufeff\ufff9\ufffc\uff00\uff5f\ue000\U00020bb7\U0001f600\U0010ffff", "\r\n", "\r\u200b\n", "１．\u200b２"]
)  # fmt: skip
TEXT = st.lists(LETTERS, max_size=40).map("".join)
SCALAR = TEXT | st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.just(-0.0)
VALUE = SCALAR | st.lists(SCALAR, max_size=2) | st.dictionaries(TEXT, SCALAR, max_size=2)
RECORD = st.dictionaries(st.sampled_from(["id", "title", "label", "text", "url", "栏目"]) | TEXT, VALUE, max_size=6)
ARTICLE = st.fixed_dictionaries({"text": TEXT}, optional={"id": TEXT | st.integers(), "title": TEXT, "url": SCALAR})


def by_python(line: bytes, number: int) -> tuple[bytes, Counter[str]] | None:
    """The line that Articles writes, and the counts; None for what is no article."""
    text = Text(io.BytesIO(), "utf-8", Options(**{f"{field}_field": field for field in FIELDS}), Counter())
    record = parse_line(text.decode(line, "line"), text)
    if record is None or isinstance(record, Rejected):
        return None
    article, changes = make_article(record, SOURCE, number)
    if isinstance(article, Rejected):
        return None
    removed = {f"{rule} removed": times for rule, times in changes.get("removed", {}).items()}
    counts = Counter(articles=1, characters_in=len(record["text"]), characters=len(article["text"]))
    counts.update(changes.get("normal_form", {}))
    counts.update(removed)
    return (json.dumps(article, ensure_ascii=False) + "\n").encode(), counts


def reader(record: Any = FIELDS, rules: int = ALL) -> Any:
    """For records with these names, by these rules of the normal form."""
    names = tuple((name.encode(), number if name in record else -2) for number, name in enumerate(FIELDS))
    return native.Articles(json.dumps(SOURCE, ensure_ascii=False)[1:-1].encode(), names, rules)


def counts_of(core: Any) -> Counter[str]:
    counts = core.counts()
    removed = {f"{rule} removed": times for rule, times in counts.pop("removed").items()}
    return Counter({**counts.pop("normal_form"), **removed, **counts})


def names_in(line: bytes) -> list[str]:
    """The names of a record's fields; all where it is none."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return list(FIELDS)
    return list(record) if isinstance(record, dict) else list(FIELDS)


def check(lines: list[bytes]) -> int:
    """Compare line by line; returns how many the native core read itself."""
    own = 0
    for number, line in enumerate(lines, 1):
        core = reader(names_in(line))
        reference = by_python(line, number)
        written, at, read = core.read(line + b"\n", 0, len(line) + 1, number - 1)
        if read:
            assert reference is not None
            assert (written, at) == (reference[0], len(line) + 1)
            assert +counts_of(core) == +reference[1]
        else:
            assert (written, at) == (b"", 0)
            assert not +counts_of(core)
        own += read
    return own


@many
@given(st.lists(RECORD | ARTICLE, max_size=8), st.booleans())
def test_what_it_reads_is_what_python_makes_of_it(records: list[dict[str, Any]], escape: bool) -> None:
    check([json.dumps(record, ensure_ascii=escape).encode("utf-8", "surrogatepass") for record in records])


@many
@given(ARTICLE, st.booleans())
def test_a_plain_article_is_read_natively(record: dict[str, Any], escape: bool) -> None:
    plain = not any(isinstance(value, bool | float) for value in record.values())
    line = json.dumps(record, ensure_ascii=escape).encode()
    if plain and by_python(line, 1) and all(abs(v) < 10**18 for v in record.values() if isinstance(v, int)):
        assert check([line]) == 1


@many
@given(ARTICLE, st.data())
def test_a_damaged_line_is_read_as_python_reads_it_or_left_to_python(record: dict[str, Any], data: Any) -> None:
    line = bytearray(json.dumps(record, ensure_ascii=data.draw(st.booleans())).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(line) - 1))
        line[place : place + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2)).replace(b"\n", b" ")
    check([bytes(line)])


@many
@given(TEXT)
@example("\r\u200b\r\n１．\u200b\u200b２．３．一")
def test_the_normal_form_is_pythons(text: str) -> None:
    if not text.strip():
        return
    normal, changed = normal_form.normalize(text)
    line = json.dumps({"text": text}).encode()
    core = reader(["text"])
    written, _, read = core.read(line + b"\n", 0, len(line) + 1, 0)
    if normal.strip():
        assert read == 1
        assert json.loads(written)["text"] == normal
        assert +Counter(core.counts()["normal_form"]) == Counter(changed)
    else:
        assert read == 0


@pytest.mark.parametrize(
    "line",
    [
        b"", b" ", b"[]", b"{}", b'{"text": ""}', b'{"text": " \\n"}', b'{"text": 1}', b'{"text": null}', b'{"id": 1}',
        b'{"text": "a", "text": "b"}', b'{"text": "a", "x": 1, "x": 2}', b'{"text": "a", "x": {"y": 1}}',
        b'{"text": "\\ud800"}', b'{"text": "a\x01"}', b'{"text": "\xff"}', b'{"text": "a", "x": "\\q"}',
        b'{"text": "a", "x": NaN}', b'{"text": "a", "x": 01}', b'{"text": "a"} x', b'\xef\xbb\xbf{"text": "a"}',
        b'{"text": "a",}', b'{"text": "a" "id": 1}', b'{"text": "a"', b'{"te\\u0078t": "a"}',
        b'{"text": "a", "id": true}', b'{"text": "a", "id": 1.50}', b'{"text": "a", "id": -0}',
    ],
)  # fmt: skip
def test_what_is_no_plain_article_is_left_to_python(line: bytes) -> None:
    assert check([line]) == 0


def test_it_stops_at_the_first_line_that_is_none_of_its_own_and_before_the_limit() -> None:
    lines = [b'{"text": "a"}\n', b'{"text": "b"}\n', b"[]\n", b'{"text": "c"}\n', b'{"text": "d"}']
    data = b"".join(lines)
    core = reader(["text"])
    written, at, read = core.read(data, 0, len(data), 0)
    assert (at, read, written.count(b"\n")) == (28, 2, 2)
    written, at, read = core.read(data, at + 3, len(data), 3)
    assert (data[at:], read) == (lines[4], 1)  # no line end yet
    assert json.loads(written)["id"] == f"{SOURCE}:4"
    assert core.read(data, 0, 27, 0)[1:] == (14, 1)  # the second line would end behind the limit


def test_a_line_with_other_names_than_those_before_is_left_to_python() -> None:
    lines = b'{"text": "a", "x": 1}\n{"text": "b", "id": "1"}\n'
    assert reader(["text"]).read(lines, 0, len(lines), 0)[2] == 1
    assert reader(["text", "id"]).read(lines, 0, len(lines), 0)[2] == 0
    passed_over = native.Articles(b"", ((b"text", 0), (b"x", -1)), ALL)
    assert passed_over.read(lines, 0, len(lines), 0)[2] == 1


@pytest.mark.parametrize("names", [((b"text", 4),), ((b"text", -3),), tuple((b"%d" % n, -1) for n in range(33))])
def test_names_that_are_none_are_refused(names: Any) -> None:
    with pytest.raises(ValueError, match="at most 32 names"):
        native.Articles(b"", names, ALL)


# ---------------------------------------------------------------- the stage


def pack_twice(content: bytes) -> bytes:
    """A tar with the same lines in two members."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name in ("a.jsonl", "b.jsonl"):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


PACKINGS: dict[str, Callable[[bytes], bytes]] = {".jsonl": bytes, ".jsonl.gz": gzip.compress, ".tar": pack_twice}
LINE = st.one_of(
    ARTICLE.map(lambda record: json.dumps(record, ensure_ascii=False).encode()),
    RECORD.map(lambda record: json.dumps(record).encode()),
    st.fixed_dictionaries({"content": TEXT, "url": TEXT}).map(lambda record: json.dumps(record).encode()),
    st.sampled_from([b"", b" ", b"[]", b'{"text": "\xff"}', b"\xef\xbb\xbf", b'{"text": "' + b"a" * 300 + b'"}']),
)


@examples(60)
@given(st.lists(LINE, min_size=1, max_size=60), st.booleans(), st.sampled_from([".jsonl", ".jsonl.gz", ".tar"]))
def test_the_stage_writes_the_same_with_and_without_the_native_core(lines: list[bytes], end: bool, suffix: str) -> None:
    lines = [b'{"text": "an article"}', *lines]
    content = b"\n".join(lines) + b"\n" * end
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        source = Path(folder) / "in" / f"a{suffix}"
        source.parent.mkdir()
        source.write_bytes(PACKINGS[suffix](content))
        patch.setattr(shards, "SIZE", 500)  # so that files of articles end in the middle
        patch.setattr(records, "LIMIT", 200)
        patch.setattr(packing, "BLOCK", 64)
        results = []
        for there in (True, False):
            patch.setattr(native_jsonl, "fits", lambda _, there=there: there)
            output = Path(folder) / str(there)
            output.mkdir()
            counts = articles.run(find_sources(source, Path(folder)), output, max_rejected=1.0)
            results.append((read_files(output), counts))
    assert results[0] == results[1]


def find_sources(source: Path, data: Path) -> list[Any]:
    files, _ = sources.find([str(source)])
    return sources.read_state(files, Fingerprints(data))


def read_files(output: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in output.iterdir() if path.is_file()}
