"""What can another team do with a bundle alone? ``python benchmarks/elsewhere.py --shared ../shared``.

A model is trained on 20 MB of the shared corpora and exported. In an environment that has numpy, jieba, xxhash and
scikit-learn, and nothing of Ciliu, the bundle is verified by its own script, ten sentences are cut by its segmenter.py,
words are looked up, and hotel reviews classified by the mean of their words' vectors, beside random vectors.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from backports import zstd

import ciliu
import corpus
import report

BYTES = 20_000_000
PACKAGES = ["jieba==0.42.1", "setuptools", "numpy", "scikit-learn", "xxhash"]
REVIEWS, LABELS = 4_000, ("ChnSentiCorp_htl_all:0", "ChnSentiCorp_htl_all:1")
SENTENCES = [
    "这家酒店的房间很干净，服务也好。",  # a clean room and good service
    "国务院总理在北京会见了来访的外国代表团。",  # the premier meets a delegation
    "人工智能技术正在改变传统的制造业。",  # artificial intelligence and manufacturing
    "这部电影的剧情很感人，演员的表演也不错。",  # a moving film, good actors
    "他用iPhone 12拍了500张照片。",  # 500 photos by an iPhone
    "第三条 公民的合法权益受法律保护。",  # an article of a law
    "孔子说：“学习并且时常温习，不也愉快吗？”",  # Confucius on learning
    "今年前三季度，国内生产总值同比增长5.2%。",  # the GDP of three quarters
    "Ubuntu的新版本修复了若干安全漏洞。",  # a release of Ubuntu mends holes
    "航天员乘组已经进入空间站核心舱。",  # astronauts enter the station
]
WORDS = ["北京", "酒店", "经济", "软件", "法律"]  # Beijing, hotel, economy, software, law
CODE = """
import sys; sys.path.insert(0, ".")
import json, importlib.util, subprocess
import numpy as np
import segmenter
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

given = json.load(sys.stdin)
verified = subprocess.run([sys.executable, "verify.py"], capture_output=True, text=True).stdout.strip()
cutter, vectors = segmenter.load(), np.load("vectors.npy", mmap_mode="r")
words = [line.split("\\t")[0] for line in open("vocab.tsv", encoding="utf-8", newline="\\n")][1:]
row = {word: i for i, word in enumerate(words)}
unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
nearest = {w: [words[i] for i in np.argsort(-(unit @ unit[row[w]]))[1:4]] for w in given["words"] if w in row}
cut = [[word for word in cutter.cut(text) if word in row] for text in given["reviews"]]

def accuracy(matrix):
    means = np.array([matrix[[row[w] for w in one]].mean(axis=0) if one else np.zeros(matrix.shape[1]) for one in cut])
    model = LogisticRegression(max_iter=2000, C=10)
    return round(float(cross_val_score(model, means, given["labels"], cv=5).mean()), 4)

chance = np.random.default_rng(1).standard_normal(unit.shape).astype("f4") / unit.shape[1] ** 0.5
print(json.dumps({
    "ciliu_is_installed": bool(importlib.util.find_spec("ciliu")), "verified": verified,
    "cut": [cutter.cut(text) for text in given["sentences"]], "nearest": nearest, "texts": len(cut),
    "known_words_of_the_texts": round(sum(map(len, cut)) / sum(len(cutter.cut(t)) for t in given["reviews"]), 4),
    "accuracy": accuracy(unit), "accuracy_of_random_vectors": accuracy(chance),
    "accuracy_of_the_commoner_label": round(max(map(given["labels"].count, set(given["labels"]))) / len(cut), 4),
}))
"""


def labelled(shared: Path) -> tuple[list[str], list[str]]:
    """As many reviews of each label: texts and labels."""
    found: dict[str, list[str]] = {label: [] for label in LABELS}
    with zstd.open(shared / "corpora" / "reviews.jsonl.zst", "rt", encoding="utf-8") as lines:
        for article in map(json.loads, lines):
            kept = found.get(article["label"])
            if kept is not None and len(kept) < REVIEWS // 2:
                kept.append(article["text"])
    return [text for label in LABELS for text in found[label]], [label for label in LABELS for _ in found[label]]


def use(bundle: Path, work: Path, given: dict[str, Any]) -> dict[str, Any]:
    """Make the environment and run the code in the bundle, as another team would."""
    place = work / "theirs"
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    pip = [str(place / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", *PACKAGES]
    subprocess.run(pip, check=True, timeout=900, capture_output=True)
    command = [str(place / "bin" / "python"), "-X", "utf8", "-c", CODE]
    done = subprocess.run(command, cwd=bundle, input=json.dumps(given), capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    given = report.make_parser(__doc__).parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="elsewhere-", dir=given.work)).resolve()
    try:
        corpus.build(work / "text", BYTES, given.shared)
        run = [report.CILIU, "run", str(work / "text"), "--data", str(work / "data"), "--quiet", "--allow-failed"]
        subprocess.run([*run, "--set", "Train.epochs=3"], check=True, stdout=subprocess.DEVNULL)
        export = [report.CILIU, "export", "--to", str(work / "bundle"), "--data", str(work / "data"), "--allow-failed"]
        subprocess.run([*export, "--format", "numpy"], check=True, stdout=subprocess.DEVNULL)
        reviews, labels = labelled(given.shared)
        told = {"sentences": SENTENCES, "words": WORDS, "reviews": reviews, "labels": labels}
        found = use(work / "bundle", work, told)
        model = ciliu.load(work / "bundle")
        found["cut_as_the_pipeline_does"] = found["cut"] == [model.cut(sentence) for sentence in SENTENCES]
        sound = subprocess.run(
            [report.CILIU, "verify", str(work / "bundle")], capture_output=True, text=True, check=False
        )
        found |= {"verify_afterwards": sound.stdout.strip(), "bytes_of_text": BYTES, "words": len(model.words)}
    finally:
        shutil.rmtree(work)
    print(json.dumps(found, ensure_ascii=False, indent=1))
    report.write_result("elsewhere", found, given.results)


if __name__ == "__main__":
    main()
