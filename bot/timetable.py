"""When a service point is open: its days and starts, from its hours and the calendar. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from bot.ports import Calendar
from bot.settings import TIME_ZONE
from bot.store.models import ServicePoint

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Timetable:
    """The days and starts of one service point."""

    def __init__(self, point: ServicePoint, calendar: Calendar) -> None:
        self._point, self._calendar = point, calendar

    def closed_reason(self, day: date, now: datetime) -> str | None:
        """Why nothing can be booked on a day: past | too_far | holiday | weekend | outside_hours; None if open.

        A weekend for which the service point names hours is open; on a make-up working day without hours of its
        own it keeps Monday's.
        """
        today = now.astimezone(TIME_ZONE).date()
        if day < today:
            return "past"
        if day > today + timedelta(days=self._point.days_ahead):
            return "too_far"
        if self.spans(day):
            return None
        if self._calendar.is_working_day(day):
            return "outside_hours"
        return "weekend" if day.weekday() >= 5 and not self._calendar.holiday_name(day) else "holiday"

    def starts(self, day: date) -> Iterator[datetime]:
        """The starts of a day in local time; a visit that would end after closing time is not begun."""
        length = timedelta(minutes=self._point.slot_minutes)
        for opens, closes in self.spans(day):
            start = datetime.combine(day, time.fromisoformat(opens), tzinfo=TIME_ZONE)
            end = datetime.combine(day, time.fromisoformat(closes), tzinfo=TIME_ZONE)
            while start + length <= end:
                yield start
                start += length

    def spans(self, day: date) -> list[list[str]]:
        """The opening hours of a day as pairs of HH:MM; empty when closed."""
        if not self._point.offered:
            return []
        own = self._point.opening_hours.get(WEEKDAYS[day.weekday()], [])
        if self._calendar.is_working_day(day):
            return own or (self._point.opening_hours.get("mon", []) if day.weekday() >= 5 else [])
        return own if day.weekday() >= 5 and self._calendar.holiday_name(day) is None else []
