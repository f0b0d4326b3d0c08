"""What a template, a link, an element and a language variant show: the rules of ``docs/wikipedia.md`` as data."""

import re
from collections.abc import Iterable

# Elements that go with what they hold.
DROPPED = (
    "ref", "references", "math", "chem", "ce", "gallery", "code", "pre", "source", "syntaxhighlight", "timeline",
    "score", "graph", "hiero", "imagemap", "inputbox", "mapframe", "maplink", "categorytree", "templatestyles",
    "templatedata", "indicator", "includeonly", "rp", "rt",
)  # fmt: skip
# Tags that end a line, and tags that go without a trace. Only known ones: "a<b" is text.
BLOCKS = (
    "br", "p", "hr", "div", "center", "blockquote", "poem", "ul", "ol", "li", "dl", "dt", "dd", "table", "caption",
    "thead", "tbody", "tr", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6", "onlyinclude", "noinclude",
)  # fmt: skip
INLINE = (
    *DROPPED, "nowiki", "b", "i", "u", "s", "q", "em", "tt", "rb", "rtc", "big", "bdi", "bdo", "cite", "del", "dfn",
    "font", "ins", "kbd", "abbr", "mark", "ruby", "samp", "section", "small", "span", "strike", "strong", "sub", "sup",
    "time", "var", "wbr", "data",
)  # fmt: skip

# Templates that stand in running text, with the argument that they show: the first that is there. All others go.
SHOWN = {
    **dict.fromkeys(
        ("nowrap", "nobr", "nobold", "small", "smaller", "large", "larger", "big", "sub", "sup", "abbr", "tooltip",
         "ruby", "ruby-ja", "underline", "strong", "em", "!", "僻字", "nihongo"),
        ("1",),
    ),
    **dict.fromkeys(("quote", "cquote", "blockquote", "quotation", "引用", "poem", "poemquote"), ("text", "1")),
    **dict.fromkeys(("lang", "color", "font color", "rquote"), ("text", "2")),
    **dict.fromkeys(("le", "ilh", "internal link helper"), ("3", "1")),
    **dict.fromkeys(("tsl", "translink"), ("4", "3", "2")),
    **dict.fromkeys(("ill", "illm", "interlanguage link", "interlanguage link multi", "多語言連結"), ("lt", "1")),
    "link-interwiki": ("zh_text", "zh"),
    "transl": ("3", "2"),
}  # fmt: skip
SHOWN_BY_PREFIX = {
    "lang-": ("1",),  # {{lang-en|Apple}}
    "link-": ("3", "1"),  # {{link-en|苹果公司|Apple Inc.|苹果}}
    "internal link helper/": ("3", "1"),
}

# Links into these namespaces show no text; nor do links to other languages (a code in small letters).
HIDDEN = re.compile(
    r"(?:file|image|media|category|文件|檔案|档案|图像|圖像|圖片|图片|媒体|媒體|分类|分類)\s*:", re.IGNORECASE
)
LANGUAGE = re.compile(r"(?:[a-z]{2,3}(?:-[a-z]+)*|simple|be-x-old)\s*:")

# MediaWiki's own order (includes/language/converters/ZhConverter.php).
FALLBACKS = {
    "zh-hans": ("zh-cn", "zh-sg", "zh-my"),
    "zh-hant": ("zh-tw", "zh-hk", "zh-mo"),
    "zh-cn": ("zh-hans", "zh-sg", "zh-my"),
    "zh-sg": ("zh-my", "zh-hans", "zh-cn"),
    "zh-my": ("zh-sg", "zh-hans", "zh-cn"),
    "zh-tw": ("zh-hant", "zh-hk", "zh-mo"),
    "zh-hk": ("zh-mo", "zh-hant", "zh-tw"),
    "zh-mo": ("zh-hk", "zh-hant", "zh-tw"),
}
CODES = "|".join(["zh", *FALLBACKS])
RULE = re.compile(rf"(?:^|;)\s*+(?:[^;=]*+=>\s*+)?({CODES})\s*+:", re.IGNORECASE)

REDIRECT = re.compile(r"\s*#(?:redirect|重定向)", re.IGNORECASE)

DISAMBIGUATION = re.compile(
    r"\{\{\s*(?:disambig(?:uation)?|dab|hndis|geodis|surname|消歧[义義]|人名消歧[义義]|地名消歧[义義])\s*[|}]|__DISAMBIG__",
    re.IGNORECASE,
)
DISAMBIGUATION_TITLE = re.compile(r"[(（]消歧[义義][)）]$")
LIST_TITLE = re.compile(r"列表(?:\s*[(（][^()（）]*[)）])?$")


def alternatives(names: Iterable[str]) -> str:
    """For a regular expression, the longest first."""
    return "|".join(sorted(set(names), key=len, reverse=True))


def kind_of_page(title: str, wikitext: str) -> str:
    """``disambiguation``, ``list`` or ``article``."""
    if DISAMBIGUATION_TITLE.search(title) or DISAMBIGUATION.search(wikitext):
        return "disambiguation"
    return "list" if LIST_TITLE.search(title) else "article"


def shown_of_template(arguments: list[str]) -> str:
    """What ``{{name|…}}`` shows in running text: one of its arguments, or nothing."""
    name = arguments[0].strip().replace("_", " ").lower()
    prefix = next((prefix for prefix in SHOWN_BY_PREFIX if name.startswith(prefix)), "")
    wanted = SHOWN.get(name) or SHOWN_BY_PREFIX.get(prefix)
    if not wanted:
        return ""
    named: dict[str, str] = {}
    position = 0
    for argument in arguments[1:]:
        key, equals, value = argument.partition("=")
        if equals and re.fullmatch(r"[\w -]+", key := key.strip()):
            named[key] = value.strip()
        else:
            position += 1
            named[str(position)] = argument
    return next((named[key] for key in wanted if named.get(key, "").strip()), "")


def shown_of_link(arguments: list[str]) -> str:
    """What ``[[target|label]]`` shows."""
    target = arguments[0].strip()
    if HIDDEN.match(target) or LANGUAGE.match(target):
        return ""
    label = "|".join(arguments[1:])
    return label if label.strip() else target.removeprefix(":")


def shown_of_variants(arguments: list[str], variant: str) -> str:
    """What ``-{flags|zh-cn:…;zh-tw:…}-`` shows to readers of ``variant``; without a rule for it or its fallbacks the
    first, so that no text is lost."""
    flags = {flag.strip() for flag in arguments[0].split(";")} if len(arguments) > 1 else set()
    text = "|".join(arguments[1:]) if flags else arguments[0]
    if "R" in flags:
        return text
    if flags & {"H", "T", "D", "N", "-"}:
        return ""
    found = list(RULE.finditer(text))
    if not found or text[: found[0].start()].strip():
        return text
    ends = [match.start() for match in found[1:]] + [len(text)]
    shown: dict[str, str] = {}
    for match, end in zip(found, ends, strict=True):
        shown.setdefault(match[1].lower(), text[match.end() : end].rstrip("; \n").strip())
    wanted = (variant, *FALLBACKS[variant], *shown)
    return next(shown[code] for code in wanted if code in shown)
