"""When agents are there, as the operator says it."""

from __future__ import annotations

from datetime import datetime, time

import pytest

from bot.calendar import ChineseCalendar, OfficeHours
from bot.settings import TIME_ZONE, BadSetting, load_settings

CALENDAR = ChineseCalendar()
EARLY_AND_LATE = OfficeHours(CALENDAR, time(7, 0), time(20, 15))
ALWAYS = OfficeHours(CALENDAR, time(0, 0), time.max, every_day=True)
SUNDAY_MIDNIGHT = datetime(2026, 11, 29, 23, 59, 59, tzinfo=TIME_ZONE)


def test_hours_are_said_as_they_are_kept():
    assert OfficeHours(CALENDAR).in_words() == "工作日8点半到17点半"
    assert EARLY_AND_LATE.in_words() == "工作日7点到20点15分"
    assert ALWAYS.in_words() == "每天0点到24点"


def test_a_hotline_that_never_sleeps():
    assert ALWAYS.is_open(SUNDAY_MIDNIGHT)
    assert not EARLY_AND_LATE.is_open(SUNDAY_MIDNIGHT)
    assert EARLY_AND_LATE.next_opening(SUNDAY_MIDNIGHT) == datetime(2026, 11, 30, 7, tzinfo=TIME_ZONE)


def test_hours_come_from_the_environment(tmp_path):
    given = {"AGENT_OPENS": "07:00", "AGENT_CLOSES": "24:00", "AGENT_DAYS": "all"}
    settings = load_settings({"YINLING_STATE": str(tmp_path), **given})
    assert (settings.agent_opens, settings.agent_closes, settings.agent_days) == (time(7), time.max, "all")
    usual = load_settings({"YINLING_STATE": str(tmp_path)})
    assert (usual.agent_opens, usual.agent_closes, usual.agent_days) == (time(8, 30), time(17, 30), "working")


@pytest.mark.parametrize(("name", "text"), [("AGENT_OPENS", "half past 8"), ("AGENT_DAYS", "sundays")])
def test_a_setting_that_makes_no_sense_is_named(tmp_path, name, text):
    with pytest.raises(BadSetting, match=name):
        load_settings({"YINLING_STATE": str(tmp_path), name: text})
