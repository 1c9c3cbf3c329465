"""Visits to a service point: free times, booking, moving, cancelling. The database keeps a slot within its capacity."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, contains_eager

from bot.places import BOOKABLE, Places
from bot.ports import Calendar, YinlingError
from bot.privacy import Vault
from bot.service_points import seed_service_points
from bot.settings import TIME_ZONE
from bot.store.models import Appointment, AppointmentSlot, ServicePoint
from bot.timetable import Timetable

__all__ = [
    "AlreadyBooked",
    "AppointmentBook",
    "FreeTime",
    "NoSuchAppointment",
    "SlotClosed",
    "SlotFull",
    "seed_service_points",
]

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
        self._places = Places(session)

    def service_points(self, region: str | None) -> list[ServicePoint]:
        """Where one can book in a region, else in its city, else in its province.

        All service points where region is None, those included that take no more bookings.
        """
        if region is None:
            return list(self._session.scalars(select(ServicePoint).order_by(ServicePoint.id)))
        for code in dict.fromkeys((region, region[:4] + "00", region[:2] + "0000")):
            query = select(ServicePoint).filter_by(region=code, offered=True).order_by(ServicePoint.id)
            found = list(self._session.scalars(query))
            if found:
                return found
        return []

    def free_times(self, service_point_id: int, day: date, now: datetime) -> list[FreeTime]:
        """The starts of a day that can still be booked; empty on a closed day."""
        point, timetable = self._point(service_point_id)
        if timetable.closed_reason(day, now) is not None:
            return []
        places = self._free_places(service_point_id, day)
        starts = ((start, places.get(start, point.capacity)) for start in timetable.starts(day))
        return [FreeTime(start, free) for start, free in starts if start > now and free > 0]

    def next_free(
        self,
        service_point_id: int,
        after: datetime,
        now: datetime,
        limit: int = 3,
        day_part: str | None = None,
    ) -> list[FreeTime]:
        """The first free starts after a moment; ``day_part`` is morning (before noon) | afternoon | None."""
        found: list[FreeTime] = []
        day = after.astimezone(TIME_ZONE).date()
        for offset in range(self._point(service_point_id)[0].days_ahead + 1):
            for free in self.free_times(service_point_id, day + timedelta(days=offset), now):
                fits = day_part is None or (day_part == "morning") == (free.starts_at.hour < 12)
                if free.starts_at > after and fits:
                    found.append(free)
            if len(found) >= limit:
                break
        return found[:limit]

    def closed_reason(self, service_point_id: int, day: date, now: datetime) -> str | None:
        """Why nothing can be booked on a day: past | too_far | holiday | weekend | outside_hours; None if open."""
        return self._point(service_point_id)[1].closed_reason(day, now)

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
        """Book a visit; ``kind`` is hall | home | video. Raises SlotFull, SlotClosed, AlreadyBooked.

        A refusal leaves the unit of work as it was.
        """
        slot_id = self._open_slot(service_point_id, starts_at, now)
        with self._session.begin_nested():
            self._places.lock(slot_id)
            if self._standing_at(slot_id, citizen_id):
                raise AlreadyBooked
            if not self._places.take(slot_id):
                raise SlotFull
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
        """Move a visit; its old place is free again. Raises SlotFull, SlotClosed, AlreadyBooked, NoSuchAppointment.

        A refusal leaves the unit of work as it was.
        """
        appointment = self._standing(appointment_id)
        slot_id = self._open_slot(appointment.slot.service_point_id, starts_at, now)
        old = appointment.slot_id
        if slot_id == old:
            return appointment
        with self._session.begin_nested():
            self._places.lock(old, slot_id)
            if self._standing_at(slot_id, appointment.citizen_id):
                raise AlreadyBooked
            if not self._places.take(slot_id):
                raise SlotFull
            self._places.give_back(old)
            appointment.slot_id, appointment.changed_at = slot_id, now
            self._session.flush()
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

    def _point(self, service_point_id: int) -> tuple[ServicePoint, Timetable]:
        point = self._session.get_one(ServicePoint, service_point_id)
        return point, Timetable(point, self._calendar)

    def _free_places(self, service_point_id: int, day: date) -> dict[datetime, int]:
        """The places left at the starts that have a slot already; the others have the whole capacity."""
        columns = (
            AppointmentSlot.starts_at,
            AppointmentSlot.status,
            AppointmentSlot.capacity,
            AppointmentSlot.booked,
        )
        query = select(*columns).where(AppointmentSlot.service_point_id == service_point_id, *_within(day))
        return {
            starts_at: capacity - booked if status in BOOKABLE else 0
            for starts_at, status, capacity, booked in self._session.execute(query)
        }

    def _open_slot(self, service_point_id: int, starts_at: datetime, now: datetime) -> int:
        """The slot of a start at which the service point is open. Raises SlotClosed."""
        local = starts_at.astimezone(TIME_ZONE)
        point, timetable = self._point(service_point_id)
        closed = timetable.closed_reason(local.date(), now)
        if closed or local <= now or local not in set(timetable.starts(local.date())):
            raise SlotClosed
        return self._places.slot_id(point, local)

    def _standing_at(self, slot_id: int, citizen_id: int) -> bool:
        query = select(Appointment.id).filter_by(slot_id=slot_id, standing_of=citizen_id)
        return self._session.scalar(query) is not None

    def _insert(self, appointment: Appointment) -> Appointment:
        """Insert with a reference that nobody has; six digits can be said on the telephone."""
        for _ in range(_REFERENCE_TRIES):
            appointment.reference = f"{secrets.randbelow(900_000) + 100_000}"
            try:
                with self._session.begin_nested():
                    self._session.add(appointment)
                    self._session.flush()
            except IntegrityError:
                continue
            return appointment
        raise SlotFull("no free reference was found")

    def _standing(self, appointment_id: int) -> Appointment:
        """A standing visit, locked. It is locked before its slots, everywhere: no deadlock."""
        query = select(Appointment).filter_by(id=appointment_id, status="booked")
        locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
        appointment = self._session.scalar(locked)
        if appointment is None:
            raise NoSuchAppointment
        return appointment

    def _end(self, appointment_id: int, status: str, now: datetime, *, frees: bool) -> Appointment:
        appointment = self._standing(appointment_id)
        appointment.status, appointment.standing_of, appointment.changed_at = status, None, now
        self._session.flush()
        if frees:
            self._places.give_back(appointment.slot_id)
        return appointment


def _within(day: date) -> tuple[Any, Any]:
    start = datetime.combine(day, time(0), tzinfo=TIME_ZONE)
    return AppointmentSlot.starts_at >= start, AppointmentSlot.starts_at < start + timedelta(days=1)
