"""A ``tokenizer.json`` (Hugging Face's tokenizers) with the segmenter in it.

jieba without its HMM takes the path of greatest probability over the dictionary, which is what the tokenizers' model
``Unigram`` does. Two things are jieba's own and are built in here: single Latin letters and digits that follow each
other are one word, so a run of them stands between two ``▁`` and is a token as a whole or unknown; and only Han
characters, Latin letters, digits and ``+#&._%-`` are looked at together. ``differences`` says what is left.
"""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ciliu.bundle import read_json
from ciliu.normal_form import CONTROLS, LINE_ENDS, SPACES
from ciliu.segmenter import read_words as read_dictionary
from pipeline import cache

UNKNOWN = "[UNK]"  # its id is the number of words; its vector, and that of what the model does not know, is zeros
MARK = "▁"
RUN = "[a-zA-Z0-9]"
RUNS = re.compile(f"{RUN}+")
HAN = range(0x4E00, 0x9FD6)  # as jieba has them
SINGLE = "+#&._%-"
OUTSIDE = r"[^\u4E00-\u9FD5a-zA-Z0-9+#&._%\-▁]"


def mark(word: str) -> str:
    """``word`` with ``▁`` around each run of Latin letters and digits."""
    return RUNS.sub(lambda run: f"{MARK}{run[0]}{MARK}", word)


def write_tokenizer(words: list[str], segmenter: Path, path: Path) -> int:
    """Write ``path``: the words of the model by their rows, ``UNKNOWN``, and the other words of the dictionary, which
    the segmenter must know to be words. Returns how many tokens there are in all."""
    rules = read_json(segmenter / "segmenter.json")
    if rules["engine"] == "none":
        model, normalizer, before = _by_white_space(words)
    else:
        model, normalizer, before = _as_jieba(words, segmenter, rules["normal_form"])
    told: dict[str, Any] = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": normalizer,
        "pre_tokenizer": before, "post_processor": None, "decoder": None, "model": model,
    }  # fmt: skip
    path.write_text(json.dumps(told, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    return len(model["vocab"])


def _by_white_space(words: list[str]) -> tuple[dict[str, Any], None, dict[str, Any]]:
    vocab = {word: row for row, word in enumerate([*words, UNKNOWN])}
    _refuse_doubles(vocab, len(words) + 1)
    return {"type": "WordLevel", "vocab": vocab, "unk_token": UNKNOWN}, None, {"type": "WhitespaceSplit"}


def _as_jieba(
    words: list[str], segmenter: Path, rules: list[str]
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    scores = _scores(words, segmenter)
    _refuse_doubles(scores, None)
    known = [mark(word) for word in words]
    mine = set(known)
    others = [token for token in scores if token not in mine]
    vocab = (
        [[token, scores[token]] for token in known] + [[UNKNOWN, 0.0]] + [[token, scores[token]] for token in others]
    )
    if len(known) != len(mine) or UNKNOWN in scores:
        raise ValueError(f"two words are one for a tokenizer, which writes {MARK} and {UNKNOWN} into them")
    model = {"type": "Unigram", "unk_id": len(words), "vocab": vocab, "byte_fallback": False}
    around = [_replace(edge, MARK) for edge in (f"(?<!{RUN})(?={RUN})", f"(?<={RUN})(?!{RUN})")]
    normalizers = [step for rule in rules for step in NORMALIZERS.get(rule, ())] + around
    split = {"type": "Split", "pattern": {"Regex": OUTSIDE}, "behavior": "Isolated", "invert": False}
    return model, {"type": "Sequence", "normalizers": normalizers}, split


def _replace(pattern: str, text: str) -> dict[str, Any]:
    return {"type": "Replace", "pattern": {"Regex": pattern}, "content": text}


def _full_width() -> Iterator[dict[str, Any]]:
    """Full-width letters, digits and what jieba looks at with them; other signs are parted words in any case."""
    for first, last in ("09", "AZ", "az", "##", "%&", "++", "--", "__"):
        for code in range(ord(first), ord(last) + 1):
            yield _replace(chr(code + 0xFEE0), chr(code))


NORMALIZERS: dict[str, list[dict[str, Any]]] = {  # of the rules of the normal form, those that a tokenizer can follow
    "controls": [_replace(CONTROLS.pattern, "")],
    "line_ends": [_replace(LINE_ENDS.pattern, "\n")],
    "spaces": [_replace(SPACES.pattern, " ")],
    "full_width": list(_full_width()),
    "nfc": [{"type": "NFC"}],
}


def differences(stages: cache.Json) -> list[str]:
    """Where the tokenizer of a model cuts otherwise than the pipeline did, of which ``stages`` is the origin."""
    cut, rules = stages["segment"], stages["articles"]["parameters"]
    if cut["parameters"].get("engine") == "none":
        return ["punctuation is not dropped"]
    missing = [rule for rule in rules["normal_form"] if rule not in NORMALIZERS]
    found = {
        "of paths of equal probability each chooses its own": True,
        "a word of the dictionary that takes a part of a run of letters (D盘 of SSD盘) is not found": True,
        f"of the normal form it leaves out {', '.join(missing)}": missing,
        "traditional text is not simplified": rules["opencc"] != "none",
        "jieba's HMM guesses no words": cut["parameters"]["HMM"],
        "protected words are not kept whole": cut["files"].get("protect"),
        "stop words are not dropped; they count where they have a vector": cut["files"].get("stop_words"),
    }
    return [sentence for sentence, holds in found.items() if holds]


def _scores(words: list[str], segmenter: Path) -> dict[str, float]:
    """The logarithm of each token's probability, as jieba has it; a character of no word has the frequency 1."""
    frequencies, total, _ = read_dictionary(segmenter)
    least = -math.log(max(total, 2))
    scores = {mark(word): math.log(frequency) + least for word, frequency in frequencies if frequency}
    for character in [*map(chr, HAN), *SINGLE]:
        scores.setdefault(character, least)
    for word in words:  # not in the dictionary: a run of letters and digits, each with the frequency 1
        scores.setdefault(mark(word), least * len(word))
    return scores


def _refuse_doubles(vocab: dict[str, Any], count: int | None) -> None:
    if (UNKNOWN in vocab and count is None) or count not in (None, len(vocab)):
        raise ValueError(f"{UNKNOWN} is a word of the model, and a tokenizer needs that name")


def read_words(path: Path, count: int) -> list[str]:
    """The first ``count`` tokens as words. Raises ``ValueError`` if ``UNKNOWN`` does not follow them."""
    vocab = read_json(path)["model"]["vocab"]
    tokens = [token for token, _ in vocab] if isinstance(vocab, list) else sorted(vocab, key=vocab.__getitem__)
    if len(tokens) <= count or tokens[count] != UNKNOWN:
        raise ValueError(f"{path.name} has not {UNKNOWN} behind the {count:,} words")
    return [unmark(token) for token in tokens[:count]]


def unmark(token: str) -> str:
    """The word of a token."""
    return token.replace(MARK, "")
