"""Working days, holidays, make-up days, office hours."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from bot.calendar import ChineseCalendar, OfficeHours
from bot.settings import TIME_ZONE

CALENDAR = ChineseCalendar()
OFFICE = OfficeHours(CALENDAR)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=TIME_ZONE)


@pytest.mark.parametrize(
    ("day", "working", "holiday"),
    [
        ("2026-11-25", True, None),
        ("2026-11-28", False, None),
        ("2026-10-01", False, "国庆节"),
        ("2026-02-17", False, "春节"),
        ("2026-02-14", True, None),  # a Saturday worked in exchange for the Spring Festival
        ("2026-10-10", True, None),  # likewise for the National Day
    ],
)
def test_the_announced_arrangement_counts(day, working, holiday):
    assert CALENDAR.is_working_day(date.fromisoformat(day)) is working
    assert CALENDAR.holiday_name(date.fromisoformat(day)) == holiday


@pytest.mark.parametrize(
    ("day", "holiday"),
    [
        ("2035-01-01", "元旦"),
        ("2035-10-03", "国庆节"),
        ("2035-02-08", "春节"),
        ("2035-02-07", "春节"),
        ("2035-04-05", "清明节"),
    ],
)
def test_a_year_not_announced_yet_keeps_the_statutory_days(day, holiday):
    assert not CALENDAR.announced(2035)
    assert CALENDAR.holiday_name(date.fromisoformat(day)) == holiday
    assert not CALENDAR.is_working_day(date.fromisoformat(day))


def test_an_ordinary_weekday_of_such_a_year_is_worked():
    assert CALENDAR.is_working_day(date(2035, 3, 7))


@pytest.mark.parametrize(
    ("moment", "is_open", "opens"),
    [
        ("2026-11-25T10:00", True, "2026-11-26T08:30"),
        ("2026-11-25T08:29", False, "2026-11-25T08:30"),
        ("2026-11-25T17:30", False, "2026-11-26T08:30"),
        ("2026-11-27T18:00", False, "2026-11-30T08:30"),
        ("2026-09-30T18:00", False, "2026-10-08T08:30"),
    ],
)
def test_office_hours(moment, is_open, opens):
    assert OFFICE.is_open(at(moment)) is is_open
    assert OFFICE.next_opening(at(moment)) == at(opens)


def test_office_hours_are_shanghais_wherever_the_clock_is():
    assert OFFICE.is_open(datetime.fromisoformat("2026-11-25T02:00:00+00:00"))
