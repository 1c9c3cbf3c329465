"""Festivals by name, and the days of the lunar calendar (reckoned with lunar-python)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache

from lunar_python import Lunar, LunarMonth, Solar

# name → (month, day) of the solar or the lunar calendar; -1 is the last day of the month
_SOLAR = {"new_year": (1, 1), "women": (3, 8), "labour": (5, 1), "children": (6, 1), "teachers": (9, 10),
          "national": (10, 1), "christmas": (12, 25)}  # fmt: skip
_LUNAR = {"spring": (1, 1), "lantern": (1, 15), "dragon_boat": (5, 5), "qixi": (7, 7), "mid_autumn": (8, 15),
          "double_ninth": (9, 9), "laba": (12, 8), "little_new_year": (12, 23), "eve": (12, -1)}  # fmt: skip

# Longest first where one begins another.
NAMES: dict[str, str] = {
    "元旦": "new_year", "阳历年": "new_year", "春节": "spring", "过大年": "spring", "过年": "spring", "大年初一": "spring",
    "农历新年": "spring", "大年三十": "eve", "年三十": "eve", "大年夜": "eve", "除夕": "eve", "元宵": "lantern",
    "清明": "qingming", "五一劳动节": "labour", "劳动节": "labour", "五一": "labour", "六一": "children", "儿童节": "children",
    "端午": "dragon_boat", "端阳": "dragon_boat", "七夕": "qixi", "教师节": "teachers", "中秋": "mid_autumn",
    "八月节": "mid_autumn", "国庆中秋": "national", "国庆": "national", "十一黄金周": "national", "十一长假": "national",
    "十一假期": "national", "十一": "national", "重阳": "double_ninth", "老人节": "double_ninth", "腊八": "laba",
    "小年": "little_new_year", "圣诞": "christmas", "三八妇女节": "women", "三八节": "women", "妇女节": "women",
}  # fmt: skip


@lru_cache(maxsize=512)
def festival_day(name: str, year: int) -> date:
    """The day of a festival in a solar year; 除夕 and 腊八 of the lunar year that began in the year before count
    by the solar year they fall in. Raises KeyError for an unknown name."""
    if name in _SOLAR:
        month, day = _SOLAR[name]
        return date(year, month, day)
    if name == "qingming":
        return _date(Lunar.fromYmd(year, 1, 1).getJieQiTable()["清明"])
    if name == "eve":
        return lunar_day(year, 1, 1) - timedelta(days=1)
    month, day = _LUNAR[name]
    found = lunar_day(year, month, day)
    return found if found.year == year else lunar_day(year - 1, month, day)


@lru_cache(maxsize=512)
def lunar_day(year: int, month: int, day: int) -> date:
    """The solar date of a day of the lunar calendar. Raises ValueError where the month has no such day."""
    length = LunarMonth.fromYm(year, month)
    if length is None or not 1 <= day <= length.getDayCount():
        raise ValueError("no such lunar day")
    return _date(Lunar.fromYmd(year, month, day).getSolar())


def next_lunar_day(month: int, day: int, today: date) -> date | None:
    """The next day, today included, with this lunar month and day; None where no near year has it.

    The 30th of a short twelfth month is New Year's Eve, as people say it.
    """
    for year in range(today.year - 1, today.year + 4):
        try:
            found = lunar_day(year, month, day)
        except ValueError:
            if (month, day) != (12, 30):
                continue
            found = lunar_day(year + 1, 1, 1) - timedelta(days=1)
        if found >= today:
            return found
    return None


def next_lunar_month_day(day: int, today: date) -> date | None:
    """The next day, today included, that is the given day of any lunar month (初八 said alone)."""
    for offset in range(62):
        candidate = today + timedelta(days=offset)
        if Solar.fromYmd(candidate.year, candidate.month, candidate.day).getLunar().getDay() == day:
            return candidate
    return None


def occurrences(name: str, today: date) -> Iterator[date]:
    """The festival's days from last year on, in order."""
    for year in range(today.year - 1, today.year + 3):
        yield festival_day(name, year)


def _date(solar: Solar) -> date:
    return date(solar.getYear(), solar.getMonth(), solar.getDay())
