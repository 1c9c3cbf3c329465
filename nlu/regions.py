"""Places named in a text, as GB/T 2260 codes.

Provinces and prefectures are known by their short names too (济南, 凉山); counties by their short names only
where the neighbourhood says that a place is meant, and outside the provinces of the knowledge base only those that
are cities (昆山). A name that
several places share stands for one of them only when its city or province is in the text. A name inside another
word (大理石, 中山路) is no place.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from bot.messages import Entity
from nlu.lexicon import inside_word, is_ordinary

_DATA = Path(__file__).resolve().parent / "data" / "divisions.tsv"
_COVERED = ("35", "37", "51", "53")  # provinces whose counties are known by their short names
_AT_HOME = ("3701", "3708", "3503")  # 济南, 济宁, 莆田: also those that are everyday words
_PEOPLES = (
    "蒙古族|蒙古|回族|藏族|维吾尔|苗族|彝族|壮族|布依族|朝鲜族|满族|侗族|瑶族|白族|土家族|哈尼族|哈萨克|傣族|黎族|"
    "傈僳族|佤族|畲族|拉祜族|水族|东乡族|纳西族|景颇族|柯尔克孜|土族|达斡尔族|仫佬族|羌族|布朗族|撒拉族|毛南族|"
    "仡佬族|锡伯族?|阿昌族|普米族|塔吉克|怒族|独龙族|裕固族|保安族|门巴族|各族|鄂温克族|鄂伦春族?"
)
_TAIL = re.compile(
    rf"(?:(?:{_PEOPLES})*自治[区州县旗]|维吾尔自治区|壮族自治区|回族自治区|特别行政区|省|市|地区|盟|林区|特区|新区|区|县|旗)$"
)
# What makes a place name part of another name or word.
_NOT_BEFORE = re.compile(
    r"(?:东|西|南|北|中)?(?:路|街|大道|大街|广场|花园|公园|饭店|酒店|烤鸭|白药|料理|菜|话(?!费)|时间|味|火锅|银行|地铁|"
    r"大厦|宾馆|拉面|战役|茶|石|寺|治|长老|阿姨|大妈|白鹅)"
)
_NOT_AFTER = re.compile(r"(?:比|学|像|牌|品牌|唱)$")
_PLACE_BEFORE = re.compile(
    r"(?:^|[,。、?!:]|在|到|去|回|从|住|是|来|离|搁|往|上|用|拿|刷|俺们?|我们?|咱们?|那|老家|户口|户籍|家|换成?|改成?|问|省|市|[区州])$"
)
_PLACE_AFTER = re.compile(
    r"$|[,。、?!]|的|人|市|县|区|这|那|医保|户口|老家|呢|吧|怎么|咋|大厅|办|住|有|能|可以|医院|城|农村|乡|镇|看|行|也|到"
)
# Short names that are everyday words: only with 市/县/区 or where the neighbourhood speaks for a place on both sides.
_EVERYDAY = frozenset(
    re.findall(
        r"\S+",
        r"来宾 日照 大同 白银 安康 阿里 朝阳 平安 中山 黄山 三明 山南 长治 大理 玉树 东方 百色 海东 凉山 "
        r"文山 红河 本溪 吉安 保定 商洛 通化 河池 资阳 内江 广安 大庆 安顺 和田 伊春 中卫 海口 开封 大连 "
        r"鹤壁 双河 文昌 万宁 天门 ",
    )
)
_SHORT_ONLY_WITH_TAIL = frozenset(
    re.findall(
        r"\S+",
        r"天桥 市中 城关 河口 东港 开发 高新 安居 平安 新都 龙泉 大英 富民 西山 五华 红塔 威信 大关 "
        r"永平 古城 建水 通海 和平 安宁 东区 西区 仁和 利州 船山 前锋 东坡 名山 平武 北川 万源 宣汉 "
        r"兴文 长宁 江安 合江 高坪 顺庆 金川 新平 元江 鼓楼 台江 晋安 同安 集美 思明 湖里 城厢 三元 "
        r"清流 宁化 将乐 建宁 丰泽 鲤城 德化 金门 芗城 龙文 延平 政和 漳平 上杭 武平 光泽 寿宁 古田 "
        r"市南 市北 黄岛 崂山 淄川 张店 博山 临淄 周村 薛城 台儿庄 山亭 东营 福山 牟平 莱山 潍城 "
        r"寒亭 坊子 奎文 泰山 岱岳 环翠 岚山 兰山 罗庄 河东 平邑 德城 陵城 东昌府 滨城 沾化 博兴 "
        r"牡丹 定陶 东明 成武 盘龙 官渡 麒麟 马龙 富源 江川 澄江 昭阳 永善 水富 思茅 临翔 云县 双江 "
        r"个旧 开远 元阳 文山 丘北 广南 富宁 祥云 弥渡 云龙 梁河 福贡 ",
    )
)


class _Place(NamedTuple):
    code: str
    is_short: bool

    @property
    def level(self) -> int:
        """1 province, 2 prefecture, 3 county."""
        return 1 if self.code.endswith("0000") else 2 if self.code.endswith("00") else 3


class _Hit(NamedTuple):
    code: str
    start: int
    end: int


def region_name(code: str) -> str | None:
    """The official name of a division (370112 → 历城区), or None for an unknown code."""
    return _divisions().get(code)


def is_division(code: str) -> bool:
    """Whether a code stands for a division of today."""
    return code in _divisions()


def find_regions(text: str) -> list[Entity]:
    """Regions in text order; a chain such as 山东济南历城 is one entity with the narrowest code."""
    hits: list[_Hit] = []
    for start, end, places in _names_in(text):
        code = _choose(places, [h.code for h in hits], text)
        if code is None:
            continue
        if hits and _joins(hits[-1], code, text[hits[-1].end : start]):
            hits[-1] = _Hit(code, hits[-1].start, end)
        else:
            hits.append(_Hit(code, start, end))
    return [Entity("region", h.code, text[h.start : h.end], h.start, h.end) for h in hits]


def _joins(previous: _Hit, code: str, between: str) -> bool:
    if between not in {"", ",", "的", "省", "市"} or previous.code == code:
        return False
    return code.startswith(previous.code[:4] if previous.code[2:4] != "00" else previous.code[:2])


def _names_in(text: str) -> Iterator[tuple[int, int, tuple[_Place, ...]]]:
    """Spans that name places, leftmost first, longest at each place."""
    names, position, last = _names(), 0, -1
    while position < len(text):
        for length in range(min(_longest(), len(text) - position), 1, -1):
            word = text[position : position + length]
            places = names.get(word)
            if places and _means_place(text, position, position + length, places, chained=position == last):
                yield position, position + length, places
                last = position + length
                position += length - 1
                break
        position += 1


def _means_place(text: str, start: int, end: int, places: tuple[_Place, ...], chained: bool) -> bool:
    """``chained``: right after another place's name (莆田仙游)."""
    word = text[start:end]
    if not any(p.is_short for p in places):
        return len(word) > 2 or _cued(text, start, end)
    if _NOT_BEFORE.match(text, end) or _NOT_AFTER.search(text, 0, start):
        return False
    longer = inside_word(text, start, end, at_least=1)
    if longer and not longer.endswith(("人", "市", "省", "县", "区")) and longer != word:
        return False
    county = all(p.level == 3 for p in places)
    if word in _EVERYDAY or county:
        return _PLACE_AFTER.match(text, end) is not None if chained else _cued(text, start, end)
    return True


def _cued(text: str, start: int, end: int) -> bool:
    return bool(_PLACE_BEFORE.search(text, 0, start)) and bool(_PLACE_AFTER.match(text, end))


def _choose(places: tuple[_Place, ...], earlier: list[str], text: str) -> str | None:
    """The one place meant: the only one, the widest for a shared short name, or the one whose parent is named."""
    if len(places) == 1:
        return places[0].code
    widest = [p for p in places if p.level == min(q.level for q in places)]
    if len(widest) == 1 and widest[0].level < 3:
        return widest[0].code
    for parent in reversed(earlier):
        prefix = parent[:2] if parent[2:4] == "00" else parent[:4]
        under = [p for p in places if p.code.startswith(prefix)]
        if len(under) == 1:
            return under[0].code
    return None


@cache
def _divisions() -> dict[str, str]:
    rows = (line.split("\t") for line in _DATA.read_text("utf-8").splitlines() if line[:1] != "#")
    return dict(rows)


@cache
def _names() -> dict[str, tuple[_Place, ...]]:
    table: dict[str, list[_Place]] = defaultdict(list)
    for code, name in _divisions().items():
        table[name].append(_Place(code, is_short=False))
        short = _short_name(code, name)
        if short and short != name:
            table[short].append(_Place(code, is_short=True))
        for alias in _other_names(code, name, short):
            table[alias].append(_Place(code, is_short=False))
    return {name: tuple(places) for name, places in table.items()}


def _other_names(code: str, name: str, short: str | None) -> Iterator[str]:
    """Further full names: 凉山州, 内蒙古, 济南市中区 (which would else be read 济南市 + 中区)."""
    if name.endswith("自治州") and short:
        yield f"{short}州"
    if name.startswith("市") and (city := _divisions().get(f"{code[:4]}00")):
        yield f"{city.removesuffix('市')}{name}"
    if code == "150000":
        yield from ("内蒙古", "内蒙")


def _short_name(code: str, name: str) -> str | None:
    """济南市 → 济南, 凉山彝族自治州 → 凉山; None where the short form is too short or an everyday word."""
    short = _TAIL.sub("", name)
    while (shorter := re.sub(rf"(?<=..)(?:{_PEOPLES})+$", "", short)) != short:
        short = shorter
    if len(short) < 2:
        return None
    if code.endswith("00"):
        return short
    if short in _SHORT_ONLY_WITH_TAIL or (code[:2] not in _COVERED and not name.endswith("市")):
        return None
    return None if code[:4] not in _AT_HOME and is_ordinary(short, 150) else short


@cache
def _longest() -> int:
    return max(len(name) for name in _names())


def warm_up() -> None:
    """Read the table of divisions now instead of with the first sentence."""
    _longest()
