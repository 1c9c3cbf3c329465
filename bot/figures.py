"""Figures into Chinese words: numbers, years, dates, clock times, money, ranges, shares, telephone numbers."""

from __future__ import annotations

import re
from datetime import date, time

import cn2an

_DIGITS = dict(zip("0123456789", "零幺二三四五六七八九", strict=True))
_YEAR_DIGITS = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
_NUMBER = r"\d+(?:\.\d+)?"
_UNITS = "元|块|角|分钟|分|万|千|百|亿|个|人|天|日|号|月|年|岁|周|种|次|位|项|条|款|家|张|份|倍|级|类|例|页|米|公里|小时|平方|度|间|层|楼|床|瓶|盒|片|粒|毫|公斤|克"
# What 2 counts is 两, not 二: measure words (2日, 2月, 2号, 2级 name an order and stay 二).
_COUNTED = "个|点|天|次|位|种|年|张|条|家|项|份|倍|块|小时|分钟|周|人|样|件|千|万|亿|间|层楼|瓶|盒|片|粒|句"

_ISO_DATE = re.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_CLOCK = re.compile(r"(?<![\d:])([01]?\d|2[0-3]):([0-5]\d)(?![\d:])")
_HOURS = re.compile(r"(?<=[点分半])\s*[-－–—~～]\s*(?=[上中下晚])")
_PHONE = re.compile(r"(?<!\d)(?:(0\d{2,3})[-－ ](\d{7,8})|([48]00)[-－ ]?(\d{3})[-－ ]?(\d{4}))(?!\d)")
_HOTLINE = re.compile(rf"(?<!\d)(12345|12393|96110|1[12][0249])(?!\d|\.\d|\s*(?:{_UNITS}|%|至|到))")
_YEARS = re.compile(r"(?<!\d)((?:19|20)\d{2})\s*(?:[-–—－~～至到])\s*((?:19|20)\d{2})(?!\d|\s*(?:元|块|人))")
_YEAR = re.compile(r"(?<!\d)(\d{4})(?=年)")
_THOUSANDS = re.compile(r"(?<![\d.])\d{1,3}(?:[,，]\d{3})+(?![\d])")
_LONG_AMOUNT = re.compile(rf"(?<![\d.])([1-9]\d{{4,11}})(?=(?:多|余)?(?:{_UNITS})|\.\d)")
_LONG_DIGITS = re.compile(r"(?<![\d.])\d[\d ]{3,}\d(?!\.\d)")
_RANGE = re.compile(
    rf"({_NUMBER})\s*([%‰]|[个年月日天周号岁元级点]{{0,2}})\s*[-–—－~～]\s*(?={_NUMBER}|[一二三四五六七八九十两百分])"
)
_SHARES = re.compile(rf"({_NUMBER})\s*%?\s*[-–—－~～至到]\s*({_NUMBER})\s*%")
_SHARE = re.compile(rf"({_NUMBER})\s*([%‰％])")
_MONEY = re.compile(rf"[¥￥]\s*({_NUMBER})(?:\s*元)?")
_TWO = re.compile(rf"(?<![\d.第])2(?=(?:多|余)?(?:{_COUNTED}))(?!个?月份)")
_ANY = re.compile(_NUMBER)


def figures_to_words(text: str) -> str:
    """The text with every figure in words.

    Runs of five and more digits without a unit are read one by one with 幺 for 1, as on the telephone; so are the
    short numbers that everybody dials (120, 110, 12393). All else is read as a number.
    """
    text = _ISO_DATE.sub(_iso_date, text)
    text = _CLOCK.sub(lambda m: say_time(time(int(m[1]), int(m[2]))), text)
    text = _HOURS.sub("到", text)
    text = _PHONE.sub(lambda m: "，".join(say_digits(part) for part in m.groups() if part), text)
    text = _THOUSANDS.sub(lambda m: re.sub(r"[,，]", "", m[0]), text)
    text = _HOTLINE.sub(lambda m: say_digits(m[1]), text)
    text = _YEARS.sub(lambda m: f"{say_year(m[1])}到{say_year(m[2])}", text)
    text = _YEAR.sub(lambda m: say_year(m[1]), text)
    text = _MONEY.sub(r"\1元", text)
    text = _SHARES.sub(lambda m: f"百分之{say_number(m[1])}到{say_number(m[2])}", text)
    text = _RANGE.sub(r"\1\2到", text)
    text = _SHARE.sub(lambda m: f"{'千' if m[2] == '‰' else '百'}分之{say_number(m[1])}", text)
    text = _LONG_AMOUNT.sub(lambda m: say_number(m[1]), text)
    text = _LONG_DIGITS.sub(lambda m: say_digits(m[0]), text)
    text = _TWO.sub("两", text)
    text = re.sub(r"(?<=\d)\s*/\s*(?=\d)", "，", text)
    return _ANY.sub(lambda m: say_number(m[0]), text)


def say_number(digits: str) -> str:
    """One number: 50 is 五十, 1.5 is 一点五, 2000 is 两千; with a leading zero digit by digit."""
    whole = digits.partition(".")[0]
    if (len(whole) > 1 and whole[0] == "0") or len(whole) > 12:
        return say_digits(digits)
    words = str(cn2an.an2cn(digits, "low"))
    return re.sub(r"^二(?=[千万亿])", "两", words)


def say_digits(digits: str) -> str:
    """A number read digit by digit in groups: a mobile number 3-4-4, an ID number 6-4-4-4, six digits 3-3."""
    plain = re.sub(r"[^0-9Xx]", "", digits)
    sizes = {11: (3, 4, 4), 12: (4, 4, 4), 18: (6, 4, 4, 4), 6: (3, 3), 8: (4, 4)}.get(
        len(plain), (len(plain),)
    )
    if len(plain) == 11 and plain.startswith("0"):  # area code and number
        sizes = (4, 3, 4) if plain[1] not in "12" else (3, 4, 4)
    groups, start = [], 0
    for size in sizes:
        groups.append(plain[start : start + size])
        start += size
    return "，".join("".join(_DIGITS.get(d, d.upper()) for d in group) for group in groups if group)


def say_year(year: str) -> str:
    """2021 is 二零二一."""
    return "".join(_YEAR_DIGITS[d] for d in year)


def say_date(day: date) -> str:
    """十一月二十五号,星期三."""
    weekday = "一二三四五六日"[day.weekday()]
    return f"{cn2an.an2cn(day.month)}月{cn2an.an2cn(day.day)}号，星期{weekday}"


def say_time(moment: time) -> str:
    """上午九点, 下午两点半."""
    part = (
        "上午"
        if moment.hour < 12
        else "中午"
        if moment.hour == 12
        else "下午"
        if moment.hour < 18
        else "晚上"
    )
    hour = moment.hour if moment.hour <= 12 else moment.hour - 12
    spoken = "两" if hour == 2 else cn2an.an2cn(hour)
    if moment.minute == 0:
        return f"{part}{spoken}点"
    if moment.minute == 30:
        return f"{part}{spoken}点半"
    lead = "零" if moment.minute < 10 else ""
    return f"{part}{spoken}点{lead}{cn2an.an2cn(moment.minute)}分"


def _iso_date(match: re.Match[str]) -> str:
    """A date in words; one that no calendar has is read as it stands."""
    try:
        return say_date(date(int(match[1]), int(match[2]), int(match[3])))
    except ValueError:
        return f"{say_year(match[1])}年{say_number(str(int(match[2])))}月{say_number(str(int(match[3])))}日"
