"""Small Chinese numerals in dates and times: 三, 十二, 二十三, 廿八, 初八."""

from __future__ import annotations

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2}

# A number from 0 to 99 in digits or Chinese.
NUMBER = r"(?:\d{1,2}|[二三四五六七八九]?十[一二三四五六七八九]?|廿[一二三四五六七八九]?|[零〇]?[零〇一二两三四五六七八九])"


def number(text: str) -> int:
    """The value of what NUMBER matches. Raises ValueError for anything else."""
    if text.isascii() and text.isdigit():
        return int(text)
    text = text.lstrip("零〇") or "零"
    if text.startswith("廿"):
        text = "二十" + text[1:]
    tens, ten, ones = text.partition("十")
    try:
        if not ten:
            return _DIGITS[tens]
        return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)
    except KeyError:
        raise ValueError(f"no numeral: {len(text)} characters") from None
