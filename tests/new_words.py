"""Articles in which ten words stand that jieba does not know, in ever changing company."""

import random
from pathlib import Path

from conftest import write_articles

PLANTED = {
    "元宇宙": "metaverse", "区块链": "blockchain", "碳中和": "carbon neutrality", "新冠": "COVID-19", "网红": "influencer",
    "5G手机": "5G phone", "微信": "WeChat", "抖音": "TikTok", "网约车": "ride-hailing", "李佳琦": "Li Jiaqi, a person",
}  # fmt: skip
BEFORE = (
    "我们 他们 大家 老师 学生 朋友 昨天 今天 最近 关于 根据 因为 如果 虽然 通过 使用 支持 反对 研究 讨论 发展 影响 管理 学习 介绍 看见 喜欢 需要 选择 "
    "了解 相信 担心 希望 可能 应该 经常 突然 终于 已经 仍然"
).split()  # common words
BEHIND = (
    "的 了 在 是 和 会 可以 不能 已经 还有 带来 改变 影响 成为 出现 增加 减少 进入 离开 属于 需要 帮助 引起 产生 得到 受到 市场 公司 技术 问题 时代 "
    "生活 用户 价格 行业 经济 未来 政策 服务 平台"
).split()


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
