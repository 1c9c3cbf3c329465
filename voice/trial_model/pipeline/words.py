"""Sentences into words, and words into syllables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import jieba
from pypinyin import Style, lazy_pinyin

NUMERALS = "零一二三四五六七八九十百千万亿幺两半"
_NUMERAL = re.compile(f"[{NUMERALS}]+")
_COUNT = re.compile(
    f"([{NUMERALS}]+)(岁|点|点钟|号|块|块钱|元|月|月份|日|年|天|次|个|个月|楼|室|趟|片|盒|时|分|度|级|刻|周|层|位|条|件|张|"
    "人|名|家|种|项|类|万元|亿元|多|成|倍|米|公里|小时|分钟|期|批|届)"
)
# Counts that are words of their own.
_WHOLE = frozenset(
    [
        "一点",
        "一次",
        "一个",
        "一年",
        "一天",
        "一家",
        "一些",
        "一起",
        "一下",
        "一人",
        "一种",
        "一位",
        "一张",
        "一样",
        "一定",
        "一直",
        "一般",
        "一共",
        "三甲",
        "五保",
        "一趟",
        "一遍",
        "半天",
        "十分",
    ]
)
_FIELD = [
    "医保",
    "医保局",
    "社保卡",
    "医保卡",
    "医保码",
    "电子凭证",
    "慢特病",
    "备案",
    "异地",
    "就医",
    "异地就医",
    "认定",
    "报销",
    "参保",
    "亲情账户",
    "转人工",
    "人工",
    "预约",
    "改约",
    "再说一遍",
    "一点",
    "长期处方",
    "上门",
    "就近",
    "优先",
    "窗口",
    "幺",
    "起付线",
    "封顶线",
    "复印件",
    "送药",
    "零星",
    "共济",
    "老伴",
    "大点声",
    "大声",
    "慢点",
    "慢一点",
    "大声点",
    "今天",
    "明天",
    "后天",
    "大后天",
    "昨天",
    "前天",
    "下周",
    "这周",
    "下个月",
    "这个月",
    "月底",
    "月初",
    "周末",
    "下个",
    "这个",
    "块钱",
    "我家",
    "明年",
    "去年",
    "出院",
    "坐车",
    "骗人",
    "菜市场",
    "不太好",
]
_NO_WORD = ["备案到", "医保局吗", "打幺"]

# Other ways to say a word, beside or instead of the dictionary's.
_READINGS = {
    "一": ("yi1", "yao1"), "还": ("hai2", "huan2"), "长": ("chang2", "zhang3"), "都": ("dou1", "du1"),
    "了": ("le5", "liao3"), "得": ("de5", "dei3"), "地": ("de5", "di4"), "行": ("xing2", "hang2"),
    "重": ("zhong4", "chong2"), "说": ("shuo1",), "着": ("zhe5", "zhao2"), "为": ("wei4", "wei2"),
    "乐": ("le4", "yue4"), "血": ("xue4", "xie3"), "和": ("he2",), "谁": ("shei2", "shui2"), "这": ("zhe4", "zhei4"),
    "那": ("na4", "nei4"), "哪": ("na3", "nei3"), "嗯": ("en1",), "喂": ("wei4", "wei2"), "哎": ("ai1",),
    "六": ("liu4",), "俺": ("an3",), "啥": ("sha2",), "咋": ("za3",), "喂喂": ("wei4 wei4",), "嗯嗯": ("en1 en1",),
    "莆田": ("pu2 tian2",), "涵江": ("han2 jiang1",), "叉": ("cha1",), "嘛": ("ma5",), "呢": ("ne5",),
    "血压": ("xue4 ya1",), "血糖": ("xue4 tang2",), "流血": ("liu2 xue4", "liu2 xie3"), "哎呀": ("ai1 ya1",),
    "诶": ("ei1",), "哦": ("o4",), "噢": ("o4",),
}  # fmt: skip
# Interjections that pypinyin writes without a vowel.
_HUMS = {"m": "mu", "n": "en", "ng": "en", "hm": "heng", "hng": "heng", "ê": "ei"}
_SYLLABLE = re.compile(r"([a-zvê]+)([1-5])")


class Cutter:
    """Cuts sentences into the words of the language model."""

    def __init__(self, more_words: Iterable[str], weekdays: Iterable[str]) -> None:
        self._jieba = jieba.Tokenizer()
        jieba.setLogLevel(60)
        for word in more_words:
            if 2 <= len(word) <= 5 and "的" not in word and not word.startswith("我"):
                self._jieba.add_word(word, 50_000)
        for word in (*_FIELD, *"零一二三四五六七八九十幺"):
            self._jieba.add_word(word, 60_000)
        for word in weekdays:
            self._jieba.add_word(word, 300_000)
        for word in _NO_WORD:
            self._jieba.del_word(word)

    def dictionary(self) -> Iterator[tuple[str, int]]:
        """The words of jieba's own dictionary with their frequencies."""
        with self._jieba.get_dict_file() as file:
            for line in file:
                word, count, *_ = line.decode("utf-8").split()
                yield word, int(count)

    def __call__(self, text: str) -> list[str]:
        """Words of a sentence; numbers fall into digits and units."""
        out: list[str] = []
        for word in self._jieba.cut(text, HMM=False):
            count = _COUNT.fullmatch(word)
            if _NUMERAL.fullmatch(word):
                out += word
            elif word.startswith("百分之") and len(word) > 3:
                out += ["百分之", *word[3:]]
            elif count and word not in _WHOLE:
                out += [*count.group(1), count.group(2)]
            else:
                out.append(word)
        return out


def pronunciations(word: str) -> list[str]:
    """Syllables with tone digits, divided by spaces; several where people differ, none where it cannot be read."""
    if word in _READINGS:
        return list(_READINGS[word])
    said = []
    for raw in lazy_pinyin(word, style=Style.TONE3, neutral_tone_with_five=True, v_to_u=False):
        syllable = _SYLLABLE.fullmatch(raw.replace("ü", "v"))
        if syllable is None:
            return []
        said.append(_HUMS.get(syllable.group(1), syllable.group(1)) + syllable.group(2))
    return [" ".join(said)]
