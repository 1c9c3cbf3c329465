"""Numbers in the characters a speaker says them with."""

from __future__ import annotations

import re

DIGITS = "零一二三四五六七八九"
_PLACES = ((1000, "千"), (100, "百"), (10, "十"), (1, ""))
_GROUPS = ((10**8, "亿"), (10**4, "万"))
_HAN_RUN = re.compile(r"[^\u4e00-\u9fff]+")


def spoken(number: int) -> str:
    """A whole number from 0 up: 2600 → 两千六百."""
    for unit, name in _GROUPS:
        if number >= unit:
            rest = number % unit
            gap = "零" if rest < unit // 10 else ""
            return spoken(number // unit) + name + (gap + spoken(rest) if rest else "")
    if number < 10:
        return DIGITS[number]
    if number < 20:
        return "十" + (DIGITS[number % 10] if number % 10 else "")
    said, skipped = "", False
    for unit, name in _PLACES:
        digit = number // unit % 10
        if digit:
            zero = "零" if skipped and said else ""
            said += zero + ("两" if digit == 2 and unit >= 1000 else DIGITS[digit]) + name
        skipped = not digit
    return said


def spoken_runs(text: str) -> list[str]:
    """What is read aloud of a written text: its runs of Chinese characters, numbers among them spoken."""
    text = re.sub(r"\d{4}(?=年)", lambda m: _one_by_one(m.group()), text)
    text = re.sub(r"(\d+)%", lambda m: "百分之" + spoken(int(m.group(1))), text)
    text = re.sub(
        r"\d+", lambda m: spoken(int(m.group())) if len(m.group()) < 5 else _one_by_one(m.group(), "幺"), text
    )
    return [run for run in _HAN_RUN.split(text) if run]


def _one_by_one(digits: str, one: str = "一") -> str:
    return "".join(one if digit == "1" else DIGITS[int(digit)] for digit in digits)
