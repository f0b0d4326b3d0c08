"""Articles in which ten words stand that jieba does not know, in ever changing company."""

import random
import re
from pathlib import Path

from conftest import write_articles

PLANTED = {
    "元宇宙": "metaverse", "区块链": "blockchain", "碳中和": "carbon neutrality", "新冠": "COVID-19",
    "网红": "influencer", "5G手机": "5G phone", "微信": "WeChat", "抖音": "TikTok", "网约车": "ride-hailing",
    "李佳琦": "Li Jiaqi, a person",
}  # fmt: skip
# Common words of two characters, or of one.
BEFORE = re.findall("..", (
    "我们他们大家老师学生朋友昨天今天最近关于根据因为如果虽然通过使用支持反对研究讨论"
    "发展影响管理学习介绍看见喜欢需要选择了解相信担心希望可能应该经常突然终于已经仍然"
))  # fmt: skip
BEHIND = [*"的了在是和会", *re.findall("..", (
    "可以不能已经还有带来改变影响成为出现增加减少进入离开属于需要帮助引起产生得到受到"
    "市场公司技术问题时代生活用户价格行业经济未来政策服务平台"
))]  # fmt: skip


def plant(path: Path, articles: int = 120, seed: int = 7) -> Path:
    """Write the articles as one ``.jsonl``; 元宇宙 stands in titles and brackets too."""
    chance = random.Random(seed)
    made = []
    for number in range(articles):
        lines = []
        for word in chance.sample(sorted(PLANTED), 6):
            pair = f"{chance.choice(BEFORE)}{chance.choice(BEFORE)}{word}{chance.choice(BEHIND)}{chance.choice(BEHIND)}"
            plain = "".join(chance.choices(BEFORE + BEHIND, k=8))
            lines.append(f"{pair}。{plain}，{chance.choice(BEFORE)}{word}{chance.choice(BEHIND)}！")
        title = "元宇宙来了" if number % 10 == 0 else "新闻"
        made.append({"id": str(number), "title": title, "text": "\n".join([*lines, "《元宇宙》"])})
    return write_articles(path, made)
