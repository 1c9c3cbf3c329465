"""What the words for dates mean: each function turns one match of nlu.date_rules into a day or a span of days.

A week runs from Monday to Sunday. A weekday without 这/下 is the next such day after today; a day or a month without a
year is the next one that has not passed. All raise ValueError for a day that does not exist (2月30号).
"""

from __future__ import annotations

import calendar as months
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

from nlu import festivals
from nlu.numerals import number

Span = tuple[date, date]
WorkingDays = Callable[[date], bool]  # whether offices work on a day


class Today(NamedTuple):
    """What a date is reckoned from; ``before`` is a date said right before this one (下周一或者周三)."""

    day: date
    works: WorkingDays
    before: date | None = None


# --- single days -----------------------------------------------------------------------------------------------


def year_month_day(match: re.Match[str], today: Today) -> date:
    year = match["year"]
    if not year.isdigit() or not year.isascii():
        year = "".join(str(number(c)) for c in year)
    return date(int(year), number(match["month"]), number(match["day"]))


def compact(match: re.Match[str], today: Today) -> date:
    return date.fromisoformat(match[0])


YEARS = {"前年": -2, "去年": -1, "今年": 0, "本年": 0, "明年": 1, "来年": 1, "后年": 2}


def month_day(match: re.Match[str], today: Today) -> date:
    month, day = number(match["month"]), number(match["day"])
    if match["year"]:
        return date(today.day.year + YEARS[match["year"]], month, day)
    return _next_in_years(month, day, today.day)


def _next_in_years(month: int, day: int, today: date) -> date:
    this_year = date(today.year, month, day) if _exists(today.year, month, day) else None
    return this_year if this_year and this_year >= today else date(today.year + 1, month, day)


def _exists(year: int, month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= months.monthrange(year, month)[1]


_MONTH_SHIFT = {"上": -1, "这": 0, "本": 0, "当": 0, "下": 1, "下下": 2}


def day_of_named_month(match: re.Match[str], today: Today) -> date:
    first = _shift_month(today.day.replace(day=1), _MONTH_SHIFT[match["which"]])
    return first.replace(day=number(match["day"]))


def _shift_month(first: date, by: int) -> date:
    index = first.year * 12 + first.month - 1 + by
    return date(index // 12, index % 12 + 1, 1)


def day_alone(match: re.Match[str], today: Today) -> date | None:
    """3号: this month's, or the next month's that has it; after another date the next one from there."""
    day, start = number(match["day"]), today.before or today.day
    if not 1 <= day <= 31:
        return None
    first = start.replace(day=1)
    for by in range(3):
        month = _shift_month(first, by)
        if _exists(month.year, month.month, day) and month.replace(day=day) >= start:
            return month.replace(day=day)
    return None


_DAYS = {"大前": -3, "前": -2, "昨": -1, "今": 0, "明": 1, "后": 2, "大后": 3}


def relative_day(match: re.Match[str], today: Today) -> date:
    return today.day + timedelta(days=_DAYS[match["which"]])


def two_days(match: re.Match[str], today: Today) -> Span:
    first = 0 if match[0].startswith("今") else 1
    return today.day + timedelta(days=first), today.day + timedelta(days=first + 1)


def after_days(match: re.Match[str], today: Today) -> date:
    return today.day + timedelta(days=number(match["n"]))


def after_weeks(match: re.Match[str], today: Today) -> date:
    return today.day + timedelta(days=7 * number(match["n"]))


def after_months(match: re.Match[str], today: Today) -> date:
    if match["n"] == "半":
        return today.day + timedelta(days=15)
    first = _shift_month(today.day.replace(day=1), number(match["n"]))
    return first.replace(day=min(today.day.day, months.monthrange(first.year, first.month)[1]))


# --- weeks -----------------------------------------------------------------------------------------------------

_WEEK_SHIFT = {"上上": -2, "上": -1, "这": 0, "本": 0, "下": 1, "下下": 2, "下下下": 3}
_WEEKDAYS = {c: i for i, c in enumerate("一二三四五六日")} | {"天": 6} | {str(i + 1): i for i in range(7)}


def weekday(match: re.Match[str], today: Today) -> date:
    wanted, before = _WEEKDAYS[match["day"]], today.before
    if match["which"]:
        return _monday(today.day) + timedelta(days=7 * _WEEK_SHIFT[match["which"]] + wanted)
    if before and before.weekday() == wanted:
        return before  # 今天周三, 3号周四
    if before and before >= _monday(today.day) + timedelta(days=7) and before.weekday() < wanted:
        return _monday(before) + timedelta(days=wanted)  # 下周一或者周三
    return today.day + timedelta(days=(wanted - today.day.weekday() - 1) % 7 + 1)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def whole_week(match: re.Match[str], today: Today) -> Span:
    """The week's days that have not passed."""
    first = _monday(today.day) + timedelta(days=7 * _WEEK_SHIFT[match["which"]])
    last = first + timedelta(days=6)
    return (max(first, today.day) if last >= today.day else first), last


def weekend(match: re.Match[str], today: Today) -> Span:
    saturday = _monday(today.day) + timedelta(days=7 * _WEEK_SHIFT[match["which"] or "这"] + 5)
    return max(saturday, min(today.day, saturday + timedelta(days=1))), saturday + timedelta(days=1)


# --- months and their parts ------------------------------------------------------------------------------------

# First and last day of a month's parts, as people mean them; 31 stands for the last day.
_PARTS = {"初": (1, 5), "上旬": (1, 10), "中旬": (11, 20), "中": (11, 20), "下旬": (21, 31), "底": (26, 31),
          "末": (26, 31), "尾": (26, 31)}  # fmt: skip


def part_of_month(match: re.Match[str], today: Today) -> Span | None:
    first = _named_month(match, today.day)
    start, end = _PARTS[match["part"]]
    length = months.monthrange(first.year, first.month)[1]
    span = first.replace(day=start), first.replace(day=min(end, length))
    if not match["which"] and not match["month"] and span[1] < today.day:
        return _part_of_month_after(first, match["part"])
    return (max(span[0], today.day) if span[1] >= today.day else span[0]), span[1]


def _part_of_month_after(first: date, part: str) -> Span:
    following = _shift_month(first, 1)
    start, end = _PARTS[part]
    return following.replace(day=start), following.replace(
        day=min(end, months.monthrange(following.year, following.month)[1])
    )


def _named_month(match: re.Match[str], today: date) -> date:
    if match["month"]:
        month = number(match["month"])
        return date(today.year + (month < today.month), month, 1)
    return _shift_month(today.replace(day=1), _MONTH_SHIFT[match["which"] or "这"])


def month_of_year(match: re.Match[str], today: Today) -> Span:
    """2025年12月, 去年十月: as said, also where it has passed."""
    year = match["year"]
    if year in YEARS:
        first = date(today.day.year + YEARS[year], number(match["month"]), 1)
    else:
        first = date(int("".join(str(number(c)) for c in year.removesuffix("年"))), number(match["month"]), 1)
    return first, first.replace(day=months.monthrange(first.year, first.month)[1])


def whole_month(match: re.Match[str], today: Today) -> Span:
    first = _named_month(match, today.day)
    last = first.replace(day=months.monthrange(first.year, first.month)[1])
    return (max(first, today.day) if last >= today.day else first), last


def year_end(match: re.Match[str], today: Today) -> Span:
    return max(date(today.day.year, 12, 20), today.day), date(today.day.year, 12, 31)


# --- lunar days and festivals ----------------------------------------------------------------------------------

_LUNAR_MONTHS = {"正": 1, "冬": 11, "腊": 12}


def lunar(match: re.Match[str], today: Today) -> date | None:
    month = _LUNAR_MONTHS.get(match["month"]) or number(match["month"])
    return festivals.next_lunar_day(month, number(match["day"].removeprefix("初")), today.day)


def new_years_day(match: re.Match[str], today: Today) -> date | None:
    return festivals.next_lunar_day(1, number(match["day"]), today.day)


def lunar_day_alone(match: re.Match[str], today: Today) -> date | None:
    return festivals.next_lunar_month_day(number(match["day"]), today.day)


def festival(match: re.Match[str], today: Today) -> Span | date | None:
    name = festivals.NAMES.get(match["name"] or "春节", "spring")
    when = match["when"] or ""
    after = bool(match["past"]) or when.endswith(("后", "完", "了"))
    for day in festivals.occurrences(name, today.day):
        found = _around(day, when, after, today)
        if found is not None:
            return found
    return None


def _around(day: date, when: str, after: bool, today: Today) -> Span | date | None:
    """What is meant about one occurrence of a festival; None where that has passed."""
    off = _holiday(day, today.works)
    if after:
        # The first working day after the public holiday, or after the day where it is none.
        found = (off[1] if off else day) + timedelta(days=1)
        while not today.works(found):
            found += timedelta(days=1)
        return found if found > today.day else None
    if when.endswith("前"):
        last = (off[0] if off else day) - timedelta(days=1)
        return (today.day, last) if last >= today.day else None
    if when and off:  # 国庆期间
        return (max(off[0], today.day), off[1]) if off[1] >= today.day else None
    return day if day >= today.day else None


def _holiday(day: date, works: WorkingDays) -> Span | None:
    """The run of days off around a day, or None where people work on it."""
    if works(day):
        return None
    first = last = day
    while not works(first - timedelta(days=1)):
        first -= timedelta(days=1)
    while not works(last + timedelta(days=1)):
        last += timedelta(days=1)
    return first, last
