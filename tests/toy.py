"""Twenty sentences about cats and dogs, cut into words by hand: a text that is trained on in a moment."""

from pathlib import Path
from typing import Any

from conftest import Front

from pipeline import train

SENTENCES = """
猫 喜欢 吃 鱼
狗 喜欢 吃 肉
小 猫 在 院子 里 跑
小 狗 在 院子 里 玩
我 家 有 一 只 猫
他 家 有 一 只 狗
猫 睡 在 沙发 上
狗 睡 在 门口
孩子 抱 着 猫
孩子 牵 着 狗
妈妈 给 猫 洗澡
爸爸 给 狗 洗澡
邻居 的 猫 很 可爱
邻居 的 狗 很 聪明
猫 追 老鼠
狗 追 兔子
晚上 猫 叫 了 一 声
早上 狗 叫 了 两 声
猫 是 人 的 朋友
狗 是 人 的 好 朋友
"""

GLOSSES = {
    "猫": "cat", "狗": "dog", "老鼠": "mouse", "兔子": "hare", "鱼": "fish", "肉": "meat",
    "我": "I", "他": "he", "人": "people", "孩子": "child", "妈妈": "mother", "爸爸": "father", "邻居": "neighbour",
    "朋友": "friend", "家": "home", "院子": "yard", "沙发": "sofa", "门口": "doorway",
    "早上": "morning", "晚上": "evening", "小": "small", "好": "good", "可爱": "lovely", "聪明": "clever", "很": "very",
    "喜欢": "to like", "吃": "to eat", "跑": "to run", "玩": "to play", "睡": "to sleep", "抱": "to hold",
    "牵": "to lead by the hand", "洗澡": "to bathe", "追": "to chase", "叫": "to cry", "有": "to have", "是": "to be",
    "在": "at", "里": "inside", "上": "on", "给": "for", "一": "one", "两": "two", "只": "(counts animals)",
    "声": "(counts cries)", "着": "-ing", "了": "(done)", "的": "(whose)",
}  # fmt: skip


class Toy:
    """The stages up to Vocabulary, run once; ``train`` makes models of them."""

    def __init__(self, folder: Path) -> None:
        (folder / "text").mkdir()
        (folder / "text" / "toy.txt").write_text(SENTENCES, encoding="utf-8", newline="\n")
        self.front, self._folder, self._models = Front(folder), folder, 0
        settings = ("Segment.engine=none", "Vocabulary.min_count=1", "Train.epochs=1", "Train.threads=1")
        self.front.run(folder / "text", *(f"--set={setting}" for setting in settings))

    def train(self, **others: Any) -> Path:
        """A folder with a model of 200 epochs, by the stage's own ``run``; all words are frequent, none is dropped."""
        self._models += 1
        output = self._folder / f"model{self._models}"
        output.mkdir()
        defaults = self.front.manifest("train")["parameters"]
        given = {**defaults, "epochs": 200, "threads": 1, "sample": 0, "vector_size": 50, **others}
        parameters = train.resolve(**given)
        train.run(self.front.folder("segment"), self.front.folder("vocabulary"), output, **parameters)
        return output
