"""What the sources hold now: files and databases, each with its digest."""

from collections.abc import Sequence
from pathlib import Path

from pipeline import database_urls
from pipeline.articles import sql
from pipeline.articles.records import Options
from pipeline.articles.sources import Source, find, read_state
from pipeline.fingerprints import Fingerprints


def look(given: Sequence[str], data: Path, options: Options) -> tuple[list[Source], list[str]]:
    """The sources in order, the databases last, and what in their folders is left out.

    Raises ``ValueError`` for a source that is not there or of no kind that is read, ``OSError`` where a database cannot
    be reached.
    """
    urls = [source for source in given if database_urls.is_database(source)]
    databases = sql.find(urls, options)
    files = [source for source in given if source not in urls]
    found, left_out = find(files, options) if files or not databases else ([], [])
    fingerprints = Fingerprints(data)
    sources = read_state(found, fingerprints, options)
    fingerprints.save()
    return [*sources, *databases], left_out
