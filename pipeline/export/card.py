"""The model card: what a model is, in words that a person reads before loading it."""

import json
from pathlib import Path

from pipeline import cache
from pipeline.export import verdict

CARD = """\
# Chinese word vectors

{words:,} words × {vector_size} dimensions, trained by Ciliu as skip-gram with {objective}.

```python
from gensim.models import KeyedVectors
vectors = KeyedVectors.load_word2vec_format("vectors.bin", binary=True)
print(vectors.most_similar("中国"))
```

| file | what |
|---|---|
| `vectors.bin`, `vectors.txt` | word2vec format, binary and text |
| `model.gensim*` | the full gensim model (`Word2Vec.load`; it is a pickle: load it only from people you trust) |
| `vocab.tsv` | word, count, rank |
| `manifest.json` | how each stage made its part: parameters, versions, counts |
| `XXH128SUMS` | `xxh128sum -c XXH128SUMS` finds damage (not forgery) |

## How good it is

{verdict}

## How it was made

{stages}
"""


def write_card(path: Path, shape: tuple[int, int], origin: cache.Json) -> None:
    """Write the card for vectors of ``shape`` (words, dimensions) that ``origin`` describes stage by stage."""
    parameters = origin["train"]["parameters"]
    objectives = [f"negative sampling ({parameters['negative']})"] if parameters["negative"] else []
    objectives += ["hierarchical softmax"] if parameters["hs"] else []
    text = CARD.format(
        words=shape[0],
        vector_size=shape[1],
        objective=" and ".join(objectives),
        verdict=verdict.describe(origin["evaluate"]["counts"]),
        stages="\n\n".join(_stage(name, origin[name]) for name in origin),
    )
    path.write_text(text, encoding="utf-8", newline="\n")


def _stage(name: str, made: cache.Json) -> str:
    rows = [
        f"- {title}: `{json.dumps(made[title], ensure_ascii=False)}`" for title in ("parameters", "versions", "counts")
    ]
    return "\n".join([f"### {name.capitalize()}", "", *rows])
