"""Forgetting: what was said is kept no longer than configured."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, exists, select, update
from sqlalchemy.orm import Session

from bot.recordings import Recordings
from bot.store.models import (
    AgentSession,
    Appointment,
    AppointmentSlot,
    AuditEntry,
    Call,
    Callback,
    CallEvent,
    Citizen,
    Conversation,
    Escalation,
    OutboxMessage,
    Rating,
    Turn,
    WorkOrder,
)
from bot.store.policy_rows import GapGroup, KnowledgeGap

# Who looked at what is kept longer than what was looked at (网络安全法 asks for six months at least).
AUDIT_DAYS = 3 * 365
_AT_ONCE = 500  # conversations in one statement; databases bound the number of its parameters


def forget_expired(session: Session, now: datetime, retention_days: int) -> int:
    """Delete conversations, visits, call-backs and work orders that ended before the retention time.

    A citizen of whom nothing is left is forgotten too; a conversation that an agent holds stays. Returns how many
    conversations went.
    """
    before = now - timedelta(days=retention_days)
    _forget_rows(session, before, now)
    _forget_gaps(session, now, retention_days)
    old = select(Conversation.id).where(Conversation.last_at < before, Conversation.held_by == "bot")
    gone = 0
    while ids := session.scalars(old.limit(_AT_ONCE)).all():
        _forget_conversations(session, ids)
        gone += len(ids)
    _forget_citizens(session, before)
    return gone


def forget_recordings(session: Session, recordings: Recordings, now: datetime, recording_days: int) -> int:
    """Delete recordings older than they may be kept, and what points to them; returns how many."""
    before = now - timedelta(days=recording_days)
    old = update(Call).where(Call.started_at < before, Call.recording.is_not(None))
    session.execute(old.values(recording=None))
    return recordings.forget(before)


def _forget_rows(session: Session, before: datetime, now: datetime) -> None:
    """What has a time of its own."""
    past_slots = select(AppointmentSlot.id).where(AppointmentSlot.starts_at < before)
    session.execute(delete(Appointment).where(Appointment.slot_id.in_(past_slots)))
    session.execute(delete(AppointmentSlot).where(AppointmentSlot.starts_at < before))
    session.execute(delete(Callback).where(Callback.window_end < before))
    for table in (OutboxMessage, WorkOrder, Rating):
        session.execute(delete(table).where(table.created_at < before))
    _forget_calls(session, select(Call.id).where(Call.started_at < before, Call.conversation_id.is_(None)))
    session.execute(delete(AgentSession).where(AgentSession.expires_at < before))
    session.execute(delete(AuditEntry).where(AuditEntry.at < now - timedelta(days=AUDIT_DAYS)))


def _forget_conversations(session: Session, ids: Sequence[int]) -> None:
    for table in (Callback, WorkOrder):
        session.execute(update(table).where(table.conversation_id.in_(ids)).values(conversation_id=None))
    _forget_calls(session, select(Call.id).where(Call.conversation_id.in_(ids)))
    for child in (Rating, Escalation, Turn):
        session.execute(delete(child).where(child.conversation_id.in_(ids)))
    session.execute(delete(Conversation).where(Conversation.id.in_(ids)))


def _forget_calls(session: Session, calls: Select[int]) -> None:
    session.execute(delete(CallEvent).where(CallEvent.call_id.in_(calls)))
    session.execute(delete(Call).where(Call.id.in_(calls)))


def _forget_citizens(session: Session, before: datetime) -> None:
    left = (
        exists().where(table.citizen_id == Citizen.id)
        for table in (Conversation, Appointment, Callback, WorkOrder, OutboxMessage, Rating)
    )
    session.execute(delete(Citizen).where(Citizen.created_at < before, *(~kept for kept in left)))


def _forget_gaps(session: Session, now: datetime, retention_days: int) -> None:
    """Delete the questions that are older than the retention time, and the groups of which none is left."""
    before = now - timedelta(days=retention_days)
    session.execute(delete(KnowledgeGap).where(KnowledgeGap.at < before))
    left = exists().where(KnowledgeGap.group_id == GapGroup.id)
    session.execute(delete(GapGroup).where(GapGroup.last_at < before, ~left))
    # A sample is a citizen's sentence too: a group that lives on is named after a question that is still kept.
    stale = select(GapGroup).where(GapGroup.first_at < before)
    for group in session.scalars(stale).all():
        oldest = select(KnowledgeGap).where(KnowledgeGap.group_id == group.id).order_by(KnowledgeGap.id)
        kept = session.scalar(oldest.limit(1))
        if kept is not None:
            group.sample, group.first_at = kept.text, kept.at
