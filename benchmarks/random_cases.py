"""Dictionaries and strings drawn at random for ``exact_random.py``: small alphabets, so that words overlap and tie."""

import random
import re
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any

from ciliu.engine_jieba import read_jieba_dictionary
from sides import jieba

# One thing that is done to jieba's dictionary: what, the word, the frequency (``total``: the total; None: suggested).
# ``main`` is a line of a main dictionary, ``add`` is add_word, ``delete`` del_word, ``standard`` all of jieba's own.
Step = tuple[str, str, int | None]

LONGEST = 40  # characters of a string, but for a few
FEW_LONG = 0.01  # of the dictionaries are tried on some long strings too
LONG = 6_000  # characters; a piece of text has 1,024 in the core, its buffers begin with 4,096


def by_emission() -> tuple[list[str], list[str], list[str]]:
    """Han characters whose emissions jieba's HMM has in no state, in some, in all."""
    found: tuple[list[str], list[str], list[str]] = ([], [], [])
    for character in map(chr, range(0x4E00, 0x9FD6)):
        states = sum(character in emission for emission in jieba.finalseg.emit_P.values())
        found[(states > 0) + (states == 4)].append(character)
    return found


NONE, SOME, ALL = by_emission()
INSIDE = {  # what stands in words
    "common": [*"的一是了我不人在他有这个上们来到时大地为子中你说生国年着就那和要她出也得里后自以会北京学研究命起源"],
    "all emissions": ALL,
    "some emissions": SOME,
    "no emission": NONE,
    "edges": [*"\u4e00\u4e01\u9fd5\u9fd4丄"],
    "Latin": [*"abcABCzZ"],
    "digits": [*"0123456789"],
    "signs": [*"+#&._%-"],
}
OUTSIDE = {
    "white space": [" ", "\u3000", "\xa0", "\t", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\x1c", "\x1f", "\u200b"],
    "line ends": ["\r", "\n", "\r\n", "\n\r", "\r\r\n"],
    "controls": [*map(chr, range(9)), "\x0e", "\x1b", "\x7f", "\x80", "\x9f", "\ufeff", "\ufffe", "\uffff", "\ufffd"],
    "neighbours": ["\u4dff", "\u9fd6", "\u9fff", "〇", "\u3400", "\uf900", *"·（）/@',^`:"],
    "scripts": ["é", "γ", "Ａ", "１", "の", "한", "א", "ß", "\u0301", "ﬀ", "\ue000"],
    "astral": ["𠮷", "\U00010000", "\U0002ffff", "\U000e0001", "\U000f0000", "\U0010ffff", "\U0003134a"],
    "emoji": ["😀", "👩\u200d👩\u200d👧", "🏳\ufe0f\u200d🌈", "👍🏽", "🇨🇳", "1\ufe0f⃣"],
    "lone surrogates": ["\ud800", "\udbff", "\udc00", "\udfff", "\udc80", "\ud83d\ude00"],
}
FREQUENCIES = {
    "ties": [5],
    "near ties": [1, 2, 3],
    "tiny": [1],
    "powers": [2**exponent for exponent in range(0, 40, 3)],
    "huge": [10**14, 10**16, 2**53 + 1, 3],
    "zeros": [0, 0, 7, 900],
    "any": [1, 3, 17, 100, 999, 12_345, 10**6, 10**9],
    "suggested": [None, None, 1, 1_000],
}  # fmt: skip
FLAWS = (0x80, 0xBF, 0xC0, 0xE4, 0xED, 0xF4, 0xFF)  # bytes that stand there wrongly, or want others behind them
TOTALS = [1, 2, 1_000, 60_101_967, 10**12, 10**18]

STANDARD, STANDARD_TOTAL = read_jieba_dictionary()

FEATURES = {
    "lone surrogate": "[\ud800-\udfff]",
    "beyond the basic plane": "[\U00010000-\U0010ffff]",
    "CR LF": "\r\n",
    "other line end": "\r(?!\n)|(?<!\r)\n",
    "control": "[\x00-\x08\x0e-\x1f\x7f-\x9f]",
    "other outside words": "[^\u4e00-\u9fd5a-zA-Z0-9+#&._%\\-\x00-\x20\x7f-\x9f\ud800-\udfff\U00010000-\U0010ffff]",
    "Latin or digit": "[a-zA-Z0-9]",
    "sign": "[+#&._%-]",
    "no emission": f"[{''.join(NONE)}]",
    "long": f"(?s).{{{LONGEST + 1}}}",
}
PATTERNS = {name: re.compile(pattern).search for name, pattern in FEATURES.items()}


def features(text: str) -> list[str]:
    """What stands in a string, as counted in the result."""
    return [name for name, search in PATTERNS.items() if search(text)] if text else ["empty"]


class Draw:
    """An alphabet, a dictionary and strings; the same ``seed`` gives the same ones."""

    def __init__(self, seed: str) -> None:
        self.chance = random.Random(seed)
        self.inside = self._letters(INSIDE, self.chance.choice((1, 2, 3, 5, 8, 20)))
        self.outside = self._letters(OUTSIDE, self.chance.choice((1, 3, 8)))
        self.style = self.chance.choice(list(FREQUENCIES))
        if self.chance.random() < 0.02:
            self.style = "standard"
        self.steps = self._steps()
        self.words = [word for _, word, _ in self.steps if word] or self.inside

    def _letters(self, pools: dict[str, list[str]], count: int) -> list[str]:
        chosen = self.chance.sample(list(pools.values()), self.chance.randint(1, 4))
        return [self.chance.choice(self.chance.choice(chosen)) for _ in range(count)]

    def _word(self, made: Sequence[str]) -> str:
        if made and self.chance.random() < 0.2:
            return self.chance.choice(made) + self.chance.choice([*made, *self.inside])
        word = "".join(self.chance.choices(self.inside, k=self.chance.choice((1, 1, 2, 2, 2, 3, 3, 4, 5, 8))))
        if self.chance.random() < 0.03:
            return word + self.chance.choice(self.outside) + self.chance.choice(self.inside)
        return word * self.chance.choice((100, 2_000)) if self.chance.random() < 0.0005 else word

    def _steps(self) -> list[Step]:
        chance = self.chance
        if self.style == "standard":
            words = [word for word, _ in chance.sample(STANDARD, 300)]
            self.inside += [*"".join(words)]
            return [
                ("standard", "", None),
                *(("delete", word, 0) for word in words[:150]),
                *(("add", w, None) for w in words[150:]),
            ]
        steps: list[Step] = [("total", "", chance.choice(TOTALS))]
        made: list[str] = []
        for _ in range(chance.choice((0, 1, 3, 10, 40, 150))):
            made.append(self._word(made)[:5_000])
            frequency = chance.choice(FREQUENCIES[self.style])
            how = "add" if frequency is None or chance.random() < 0.7 else "main"
            steps.append((how, made[-1], frequency))
        steps += [("delete", chance.choice([*made, *self.inside]), 0) for _ in range(chance.choice((0, 0, 1, 6)))]
        if chance.random() < 0.15:
            steps.append(("total", "", chance.choice(TOTALS)))
        return steps

    def strings(self, count: int) -> list[str]:
        """Strings of at most ``LONGEST`` characters, now and then a few long ones."""
        parts = [*self.inside * 3, *self.words[:200], *(self.outside if self.chance.random() < 0.8 else [])]
        weights = list(accumulate(1 / len(part) for part in parts))
        lengths = self.chance.choices((0, 1, 2, 3, 4, 6, 8, 11, 15, 20, 30, 40), k=count)
        texts = ["".join(self.chance.choices(parts, cum_weights=weights, k=k))[:LONGEST] for k in lengths]
        for text in range(0, count, 200):  # any characters at all
            texts[text] = "".join(chr(self.chance.randrange(0x110000)) for _ in range(self.chance.randint(1, 20)))
        if self.chance.random() < FEW_LONG:
            texts[:3] = ["".join(self.chance.choices(parts, cum_weights=weights, k=LONG))[:LONG] for _ in range(3)]
        return texts

    def bytes(self, texts: Iterable[str]) -> bytes:
        """UTF-8 with a flaw in it."""
        data = bytearray("".join(texts).encode("utf-8", "surrogatepass"))
        for _ in range(self.chance.randint(1, 3)):
            data.insert(self.chance.randint(0, len(data)), self.chance.choice(FLAWS))
        return bytes(data[: self.chance.randint(1, len(data))])


def make_tokenizer(steps: Sequence[Step]) -> Any:
    """jieba after these steps, all of them by its own code or as its own code does them."""
    jieba.finalseg.Force_Split_Words.clear()  # one set for the whole process
    tokenizer = jieba.Tokenizer()
    tokenizer.total, tokenizer.initialized = 1, True
    for how, word, frequency in steps:
        if how == "standard":
            tokenizer.FREQ, tokenizer.total = jieba.Tokenizer.gen_pfdict(tokenizer.get_dict_file())
        elif how == "total":
            tokenizer.total = frequency
        elif how == "main":  # gen_pfdict: no Force_Split_Words for a frequency of 0
            kept = set(jieba.finalseg.Force_Split_Words)
            tokenizer.add_word(word, frequency)
            jieba.finalseg.Force_Split_Words.intersection_update(kept)
        else:
            tokenizer.add_word(word, frequency)
    return tokenizer
