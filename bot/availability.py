"""A snapshot of one service point's free times, taken before deciding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from bot.appointments import AppointmentBook
from bot.calendar import ChineseCalendar
from bot.decision import Availability
from bot.store.models import ServicePoint

_WEEK = {"mon": "一", "tue": "二", "wed": "三", "thu": "四", "fri": "五", "sat": "六", "sun": "日"}


def snapshot(
    book: AppointmentBook, point: ServicePoint, calendar: ChineseCalendar, now: datetime
) -> Availability:
    """Free times of every day that can be booked from today on, and why the others are closed."""
    days: dict[date, tuple[datetime, ...]] = {}
    closed: dict[date, str] = {}
    holidays: dict[date, str] = {}
    for offset in range(point.days_ahead + 1):
        day = now.date() + timedelta(days=offset)
        reason = book.closed_reason(point.id, day, now)
        if reason is not None:
            closed[day] = reason
            name = calendar.holiday_name(day)
            if name:
                holidays[day] = name
            continue
        free = tuple(time.starts_at for time in book.free_times(point.id, day, now) if time.free > 0)
        if free:
            days[day] = free
        else:
            closed[day] = "past" if day == now.date() else "full"
    return Availability(
        service_point_id=point.id,
        name=point.name,
        address=point.address,
        region=point.region,
        hours=describe_hours(point.opening_hours),
        days=days,
        closed=closed,
        holidays=holidays,
    )


def describe_hours(hours: Mapping[str, Sequence[Sequence[str]]]) -> str:
    """周一到周五9:00到12:00、13:30到17:00; days with other hours are listed one after the other."""
    groups: list[tuple[list[str], Sequence[Sequence[str]]]] = []
    for day in _WEEK:
        spans = hours.get(day) or []
        if groups and list(groups[-1][1]) == list(spans):
            groups[-1][0].append(day)
        else:
            groups.append(([day], spans))
    parts = []
    for names, spans in groups:
        if not spans:
            continue
        first, last = _WEEK[names[0]], _WEEK[names[-1]]
        when = f"周{first}" if first == last else f"周{first}到周{last}"
        parts.append(when + "、".join(f"{a.lstrip('0')}到{b.lstrip('0')}" for a, b in spans))
    return ",".join(parts)
