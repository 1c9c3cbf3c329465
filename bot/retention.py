"""Forgetting: what was said is kept no longer than configured."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.store.models import (
    AgentSession,
    Appointment,
    AppointmentSlot,
    AuditEntry,
    Callback,
    Citizen,
    Conversation,
    Escalation,
    OutboxMessage,
    Rating,
    Turn,
    WorkOrder,
)

AUDIT_DAYS = (
    3 * 365
)  # who looked at what is kept longer than what was looked at (网络安全法 asks for six months at least)


def forget_expired(session: Session, now: datetime, retention_days: int) -> int:
    """Delete conversations, visits, call-backs and work orders that ended before the retention time.

    A citizen of whom nothing is left is forgotten too. Returns how many conversations went.
    """
    before = now - timedelta(days=retention_days)
    old = list(
        session.scalars(
            select(Conversation.id).where(Conversation.last_at < before, Conversation.held_by == "bot")
        )
    )
    session.execute(delete(OutboxMessage).where(OutboxMessage.created_at < before))
    session.execute(delete(AgentSession).where(AgentSession.expires_at < before))
    session.execute(delete(AuditEntry).where(AuditEntry.at < now - timedelta(days=AUDIT_DAYS)))
    past_slots = select(AppointmentSlot.id).where(AppointmentSlot.starts_at < before)
    session.execute(delete(Appointment).where(Appointment.slot_id.in_(past_slots)))
    session.execute(delete(AppointmentSlot).where(AppointmentSlot.starts_at < before))
    for table in (Callback, WorkOrder, Rating):
        session.execute(delete(table).where(table.created_at < before))
    for table in (Callback, WorkOrder):
        session.execute(update(table).where(table.conversation_id.in_(old)).values(conversation_id=None))
    for child in (Rating, Escalation, Turn):
        session.execute(delete(child).where(child.conversation_id.in_(old)))
    session.execute(delete(Conversation).where(Conversation.id.in_(old)))
    _forget_citizens(session, before)
    return len(old)


def _forget_citizens(session: Session, before: datetime) -> None:
    left = [
        select(table.citizen_id)
        for table in (Conversation, Appointment, Callback, WorkOrder, OutboxMessage, Rating)
    ]
    gone = delete(Citizen).where(Citizen.created_at < before, *(Citizen.id.not_in(query) for query in left))
    session.execute(gone)
