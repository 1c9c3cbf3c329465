"""Dates and times as people say them, on fixed days."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.calendar import ChineseCalendar
from nlu.dates import find_dates
from nlu.entities import extract
from nlu.times import find_times

WEDNESDAY = date(2026, 11, 25)
WORKS = cache(ChineseCalendar().is_working_day)


def dates(text: str, today: date = WEDNESDAY) -> list[str]:
    return [e.value for e in find_dates(text, today, WORKS)]


def times(text: str) -> list[tuple[str, str]]:
    return [(e.type, e.value) for e in find_times(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("今天", "2026-11-25"),
        ("今儿个", "2026-11-25"),
        ("明天", "2026-11-26"),
        ("明儿", "2026-11-26"),
        ("明早", "2026-11-26"),
        ("后天", "2026-11-27"),
        ("后儿上午", "2026-11-27"),
        ("大后天", "2026-11-28"),
        ("昨天", "2026-11-24"),
        ("下周三", "2026-12-02"),
        ("下个礼拜二", "2026-12-01"),
        ("这周五", "2026-11-27"),
        ("本周四", "2026-11-26"),
        ("下下周一", "2026-12-07"),
        ("周三", "2026-12-02"),
        ("今天周三", "2026-11-25"),
        ("礼拜四", "2026-11-26"),
        ("星期天", "2026-11-29"),
        ("周2", "2026-12-01"),
        ("3号", "2026-12-03"),
        ("25号", "2026-11-25"),
        ("二十七号", "2026-11-27"),
        ("31号", "2026-12-31"),
        ("下个月5号", "2026-12-05"),
        ("12月3日", "2026-12-03"),
        ("十二月三号", "2026-12-03"),
        ("12月十五号上午", "2026-12-15"),
        ("11月20号", "2027-11-20"),
        ("明年3月5号", "2027-03-05"),
        ("今年3月5号", "2026-03-05"),
        ("2026-12-03", "2026-12-03"),
        ("2026年12月3日", "2026-12-03"),
        ("二零二六年十二月三号", "2026-12-03"),
        ("20261203", "2026-12-03"),
        ("12/3", "2026-12-03"),
        ("改到12.3吧", "2026-12-03"),
        ("腊月初八", "2027-01-15"),
        ("腊月二十三", "2027-01-30"),
        ("腊月三十", "2027-02-05"),
        ("正月十五", "2027-02-20"),
        ("农历八月十五", "2027-09-15"),
        ("五月初五", "2027-06-09"),
        ("大年初六", "2027-02-11"),
        ("除夕", "2027-02-05"),
        ("国庆", "2027-10-01"),
        ("中秋", "2027-09-15"),
        ("端午", "2027-06-09"),
        ("清明", "2027-04-05"),
        ("元旦后", "2027-01-04"),
        ("过了元旦", "2027-01-04"),
        ("过完年", "2027-02-09"),
        ("年后", "2027-02-09"),
        ("三天后", "2026-11-28"),
        ("过两天", "2026-11-27"),
        ("10天之后", "2026-12-05"),
        ("一个星期后", "2026-12-02"),
        ("半个月后", "2026-12-10"),
        ("一个月后", "2026-12-25"),
    ],
)
def test_one_day(text: str, expected: str) -> None:
    assert dates(text) == [expected]


@pytest.mark.parametrize(
    ("today", "text", "expected"),
    [
        (date(2026, 9, 28), "国庆后", "2026-10-08"),  # days off 1–7 October
        (date(2026, 9, 28), "国庆节前", "2026-09-28/2026-09-30"),
        (date(2026, 9, 28), "国庆期间", "2026-10-01/2026-10-07"),
        (date(2026, 2, 10), "春节后", "2026-02-24"),
        (date(2026, 4, 28), "五一后", "2026-05-06"),
        (date(2026, 11, 29), "下周三", "2026-12-02"),  # from a Sunday
        (date(2026, 12, 31), "明天", "2027-01-01"),
        (date(2026, 1, 31), "一个月后", "2026-02-28"),
        (date(2026, 11, 25), "这周", "2026-11-25/2026-11-29"),
        (date(2026, 11, 25), "下周", "2026-11-30/2026-12-06"),
        (date(2026, 11, 25), "周末", "2026-11-28/2026-11-29"),
        (date(2026, 11, 25), "周六日开门吗", "2026-11-28/2026-11-29"),
        (date(2026, 11, 25), "月底", "2026-11-26/2026-11-30"),
        (date(2026, 11, 25), "下月初", "2026-12-01/2026-12-05"),
        (date(2026, 11, 25), "2025年12月的发票", "2025-12-01/2025-12-31"),
        (date(2026, 11, 25), "去年十月份", "2025-10-01/2025-10-31"),
        (date(2026, 11, 25), "12月份", "2026-12-01/2026-12-31"),
        (date(2026, 11, 25), "周一到周三", "2026-11-30/2026-12-02"),
        (date(2026, 11, 25), "12月3号到5号", "2026-12-03/2026-12-05"),
        (date(2026, 11, 25), "今明两天", "2026-11-25/2026-11-26"),
    ],
)
def test_on_other_days_and_ranges(today: date, text: str, expected: str) -> None:
    assert dates(text, today) == [expected]


def test_a_second_weekday_stays_in_the_first_ones_week() -> None:
    assert dates("下周一或者周三") == ["2026-11-30", "2026-12-02"]


@pytest.mark.parametrize(
    "text",
    ["2月30号", "13月5号", "13月", "2026年2月30日", "4月31日", "3号窗口", "1号线", "23号楼", "每周三", "每月3号", "一周三次",
     "三年后", "十一点", "五一路", "幺三八五一二三", "12.3元", "说明上午", "出院三天后能报吗", "3日内", "过几天", "几号",
     "先说清楚", "3号文件", "初三学生", "两点意见", "120", "12345"],
)  # fmt: skip
def test_no_date(text: str) -> None:
    assert dates(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("上午九点", [("time", "09:00")]),
        ("九点半", [("time", "09:30")]),
        ("下午两点", [("time", "14:00")]),
        ("14:30", [("time", "14:30")]),
        ("下午3点一刻", [("time", "15:15")]),
        ("十点钟", [("time", "10:00")]),
        ("差一刻十点", [("time", "09:45")]),
        ("九点零五", [("time", "09:05")]),
        ("晚上八点", [("time", "20:00")]),
        ("中午一点", [("time", "13:00")]),
        ("两点", [("time", "14:00")]),
        ("那就三点吧", [("time", "15:00")]),
        ("九点到十点", [("time", "09:00")]),
        ("9:00-10:00", [("time", "09:00")]),
        ("早上", [("day_part", "morning")]),
        ("下午", [("day_part", "afternoon")]),
        ("中午", [("day_part", "afternoon")]),
        ("明晚", [("day_part", "evening")]),
        ("有一点不明白", []),
        ("大一点声", []),
        ("慢一点", []),
        ("早点去", []),
        ("三点意见", []),
        ("几点上班", []),
        ("25点", []),
        ("早上好", []),
        ("第一点", []),
    ],
)
def test_times(text: str, expected: list[tuple[str, str]]) -> None:
    assert times(text) == expected


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("不是周三,是周四", "date", "2026-11-26"),
        ("是周四,不是周三", "date", "2026-11-26"),
        ("周三不行,周四吧", "date", "2026-11-26"),
        ("我约的是周三,能换到周五吗", "date", "2026-11-27"),
        ("把周三上午的预约改成周四下午", "date", "2026-11-26"),
        ("之前约了上午,改下午行不行", "day_part", "afternoon"),
        ("九点不行,十点半", "time", "10:30"),
        ("不是济南,是济宁", "region", "370800"),
        ("把预约从济南改到章丘", "region", "370114"),
    ],
)
def test_what_is_taken_back_does_not_count(text: str, kind: str, expected: str) -> None:
    now = datetime(2026, 11, 25, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert [e.value for e in extract(text, now) if e.type == kind] == [expected]


def test_today_is_shanghais() -> None:
    late = datetime(2026, 11, 25, 18, tzinfo=ZoneInfo("UTC"))  # already the 26th in Shanghai
    assert [e.value for e in extract("今天", late) if e.type == "date"] == ["2026-11-26"]


PIECES = st.sampled_from(
    re.findall(
        r"\S+",
        "今 明 后 天 大 昨 下 上 这 周 星期 礼拜 一 二 三 十 初 廿 八 月 号 日 底 年 正月 腊月 农历 国庆 春节 十一 五一 后 前 期间 过 了 "
        "2 30 31 13 0 99 2026 9999 . / - : 点 半 刻 个 到 或者 末 两 几 每 去",
    )
)


@given(st.lists(PIECES, max_size=12), st.dates(date(2000, 1, 1), date(2090, 1, 1)))
@settings(max_examples=300, deadline=None)
def test_every_find_is_a_real_day_inside_the_text(pieces: list[str], today: date) -> None:
    text = "".join(pieces)
    found = find_dates(text, today, WORKS)
    for entity in found:
        for value in entity.value.split("/"):
            date.fromisoformat(value)
        assert text[entity.start : entity.end] == entity.text
    assert all(a.end <= b.start for a, b in pairwise(found))
    for entity in find_times(text):
        assert text[entity.start : entity.end] == entity.text
        assert entity.type == "day_part" or re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", entity.value)
