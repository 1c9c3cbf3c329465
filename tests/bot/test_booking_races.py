"""Visits booked, moved and cancelled at the same moment, by threads and by processes: the database keeps count."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest

from bot.appointments import AlreadyBooked, AppointmentBook, NoSuchAppointment, SlotFull
from bot.calendar import ChineseCalendar
from bot.messages import Channel, Utterance
from bot.privacy import Vault
from bot.settings import TIME_ZONE
from bot.store.conversations import Conversations
from bot.store.database import Database
from bot.store.models import Appointment, AppointmentSlot, ServicePoint
from tests.bot.racing import in_processes, together

NINE = datetime(2026, 11, 26, 9, 0, tzinfo=TIME_ZONE)
TEN = NINE + timedelta(hours=1)


def hall(database, capacity):
    with database.begin() as session:
        point = session.query(ServicePoint).filter_by(code="jinan").one()
        point.capacity = capacity
        return point.id


def citizens(database, vault, now, count):
    with database.begin() as session:
        conversations = Conversations(session, vault)
        said = (Utterance(Channel.WECHAT, f"o{n}", "你好", f"m{n}", now) for n in range(count))
        return [conversations.receive(s, timedelta(hours=1))[0].citizen_id for s in said]


def book(database, vault, citizen, point, start, now):
    with database.begin() as session:
        visits = AppointmentBook(session, vault, ChineseCalendar())
        return visits.book(citizen, point, start, "hall", "报销", "张秀英", "13812345678", now).id


def book_in_a_process(url, data_key, citizen, point, start, now):
    vault = Vault(data_key, "index key of the tests")
    database = Database(url, vault)
    try:
        return book(database, vault, citizen, point, start, now)
    finally:
        database.close()


def reschedule(database, vault, visit, start, now):
    with database.begin() as session:
        AppointmentBook(session, vault, ChineseCalendar()).reschedule(visit, start, now)
    return "moved"


def cancel(database, vault, visit, now):
    with database.begin() as session:
        AppointmentBook(session, vault, ChineseCalendar()).cancel(visit, now)
    return "cancelled"


def booked(database):
    """What the slots count, and what the standing visits are, by local start."""
    with database.begin() as session:
        slots = session.query(AppointmentSlot).all()
        counted = {s.starts_at.astimezone(TIME_ZONE): s.booked for s in slots if s.booked}
        visits = session.query(Appointment).filter_by(status="booked").all()
        return counted, dict(Counter(v.slot.starts_at.astimezone(TIME_ZONE) for v in visits))


def outcomes(results):
    return Counter(type(r).__name__ if isinstance(r, Exception) else r for r in results)


def test_two_processes_race_for_the_last_place(database, database_url, data_key, vault, now):
    point, (one, two) = hall(database, 1), citizens(database, vault, now, 2)
    given = [(database_url, data_key, citizen, point, NINE, now) for citizen in (one, two)]
    results = in_processes(book_in_a_process, given)
    assert sorted(type(r).__name__ for r in results) == ["int", "str"]
    assert "SlotFull" in results
    assert booked(database) == ({NINE: 1}, {NINE: 1})


def test_two_who_move_to_the_same_last_place(database, vault, now):
    point, people = hall(database, 1), citizens(database, vault, now, 4)
    starts = [NINE + timedelta(minutes=30 * n) for n in range(4)]
    visits = [book(database, vault, c, point, s, now) for c, s in zip(people, starts, strict=True)]
    target = NINE + timedelta(hours=2, minutes=30)
    results = together([lambda v=v: reschedule(database, vault, v, target, now) for v in visits])
    assert outcomes(results) == {"moved": 1, "SlotFull": 3}
    counted, standing = booked(database)
    assert counted == standing
    assert counted[target] == 1
    assert len(counted) == 4


def test_visits_that_change_places_all_the_time_never_deadlock(database, vault, now):
    point, people = hall(database, 20), citizens(database, vault, now, 4)
    visits = [book(database, vault, c, point, s, now) for c, s in zip(people, (NINE, TEN) * 2, strict=True)]

    def to_and_fro(visit, starts):
        for start in starts * 6:
            reschedule(database, vault, visit, start, now)

    ways = [(TEN, NINE), (NINE, TEN)] * 2
    results = together([lambda v=v, w=w: to_and_fro(v, w) for v, w in zip(visits, ways, strict=True)])
    assert results == [None] * 4
    assert booked(database) == ({NINE: 2, TEN: 2}, {NINE: 2, TEN: 2})


def test_a_visit_cancelled_and_moved_at_once_is_counted_once(database, vault, now):
    point = hall(database, 5)
    for citizen in citizens(database, vault, now, 6):
        visit = book(database, vault, citizen, point, NINE, now)
        jobs = [
            lambda v=visit: cancel(database, vault, v, now),
            lambda v=visit: reschedule(database, vault, v, TEN, now),
            lambda v=visit: cancel(database, vault, v, now),
        ]
        results = outcomes(together(jobs))
        assert results["cancelled"] == 1
        assert results["moved"] + results[NoSuchAppointment.__name__] == 2
    assert booked(database) == ({}, {})


def test_the_same_citizen_at_once_gets_one_visit(database, vault, now):
    point, (citizen,) = hall(database, 20), citizens(database, vault, now, 1)
    results = together([lambda: book(database, vault, citizen, point, NINE, now)] * 5)
    assert sum(isinstance(r, AlreadyBooked) for r in results) == 4
    assert booked(database) == ({NINE: 1}, {NINE: 1})


def test_a_refusal_caught_inside_the_unit_of_work_leaves_no_trace(database, vault, now):
    point, (one, two) = hall(database, 1), citizens(database, vault, now, 2)
    book(database, vault, one, point, NINE, now)
    visit = book(database, vault, two, point, TEN, now)
    with database.begin() as session:
        visits = AppointmentBook(session, vault, ChineseCalendar())
        with pytest.raises(SlotFull):
            visits.reschedule(visit, NINE, now)
        with pytest.raises(AlreadyBooked):  # not "full": the place is the citizen's own
            visits.book(one, point, NINE, "hall", "报销", "张秀英", "13812345678", now)
    assert booked(database) == ({NINE: 1, TEN: 1}, {NINE: 1, TEN: 1})


def test_moving_a_visit_to_where_it_is_changes_nothing(database, vault, now):
    point, (citizen,) = hall(database, 1), citizens(database, vault, now, 1)
    visit = book(database, vault, citizen, point, NINE, now)
    assert reschedule(database, vault, visit, NINE, now) == "moved"
    assert booked(database) == ({NINE: 1}, {NINE: 1})
