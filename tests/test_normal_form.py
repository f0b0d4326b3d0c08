"""The normal form: any text by any set of rules, each rule by an example, and OpenCC. Native and Python agree."""

import json
import random
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import CORPORA, examples, read_corpus
from hypothesis import example, given
from hypothesis import strategies as st

from ciliu.engine_native import import_native
from ciliu.normal_form import CHANGES, DEFAULT, RULES, apply, choose, normalize
from pipeline import articles
from pipeline.articles import chinese, make_article, sources
from pipeline.articles import native as native_reading
from pipeline.articles.records import Options
from pipeline.fingerprints import Fingerprints

native: Any = import_native()
many = examples(500)

# What a rule changes, what stands beside it and what together with it makes something new.
PARTS = [
    *"的一是，。、！？：；～…—·.!?,;~ \n\r\t＆＃；．Ａ０ａ&#;xX@-_/:%09azAZ文&",
    *"\x00\x85\xad\u200b\u200d\u2028\u3000\ufeff\ue000\U000f0000\u0301\u0338\u3099\u1100\u1161\u11a8\uf967\u212a\u037e\u2126",
    *"ひか한ー\U0001f600\U0001f1e8\ufe0f\u20e3☺©⌚\U0001d15e\u0958é",
    "&amp;", "&lt;", "&nbsp;", "&#38;", "&#x26;", "&#65286;", "&#12288;", "&#xD800;", "&#0;", "&nosuch;", "amp;",
    "#38;", "&#769;", "&nvlt;", "http://", "https://a.cn/x?y=1", "www.", "a@b.cn", "ftp://", "\r\n", "......",
    "——", "&fjlig;",
    "一二三四五六七八九十一二三四五六七八九十\n",
]  # fmt: skip
TEXT = st.lists(st.sampled_from(PARTS) | st.characters(exclude_categories=["Cs"]), max_size=40).map("".join)
CHOICE = st.sets(st.sampled_from(list(RULES))).map(lambda names: tuple(name for name in RULES if name in names))


def make_form(text: str, rules: tuple[str, ...]) -> str | None:
    """None where entities are nested too deep."""
    try:
        return normalize(text, rules)[0]
    except ValueError as error:
        told = str(error)
    assert "entities" in rules
    assert "entities within entities" in told
    return None


@many
@given(TEXT, CHOICE)
@example("&amp;amp;lt;", DEFAULT)
@example("A\u0338" + "<\u0338＜\u0338", DEFAULT)
@example("3．\u212a", DEFAULT)
def test_the_form_of_a_form_is_itself_by_any_rules(text: str, rules: tuple[str, ...]) -> None:
    once = make_form(text, rules)
    if once is not None:
        assert normalize(once, rules) == (once, {})


@many
@given(TEXT, CHOICE)
def test_what_goes_in_with_what_is_added_and_without_what_is_removed_comes_out(
    text: str, rules: tuple[str, ...]
) -> None:
    try:
        normal, changes = apply(text, rules)
    except ValueError:
        return
    times, removed, added = (changes.get(name, Counter[str]()) for name in CHANGES)
    assert len(text) + added.total() - removed.total() == len(normal)
    assert bool(times) == (normal != text)
    assert set(added | removed) <= set(times) <= set(rules)


@many
@given(TEXT, st.sampled_from(sorted(RULES)))
def test_a_rule_that_is_off_changes_nothing(text: str, rule: str) -> None:
    rules = choose([f"-{name}" for name in DEFAULT if name != rule] + [rule])
    assert rules == (rule,)
    assert normalize(text, ()) == (text, {})


EXAMPLES = {  # the table of docs/stages/articles.md has these
    "controls": ("微\u200b信", "微信"),  # 微信 WeChat
    "line_ends": ("一\r\n二", "一\n二"),  # 一 one, 二 two
    "spaces": ("\u3000\u3000本文", "  本文"),  # 本文 this article
    "full_width": ("Ｂ７３７－７００，３．１４", "B737-700，3.14"),
    "nfc": ("cafe\u0301，\uf967可", "café，不可"),  # 不可 must not
    "entities": ("AT&amp;T&nbsp;&#38388;", "AT&T 间"),  # 间 between
    "private_use": ("首页\ue600", "首页 "),  # 首页 home page
    "emails": ("写信给li.lei@example.com。", "写信给 。"),  # 写信给 write to
    "urls": ("见https://example.com/a?b=1。", "见 。"),  # 见 see
    "emoji": ("好的👍🏽！", "好的  ！"),  # 好的 all right
    "repeats": ("太好了！！！………—————", "太好了！……——"),  # 太好了 great
    "hard_wraps": ("春眠不觉晓处处闻啼鸟夜来风雨声花落知多\n少", "春眠不觉晓处处闻啼鸟夜来风雨声花落知多\n少"),
}


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_by_its_example(rule: str) -> None:
    text, normal = EXAMPLES[rule]
    assert normalize(text, choose([rule]))[0] == normal


WRAPPED = "词向量把每个词变成一个由实数组成的向量，意思相近的词"  # word vectors make each word a vector of real numbers


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        (f"{WRAPPED}\n彼此相近。", f"{WRAPPED}彼此相近。"),  # 彼此相近 are near to each other
        (f"{WRAPPED}\n\n彼此", f"{WRAPPED}\n\n彼此"),  # an empty line parts paragraphs
        (f"{WRAPPED}。\n彼此", f"{WRAPPED}。\n彼此"),  # a sentence ends
        (f"{WRAPPED}\n　　彼此", f"{WRAPPED}\n  彼此"),  # an indent begins a paragraph
        ("春眠不觉晓\n处处闻啼鸟", "春眠不觉晓\n处处闻啼鸟"),  # a poem: short lines
        (f"{WRAPPED}\n短\n行", f"{WRAPPED}短行"),  # 短行 short line: of a paragraph that is long already
        ("a long line of plain text in\nEnglish", "a long line of plain text in English"),
    ],
)
def test_lines_of_one_paragraph_become_one(text: str, normal: str) -> None:
    assert normalize(text, choose(["hard_wraps"]))[0] == normal


@pytest.mark.parametrize(
    "text", ["&nosuch;", "AT&T; B", "a&b;c", "&amp", "&#xD800;", "&#0;", "&#9999999;", "& lt;", "&;"]
)
def test_what_is_no_entity_stays(text: str) -> None:
    assert normalize(text) == (text, {})


def test_nested_entities_are_rejected_instead_of_resolved_for_ever() -> None:
    with pytest.raises(ValueError, match="entities within entities"):
        normalize("&" + "#65286;" * 1_000 + "lt;")  # a full-width ampersand


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("&amp;amp;nbsp;", " "),
        ("&" + "amp;" * 1_000 + "lt;", "<"),
        ("&#38;amp;nosuch;", "&nosuch;"),
        ("&amp;amp b", "&amp b"),
    ],
)
def test_what_was_escaped_many_times_over_is_resolved_at_once(text: str, normal: str) -> None:
    assert normalize(text) == (normal, {"entities": 1} | ({"spaces": 1} if normal == " " else {}))


@pytest.mark.parametrize("rule", ["emails", "urls", "emoji", "repeats", "hard_wraps", "entities", "nfc"])
@pytest.mark.parametrize(
    "part", ["a", "a.", "www.", "http://", "a@", "&#3", "amp;&", "\u0301", "。", "\ufe0f", "\n", "一\n"]
)
def test_no_rule_takes_longer_than_the_text_is_long(rule: str, part: str) -> None:
    """A regular expression that goes back and forth would take hours for these."""
    normalize(part * 300_000, (rule,))


def test_a_rule_of_another_name_is_told_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"'emojis' is no rule; there is controls, .*emoji"):
        choose(["emojis"])


def test_given_rules_are_added_to_those_that_hold_anyway_or_taken_away() -> None:
    assert choose([]) == DEFAULT
    assert choose(["emoji", "-nfc"]) == ("controls", "line_ends", "spaces", "full_width", "entities", "emoji")


# ---------------------------------------------------------------- native and Python

needs_native = pytest.mark.skipif(native is None, reason="the native core was not built here")
NATIVE = [tuple(rule for rule in DEFAULT if rule not in off) for off in ((), ("full_width",), ("nfc", "entities"))]


def read_natively(text: str, rules: tuple[str, ...]) -> tuple[str, Any] | None:
    """The text and the counts; None where it is left to Python."""
    bits = sum(1 << number for number, rule in enumerate(DEFAULT) if rule in rules)
    core = native.Articles(b"a", ((b"text", 0),), bits)
    line = json.dumps({"text": text}).encode() + b"\n"
    written, _, read = core.read(line, 0, len(line), 0)
    return (json.loads(written)["text"], core.counts()) if read else None


def compare(text: str, rules: tuple[str, ...]) -> bool:
    """Whether it is read natively; then it is what Python makes of it."""
    read = read_natively(text, rules)
    if read is None:
        return False
    normal, changes = apply(text, rules)
    assert read[0] == normal
    for name in ("normal_form", "removed"):
        assert {rule: times for rule, times in read[1][name].items() if times} == changes.get(name, {})
    assert "added" not in changes
    assert (read[1]["characters_in"], read[1]["characters"]) == (len(text), len(normal))
    return True


@needs_native
@examples(2_000)
@given(TEXT, st.sampled_from(NATIVE))
@example("<\u0338", DEFAULT)
@example("＆ｌｔ;", DEFAULT)
def test_what_is_read_natively_is_pythons(text: str, rules: tuple[str, ...]) -> None:
    compare(text, rules)


@needs_native
def test_every_character_alone_and_behind_others_is_read_natively_as_by_python() -> None:
    """All characters that Unicode has: no table of the core lacks one that NFC changes, or joins to what is before."""
    for rules in (DEFAULT, NATIVE[1]):
        natively = 0
        for start in range(0, 0x110000, 64):
            codes = [code for code in range(start, start + 64) if not 0xD800 <= code < 0xE000]
            for text in ["x".join(map(chr, codes)), "文" + "a".join(map(chr, codes))] if codes else []:
                natively += compare(text, rules)
        assert natively > 20_000
    for code in (*range(0xA0, 0xD800), *range(0xE000, 0x30000)):
        parts = unicodedata.normalize("NFD", chr(code))
        if parts != chr(code):
            compare(parts, DEFAULT)
            compare("文" + parts[1:], DEFAULT)


@needs_native
def test_nearly_all_real_articles_are_read_natively_and_as_by_python() -> None:
    texts = [article["text"] for name in CORPORA for article in read_corpus(name, 0, 300)]
    assert sum(compare(text, DEFAULT) for text in texts) > 0.95 * len(texts)


def test_only_what_the_core_can_do_is_given_to_it() -> None:
    assert not native_reading.fits(Options(normal_form=choose(["emoji"])))
    assert not native_reading.fits(Options(normal_form=choose(["-controls"])))
    assert not native_reading.fits(Options(opencc="t2s"))
    assert not native_reading.fits(Options(min_characters=1))
    assert native_reading.fits(Options(normal_form=choose(["-nfc"]))) == (native is not None)


# ---------------------------------------------------------------- OpenCC


def test_traditional_becomes_simplified_and_the_changed_characters_are_counted() -> None:
    pytest.importorskip("opencc")
    record = {
        "title": "軟體",
        "text": "雲計算平臺\n乾隆和乾淨",
        "label": "雲",
    }  # cloud computing platform; Qianlong; clean
    article, changes = make_article(record, "a", 1, Options(opencc="t2s"))
    assert isinstance(article, dict)
    assert (article["title"], article["text"], article["label"]) == ("软体", "云计算平台\n乾隆和干净", "雲")
    assert changes["normal_form"]["opencc"] == 5  # 雲計臺 乾淨; 乾隆 is a name
    article, _ = make_article(record, "a", 1, Options(opencc="tw2sp"))
    assert isinstance(article, dict)
    assert article["title"] == "软件"  # what Taiwan calls 軟體 (software)
    article, _ = make_article({"text": "裏面"}, "a", 1, Options(opencc="hk2s"))  # 裏面 inside
    assert isinstance(article, dict)
    assert article["text"] == "里面"


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("雲計", "云计", 2),
        ("a雲b", "a云b", 1),
        ("軟體人", "软件人", 2),
        ("abcd", "axxxd", 2),
        ("aa", "aaa", 0),
        ("ab", "b", 1),
    ],
)
def test_changed_characters_are_counted_also_where_the_length_changes(old: str, new: str, changed: int) -> None:
    assert chinese.count_changed(old, new) == changed


@pytest.mark.parametrize("configuration", chinese.CONFIGURATIONS)
def test_what_opencc_writes_is_in_normal_form(configuration: str) -> None:
    pytest.importorskip("opencc")
    for block in range(0x3400, 0xA000, 512):
        text = "".join(map(chr, range(block, min(block + 512, 0xA000))))
        simple = chinese.convert(text, configuration)
        assert normalize(simple) == (simple, {})


def test_a_missing_opencc_is_told_with_the_command_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "opencc", None)
    with pytest.raises(ValueError, match=r'pip install "ciliu\[opencc\]"'):
        articles.versions([], Options(opencc="t2s"))


# ---------------------------------------------------------------- the stage


def run_stage(folder: Path, lines: Sequence[Mapping[str, Any]], **options: Any) -> dict[str, Any]:
    """The counts of Articles over one file of ``lines``."""
    folder.mkdir()
    (folder / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    found, _ = sources.find([str(folder / "a.jsonl")])
    (folder / "out").mkdir()
    read = sources.read_state(found, Fingerprints(folder))
    return articles.run(read, folder / "out", max_rejected=1.0, **options)


def balance(counts: dict[str, Any]) -> int:
    """The characters that should have come out."""
    added, removed, rejected = (
        sum(counts[name].values()) for name in ("added", "removed", "rejected_characters")
    )  # fmt: skip
    return int(counts["characters_in"]) + added - removed - rejected


@examples(60)
@given(st.lists(TEXT, min_size=1, max_size=20), CHOICE, st.integers(0, 20), st.sampled_from(["none", "t2s"]))
def test_the_stage_adds_up_to_the_last_character(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], rules: tuple[str, ...], least: int, opencc: str
) -> None:
    if opencc != "none":
        pytest.importorskip("opencc")
    lines = [{"text": text} for text in ["一個 article of some length, which is kept", *texts]]
    folder = tmp_path_factory.mktemp("sums") / "in"
    counts = run_stage(folder, lines, normal_form=rules, min_characters=least, opencc=opencc)
    written = [json.loads(line) for path in (folder / "out").glob("0*.jsonl") for line in path.open(encoding="utf-8")]
    assert balance(counts) == counts["characters"] == sum(len(article["text"]) for article in written)
    assert sum(counts["rejected_by"].values()) == counts["rejected"] == len(lines) - len(written)


@pytest.fixture
def real() -> list[dict[str, str]]:
    lines = [article for name in CORPORA for article in read_corpus(name, 300, 100)]
    random.Random(0).shuffle(lines)
    return lines


def test_real_articles_add_up_by_all_rules_and_filters(real: list[dict[str, str]], tmp_path: Path) -> None:
    counts = run_stage(tmp_path / "in", real, normal_form=tuple(RULES), min_characters=50, min_han=0.5)
    assert balance(counts) == counts["characters"]
    assert counts["rejected_by"].keys() >= {"min_characters"}
    counts = run_stage(tmp_path / "plain", real)
    assert balance(counts) == counts["characters"]
    assert counts["rejected"] == 0
