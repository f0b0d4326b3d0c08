"""Wikipedia dumps: wikitext to running text, rule by rule; the XML; the pages that are left out; beside gensim."""

import bz2
import gzip
import json
import re
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

import gensim
import pytest
from backports import zstd
from conftest import examples
from gensim.corpora import WikiCorpus
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline import articles, shards
from pipeline.articles import readers, records, wiki
from pipeline.articles.readers import DEFAULT
from pipeline.articles.records import Options, Reading, Rejected
from pipeline.articles.sources import find, read_state
from pipeline.articles.wiki_rules import FALLBACKS
from pipeline.articles.wiki_text import clean
from pipeline.fingerprints import Fingerprints

many = examples(300)


# ---------------------------------------------------------------- wikitext, rule by rule

# 苹果 apple, 电脑 computer, 北京 Beijing, 参考文献 references, 外部链接 external links,
# 历史 history, 城市 city, 首都 capital, 公司 company, 文字 writing, 年 year
RULES = [
    # templates
    ("{{Infobox 公司|name=苹果|logo=a.svg}}苹果是公司。", "苹果是公司。"),
    ("{{Infobox\n|a={{b|c={{d}}}}\n|e=[[f|{{g}}]]\n}}苹果", "苹果"),
    ("苹果{{来源请求|日期=2020年}}公司", "苹果公司"),
    ("{{NoteTA|1=zh-cn:苹果;zh-tw:蘋果}}公司", "公司"),
    ("{{a|b=\n{|\n| c\n|}}}苹果{{a\n|b=c\n|}}", "苹果"),
    ("苹果（{{lang|en|Apple}}）", "苹果（Apple）"),
    ("苹果（{{lang-en|Apple}}）", "苹果（Apple）"),
    ("{{le|苹果公司|Apple Inc.}}", "苹果公司"),
    ("{{link-en|苹果公司|Apple Inc.|苹果}}", "苹果"),
    ("{{Internal link helper/en|苹果公司|Apple Inc.}}", "苹果公司"),
    ("{{tsl|en|Apple Inc.|苹果公司|苹果}}", "苹果"),
    ("{{tsl|en|Apple Inc.|苹果公司}}", "苹果公司"),
    ("{{illm|苹果公司|en|Apple Inc.}}", "苹果公司"),
    ("{{ruby|北京|ㄅㄟˇㄐㄧㄥ}}", "北京"),
    ("{{nowrap|1=北京 {{small|城市}}}}", "北京 城市"),
    ("{{Quote|text=北京是首都。|source=历史}}", "北京是首都。"),
    ("{{cquote|北京是首都。}}", "北京是首都。"),
    ("{{color|red|北京}}", "北京"),
    ("北京{{{参数|默认}}}城市", "北京城市"),  # 参数 parameter, 默认 default
    ("{{lang_|en|Apple}}{{Nowrap }}", ""),
    # links
    ("[[北京]]是[[首都|中国首都]]。", "北京是中国首都。"),  # 中国 China
    ("[[北京]]市", "北京市"),  # 市 city
    ("[[:Category:城市|城市]]和[[:en:Beijing]]", "城市和en:Beijing"),
    ("[[File:a.jpg|thumb|200px|[[北京]]的{{lang|en|map}}]]北京", "北京"),
    ("[[Image:a.jpg]][[文件:a.jpg|右]][[檔案:a.jpg]][[图像:a.jpg]]北京", "北京"),
    ("北京[[Category:城市]][[分类:首都|*]][[分類:首都]]", "北京"),
    ("北京[[en:Beijing]][[zh-min-nan:Pak-kiaⁿ]]", "北京"),
    ("[[wikt:北京|北京]]", "北京"),
    ("[https://example.org/a?b=c 苹果[[公司]]]", "苹果公司"),
    ("苹果[https://example.org/]公司[//example.org 历史]", "苹果公司历史"),
    ("[1990]年", "[1990]年"),
    # elements
    ("北京<ref>{{cite web|url=http://a.b/c|title=历史}}</ref>是<ref name='a' />首都<REF>x</REF>。", "北京是首都。"),
    ("北京<!-- 城市\n\n -->首都<!-- 没有结束", "北京首都"),  # 没有结束 has no end
    ("<math>\\frac{a}{{b}}</math>北京<gallery>\nFile:a.jpg|城市\n</gallery><code>if</code>", "北京"),
    ("<syntaxhighlight lang=\"c\">\nint a[[1]];\n</syntaxhighlight>北京<pre>x</pre><timeline>y</timeline>", "北京"),
    ("<nowiki>[[北京]] {{a}} '''b'''</nowiki>", "[[北京]] {{a}} '''b'''"),
    ("北京<sub>1</sub><small>城市</small><span style=\"x\">首都</span>", "北京1城市首都"),
    ("北京<br />城市<br>首都", "北京\n城市\n首都"),
    ("<div class=\"a\">北京</div>城市", "北京\n城市"),
    ("<ruby><rb>北京</rb><rp>(</rp><rt>ペキン</rt><rp>)</rp></ruby>", "北京"),
    ("a<b且c>d", "a<b且c>d"),  # 且 and
    ("北京<ref>城市", "北京城市"),  # never closed
    # tables
    ("北京\n{| class=\"wikitable\"\n|-\n! 年 !! 城市\n|-\n| 1990 || {{a}}\n{|\n| x\n|}\n|}\n首都", "北京\n首都"),
    ("<table><tr><td>年</td></tr></table>北京", "北京"),
    # lines
    ("'''北京'''是''首都''，'''''城市'''''。", "北京是首都，城市。"),
    ("* 北京\n*# 城市\n: 首都\n; 历史\n----\n年", "北京\n城市\n首都\n历史\n年"),
    ("== 历史 ==\n北京\n=== 城市 ===\n首都", "历史\n北京\n城市\n首都"),
    ("== 历史 ==\n=== 城市 ===\n首都\n== 参考文献 ==\n{{reflist}}\n== 外部链接 ==", "历史\n城市\n首都"),
    ("北京\n\n\n\n城市\n   首都  ", "北京\n城市\n首都"),
    ("__NOTOC__北京__TOC__\n__无目录__", "北京"),
    ("北京&nbsp;&lt;城市&gt;&#65;&#x42;&amp;nbsp;", "北京\u00a0<城市>AB&nbsp;"),
    ("AT&T & R&D; &notanentity;", "AT&T & R&D; &notanentity;"),
    ("北京（{{IPA|x}}，{{lang-en|}}）是首都（ ; ）", "北京是首都"),
]  # fmt: skip


@pytest.mark.parametrize(("wikitext", "text"), RULES)
def test_a_rule_of_the_docs(wikitext: str, text: str) -> None:
    assert clean(wikitext) == text


VARIANTS = [
    ("-{zh-hans:计算机;zh-hant:電腦}-", "计算机", "電腦"),
    ("-{zh-hans:计算机; zh-hant:電腦;}-", "计算机", "電腦"),
    ("-{zh-cn:软件;zh-tw:軟體;zh-hk:軟件}-", "软件", "軟體"),  # software
    ("-{zh-sg:软体;zh-hk:軟件}-", "软体", "軟件"),  # by their fallbacks
    ("-{A|zh-cn:博客;zh-tw:部落格}-", "博客", "部落格"),  # blog
    ("-{H|zh-cn:博客;zh-tw:部落格}-", "", ""),
    ("-{T|zh-cn:博客;zh-tw:部落格}-", "", ""),
    ("-{R|干}-", "干", "干"),  # a character that would be converted wrongly
    ("-{计算机}-", "计算机", "计算机"),
    ("-{zh-hans;zh-hant|于}-", "于", "于"),
    ("-{zh-cn:[[软件|应用软件]];zh-tw:[[軟體|應用軟體]]}-", "应用软件", "應用軟體"),  # application software
    ("[[软件|-{zh-cn:软件;zh-tw:軟體}-]]", "软件", "軟體"),
    ("{{nowrap|-{A|zh-cn:软件;zh-tw:軟體}-}}", "软件", "軟體"),
    ("-{zh-cn:a-{zh-hans:软;zh-hant:軟}-;zh-tw:b}-", "a软", "b"),
    ("-{{{le|软件|software}}}-", "软件", "软件"),
    ("1-{{nowrap|软件}}-2", "1-软件-2", "1-软件-2"),
    ("-{zh-tw:軟體}-", "軟體", "軟體"),  # no rule for zh-cn: the first, rather than nothing
    ("-{}-", "", ""),
    ("软件-{zh-cn:x", "软件zh-cn:x", "软件zh-cn:x"),  # never closed
    ("a}-b", "a}-b", "a}-b"),
]


@pytest.mark.parametrize(("wikitext", "simplified", "traditional"), VARIANTS)
def test_a_variant_is_that_of_mediawiki(wikitext: str, simplified: str, traditional: str) -> None:
    assert clean(wikitext, "zh-cn") == simplified
    assert clean(wikitext, "zh-tw") == traditional


def test_tables_are_kept_when_asked_for_a_cell_a_line() -> None:
    table = '{| class="a"\n|+ 人口\n|-\n! 年 !! style="x" | 城市\n|-\n| 1990 || [[北京|北京市]]\n| 历史\n续\n|}'
    expected = ["人口", "年", "城市", "1990", "北京市", "历史", "续"]  # 人口 population, 续 continued
    assert clean(f"前\n{table}\n后", tables=True).split("\n") == ["前", *expected, "后"]  # 前 before, 后 after


UNCLOSED = [
    ("{{Infobox|a=[[b}}北京", "北京"),
    ("[[File:a.jpg|{{b]]北京", "北京"),
    ("北京[[城市", "北京城市"),
    ("北京]]是}}城市", "北京是城市"),
    ("{|\n|-\n| 北京\n城市", "北京\n城市"),
    ("北京[https://example.org 城市", "北京[https://example.org 城市"),
]


@pytest.mark.parametrize(("wikitext", "text"), UNCLOSED)
def test_what_is_never_closed_loses_its_bracket_and_no_text(wikitext: str, text: str) -> None:
    assert clean(wikitext) == text


# ---------------------------------------------------------------- laws

FRAGMENTS = [
    *("{{", "}}", "{{{", "}}}", "[[", "]]", "[http://a ", "]", "-{", "}-", "\n{|", "\n|-", "\n|}", "|", "||", "!!"),
    *("<ref>", "</ref>", "<ref name=a/>", "<!--", "-->", "<nowiki>", "</nowiki>", "<math>", "</math>", "<br>", "<b"),
    *(">", "\n!", "#", "（", "）"),
    *("''", "'''", "\n==", "==\n", "\n*", "\n:", "=", ";", ":", "zh-cn:", "zh-tw:", "A|", "H|", "=>", "lang|"),
    *("File:", "Category:", "en:", "&amp;", "&#x41;", "&#xD800;", "__TOC__", "北京", "文", " ", "\n", "1=", "nowrap|"),
]  # fmt: skip
WIKITEXT = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=2)), max_size=40).map("".join)


@many
@given(WIKITEXT, st.sampled_from(sorted(FALLBACKS)), st.booleans())
@example("（）\n==", "zh-cn", False)
def test_no_wikitext_raises_and_no_line_is_empty(wikitext: str, variant: str, tables: bool) -> None:
    text = clean(wikitext, variant, tables)
    assert text == "" or all(line.strip() for line in text.split("\n"))


@many
@given(st.text(st.sampled_from("北京，。（城市）「」《》、1aA \n.-"), max_size=60))
def test_plain_text_keeps_all_but_blanks_and_empty_brackets(text: str) -> None:
    def squeezed(text: str) -> str:
        return re.sub(r"[\s（），、]|^-{4,}", "", text, flags=re.MULTILINE)

    assert squeezed(clean(text)) == squeezed(text)


@pytest.mark.parametrize(
    "fragment",
    ["{", "{{a|", "[[a|", "-{", "-{A|zh-cn:a;", "{{nowrap|a", "\n{|\n|a", "<ref>", "<ref ", "<!--", "[http:", "'", "&"],
)  # fmt: skip
def test_a_page_of_brackets_that_are_never_closed_ends_soon(fragment: str) -> None:
    start = time.process_time()
    clean(fragment * (500_000 // len(fragment)))
    assert time.process_time() - start < 5


BLANKS = " " * 300_000


@pytest.mark.parametrize(
    "wikitext",
    [f"{{{{lang|{BLANKS}!=x}}}}", f"-{{zh-cn:a;{BLANKS}!}}-", f"={BLANKS}a=", f"（{BLANKS}a", f"[//a{BLANKS}"],
)  # fmt: skip
def test_blanks_without_end_are_no_trouble(wikitext: str) -> None:
    start = time.process_time()
    clean(wikitext)
    assert time.process_time() - start < 1


def test_brackets_nested_a_hundred_thousand_deep_are_no_trouble() -> None:
    assert clean("{{nowrap|" * 100_000 + "北京" + "}}" * 100_000 + "\n城市").endswith("城市")


# ---------------------------------------------------------------- the XML

HEAD = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:schemaLocation="http://www.mediawiki.org/xml/export-0.11/ http://www.mediawiki.org/xml/export-0.11.xsd" \
version="0.11" xml:lang="zh">
  <siteinfo>
    <sitename>Wikipedia</sitename>
    <dbname>zhwiki</dbname>
    <namespaces>
      <namespace key="0" case="first-letter" />
      <namespace key="10" case="first-letter">Template</namespace>
    </namespaces>
  </siteinfo>
"""
TAIL = "</mediawiki>\n"


def page_of(number: int, title: str, wikitext: str, ns: int = 0, redirect: str = "") -> str:
    """A ``<page>`` as MediaWiki exports it."""
    return f"""  <page>
    <title>{escape(title)}</title>
    <ns>{ns}</ns>
    <id>{number}</id>
{f'    <redirect title="{redirect}" />' if redirect else ""}
    <revision>
      <id>{number}000</id>
      <parentid>1</parentid>
      <timestamp>2025-01-01T00:00:00Z</timestamp>
      <contributor>
        <username>某人</username>
        <id>77</id>
      </contributor>
      <origin>{number}000</origin>
      <model>wikitext</model>
      <format>text/x-wiki</format>
      <text bytes="{len(wikitext)}" sha1="x" xml:space="preserve">{escape(wikitext)}</text>
      <sha1>x</sha1>
    </revision>
  </page>
"""


PAGES = [
    page_of(13, "北京", "'''北京'''是[[首都]]。<ref>a</ref>\n* R&amp;D &lt;b&gt; & 历史"),
    page_of(14, "北平", "#REDIRECT [[北京]]", redirect="北京"),  # 北平 an old name of Beijing
    page_of(15, "Template:城市", "城市", ns=10),
    page_of(16, "城市列表", "* [[北京]]"),  # 列表 list
    page_of(17, "苹果", "'''苹果'''可以指：\n* [[苹果公司]]\n{{disambig}}"),  # 可以指 may refer to
    page_of(18, "表格", "{|\n| 1\n|}"),  # 表格 table
    page_of(19, "历史", "历史是-{zh-cn:软件;zh-tw:軟體}-。"),
]
DUMP = (HEAD + "".join(PAGES) + TAIL).encode()
MULTISTREAM = b"".join(bz2.compress(part.encode()) for part in [HEAD, *PAGES, TAIL])
NAME = "zhwiki-20260101-pages-articles"


def put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def texts(readings: list[Reading]) -> dict[str, str]:
    return {record["id"]: record["text"] for _, _, record in readings if isinstance(record, dict)}


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        (f"{NAME}.xml", bytes),
        (f"{NAME}.xml.bz2", bz2.compress),
        (f"{NAME}.xml.gz", gzip.compress),
        (f"{NAME}.xml.zst", zstd.compress),
        (f"{NAME}-multistream.xml.bz2", lambda _: MULTISTREAM),
        (f"{NAME}-multistream1.xml-p1p187712.bz2", lambda _: MULTISTREAM),
        (f"{NAME}1.xml-p1p187712", bytes),
    ],
)
def test_a_dump_is_found_by_its_name_and_read_to_its_end(
    tmp_path: Path, name: str, pack: Callable[[bytes], bytes]
) -> None:
    put(tmp_path / name, pack(DUMP))
    put(tmp_path / "zhwiki-20260101-pages-articles-multistream-index.txt.bz2", b"no article")
    found, left_out = find([str(tmp_path)])
    assert [path.name for _, path in found] == [name]
    assert len(left_out) == 1
    assert texts(list(readers.read(found[0][1]))) == {"13": "北京是首都。\nR&D <b> & 历史", "19": "历史是软件。"}


def test_any_name_is_read_as_a_dump_when_told_so(tmp_path: Path) -> None:
    path, told = put(tmp_path / "export.xml.gz", gzip.compress(DUMP)), Options(format="wiki")
    assert find([str(path)], told)[0] == [(f"{tmp_path.name}/export.xml.gz", path)]
    assert len(texts(list(readers.read(path, options=told)))) == 2
    with pytest.raises(ValueError, match="of a kind that is not read"):
        find([str(path)])


def test_a_page_has_its_id_its_title_and_its_line(tmp_path: Path) -> None:
    first, *_, last = readers.read(put(tmp_path / f"{NAME}.xml", DUMP))
    assert first[2] == {"id": "13", "title": "北京", "text": "北京是首都。\nR&D <b> & 历史"}
    assert DUMP.decode().split("\n")[last[0] - 1] == "  <page>"
    assert first[1] < last[1] < len(DUMP)


@pytest.mark.parametrize("title", ["城市列表", "城市列表 (亚洲)", "苹果 (消歧义)", "苹果 (消歧義)"])  # 亚洲 Asia
def test_lists_and_disambiguation_pages_come_in_when_asked_for(title: str) -> None:
    page = wiki.Page(1, 0)
    page.fields |= {"ns": ["0"], "title": [title], "text": ["* [[北京]]"]}
    assert wiki.record_of(page, DEFAULT) in ("list", "disambiguation")
    assert wiki.record_of(page, Options(wiki_lists=True)) == {"id": "", "title": title, "text": "北京"}


def test_a_dump_that_is_cut_off_gives_its_whole_pages_and_then_an_error(tmp_path: Path) -> None:
    path = put(tmp_path / f"{NAME}.xml", DUMP[: DUMP.index("表格".encode())])
    readings = readers.read(path)
    assert texts([next(readings)]) == {"13": "北京是首都。\nR&D <b> & 历史"}
    with pytest.raises(ValueError, match=rf"{re.escape(str(path))} cannot .*: the XML ends in line \d+, before </med"):
        next(readings)


DAMAGED = [
    (b"", "the XML ends in line 1"),
    (b"<html><body/></html>", "it is no MediaWiki dump: it begins with <html>"),
    (DUMP.replace(b"<ns>10</ns>", b"<ns>10</id>"), "mismatched tag"),
    (DUMP.replace("历史".encode(), b"\xff\xfe"), "not well-formed"),
    (b'<!DOCTYPE m [<!ENTITY a "b"><!ENTITY c "&a;&a;">]>' + DUMP, "declares a document type"),
    (DUMP + b"<more/>", "junk after document element"),
]


@pytest.mark.parametrize(("content", "reason"), DAMAGED)
def test_broken_xml_is_an_error_that_names_the_file(tmp_path: Path, content: bytes, reason: str) -> None:
    path = put(tmp_path / f"{NAME}.xml", content)
    with pytest.raises(ValueError, match=f"{re.escape(str(path))} cannot be read to its end: .*{reason}"):
        list(readers.read(path))


def test_a_multistream_dump_without_its_last_streams_is_an_error(tmp_path: Path) -> None:
    streams = b"".join(bz2.compress(part.encode()) for part in [HEAD, *PAGES])
    with pytest.raises(ValueError, match="before </mediawiki>"):
        list(readers.read(put(tmp_path / f"{NAME}.xml.bz2", streams)))


def test_a_page_or_a_tag_of_unbounded_size_does_not_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "LIMIT", 1 << 20)
    large = HEAD + page_of(1, "北京", "城市\n" * 200_000) + PAGES[0] + TAIL
    one, other = readers.read(put(tmp_path / f"{NAME}.xml", large.encode()))
    assert one[2] == Rejected("a page of more than 1 MiB")
    assert isinstance(other[2], dict)
    tag = f"{HEAD}<page a='{'x' * (2 << 20)}'/>{TAIL}"
    with pytest.raises(ValueError, match="a tag of more than 1 MiB"):
        list(readers.read(put(tmp_path / f"{NAME}.xml", tag.encode())))


# ---------------------------------------------------------------- the stage


def make(output: Path, source: Path, **options: object) -> dict[str, object]:
    output.mkdir()
    found = read_state(find([str(source)])[0], Fingerprints(output))
    return articles.run(found, output, max_rejected=0.0, **options)  # type: ignore[arg-type]


def written(output: Path) -> list[dict[str, str]]:
    lines = [line for path in sorted(output.glob("0*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines()]
    return [json.loads(line) for line in lines]


def test_a_dump_becomes_articles_and_what_is_skipped_is_counted(tmp_path: Path) -> None:
    counts = make(tmp_path / "out", put(tmp_path / "zh" / f"{NAME}.xml.bz2", MULTISTREAM), wiki_variant="zh-tw")
    kinds = ["redirect", "another namespace", "list", "disambiguation", "without text"]
    assert (counts["records"], counts["articles"]) == (2, 2)
    assert counts["found"] == {f"skipped: {kind}": 1 for kind in kinds}
    article = {"id": "19", "source": f"zh/{NAME}.xml.bz2", "title": "历史", "label": "", "text": "历史是軟體。"}
    assert written(tmp_path / "out")[1] == article
    assert articles.summary(counts).endswith(", skipped: disambiguation (1), skipped: without text (1)")


def test_options_bring_tables_and_lists_in(tmp_path: Path) -> None:
    source = put(tmp_path / f"{NAME}.xml", DUMP)
    counts = make(tmp_path / "out", source, wiki_tables=True, wiki_lists=True)
    assert counts["found"] == {"skipped: redirect": 1, "skipped: another namespace": 1}
    assert [article["title"] for article in written(tmp_path / "out")] == ["北京", "城市列表", "苹果", "表格", "历史"]


@pytest.mark.parametrize("suffix", ["", ".bz2"])
def test_a_large_dump_goes_into_several_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    monkeypatch.setattr(shards, "SIZE", 4_000)
    pages = "".join(
        page_of(number, f"第{number}页", f"第{number}页是北京。" * 9) for number in range(100)
    )  # 第…页 page no.
    dump = (HEAD + pages + TAIL).encode()
    source = put(tmp_path / f"{NAME}.xml{suffix}", bz2.compress(dump) if suffix else dump)
    make(tmp_path / "out", source)
    assert [article["id"] for article in written(tmp_path / "out")] == [str(number) for number in range(100)]
    assert len(list((tmp_path / "out").glob("00000-*.jsonl"))) > 5


# ---------------------------------------------------------------- beside gensim

# Pages as zhwiki has them, and by hand what a reader of zh-cn sees of them as running text.
VECTOR = """{{NoteTA|G1=IT|1=zh-cn:词嵌入;zh-tw:詞嵌入;}}
{{机器学习导航栏}}
'''词向量'''（{{lang-en|word embedding}}）是[[自然语言处理]]（NLP）中[[语言模型]]与[[表征学习]]技术的统称。\
<ref name="a">{{cite web|url=https://example.org|title=词向量综述|date=2013-10-16}}</ref>从概念上讲，它是指把一个维数为所有词的数量的\
高维空间[[嵌入 (数学)|嵌入]]到一个维数低得多的连续[[向量空间]]中，每个单词或[[词组]]被映射为[[实数域]]上的向量。

== 历史 ==
[[File:Word2vec.png|thumb|right|200px|[[Word2vec]]的示意图]]
2000年，[[約書亞·本希奧|本希奥]]等人提出了-{zh-cn:神经概率语言模型;zh-tw:神經機率語言模型}-。<!-- 待补 -->\
2013年，[[Google]]的\
{{tsl|en|Tomáš Mikolov|托马斯·米科洛夫}}团队发布了'''[[word2vec]]'''，其训练速度比以前的方法快得多\
&mdash;&mdash;一天可以处理几百亿个词。
{| class="wikitable"
|-
! 年 !! 方法
|-
| 2013 || word2vec
|}
== 参考文献 ==
{{reflist}}

[[Category:自然语言处理]]
"""
VECTOR_TEXT = """词向量（word embedding）是自然语言处理（NLP）中语言模型与表征学习技术的统称。\
从概念上讲，它是指把一个维数为所有词的数量的\
高维空间嵌入到一个维数低得多的连续向量空间中，每个单词或词组被映射为实数域上的向量。
历史
2000年，本希奥等人提出了神经概率语言模型。2013年，Google的\
托马斯·米科洛夫团队发布了word2vec，其训练速度比以前的方法快得多——一天可以处理几百亿个词。"""
INSTITUTE = """{{Infobox organization
| name = 中国科学院计算技术研究所
| established = {{Start date|1956}}
}}
'''中国科学院计算技术研究所'''，简称“'''计算所'''”，是国家级的[[计算机科学]]研究机构，成立于1956年6月19日。\
它位于[[北京市]][[海淀区]]。

* 研制了中国第一台通用数字电子计算机；
* 并且形成了中国高性能计算机的研发基地。
{{Quote|计算所是中国计算机事业的摇篮。}}
[[en:Institute of Computing Technology]]
"""
INSTITUTE_TEXT = """中国科学院计算技术研究所，简称“计算所”，是国家级的计算机科学研究机构，成立于1956年6月19日。\
它位于北京市海淀区。
研制了中国第一台通用数字电子计算机；
并且形成了中国高性能计算机的研发基地。
计算所是中国计算机事业的摇篮。"""


def han(text: str) -> Counter[str]:
    return Counter(re.findall(r"[\u3400-\u9fff]", text))


def test_all_of_the_running_text_is_kept_where_gensim_keeps_half(tmp_path: Path) -> None:
    pages = page_of(1, "词向量", VECTOR) + page_of(2, "中国科学院计算技术研究所", INSTITUTE)
    dump = put(tmp_path / f"{NAME}.xml.bz2", bz2.compress((HEAD + pages + TAIL).encode()))
    assert texts(list(readers.read(dump))) == {"1": VECTOR_TEXT, "2": INSTITUTE_TEXT}
    theirs = WikiCorpus(str(dump), dictionary={}, processes=1, article_min_tokens=0)
    found = han("".join(token for tokens in theirs.get_texts() for token in tokens))
    wanted = han(VECTOR_TEXT + INSTITUTE_TEXT)
    share = (wanted & found).total() / wanted.total()
    assert 0.45 < share < 0.6


SHIPPED = Path(gensim.__file__).parent / "test" / "test_data"
MARKUP = re.compile(
    r"\{\{|\}\}|\[\[|\]\]|\{\||\|\}|^[|!]|''|</?(?:ref|br|div|span|small|sub)|&(?:nbsp|amp|lt);", re.MULTILINE
)


def test_no_markup_is_left_in_the_real_pages_that_gensim_ships() -> None:
    path = next(SHIPPED.glob("enwiki-latest-pages-articles1.xml-*-shortened.bz2"), None)
    if path is None:
        pytest.skip("this gensim comes without its test data")
    found: Counter[str] = Counter()
    options = Options(format="wiki")
    texts = [
        str(record["text"]) for _, _, _, record in readers.read_source(path, options, found) if type(record) is dict
    ]
    assert len(texts) == 98
    assert found == {"skipped: redirect": 99, "skipped: disambiguation": 8, "skipped: another namespace": 1}
    assert not [text for text in texts if MARKUP.search(text)]
