"""Wikitext to running text, by the rules of ``docs/wikipedia.md``.

One pass with a stack over the brackets, so the time grows with the length of the page whatever stands in it; nothing
raises. Parsers that try each bracket anew do not end in time: mwparserfromhell 0.7.2 takes 10 s for 20 kB of ``{{a|``.
"""

import html
import re
from collections import Counter
from dataclasses import dataclass, field
from html.entities import html5

from pipeline.articles import wiki_rules as rules

DEPTH = 100  # brackets within brackets; what opens deeper is text. MediaWiki's own limit is 100 too

# A run of braces behind a hyphen opens a variant if what follows the first are whole templates: -{{{le|甲|A}}}-.
BRACKET = re.compile(
    r"^[ \t:*#]*\{\|"  # a table
    r"|^[ \t]*\|\}(?!\}(?!\}))"  # |}} at the start of a line is | and the end of a template
    r"|-\{(?=(?:\{\{)*(?!\{))"
    r"|\}-|\{\{|\}\}|\[\[|\]\]|\|",
    re.MULTILINE,
)
CLOSES = {"}}": "{{", "]]": "[[", "|}": "{|", "}-": "-{"}

COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
PARAMETER = re.compile(r"(?<![-{])\{\{\{[^{}]*\}\}\}(?!\})")
RAW = re.compile(rf"<({rules.alternatives(rules.DROPPED)}|table|nowiki)(?=[\s/>])[^<>]*>", re.IGNORECASE)
BLOCK = re.compile(rf"</?(?:{rules.alternatives(rules.BLOCKS)})(?=[\s/>])[^<>]*>", re.IGNORECASE)
INLINE = re.compile(rf"</?(?:{rules.alternatives(rules.INLINE)})(?=[\s/>])[^<>]*>", re.IGNORECASE)
EXTERNAL = re.compile(r"\[(?:(?:https?:|ftp:)?//|mailto:)[^\s\[\]]*+[ \t]*+([^\[\]\n]*+)\]")
EMPHASIS = re.compile("''+")
MAGIC = re.compile(r"__[A-Z\u4e00-\u9fff]{2,}__")
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
EMPTY_BRACKETS = re.compile("（[\\s，、；：,;:/]*+）|\\([\\s，、；：,;:/]++\\)")
MARKERS = re.compile(r"^(?:[*#:;]+|----+|\|[-+}]?)\s*")  # the last: rows of a table that is never closed
CELL = re.compile(r"\|\||!!")


@dataclass
class _Open:
    """A bracket that is open: what it is, and its arguments as they come in."""

    kind: str
    arguments: list[list[str]] = field(default_factory=lambda: [[]])

    def texts(self) -> list[str]:
        return ["".join(pieces) for pieces in self.arguments]


def clean(wikitext: str, variant: str = "zh-cn", tables: bool = False) -> str:
    """The running text of a page, a paragraph a line. ``variant`` chooses among ``-{zh-cn:…;zh-tw:…}-``; ``tables``
    keeps a cell a line."""
    text = COMMENT.sub("", wikitext)
    text = _drop_elements(text, tables)
    text = PARAMETER.sub("", text)
    text = _resolve_brackets(text, variant, tables)
    text = INLINE.sub("", BLOCK.sub("\n", text))
    text = EXTERNAL.sub(r"\1", text)
    text = MAGIC.sub("", EMPHASIS.sub("", text))
    return "\n".join(_lines(text))


def _drop_elements(text: str, tables: bool) -> str:
    """Without ``<ref>…</ref>`` and its like; what ``<nowiki>`` holds becomes entities, which nothing reads as markup.
    An element that is not closed is left: only its tag is lost."""
    parts, end, unclosed = [], 0, set()
    for match in RAW.finditer(text):
        name = match[1].lower()
        if match.start() < end or name in unclosed or (tables and name == "table"):
            continue
        if match[0].endswith("/>"):
            parts.append(text[end : match.start()])
            end = match.end()
        elif closing := re.compile(rf"</{name}\s*>", re.IGNORECASE).search(text, match.end()):
            parts.append(text[end : match.start()])
            if name == "nowiki":
                parts.append(re.sub(r"[^\w\s]", lambda mark: f"&#{ord(mark[0])};", text[match.end() : closing.start()]))
            end = closing.end()
        else:
            unclosed.add(name)
    return "".join([*parts, text[end:]])


def _resolve_brackets(text: str, variant: str, tables: bool) -> str:
    """Templates, links, tables and variants, innermost first."""
    page = _Open("")
    stack = [page]
    depths: Counter[str] = Counter()
    end = 0
    for match in BRACKET.finditer(text):
        top = stack[-1]
        top.arguments[-1].append(text[end : match.start()])
        end = match.end()
        token = match[0][-2:]
        if token == "|":
            if top.kind in ("", "{|"):
                top.arguments[-1].append("|")
            else:
                top.arguments.append([])
        elif kind := CLOSES.get(token):
            if depths[kind]:
                _close(stack, depths, kind, variant, tables)
            elif token == "}-":
                top.arguments[-1].append(token)
        elif len(stack) <= DEPTH:
            stack.append(_Open(token))
            depths[token] += 1
    stack[-1].arguments[-1].append(text[end:])
    while len(stack) > 1:
        _give_up(stack)
    return page.texts()[0]


def _close(stack: list[_Open], depths: Counter[str], kind: str, variant: str, tables: bool) -> None:
    """Close the last bracket of ``kind``; those opened in it and never closed are given up."""
    while stack[-1].kind != kind:
        depths[stack[-1].kind] -= 1
        _give_up(stack)
    depths[kind] -= 1
    arguments = stack.pop().texts()
    if kind == "{{":
        shown = rules.shown_of_template(arguments)
    elif kind == "[[":
        shown = rules.shown_of_link(arguments)
    elif kind == "-{":
        shown = rules.shown_of_variants(arguments, variant)
    else:
        shown = _cells(arguments[0]) if tables else "\n"
    stack[-1].arguments[-1].append(shown)


def _give_up(stack: list[_Open]) -> None:
    """What is never closed is text, without its bracket."""
    text = "|".join(stack.pop().texts())
    stack[-1].arguments[-1].append(text)


def _cells(table: str) -> str:
    """A cell a line, without attributes."""
    lines = []
    for line in table.split("\n")[1:]:
        row = line.strip()
        if row.startswith("|-"):
            continue
        if not row.startswith(("|", "!")):
            lines.append(row)
            continue
        for cell in CELL.split(row.removeprefix("|+").lstrip("|!")):
            attributes, bar, content = cell.partition("|")
            lines.append(content if bar and "=" in attributes else cell)
    return "\n".join(["", *lines, ""])


def _lines(text: str) -> list[str]:
    """The lines that say something, without markers; a heading with nothing below it goes too."""
    lines: list[str] = []
    below = 0  # what stands below: nothing, a heading of that level, or text (7)
    for raw in reversed(text.split("\n")):
        line = raw.strip()
        level = _heading_level(line)
        line = _resolve_entities(line[level : len(line) - level] if level else MARKERS.sub("", line))
        line = EMPTY_BRACKETS.sub("", line).strip()
        if line and (not level or below > level):
            lines.append(line)
            below = level or 7
    return lines[::-1]


def _heading_level(line: str) -> int:
    """How many ``=`` stand on both sides; 0: no heading."""
    if not (line.startswith("=") and line.endswith("=")):
        return 0
    left, right = (len(line) - len(rest) for rest in (line.lstrip("="), line.rstrip("=")))
    return min(left, right, 6, (len(line) - 1) // 2)


def _resolve_entities(line: str) -> str:
    return ENTITY.sub(_entity, line) if "&" in line else line


def _entity(match: re.Match[str]) -> str:
    if match[0][1] == "#":
        return html.unescape(match[0])
    return html5.get(match[0][1:], match[0])  # html.unescape would make ¬anentity; of &notanentity;
