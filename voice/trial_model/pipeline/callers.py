"""Sentences of callers, made up from the templates in callers.yaml, with numbers as they are spoken."""

from __future__ import annotations

import random
import re
from collections import Counter
from pathlib import Path

import yaml

from voice.trial_model.pipeline.numbers import DIGITS, spoken

_GAP = re.compile(r"\{(.+?)\}")
_NUMBER_SHARE = 0.09  # of sentences that are nothing but a number
_ID_BEGINS = ("五三零", "三七零", "三五零", "五幺零")  # of the provinces that the product knows
_UNITS = ("", "", "天", "次", "个月", "年", "个", "号", "块", "岁", "盒", "片", "楼", "室")


class Callers:
    """Draws sentences; the same ``rng`` gives the same ones."""

    def __init__(self, rng: random.Random) -> None:
        read = yaml.safe_load((Path(__file__).parent / "callers.yaml").read_text(encoding="utf-8"))
        self.slots: dict[str, list[str]] = read["slots"] | _number_slots()
        self._topics = [(t["weight"], t["sentences"]) for t in read["topics"].values()]
        self._rng = rng

    def sentences(self, count: int) -> Counter[str]:
        """That many draws, counted."""
        return Counter(self.sentence() for _ in range(count))

    def sentence(self) -> str:
        """One sentence, without punctuation."""
        if self._rng.random() < _NUMBER_SHARE:
            return self.number()
        (_, templates) = self._rng.choices(self._topics, [weight for weight, _ in self._topics])[0]
        text: str = self._rng.choice(templates)
        while gap := _GAP.search(text):
            text = text[: gap.start()] + self._rng.choice(self.slots[gap.group(1)]) + text[gap.end() :]
        return text

    def number(self) -> str:
        """A telephone or ID number, its end, single digits or a count, as callers say them."""
        choose, kind = self._rng.choice, self._rng.random()
        if kind < 0.3:
            lead = choose(("", "我的电话是", "电话", "手机号是", "我的手机号是", "打这个电话", "号码是"))
            return lead + "幺" + choose("三五七八九") + self._digits(9)
        if kind < 0.5:
            lead = choose(("", "我的身份证号是", "身份证号", "身份证号码是", "身份证"))
            number = (
                choose(_ID_BEGINS)
                + self._digits(3)
                + choose(("幺九", "二零"))
                + self._digits(choose((4, 10, 9)))
            )
            return lead + number + choose(("", "", "叉"))
        if kind < 0.6:
            lead = choose(("后四位是", "尾号", "尾号是", "最后四位", "后六位是", "验证码是", ""))
            return lead + self._digits(choose((4, 4, 6)))
        if kind < 0.8:
            return self._digits(choose((1, 2, 3, 4, 5, 6, 8)))
        return choose(self.slots["数"]) + choose(_UNITS)

    def _digits(self, count: int) -> str:
        drawn = (self._rng.randrange(10) for _ in range(count))
        return "".join(self._rng.choice("幺幺一") if digit == 1 else DIGITS[digit] for digit in drawn)


def _number_slots() -> dict[str, list[str]]:
    days = (
        [f"星期{d}" for d in "一二三四五六日天"]
        + [f"周{d}" for d in "一二三四五六日"]
        + [f"礼拜{d}" for d in "一二三四五六天"]
    )
    hours = ["一", "两", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"]
    minutes = ["", "", "", "半", "钟", "一刻", "二十", "四十", "十分", "三十分", "四十五"]
    years = [*range(1930, 1975), *range(2018, 2028)]
    counts = [*range(1, 101), *range(100, 1000, 50), *range(1000, 10000, 500)]
    yuan = [spoken(n) + "块" for n in (*range(5, 100, 5), *range(100, 1000, 20), *range(1000, 9999, 130))]
    yuan += [spoken(n) + "块钱" for n in (*range(10, 100, 10), *range(100, 9999, 190))]
    yuan += [spoken(n) + "元" for n in (*range(10, 100, 10), *range(100, 9999, 170))]
    yuan += [spoken(n) + "万" for n in range(1, 20)] + [spoken(n) + "万多块" for n in range(1, 10)]
    yuan += ["两千多块", "三百多", "五千多", "几百块", "几千块"]
    return {
        "星期": days,
        "下星期": [
            *(f"下{d}" for d in days),
            *(f"这{d}" for d in days),
            *(f"下个{d}" for d in days if d[0] != "周"),
            *days,
        ],
        "点": [f"{hour}点{minute}" for hour in hours for minute in minutes],
        "月": [spoken(m) + "月" for m in range(1, 13)],
        "日": [spoken(d) + word for d in range(1, 32) for word in ("号", "日", "号")],
        "数": [spoken(n) for n in counts],
        "岁": [spoken(n) for n in range(50, 100)],
        "钱": yuan,
        "年": ["".join(DIGITS[int(c)] for c in str(year)) + "年" for year in years],
    }
