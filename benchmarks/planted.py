"""Near-duplicates that are planted beside real texts, and texts that only look like them.

The rules; what is planted stands behind the real texts, in a drawn order:

- white space: a line break behind every 20th character;
- header and footer: two fixed lines before and behind a text;
- edits: runs of 4 characters replaced by drawn letters, 5, 10 and 20 % of the text in all;
- digits: every digit replaced by another one; such a text is to stay;
- half: the first half of an article, then as much text that is not there; it is to stay;
- frame: articles that are not there, all between the same two lines; they are to stay;
- short: user reviews of up to 100 characters; they are to stay.
"""

import io
import itertools
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import corpus
from ciliu.normal_form import normalize

SEED = 1
RUN = 4
HEADER = "首页 > 新闻中心 > 正文　来源：本站编辑部　发布时间：2024年5月6日　字号：大 中 小\n"
FOOTER = "\n版权声明：本文版权归原作者所有，转载请注明出处。责任编辑：张三　分享到：微信 微博　上一篇　下一篇"

Article = dict[str, str]


def read_texts(shared: Path, name: str) -> Iterator[str]:
    """The texts of a corpus in normal form."""
    return (normalize(article["text"])[0] for article in corpus.read_articles(shared / "corpora" / f"{name}.jsonl.zst"))


def edit(text: str, share: float, letters: str, chance: random.Random) -> str:
    characters = list(text)
    for _ in range(round(len(text) * share / RUN)):
        start = chance.randrange(len(text) - RUN)
        characters[start : start + RUN] = chance.choices(letters, k=RUN)
    return "".join(characters)


def other_digits(text: str, chance: random.Random) -> str:
    return corpus.DIGIT.sub(lambda digit: str((int(digit[0]) + chance.randrange(1, 10)) % 10), text)


def make_changes(letters: str, chance: random.Random) -> dict[str, Callable[[str], str]]:
    """How each kind is made of its origin."""
    return {
        "space": lambda text: "\n".join(text[start : start + 20] for start in range(0, len(text), 20)),
        "frame_added": lambda text: HEADER + text + FOOTER,
        "edits_5": lambda text: edit(text, 0.05, letters, chance),
        "edits_10": lambda text: edit(text, 0.1, letters, chance),
        "edits_20": lambda text: edit(text, 0.2, letters, chance),
        "digits": lambda text: other_digits(text, chance),
    }


def make_article(name: str, text: str) -> Article:
    return {"id": name, "source": "planted", "title": "", "label": "", "text": text}


def plant(texts: list[str], shared: Path, number: int) -> tuple[list[Article], dict[str, str]]:
    """Base and planted articles, and for each of the planted ones its origin ("" where it has none)."""
    chance = random.Random(SEED)
    letters = "".join(filter(str.isalnum, "".join(texts[:200])))
    absent, texts = texts[: 2 * number], texts[2 * number :]
    articles = {f"base-{place}": text for place, text in enumerate(texts)}
    places = iter(range(len(texts)))
    planted, origins = {}, {}
    for kind, change in make_changes(letters, chance).items():
        fit = (place for place in places if kind != "digits" or len(corpus.DIGIT.findall(texts[place])) >= 3)
        for place in itertools.islice(fit, number):
            name = f"{kind}-{place}"
            planted[name], origins[name] = change(texts[place]), f"base-{place}"
    others = io.StringIO("".join(absent[:number]))
    for place in itertools.islice(places, number):
        half, name = len(texts[place]) // 2, f"half-{place}"
        planted[name], origins[name] = texts[place][:half] + others.read(half), f"base-{place}"
    planted |= {f"frame-{place}": HEADER + text + FOOTER for place, text in enumerate(absent[number:])}
    reviews = dict.fromkeys("".join(text.split()) for text in read_texts(shared, "reviews") if len(text) <= 100)
    planted |= {f"short-{place}": text for place, text in enumerate(chance.sample(list(reviews), 5 * number))}
    later = list(planted.items())
    chance.shuffle(later)
    return [make_article(*each) for each in [*articles.items(), *later]], origins
