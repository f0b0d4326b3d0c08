"""A record to an article: its fields in normal form, its text simplified and filtered as the options say."""

from pathlib import PurePosixPath

from ciliu import normal_form
from ciliu.normal_form import Changes
from pipeline.articles import chinese, filters, readers
from pipeline.articles.records import Options, Record, Rejected

SNIPPET = 60  # characters of a rejected text that are shown


def make_article(
    record: Record, source: str, line: int, options: Options = readers.DEFAULT
) -> tuple[Record | Rejected, Changes]:
    """The article of a ``record`` in normal form, and what each rule changed in its text.

    Without an id of its own it is called by its ``source``, and its line there unless a file is an article.
    """
    fields = {name: record.get(name) for name in ("id", "title", "label", "text")}
    if options.label == "folder":
        fields["label"] = PurePosixPath(source).parent.name
    texts = {name: "" if value is None else str(value) for name, value in fields.items()}
    try:
        normal = {name: normal_form.apply(text, options.normal_form) for name, text in texts.items()}
    except ValueError as error:
        return Rejected(str(error), "normal_form"), {}
    article = {name: text for name, (text, _) in normal.items()}
    changes = normal["text"][1]
    if options.opencc != "none":
        article["title"] = chinese.convert(article["title"], options.opencc)
        article["text"] = chinese.simplify(article["text"], options.opencc, changes)
    identity = article.pop("id") or make_id(source, line, options)
    rejected = filters.reject(article["text"], options)
    if rejected:
        shown = " ".join(article["text"][: 2 * SNIPPET].split())[:SNIPPET]
        return Rejected(rejected.reason, rejected.rule, {"id": identity, "text": shown}), {}
    return {"id": identity, "source": source, **article}, changes


def make_id(source: str, line: int, options: Options) -> str:
    """What an article is called that has no id of its own."""
    return source if readers.is_whole(PurePosixPath(source), options) else f"{source}:{line}"
