"""The pipeline: each class a stage, the line above it what it needs. The rules are in ``pipeline/``.

sources ─ Articles ─ Dedup ─ Segment ─ Vocabulary ─ Train ─ Evaluate ─ Export
            dicts/ ─ Dictionary ─┘        (NewWords, beside the path, is of Dedup and Dictionary)
"""

from pathlib import Path
from typing import Any

import luigi
from luigi.util import requires

from ciliu import normal_form
from pipeline import articles, cache, dedup, dictionary, evaluate, export, newwords, segment, train, vocabulary
from pipeline.articles.chinese import CONFIGURATIONS
from pipeline.articles.look import look
from pipeline.articles.readers import FORMATS
from pipeline.articles.records import Options
from pipeline.articles.sources import Source
from pipeline.articles.wiki_rules import FALLBACKS
from pipeline.export.licence import by_source
from pipeline.fingerprints import Fingerprints, file_contents
from pipeline.opened import digest, open_space
from pipeline.parameters import FilesParameter, NamesParameter, SetsParameter, SourcesParameter, choice, real, whole
from pipeline.publish import refuse_failed
from pipeline.task import StageTask


class Articles(StageTask):
    """Source files to articles in one normal form."""

    stage = articles
    sources = SourcesParameter(description="files, folders, patterns, @lists: text, JSON, pages, …; databases")
    max_rejected = real(0.01, 1, "share of records that may be no articles before the run stops", significant=False)
    articles_format = choice("auto", *FORMATS, description="how files are read; auto: by the suffix of their names")
    encoding = choice("utf-8", "gb18030", "big5", "utf-16", "auto", description="of files without a mark; auto: guess")
    errors = choice("strict", "replace", description="bytes that are no character: reject the article, or replace them")
    txt = choice("file", "line", "paragraph", description="what is one article in a .txt")
    label = choice("field", "folder", description="field: what a record says; folder: the name of the file's folder")
    text_field = luigi.Parameter("", description="field with the text; empty: text, content, body, 正文, 内容")
    id_field = luigi.Parameter(default="", description="field with the id; empty: id, 编号, docno, url")
    title_field = luigi.Parameter(default="", description="field with the title; empty: title, 标题, contenttitle")
    label_field = luigi.Parameter("", description="field with the label; empty: label, category, 类别, 分类")
    wiki_variant = choice("zh-cn", *sorted(FALLBACKS), description="of a Wikipedia dump: which of -{zh-cn:…;zh-tw:…}-")
    wiki_tables = luigi.BoolParameter(description="of a Wikipedia dump: keep tables, a cell a line")
    wiki_lists = luigi.BoolParameter(description="of a Wikipedia dump: keep lists and disambiguation pages")
    query = luigi.Parameter(default="", significant=False, description="of a database: the SELECT of the articles")
    fingerprint_query = luigi.Parameter("", significant=False, description="of a database: tells whether rows changed")
    normal_form = NamesParameter(default=(), description="rules to turn on; with a minus before the name: off")
    opencc = choice("none", *CONFIGURATIONS, description="traditional Chinese to simplified, by OpenCC's table")
    min_characters = whole(0, 0, 10**9, "reject an article of fewer, white space not counted")
    max_characters = whole(0, 0, 10**9, "reject an article of more; 0: none")
    min_han = real(0.0, 1, "reject an article with a smaller share of Han among its characters")
    max_foreign = real(1.0, 1, "reject an article with a larger share of kana and hangul among its Asian characters")
    keywords = FilesParameter(default=(), description="files with a word a line: reject an article that holds one")

    def parameters(self) -> dict[str, Any]:
        return super().parameters() | {"normal_form": normal_form.choose(self.normal_form)}

    def harmless_parameters(self) -> dict[str, Any]:
        return super().harmless_parameters() | {"keywords": tuple(self.keywords)}  # the key takes what is in them

    def options(self) -> Options:
        return Options(**self.parameters(), query=self.query, fingerprint_query=self.fingerprint_query)

    def versions(self) -> tuple[str, ...]:
        return articles.versions(self.read_sources(), self.options())

    def read_sources(self) -> list[Source]:
        if "_sources" not in vars(self):
            self._sources, self.left_out = look(self.sources, Path(self.data), self.options())
        return self._sources

    def outside(self) -> dict[str, Any]:
        words = {"keywords": file_contents([Path(path) for path in self.keywords], self.data)} if self.keywords else {}
        return {"sources": [[source.name, source.digest] for source in self.read_sources()], **words}

    def arguments(self) -> list[Any]:
        return [self.read_sources()]


@requires(Articles)
class Dedup(StageTask):
    """Articles that repeat an earlier one are dropped."""

    stage = dedup
    near = luigi.BoolParameter(description="drop near-duplicates too")
    near_threshold = real(0.5, 1, "the Jaccard of two texts' 3-grams that makes them near-duplicates")
    near_values = whole(128, 16, 1_024, "values of a signature")
    lines = whole(0, 0, 10**9, "a line that stands in more articles than that stays in the first only; 0: all stay")

    def settings(self) -> dict[str, Any]:
        given = self.parameters().items()
        return {name: value for name, value in given if (self.lines if name == "lines" else self.near)}

    def versions(self) -> tuple[str, ...]:
        return dedup.versions(self.near)


class Dictionary(StageTask):
    """jieba's dictionary and the user dictionaries, compiled once."""

    stage = dictionary
    files = FilesParameter(default=(), description="user dictionaries, in order")
    frequencies = choice("file", "suggest", description="file: the numbers in the files; suggest: jieba's own for all")

    def identity(self) -> str:
        """What follows depends on the entries in their order, not on comments and line ends."""
        fingerprints = Fingerprints(Path(self.data))
        files = self.outside_files()["files"]
        entries = [fingerprints.of(path, "entries", dictionary.entries_digest) for path in files]
        fingerprints.save()
        return cache.digest({**self.recipe(), "inputs": {"entries": entries}})


@requires(Dedup, Dictionary)
class Segment(StageTask):
    """Articles to words, as jieba cuts them."""

    stage = segment
    engine = choice("auto", "native", "jieba", "none", significant=False, description="none: cut already, by spaces")
    HMM = luigi.BoolParameter(description="let jieba guess words of unknown characters (off: dictionary words only)")
    keep_punctuation = luigi.BoolParameter(description="keep words without a letter or digit")
    stop_words = FilesParameter(default=(), description="files with a word a line that is dropped")
    protect = FilesParameter(default=(), description="files of words and patterns that are kept whole")

    def settings(self) -> dict[str, Any]:
        return {**self.parameters(), **({"engine": "none"} if self.engine == "none" else {})}


@requires(Segment)
class Vocabulary(StageTask):
    """The words that stand often enough."""

    stage = vocabulary
    min_count = whole(5, 1, 10**9, "how often a word must stand")


@requires(Segment, Vocabulary)
class Train(StageTask):
    """Skip-gram; the names are gensim's, but for engine, share and threads (its workers)."""

    stage = train
    train_engine = choice("auto", "native", "gensim", description="auto: native where it was built, else gensim")
    vector_size = whole(100, 1, 10_000, "dimensions")
    window = whole(5, 1, 1_000, "words to either side")
    epochs = whole(5, 1, 10_000, "passes over the text")
    negative = whole(-1, -1, 1_000, "negative samples a pair; -1: 5, or 0 where hs is 1")
    hs = whole(0, 0, 1, "1: hierarchical softmax")
    share = whole(-1, -1, 1_000, "context words of a step; 0: the whole window; -1: 0, or 4 with hs, or 1 with gensim")
    sample = real(1e-3, 1, "subsampling of frequent words")
    alpha = real(0.025, 10, "learning rate at the start")
    min_alpha = real(0.0001, 10, "learning rate at the end")
    ns_exponent = luigi.FloatParameter(default=0.75, description="shape of the negative samples' distribution")
    seed = whole(1, 0, 2**31, "of the random numbers")
    held_out = whole(-1, -1, 10**9, "each n-th sentence is held out for the loss; 0: none; -1: 1,000, or 0 with gensim")
    checkpoint_every = real(10.0, 10_000, "minutes between two checkpoints; an epoch ends with one", significant=False)
    anyway = luigi.BoolParameter(significant=False, description="begin though disk or memory are too small")
    threads = whole(0, 0, 1_024, "0: the CPUs that may be used; 1: the same bytes each time")

    def settings(self) -> dict[str, Any]:
        return {**self.parameters(), "threads": "1" if self.parameters()["threads"] == 1 else "many"}


@requires(Vocabulary, Train)
class Evaluate(StageTask):
    """Is the model good, and better than the last?"""

    stage = evaluate
    sets = SetsParameter(default=(), description="files and folders of questions, pairs and groups, besides our own")
    baseline = luigi.Parameter("", significant=False, description="a run or model to hold this one against")
    neighbours_of = luigi.Parameter(default="", description="words whose neighbours are shown, parted by commas")
    least_coverage = real(0.5, 1, "share of a set's lines that must be known for a score")
    least_meaning = real(0.6, 1, "how often words that belong together must be nearer than others; 0.5 is chance")
    most_bad_rows = real(0.001, 1, "share of vectors that may be zero, equal, NaN, shorter than 0.01, longer than 100")
    most_dimension = real(0.25, 1, "share of all squared values that one dimension may hold")
    most_cosine = real(0.8, 1, "the mean cosine that random pairs may have")
    most_single = real(0.75, 1, "share of running words that may have one character")
    most_drop = real(0.1, 1, "by how much of itself a score may fall below the baseline's")

    def outside(self) -> dict[str, Any]:
        return {**super().outside(), "baseline": digest(self.baseline, Path(self.data)) if self.baseline else None}

    def arguments(self) -> list[Any]:
        return [*super().arguments(), open_space(self.baseline, Path(self.data)) if self.baseline else None]

    def harmless_parameters(self) -> dict[str, Any]:
        return {"trained": self.inputs()[1].parameters()}


@requires(Vocabulary, Dictionary, Train, Evaluate)
class Export(StageTask):
    """A bundle that another team can load and check."""

    stage = export
    formats = luigi.Parameter(default=export.DEFAULT, description="with commas; docs/stages/export.md has all")
    licence = NamesParameter(default=(), description="of the sources: a text, or PATTERN=TEXT, with commas")
    allow_failed = luigi.BoolParameter(significant=False, description="export a model that failed its evaluation")

    def arguments(self) -> list[Any]:
        folders = [task.folder for task in self.inputs() if task.name != "evaluate"]  # its verdict is in the origin
        return [*folders, self.paths("stop_words"), self.paths("protect")]

    def harmless_parameters(self) -> dict[str, Any]:
        origin = self.origin()
        refuse_failed(origin["evaluate"]["counts"], self.allow_failed)
        return {"origin": origin}

    def parameters(self) -> dict[str, Any]:
        sources = next(task.read_sources() for task in self.walk() if isinstance(task, Articles))
        return super().parameters() | {"licence": by_source(self.licence, [source.name for source in sources])}

    def versions(self) -> tuple[str, ...]:
        return export.versions(self.formats)


@requires(Dedup, Dictionary)
class NewWords(StageTask):
    """Words that the corpus has and the dictionary has not, for people to judge; nothing else needs it."""

    stage = newwords
    method = choice("ciliu", "word-discovery", description="word-discovery: that tool's thresholds, and its order")
    order = whole(6, 2, 8, "characters of an n-gram")
    newwords_min_count = whole(10, 2, 10**9, "how often an n-gram and a candidate must stand")
    cohesion = real(2.0, 20, "log PMI that an n-gram needs for each character from the third on")
    min_entropy = real(0.5, 20, "freedom that a candidate needs on both sides, in nats")
    most = whole(20_000, 1, 10**6, "candidates that are looked at")


STAGES = [Articles, Dedup, Dictionary, Segment, Vocabulary, Train, Evaluate, Export, NewWords]
