"""Booked visits as the desk shows them: masked until somebody asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.privacy import mask_name, mask_phone, mask_text
from bot.store.models import Appointment


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit; ``started`` tells that its time has come."""

    id: int
    reference: str
    starts_at: datetime
    point_id: int
    point_name: str
    name: str
    phone: str
    matter: str
    kind: str
    status: str
    started: bool


def shown_visit(visit: Appointment, now: datetime) -> Visit:
    """A visit ready to be shown; its slot and service point must still be readable."""
    return Visit(
        id=visit.id,
        reference=visit.reference,
        starts_at=visit.slot.starts_at,
        point_id=visit.slot.service_point_id,
        point_name=visit.slot.service_point.name,
        name=mask_name(visit.name),
        phone=mask_phone(visit.phone),
        matter=mask_text(visit.matter),
        kind=visit.kind,
        status=visit.status,
        started=visit.slot.starts_at <= now,
    )
