"""Visits to a service point: free times, booking, moving, cancelling. The database keeps a slot within its capacity."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import CursorResult, case, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, contains_eager

from bot.ports import Calendar, YinlingError
from bot.privacy import Vault
from bot.settings import TIME_ZONE
from bot.store.models import Appointment, AppointmentSlot, ServicePoint

SERVICE_POINTS_FILE = Path(__file__).resolve().parent / "config" / "service_points.yaml"
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_REFERENCE_TRIES = 20


class SlotFull(YinlingError):
    """Somebody else took the last place."""

    code = "appointment.full"
    spoken = "这个时间刚刚被约满了。请您换一个时间。"


class SlotClosed(YinlingError):
    """The service point is not open at that time."""

    code = "appointment.closed"
    spoken = "这个时间大厅不上班。请您换一个时间。"


class AlreadyBooked(YinlingError):
    """The citizen has a visit at that very time."""

    code = "appointment.already_booked"
    spoken = "这个时间您已经约过了，不用再约。"


class NoSuchAppointment(YinlingError):
    """The visit does not exist or does not stand any more."""

    code = "appointment.unknown"
    spoken = "我没有查到这个预约。"


@dataclass(frozen=True, slots=True)
class FreeTime:
    """A start in local time with so many places left."""

    starts_at: datetime
    free: int


class AppointmentBook:
    """The verbs of one unit of work."""

    def __init__(self, session: Session, vault: Vault, calendar: Calendar) -> None:
        self._session, self._vault, self._calendar = session, vault, calendar

    def service_points(self, region: str | None) -> list[ServicePoint]:
        """The service points of a region, else of its city, else of its province; all where region is None."""
        if region is None:
            return list(self._session.scalars(select(ServicePoint).order_by(ServicePoint.id)))
        for code in dict.fromkeys((region, region[:4] + "00", region[:2] + "0000")):
            query = select(ServicePoint).filter_by(region=code).order_by(ServicePoint.id)
            found = list(self._session.scalars(query))
            if found:
                return found
        return []

    def free_times(self, service_point_id: int, day: date, now: datetime) -> list[FreeTime]:
        """The starts of a day that can still be booked; empty on a closed day."""
        if self.closed_reason(service_point_id, day, now) is not None:
            return []
        point = self._point(service_point_id)
        booked = self._booked_on(service_point_id, day)
        free = []
        for starts_at in _starts(point, day):
            capacity, taken = booked.get(starts_at, (point.capacity, 0))
            if starts_at > now and taken < capacity:
                free.append(FreeTime(starts_at, capacity - taken))
        return free

    def next_free(
        self,
        service_point_id: int,
        after: datetime,
        now: datetime,
        limit: int = 3,
        day_part: str | None = None,
    ) -> list[FreeTime]:
        """The first free starts after a moment; ``day_part`` is morning | afternoon | None."""
        found: list[FreeTime] = []
        day = after.astimezone(TIME_ZONE).date()
        for offset in range(self._point(service_point_id).days_ahead + 1):
            for free in self.free_times(service_point_id, day + timedelta(days=offset), now):
                fits = day_part is None or (day_part == "morning") == (free.starts_at.hour < 12)
                if free.starts_at > after and fits:
                    found.append(free)
            if len(found) >= limit:
                break
        return found[:limit]

    def closed_reason(self, service_point_id: int, day: date, now: datetime) -> str | None:
        """Why nothing can be booked on a day: past | too_far | holiday | weekend | outside_hours; None if open."""
        point = self._point(service_point_id)
        today = now.astimezone(TIME_ZONE).date()
        if day < today:
            return "past"
        if day > today + timedelta(days=point.days_ahead):
            return "too_far"
        if not self._calendar.is_working_day(day):
            return "weekend" if day.weekday() >= 5 and not self._calendar.holiday_name(day) else "holiday"
        return None if _spans(point, day) else "outside_hours"

    def book(
        self,
        citizen_id: int,
        service_point_id: int,
        starts_at: datetime,
        kind: str,
        matter: str,
        name: str,
        phone: str,
        now: datetime,
    ) -> Appointment:
        """Book a visit; ``kind`` is hall | home | video. Raises SlotFull, SlotClosed, AlreadyBooked."""
        slot_id = self._take_place(service_point_id, starts_at, now)
        appointment = Appointment(
            citizen_id=citizen_id,
            slot_id=slot_id,
            standing_of=citizen_id,
            kind=kind,
            matter=matter,
            name=name,
            phone=phone,
            created_at=now,
            changed_at=now,
        )
        return self._insert(appointment)

    def reschedule(self, appointment_id: int, starts_at: datetime, now: datetime) -> Appointment:
        """Move a visit; its old place is free again. Raises SlotFull, SlotClosed, AlreadyBooked, NoSuchAppointment."""
        appointment = self._standing(appointment_id)
        old = appointment.slot_id
        slot_id = self._take_place(appointment.slot.service_point_id, starts_at, now)
        if slot_id == old:
            self._free_place(slot_id)
            return appointment
        change = (
            update(Appointment)
            .where(
                Appointment.id == appointment_id, Appointment.status == "booked", Appointment.slot_id == old
            )
            .values(slot_id=slot_id, changed_at=now)
        )
        try:
            with self._session.begin_nested():
                moved = _changed(self._session.execute(change))
        except IntegrityError:
            raise AlreadyBooked from None
        if not moved:
            raise NoSuchAppointment
        self._free_place(old)
        self._session.refresh(appointment)
        return appointment

    def cancel(self, appointment_id: int, now: datetime) -> Appointment:
        """Cancel a visit and free its place. Raises NoSuchAppointment."""
        return self._end(appointment_id, "cancelled", now, frees=True)

    def fulfil(self, appointment_id: int, now: datetime) -> Appointment:
        """The citizen came. Raises NoSuchAppointment."""
        return self._end(appointment_id, "fulfilled", now, frees=False)

    def no_show(self, appointment_id: int, now: datetime) -> Appointment:
        """The citizen did not come. Raises NoSuchAppointment."""
        return self._end(appointment_id, "noshow", now, frees=False)

    def upcoming(self, citizen_id: int, now: datetime) -> list[Appointment]:
        """A citizen's standing visits from today on, soonest first."""
        midnight = datetime.combine(now.astimezone(TIME_ZONE).date(), time(0), tzinfo=TIME_ZONE)
        query = (
            select(Appointment)
            .join(Appointment.slot)
            .options(contains_eager(Appointment.slot).joinedload(AppointmentSlot.service_point))
            .where(
                Appointment.citizen_id == citizen_id,
                Appointment.status == "booked",
                AppointmentSlot.starts_at >= midnight,
            )
            .order_by(AppointmentSlot.starts_at)
        )
        return list(self._session.scalars(query))

    def on_day(self, service_point_id: int, day: date) -> list[Appointment]:
        """All visits of a day at a service point, by time, cancelled ones included."""
        query = (
            select(Appointment)
            .join(Appointment.slot)
            .options(contains_eager(Appointment.slot))
            .where(AppointmentSlot.service_point_id == service_point_id, *_within(day))
            .order_by(AppointmentSlot.starts_at, Appointment.id)
        )
        return list(self._session.scalars(query))

    def _point(self, service_point_id: int) -> ServicePoint:
        return self._session.get_one(ServicePoint, service_point_id)

    def _booked_on(self, service_point_id: int, day: date) -> Mapping[datetime, tuple[int, int]]:
        query = select(AppointmentSlot).where(
            AppointmentSlot.service_point_id == service_point_id, *_within(day)
        )
        taken: dict[datetime, tuple[int, int]] = defaultdict(lambda: (0, 0))
        for slot in self._session.scalars(query):
            capacity = slot.capacity if slot.status in ("free", "busy") else 0
            taken[slot.starts_at.astimezone(TIME_ZONE)] = (capacity, slot.booked)
        return taken

    def _take_place(self, service_point_id: int, starts_at: datetime, now: datetime) -> int:
        """One place of a slot, by one conditional UPDATE; returns the slot's id."""
        local = starts_at.astimezone(TIME_ZONE)
        point = self._point(service_point_id)
        closed = self.closed_reason(service_point_id, local.date(), now)
        if closed or local <= now or local not in set(_starts(point, local.date())):
            raise SlotClosed
        slot_id = self._slot_id(point, local)
        change = (
            update(AppointmentSlot)
            .where(
                AppointmentSlot.id == slot_id,
                AppointmentSlot.status == "free",
                AppointmentSlot.booked < AppointmentSlot.capacity,
            )
            .values(
                booked=AppointmentSlot.booked + 1,
                status=case((AppointmentSlot.booked + 1 >= AppointmentSlot.capacity, "busy"), else_="free"),
            )
        )
        if not _changed(self._session.execute(change)):
            raise SlotFull
        return slot_id

    def _slot_id(self, point: ServicePoint, starts_at: datetime) -> int:
        query = select(AppointmentSlot.id).filter_by(service_point_id=point.id, starts_at=starts_at)
        known = self._session.scalar(query)
        if known is not None:
            return known
        slot = AppointmentSlot(service_point_id=point.id, starts_at=starts_at, capacity=point.capacity)
        try:
            with self._session.begin_nested():
                self._session.add(slot)
                self._session.flush()
        except IntegrityError:  # another booking made it first
            return self._session.scalars(query).one()
        return slot.id

    def _free_place(self, slot_id: int) -> None:
        change = (
            update(AppointmentSlot)
            .where(AppointmentSlot.id == slot_id, AppointmentSlot.booked > 0)
            .values(
                booked=AppointmentSlot.booked - 1,
                status=case((AppointmentSlot.status == "busy", "free"), else_=AppointmentSlot.status),
            )
        )
        self._session.execute(change)

    def _insert(self, appointment: Appointment) -> Appointment:
        """Insert with a reference that nobody has; six digits can be said on the telephone."""
        taken = select(Appointment.id).filter_by(
            slot_id=appointment.slot_id, standing_of=appointment.citizen_id
        )
        for _ in range(_REFERENCE_TRIES):
            appointment.reference = f"{secrets.randbelow(900_000) + 100_000}"
            try:
                with self._session.begin_nested():
                    self._session.add(appointment)
                    self._session.flush()
            except IntegrityError:
                if self._session.scalar(taken) is not None:
                    raise AlreadyBooked from None
                continue
            return appointment
        raise SlotFull("no free reference was found")

    def _standing(self, appointment_id: int) -> Appointment:
        appointment = self._session.get(Appointment, appointment_id)
        if appointment is None or appointment.status != "booked":
            raise NoSuchAppointment
        return appointment

    def _end(self, appointment_id: int, status: str, now: datetime, *, frees: bool) -> Appointment:
        appointment = self._standing(appointment_id)
        change = (
            update(Appointment)
            .where(Appointment.id == appointment_id, Appointment.status == "booked")
            .values(status=status, standing_of=None, changed_at=now)
        )
        if not _changed(self._session.execute(change)):
            raise NoSuchAppointment
        if frees:
            self._free_place(appointment.slot_id)
        self._session.refresh(appointment)
        return appointment


def seed_service_points(session: Session, file: Path = SERVICE_POINTS_FILE) -> None:
    """Bring the service points of the configuration file into the database; the same again changes nothing."""
    config: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    for row in config["service_points"]:
        values = {**config["defaults"], **row}
        point = session.scalar(select(ServicePoint).filter_by(code=row["code"]))
        if point is None:
            session.add(ServicePoint(**values))
            continue
        for name, value in values.items():
            setattr(point, name, value)


def _spans(point: ServicePoint, day: date) -> list[list[str]]:
    # A make-up working day on a weekend keeps Monday's hours.
    return point.opening_hours.get(_WEEKDAYS[day.weekday()]) or (
        point.opening_hours.get("mon", []) if day.weekday() >= 5 else []
    )


def _starts(point: ServicePoint, day: date) -> Iterator[datetime]:
    for opens, closes in _spans(point, day):
        start = datetime.combine(day, time.fromisoformat(opens), tzinfo=TIME_ZONE)
        end = datetime.combine(day, time.fromisoformat(closes), tzinfo=TIME_ZONE)
        while start < end:
            yield start
            start += timedelta(minutes=point.slot_minutes)


def _within(day: date) -> tuple[Any, Any]:
    start = datetime.combine(day, time(0), tzinfo=TIME_ZONE)
    return AppointmentSlot.starts_at >= start, AppointmentSlot.starts_at < start + timedelta(days=1)


def _changed(result: Any) -> bool:
    rows: CursorResult[Any] = result
    return rows.rowcount == 1
