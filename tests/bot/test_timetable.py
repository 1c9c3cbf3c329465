"""Which days and times can be booked: holidays, make-up days, hours, and the operator's file."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import yaml

from bot.appointments import AppointmentBook, SlotClosed, SlotFull
from bot.calendar import ChineseCalendar
from bot.messages import Channel, Utterance
from bot.service_points import SERVICE_POINTS_FILE, ServicePointsInvalid, seed_service_points
from bot.settings import TIME_ZONE
from bot.store.conversations import Conversations
from bot.store.models import AppointmentSlot, ServicePoint

THURSDAY = date(2026, 11, 26)
NINE = datetime(2026, 11, 26, 9, 0, tzinfo=TIME_ZONE)


@pytest.fixture
def file(tmp_path):
    """A file of service points that a test may change: ``file(jinan={"capacity": 3})``, None drops the point."""

    def write(**changes):
        config = yaml.safe_load(SERVICE_POINTS_FILE.read_text(encoding="utf-8"))
        points = config["service_points"]
        for code, change in changes.items():
            point = next(p for p in points if p["code"] == code)
            points.remove(point)
            if change is not None:
                points.append(point | change)
        path = tmp_path / "service_points.yaml"
        path.write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
        return path

    return write


def with_book(database, vault, do):
    with database.begin() as session:
        point = session.query(ServicePoint).filter_by(code="jinan").one()
        return do(AppointmentBook(session, vault, ChineseCalendar()), point.id)


def seed(database, file):
    with database.begin() as session:
        seed_service_points(session, file)


def citizen(database, vault, now, user):
    with database.begin() as session:
        said = Utterance(Channel.WECHAT, user, "你好", user, now)
        return Conversations(session, vault).receive(said, timedelta(hours=1))[0].citizen_id


def book(database, vault, user, start, now):
    who = citizen(database, vault, now, user)
    return with_book(
        database,
        vault,
        lambda book, point: book.book(who, point, start, "hall", "报销", "张秀英", "13812345678", now).id,
    )


@pytest.mark.parametrize(
    ("today", "day", "reason"),
    [
        ("2026-11-25", "2026-11-26", None),
        ("2026-11-25", "2026-11-25", None),
        ("2026-11-25", "2026-11-24", "past"),
        ("2026-11-25", "2026-12-09", None),  # 14 days ahead
        ("2026-11-25", "2026-12-10", "too_far"),
        ("2026-11-25", "2026-11-28", "weekend"),
        ("2026-09-30", "2026-10-01", "holiday"),
        ("2026-09-30", "2026-10-03", "holiday"),  # a Saturday inside the National Day holiday
        ("2026-09-30", "2026-10-10", None),  # a Saturday worked in exchange
        ("2034-12-29", "2035-01-01", "holiday"),  # a year without an announced calendar
        ("2034-12-29", "2035-01-02", None),
    ],
)
def test_why_a_day_is_closed(database, vault, today, day, reason):
    now = datetime.fromisoformat(f"{today}T08:00").replace(tzinfo=TIME_ZONE)
    found = with_book(
        database, vault, lambda book, point: book.closed_reason(point, date.fromisoformat(day), now)
    )
    assert found == reason


def test_the_starts_of_a_day(database, vault, now):
    free = with_book(database, vault, lambda book, point: book.free_times(point, THURSDAY, now))
    clock = [f"{time.starts_at:%H:%M}" for time in free]
    assert (clock[0], clock[5], clock[6], clock[-1], len(clock)) == ("09:00", "11:30", "13:30", "16:30", 13)
    assert {time.free for time in free} == {20}
    assert {str(time.starts_at.tzinfo) for time in free} == {"Asia/Shanghai"}


def test_a_make_up_saturday_has_mondays_hours(database, vault):
    now = datetime(2026, 10, 9, 12, 0, tzinfo=TIME_ZONE)
    free = with_book(database, vault, lambda book, point: book.free_times(point, date(2026, 10, 10), now))
    assert len(free) == 13


def test_times_that_have_passed_today_are_not_free(database, vault, now):
    free = with_book(database, vault, lambda book, point: book.free_times(point, now.date(), now))
    assert f"{free[0].starts_at:%H:%M}" == "10:30"


def test_next_free_goes_on_over_the_weekend_and_keeps_to_the_part_of_day(database, vault):
    friday = datetime(2026, 11, 27, 16, 0, tzinfo=TIME_ZONE)
    free = with_book(database, vault, lambda book, point: book.next_free(point, friday, friday))
    assert [f"{time.starts_at:%d %H:%M}" for time in free] == ["27 16:30", "30 09:00", "30 09:30"]
    free = with_book(
        database, vault, lambda book, point: book.next_free(point, friday, friday, 1, "afternoon")
    )
    assert [f"{time.starts_at:%d %H:%M}" for time in free] == ["27 16:30"]
    free = with_book(database, vault, lambda book, point: book.next_free(point, friday, friday, 1, "morning"))
    assert [f"{time.starts_at:%d %H:%M}" for time in free] == ["30 09:00"]


def test_a_point_of_the_city_else_of_the_province_else_none(database, vault, now):
    def codes(region):
        return with_book(
            database, vault, lambda book, _: [point.code for point in book.service_points(region)]
        )

    assert codes("370102") == codes("370100") == ["jinan"]
    assert codes("371000") == ["shandong"]
    assert codes("110000") == []
    assert len(codes(None)) == 7


def test_the_same_file_again_changes_nothing(database, vault, now, file):
    book(database, vault, "a", NINE, now)
    seed(database, file())
    with database.begin() as session:
        assert session.query(ServicePoint).count() == 7
        slot = session.query(AppointmentSlot).one()
        assert (slot.booked, slot.capacity, slot.status) == (1, 20, "free")


def test_a_larger_hall_has_room_at_once_and_a_smaller_one_keeps_its_promises(database, vault, now, file):
    seed(database, file(jinan={"capacity": 1}))
    book(database, vault, "a", NINE, now)
    with pytest.raises(SlotFull):
        book(database, vault, "b", NINE, now)
    seed(database, file(jinan={"capacity": 3}))
    book(database, vault, "b", NINE, now)
    seed(database, file(jinan={"capacity": 1}))
    with pytest.raises(SlotFull):
        book(database, vault, "c", NINE, now)
    with database.begin() as session:
        slot = session.query(AppointmentSlot).one()
        assert (slot.booked, slot.capacity, slot.status) == (2, 2, "busy")


def test_a_slot_closed_by_hand_takes_nobody(database, vault, now):
    book(database, vault, "a", NINE, now)
    with database.begin() as session:
        session.query(AppointmentSlot).one().status = "busy-unavailable"
    with pytest.raises(SlotFull):
        book(database, vault, "b", NINE, now)
    free = with_book(database, vault, lambda book, point: book.free_times(point, THURSDAY, now))
    assert NINE not in [time.starts_at for time in free]


def test_a_hall_may_open_on_saturdays_but_not_on_holidays(database, vault, now, file):
    seed(database, file(jinan={"opening_hours": {"sat": [["09:00", "10:00"]]}}))
    free = with_book(database, vault, lambda book, point: book.free_times(point, date(2026, 11, 28), now))
    assert len(free) == 2
    assert (
        with_book(database, vault, lambda book, point: book.closed_reason(point, THURSDAY, now))
        == "outside_hours"
    )
    september = datetime(2026, 9, 30, 9, 0, tzinfo=TIME_ZONE)
    assert (
        with_book(
            database, vault, lambda book, point: book.closed_reason(point, date(2026, 10, 3), september)
        )
        == "holiday"
    )


def test_a_point_that_left_the_file_takes_no_more_bookings_and_keeps_its_visits(database, vault, now, file):
    visit = book(database, vault, "a", NINE, now)
    seed(database, file(jinan=None))
    with pytest.raises(SlotClosed):
        book(database, vault, "b", NINE, now)
    with database.begin() as session:
        visits = AppointmentBook(session, vault, ChineseCalendar())
        assert [point.code for point in visits.service_points("370100")] == ["shandong"]
        assert visits.cancel(visit, now).status == "cancelled"
    seed(database, file())
    assert book(database, vault, "b", NINE, now)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"capacity": 0}, "jinan: capacity"),
        ({"opening_hours": {"mon": [["12:00", "09:00"]]}}, "each time must be later"),
        ({"opening_hours": {"mon": [["9 Uhr", "12:00"]]}}, "jinan: opening_hours.mon"),
        ({"opening_hours": {"monday": []}}, "jinan: opening_hours.monday"),
        ({"adress": "x"}, "jinan: adress"),
        ({"code": "jining"}, "twice"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_place(file, change, told):
    with pytest.raises(ServicePointsInvalid, match=told):
        seed_service_points(None, file(jinan=change))


@pytest.mark.parametrize("content", ["", "a: [", "[]", "service_points: 3"])
def test_a_file_that_is_no_list_of_points_is_told(tmp_path, content):
    path = tmp_path / "service_points.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ServicePointsInvalid, match=r"service_points\.yaml"):
        seed_service_points(None, path)
