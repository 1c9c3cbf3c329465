"""A visit to the hall: booked, moved and cancelled in the chat."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from bot.calendar import ChineseCalendar
from bot.settings import TIME_ZONE

NAME, PHONE = "王秀兰", "13806541297"


def working_days(count: int) -> list[date]:
    """The next days on which halls are open, from tomorrow on."""
    calendar, today = ChineseCalendar(), datetime.now(TIME_ZONE).date()
    days = (today + timedelta(days=ahead) for ahead in range(1, 15))
    return [day for day in days if calendar.is_working_day(day)][:count]


def test_booked_moved_cancelled(house, meet, answered_once):
    house.discretion.remember(PHONE)
    first, second = working_days(2)
    widow = meet()
    assert widow.says("我想预约去济南医保大厅办报销").act == "ask_slot"
    assert "名字" in widow.says(f"{first.month}月{first.day}日上午九点").text
    assert "手机" in widow.says(f"我叫{NAME}").text
    read_back = widow.says(PHONE)
    assert read_back.act == "confirm"
    assert NAME in read_back.text
    booked = widow.says("对")
    assert booked.act == "booked"
    (visit,) = house.records.visits(widow.openid)
    assert (visit.status, visit.starts_at) == ("booked", f"{first} 09:00")
    assert visit.reference in booked.text

    assert widow.says("我想改个时间").act == "ask_slot"
    assert widow.says(f"改到{second.month}月{second.day}日下午两点半").act == "confirm"
    assert widow.says("对").act == "rescheduled"
    (moved,) = house.records.visits(widow.openid)
    assert (moved.status, moved.starts_at) == ("booked", f"{second} 14:30")
    assert house.records.taken(visit.slot_id) == 0, "the old place is free again"

    assert visit.reference in widow.says("我约的什么时候").text
    assert widow.says("不去了，取消预约").act == "confirm"
    assert widow.says("对").act == "cancelled"
    (gone,) = house.records.visits(widow.openid)
    assert gone.status == "cancelled"
    assert house.records.taken(moved.slot_id) == 0
    answered_once(widow)
