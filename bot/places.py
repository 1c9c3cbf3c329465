"""The places of appointment slots: taken and given back by conditional UPDATEs, so that the database counts them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, case, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.store.models import AppointmentSlot, ServicePoint

BOOKABLE = ("free", "busy")  # the others were closed by hand: busy-tentative, busy-unavailable


class Places:
    """The verbs of one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def slot_id(self, point: ServicePoint, starts_at: datetime) -> int:
        """The slot of a start, made at its first use."""
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

    def take(self, slot_id: int) -> bool:
        """One place; False where none is left or the slot is closed."""
        change = (
            update(AppointmentSlot)
            .where(
                AppointmentSlot.id == slot_id,
                AppointmentSlot.status.in_(BOOKABLE),
                AppointmentSlot.booked < AppointmentSlot.capacity,
            )
            .values(booked=AppointmentSlot.booked + 1, status=_status(AppointmentSlot.booked + 1))
        )
        result: CursorResult[Any] = self._session.execute(change)  # type: ignore[assignment]
        return result.rowcount == 1

    def give_back(self, slot_id: int) -> None:
        """One place is free again."""
        change = (
            update(AppointmentSlot)
            .where(AppointmentSlot.id == slot_id, AppointmentSlot.booked > 0)
            .values(booked=AppointmentSlot.booked - 1, status=_status(AppointmentSlot.booked - 1))
        )
        self._session.execute(change)

    def lock(self, *slot_ids: int) -> None:
        """Lock slots in one order for all, so that two visits that change places never wait for each other."""
        query = select(AppointmentSlot.id).where(AppointmentSlot.id.in_(slot_ids))
        self._session.execute(query.order_by(AppointmentSlot.id).with_for_update(key_share=True)).all()

    def resize(self, point: ServicePoint) -> None:
        """Slots follow the service point's capacity; a place that is booked stays."""
        capacity = case(
            (AppointmentSlot.booked > point.capacity, AppointmentSlot.booked), else_=point.capacity
        )
        change = (
            update(AppointmentSlot)
            .where(AppointmentSlot.service_point_id == point.id)
            .values(capacity=capacity, status=_status(AppointmentSlot.booked, capacity))
        )
        self._session.execute(change)


def _status(booked: Any, capacity: Any = AppointmentSlot.capacity) -> Any:
    """Free or busy by the number of places; a slot closed by hand stays closed."""
    counted = case((booked >= capacity, "busy"), else_="free")
    return case((AppointmentSlot.status.in_(BOOKABLE), counted), else_=AppointmentSlot.status)
