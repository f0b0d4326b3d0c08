"""What kind of word a candidate may be, guessed by stated cues; the first that fits."""

import re
from collections.abc import Sequence

KINDS = ("person", "place", "organisation", "product", "term", "phrase")

SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章苏潘葛范彭鲁韦马苗凤方俞任袁柳鲍史唐费廉岑薛雷贺倪汤"
    "滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强"
    "贾路娄江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯管卢莫经房裘缪干解应宗丁宣邓郁单杭洪包诸左石崔吉龚程嵇邢裴陆荣翁荀"
    "羊惠甄曲封芮储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯全班仰秋仲伊宫宁仇栾甘厉戎祖武符刘景詹束龙叶幸司韶黎薄印宿白怀蒲邰从鄂索"
    "咸籍赖卓蔺屠蒙池乔阴能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍桑桂牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习艾鱼容向古易慎戈廖"
    "庾终暨居衡步都耿满弘匡国文寇广禄东欧利师巩聂晁勾敖融冷訾辛阚那简饶空曾沙养鞠须丰巢关蒯相查荆红游竺权逯盖益桓公肖佟"
)
DOUBLE = "欧阳|司马|上官|诸葛|慕容|令狐|皇甫|公孙|轩辕|夏侯|尉迟|长孙|宇文|司徒|东方|独孤|南宫|端木"
TITLES = "先生|女士|同志|教授|博士|主席|总理|书记|主任|部长|记者|将军|皇帝|总统|老师|医生|校长|局长|经理|选手|导演"
SAYS = "[说道曰称]|表示|指出|认为|强调"

ORGANISATION = re.compile(
    ".*(公司|集团|大学|学院|医院|银行|委员会|协会|学会|联盟|法院|检察院|基金会|研究院|研究所|出版社|报社|中心|政府|组织|部|局|厅|署|党|军|队|社)"
)
PLACE = re.compile(".*[省市县区州郡镇乡村屯岛山岭河江湖海港湾峡路街桥站寺庙宫城关洲国]")
PRODUCT = re.compile(".*([0-9A-Za-z]|软件|平台|系统|手机|汽车|电脑|游戏|浏览器|芯片|牌|号|机|器|版)")
TERM = re.compile(".*[化性法论学率度剂酶素病症炎癌律税权罪制型式力波线体物药术]")


def guess(word: str, today: Sequence[str], contexts: Sequence[str]) -> tuple[str, str]:
    """The kind, and the cue that it was guessed by. ``today``: how the dictionary cuts it."""
    if re.search("[0-9A-Za-z]", word):
        return "product", "Latin letters or digits in it"
    if cue := _person(word, today, contexts):
        return "person", cue
    for kind, pattern in (("organisation", ORGANISATION), ("place", PLACE), ("product", PRODUCT), ("term", TERM)):
        found = pattern.fullmatch(word)
        if found and len(word) > 2:
            return kind, f"it ends in {found[1] if found.groups() else word[-1]}"
    if len(today) > 1 and min(map(len, today)) > 1:
        return "phrase", "words of the dictionary alone"
    return "term", "no other cue"


def _person(word: str, today: Sequence[str], contexts: Sequence[str]) -> str:
    """The cue that a word is a name: a surname before one or two characters, and what persons do or are called."""
    surname = re.match(DOUBLE, word) or (re.match(f"[{SURNAMES}]", word) if len(word) < 4 else None)
    if not surname or not 1 <= len(word) - surname.end() <= 2:
        return ""
    behind = re.compile(f"{re.escape(word)}({TITLES}|{SAYS})")
    before = re.compile(f"({TITLES}){re.escape(word)}")
    if any(behind.search(text) or before.search(text) for text in contexts):
        return f"the surname {surname[0]}, and a title or verb of saying beside it"
    alone = max(map(len, today)) == 1 and (len(word) == 3 or surname.end() == 2)
    return f"the surname {surname[0]}, and no word in it" if alone else ""
