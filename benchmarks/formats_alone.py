"""Is each format of use where only its own library is? ``python benchmarks/formats_alone.py --shared ../shared``.

A model is trained on 5 MB of the shared corpora and exported in all formats. For each a fresh environment is made that
has the library of the format and nothing of Ciliu, and something real is done there: neighbours, a text as a vector, a
query. Writes the result, and the table in docs/formats.md.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from difflib import SequenceMatcher
from itertools import islice
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

import ciliu
import corpus
import report
import texts

PAGE = report.REPOSITORY / "docs" / "formats.md"
TEXTS = ["这部电影的剧情很感人", "酒店的房间很干净，服务也好"]  # a moving film; a clean room, good service
NEAREST = """
import numpy as np
words = [line.split("\\t")[0] for line in open("vocab.tsv", encoding="utf-8", newline="\\n")][1:]
def nearest(matrix, word):
    unit = matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-9)
    return [words[i] for i in np.argsort(-(unit @ unit[words.index(word)]))[1:4]]
"""
GENSIM = (
    "from gensim.models import KeyedVectors, Word2Vec\nshow = lambda v: [w for w, _ in v.most_similar(WORD, topn=3)]\n"
)
# name of the format: (what pip installs, code; ``WORD`` and ``TEXTS`` are there, ``result`` is what is shown)
USES: dict[str, tuple[str, str]] = {
    "numpy": ("numpy", NEAREST + 'result = nearest(np.load("vectors.npy", mmap_mode="r"), WORD)'),
    "float16": ("numpy", NEAREST + 'result = nearest(np.load("vectors.float16.npy").astype("f4"), WORD)'),
    "int8": (
        "numpy",
        NEAREST + 'result = nearest(np.load("vectors.int8.npy") * np.load("vectors.int8.scales.npy"), WORD)',
    ),
    "word2vec": ("gensim", GENSIM + 'result = show(KeyedVectors.load_word2vec_format("vectors.bin", binary=True))'),
    "word2vec-text": ("gensim", GENSIM + 'result = show(KeyedVectors.load_word2vec_format("vectors.txt"))'),
    "glove": (
        "gensim",
        GENSIM + 'result = show(KeyedVectors.load_word2vec_format("vectors.glove.txt", no_header=True))',
    ),
    "keyedvectors": ("gensim", GENSIM + 'result = show(KeyedVectors.load("vectors.kv", mmap="r"))'),
    "gensim": (
        "gensim",
        GENSIM + 'm = Word2Vec.load("model.gensim"); m.train([[WORD, WORD]], total_examples=1, epochs=1); result = show(m.wv)',
    ),
    "safetensors": (
        "safetensors numpy",
        NEAREST + 'from safetensors.numpy import load_file\nresult = nearest(load_file("vectors.safetensors")["vectors"], WORD)',
    ),
    "parquet (pandas)": (
        "pandas pyarrow",
        'import pandas as pd, numpy as np\nt = pd.read_parquet("vectors.parquet"); words = list(t.word); m = np.stack(t.vector)\n'
        "u = m / np.linalg.norm(m, axis=1, keepdims=True)\n"
        "result = [words[i] for i in np.argsort(-(u @ u[words.index(WORD)]))[1:4]]",
    ),
    "parquet (DuckDB)": (
        "duckdb",
        "import duckdb\nq = \"select b.word from 'vectors.parquet' a, 'vectors.parquet' b where a.word = ? and b.word <> a.word "
        'order by list_cosine_similarity(a.vector, b.vector) desc limit 3"\n'
        "result = [w for (w,) in duckdb.execute(q, [WORD]).fetchall()]",
    ),
    "parquet (Polars)": (
        "polars",
        'import polars as pl\nt = pl.read_parquet("vectors.parquet")\n'
        'result = [t.height, t.filter(pl.col("word") == WORD)["count"].item()]',
    ),
    "fasttext": (
        "fasttext-wheel numpy<2",
        "import fasttext\n"
        'lines = "__label__a 电影 好看\\n__label__b 房间 干净\\n" * 50\n'
        "import tempfile, os\npath = os.path.join(tempfile.mkdtemp(), 'labelled.txt'); open(path, 'w', encoding='utf-8').write(lines)\n"
        'size = int(open("vectors.vec", encoding="utf-8").readline().split()[1])\n'
        'm = fasttext.train_supervised(path, dim=size, pretrainedVectors="vectors.vec", epoch=50, verbose=0)\n'
        'result = m.predict("房间 干净")[0]',
    ),
    "tensorboard": (
        "tensorboard setuptools<81",
        "from google.protobuf import text_format\n"
        "from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig\n"
        'c = text_format.Parse(open("tensorboard/projector_config.pbtxt").read(), ProjectorConfig()).embeddings[0]\n'
        "from tensorboard.plugins.projector.projector_plugin import _read_tensor_tsv_file\n"
        'm = _read_tensor_tsv_file("tensorboard/" + c.tensor_path)\n'
        'names = open("tensorboard/" + c.metadata_path, encoding="utf-8").read().split("\\n")[1:-1]\n'
        "result = [list(m.shape), len(names), names[0]]",
    ),
    "model2vec": (
        "model2vec",
        'from model2vec import StaticModel\nm = StaticModel.from_pretrained("model2vec")\n'
        "a = m.encode(TEXTS); result = [list(a.shape), round(float(abs(a).sum()), 3)]",
    ),
    "sentence-transformers": (
        "sentence-transformers torch==2.13.0",  # which a wheel for CPUs alone (2.13.0+cpu) fulfils, where pip finds one
        'from sentence_transformers import SentenceTransformer\nm = SentenceTransformer("sentence-transformers", device="cpu")\n'
        "a = m.encode(TEXTS); result = [list(a.shape), round(float(m.similarity(a, a)[0][1]), 3)]",
    ),
    "spacy": (
        "spacy jieba==0.42.1 setuptools",
        'import sys; sys.dont_write_bytecode = True; sys.path.insert(0, ".")\nimport spacy, spacy_tokenizer\n'
        'nlp = spacy.load("spacy-zh"); doc = nlp(TEXTS[0])\n'
        "result = [[t.text, bool(t.has_vector)] for t in doc]",
    ),
    "segmenter.py": (
        "jieba==0.42.1 setuptools",
        'import sys; sys.dont_write_bytecode = True; sys.path.insert(0, ".")\nimport segmenter\n'
        "result = segmenter.load().cut(TEXTS[1])",
    ),
}  # fmt: skip
END = """
import importlib.metadata, json
print("RESULT" + json.dumps([importlib.metadata.version(NAME), result], ensure_ascii=False))
"""


def use(name: str, bundle: Path, work: Path) -> dict[str, Any]:
    """Make the environment (one for all formats of a library), run the code there."""
    packages, code = USES[name]
    place, library = work / "".join(filter(str.isalnum, packages)), packages.split()[0].partition("=")[0]
    if not place.exists():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        pip = [str(place / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", *packages.split()]
        done = subprocess.run(pip, capture_output=True, text=True, timeout=1200, check=False)
        if done.returncode:
            return {"library": library, "version": "", "error": done.stderr.strip().splitlines()[-1:]}
    head = f"WORD, TEXTS, NAME = '电影', {TEXTS!r}, {library!r}\n"  # a film
    command = [str(place / "bin" / "python"), "-X", "utf8", "-c", head + code + END]
    done = subprocess.run(command, cwd=bundle, capture_output=True, text=True, timeout=300, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT")]
    if done.returncode or not lines:
        return {"library": library, "version": "", "error": done.stderr.strip().splitlines()[-1:] or ["no result"]}
    version, result = json.loads(lines[0].removeprefix("RESULT"))
    return {"library": library, "version": version, "result": result}


def compare_tokenizer(bundle: Path, shared: Path) -> dict[str, int]:
    """Known words of real text as the pipeline cuts it, and how many of them the bundle's tokenizer.json cuts
    otherwise."""
    tokenizer, model = Tokenizer.from_file(str(bundle / "model2vec" / "tokenizer.json")), ciliu.load(bundle)
    lines = [line for name, path in texts.find_texts(shared).items() if path.suffix == ".zst"
             for text, _ in islice(texts.read_texts(path), 500, 600) for line in text.split("\n") if line.strip()]  # fmt: skip
    known = different = 0
    for line in lines:
        ours = [word for word in model.cut(line) if word in model]
        theirs = [
            model.words[row] for row in tokenizer.encode(line, add_special_tokens=False).ids if row < len(model.words)
        ]
        same = sum(block.size for block in SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks())
        known, different = known + len(ours), different + len(ours) - same
    return {"lines": len(lines), "known_words": known, "different": different}


def write_page(found: dict[str, dict[str, Any]], tokenizer: dict[str, int]) -> None:
    """docs/formats.md: the versions, and what came out."""
    rows = [
        f"| `{name}` | {one['library']} {one['version']} | `{json.dumps(one.get('result'), ensure_ascii=False)}` |"
        for name, one in found.items()
        if "error" not in one
    ]
    text = (
        "# Formats, each with its own library alone\n\nWritten by `make test-formats`: a model of 5 MB of text, each format "
        "loaded in a fresh environment that has its\nlibrary and nothing of Ciliu. What came out: the words nearest to 电影 "
        "(film), or what the library is for.\n\n| format | library | what came out |\n|---|---|---|\n"
    )
    rows += ["", f"Of {tokenizer['known_words']:,} known words of {tokenizer['lines']:,} lines of all corpora the `tokenizer.json` of "
             f"`model2vec` and\n`sentence-transformers` cuts {tokenizer['different']:,} otherwise than the pipeline."]  # fmt: skip
    PAGE.write_text(text + "\n".join(rows) + "\n", encoding="utf-8", newline="\n")


def main() -> None:
    parser = report.make_parser(__doc__)
    parser.add_argument("--only", action="append", help="of these formats only; the page is not written then")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="formats-", dir=given.work)).resolve()
    try:
        corpus.build(work / "text", 5_000_000, given.shared)
        run = [report.CILIU, "run", str(work / "text"), "--data", str(work / "data"), "--quiet"]
        subprocess.run([*run, "--set", "Train.epochs=3"], check=True, stdout=subprocess.DEVNULL)
        names = sorted({name.partition(" ")[0] for name in USES} - {"segmenter.py"})
        wanted = [part for name in names for part in ("--format", name)]
        export = [report.CILIU, "export", "--to", str(work / "bundle"), "--data", str(work / "data"), *wanted]
        subprocess.run(export, check=True, stdout=subprocess.DEVNULL)
        found = {}
        for name in given.only or USES:
            found[name] = use(name, work / "bundle", work)
            print(name, found[name], flush=True)
        sound = subprocess.run(
            [report.CILIU, "verify", str(work / "bundle")], capture_output=True, text=True, check=False
        )
        print(sound.stdout)
        tokenizer = compare_tokenizer(work / "bundle", given.shared)
        print(tokenizer, flush=True)
    finally:
        shutil.rmtree(work)
    if not given.only:
        write_page(found, tokenizer)
        facts = {"formats": found, "tokenizer": tokenizer, "verify": sound.stdout.strip()}
        report.write_result("formats", facts, given.results)
    if any("error" in one for one in found.values()) or sound.returncode:
        sys.exit(1)


if __name__ == "__main__":
    main()
