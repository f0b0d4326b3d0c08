"""The script that a user would write today without Ciliu, in one file: what ``job.py`` compares with.

Reads a folder of .jsonl, drops exact duplicates, cuts with jieba, trains gensim's skip-gram, saves; all in memory.
Prints seconds and counts as JSON.
"""

import argparse
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import jieba
import xxhash
from gensim.models import Word2Vec


def read_texts(folder: Path) -> list[str]:
    """The texts of the articles, those that say the same but for white space once."""
    seen = set()
    texts = []
    for path in sorted(folder.glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                text = json.loads(line)["text"]
                digest = xxhash.xxh3_128_digest("".join(text.split()).encode())
                if digest not in seen:
                    seen.add(digest)
                    texts.append(text)
    return texts


def cut_sentences(texts: list[str]) -> list[list[str]]:
    """Each sentence as a list of words, without what has no letter or digit."""
    return [words for text in texts for sentence in split_sentences(text) if (words := cut(sentence))]


def split_sentences(text: str) -> Iterator[str]:
    return (match[0] for match in re.finditer("[^\n。！？]+[。！？]?", text))


def cut(sentence: str) -> list[str]:
    return [word for word in jieba.cut(sentence, HMM=False) if any(character.isalnum() for character in word)]


def save(model: Word2Vec, folder: Path) -> None:
    model.save(str(folder / "model.gensim"))
    model.wv.save_word2vec_format(str(folder / "vectors.bin"), binary=True)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, help="a folder of .jsonl")
    parser.add_argument("to", type=Path, help="a folder for the model")
    defaults = {"workers": 3, "vector_size": 100, "window": 5, "epochs": 5, "min_count": 5, "negative": 5}
    for name, default in defaults.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--sample", type=float, default=1e-3)
    return parser.parse_args()


def main() -> None:
    given = vars(parse_arguments())
    path, folder = given.pop("corpus"), given.pop("to")
    times = [time.perf_counter()]
    texts = read_texts(path)
    times.append(time.perf_counter())
    jieba.initialize()
    sentences = cut_sentences(texts)
    times.append(time.perf_counter())
    model = Word2Vec(sentences=sentences, sg=1, **given)
    times.append(time.perf_counter())
    save(model, folder)
    times.append(time.perf_counter())
    names = ("read_and_dedup", "cut", "train", "save")
    seconds = {name: round(end - start, 3) for name, start, end in zip(names, times[:-1], times[1:], strict=True)}
    counts = {"articles": len(texts), "sentences": len(sentences), "words": sum(map(len, sentences))}
    print(json.dumps({"seconds": seconds, "counts": {**counts, "different_words": len(model.wv)}}))


if __name__ == "__main__":
    main()
