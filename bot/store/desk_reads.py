"""What the desk's pages read, as plain values: no page holds a row of an open unit of work."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload

from bot.privacy import mask_name, mask_phone, mask_text
from bot.store.call_reads import CallReads, latest_call
from bot.store.models import (
    AuditEntry,
    Callback,
    CannedReply,
    Citizen,
    Conversation,
    Escalation,
    OutboxMessage,
    Turn,
    WorkOrder,
)

URGENT = ("emergency", "distress")
_NOT_A_QUESTION = ("request_agent", "affirm", "deny", "greet", "thank", "inform", "distress")


@dataclass(frozen=True, slots=True)
class Ticket:
    """An escalation as a list shows it; name and words are masked.

    ``returned`` tells that an agent had it and vanished; ``line`` how the agent takes a call: browser | phone.
    """

    id: int
    conversation_id: int
    citizen_id: int
    reason: str
    urgent: bool
    status: str
    returned: bool
    name: str
    phone: str | None
    region: str | None
    channel: str
    line: str | None
    asked: str | None
    summary: str
    agent_id: int | None
    agent_name: str | None
    opened_at: datetime
    created_at: datetime
    accepted_at: datetime | None
    closed_at: datetime | None
    disposition: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Person:
    """Who a citizen is, unmasked: for a revealed page only."""

    name: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far an agent's reply got: queued | retrying | sent | failed, with the last failure's code."""

    state: str
    code: str | None


def shown_name(citizen: Citizen) -> str:
    """A citizen's masked name, or a number to tell apart those who never gave one."""
    return mask_name(citizen.name) if citizen.name else f"市民{citizen.id}"


class DeskReads:
    """Queries of the desk, over one Session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def ticket(self, escalation_id: int) -> Ticket | None:
        """One escalation."""
        return next(iter(self._tickets(Escalation.id == escalation_id)), None)

    def tickets(self, escalations: Iterable[Escalation]) -> list[Ticket]:
        """Escalations as a list shows them, in the same order."""
        return [self._ticket(escalation) for escalation in escalations]

    def held_by(self, agent_id: int) -> list[Ticket]:
        """What an agent holds now, the oldest first."""
        return self._tickets(Escalation.agent_id == agent_id, Escalation.status == "accepted")

    def handled_by(self, agent_id: int, since: datetime) -> list[Ticket]:
        """What an agent finished since a moment, the newest first."""
        done = self._tickets(
            Escalation.agent_id == agent_id,
            Escalation.status.in_(("closed", "handed_back")),
            Escalation.closed_at >= since,
        )
        return done[::-1]

    def person(self, conversation_id: int) -> Person:
        """The citizen of a conversation, unmasked."""
        conversation = self._session.get_one(Conversation, conversation_id)
        return Person(conversation.citizen.name, conversation.citizen.phone)

    def waiting_ids(self) -> list[tuple[int, bool]]:
        """The waiting escalations: id and whether it is urgent."""
        query = select(Escalation.id, Escalation.reason).where(Escalation.status == "waiting")
        return [
            (id_, reason in URGENT) for id_, reason in self._session.execute(query.order_by(Escalation.id))
        ]

    def conversation_version(self, escalation_id: int) -> str | None:
        """A short text that changes whenever the conversation's page would look different; None: no such one."""
        escalation = self._session.get(Escalation, escalation_id)
        if escalation is None:
            return None
        turns = self._session.execute(
            select(Turn.id, Turn.status)
            .where(Turn.conversation_id == escalation.conversation_id)
            .order_by(Turn.id)
        ).all()
        sent = self._session.execute(
            select(OutboxMessage.id, OutboxMessage.status, OutboxMessage.attempts)
            .where(OutboxMessage.dedupe_key.in_([_reply_key(turn_id) for turn_id, _ in turns]))
            .order_by(OutboxMessage.id)
        ).all()
        call = CallReads(self._session).version(escalation.conversation_id)
        seen = (escalation.status, escalation.agent_id, turns, sent, call)
        return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]

    def deliveries(self, turn_ids: Iterable[int]) -> dict[int, Delivery]:
        """How far the agent's replies with these turn ids got."""
        keys = {_reply_key(turn_id): turn_id for turn_id in turn_ids}
        query = select(OutboxMessage).where(OutboxMessage.dedupe_key.in_(keys))
        return {keys[row.dedupe_key]: _delivery(row) for row in self._session.scalars(query)}

    def spoken(self, turn_ids: Iterable[int]) -> dict[int, str]:
        """Which of these typed replies are said on the telephone: waiting | spoken | late (the caller was gone)."""
        states = {"answered": "waiting", "delivered": "spoken", "late": "late"}
        query = select(Turn.id, Turn.status).where(
            Turn.id.in_(turn_ids), Turn.channel == "phone", Turn.kind == "text"
        )
        return {turn_id: states.get(status, status) for turn_id, status in self._session.execute(query)}

    def canned(self) -> list[CannedReply]:
        """All canned replies, by title."""
        return list(self._session.scalars(select(CannedReply).order_by(CannedReply.title, CannedReply.id)))

    def callbacks_done(self, limit: int = 30) -> list[Callback]:
        """Call-backs that are no longer due, the newest first."""
        query = select(Callback).options(joinedload(Callback.citizen)).where(Callback.status != "pending")
        return list(self._session.scalars(query.order_by(Callback.done_at.desc()).limit(limit)))

    def work_orders(self, limit: int = 100) -> list[WorkOrder]:
        """Work orders, the newest first."""
        query = select(WorkOrder).options(joinedload(WorkOrder.citizen))
        return list(self._session.scalars(query.order_by(WorkOrder.id.desc()).limit(limit)))

    def audit(self, before: int | None, limit: int) -> list[AuditEntry]:
        """Audit entries, the newest first; ``before`` is the id to go on from."""
        query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
        return list(self._session.scalars(query.where(AuditEntry.id < before) if before else query))

    def _tickets(self, *conditions: ColumnElement[bool]) -> list[Ticket]:
        query = (
            select(Escalation)
            .options(
                joinedload(Escalation.conversation).joinedload(Conversation.citizen),
                joinedload(Escalation.agent),
            )
            .where(*conditions)
            .order_by(Escalation.id)
        )
        return self.tickets(self._session.scalars(query))

    def _ticket(self, escalation: Escalation) -> Ticket:
        conversation = escalation.conversation
        citizen = conversation.citizen
        return Ticket(
            id=escalation.id,
            conversation_id=conversation.id,
            citizen_id=citizen.id,
            reason=escalation.reason,
            urgent=escalation.reason in URGENT,
            status=escalation.status,
            returned=escalation.status == "waiting" and self._was_accepted(escalation),
            name=shown_name(citizen),
            phone=mask_phone(citizen.phone) if citizen.phone else None,
            region=conversation.region or citizen.region or self._calling_region(conversation),
            channel=conversation.channel,
            line=escalation.line,
            asked=self._asked(escalation),
            summary=mask_text(escalation.summary),
            agent_id=escalation.agent_id,
            agent_name=escalation.agent.display_name if escalation.agent else None,
            opened_at=conversation.opened_at,
            created_at=escalation.created_at,
            accepted_at=escalation.accepted_at,
            closed_at=escalation.closed_at,
            disposition=escalation.disposition,
            note=escalation.note,
        )

    def _calling_region(self, conversation: Conversation) -> str | None:
        """Where a caller's area code lies; None for who does not call."""
        call = latest_call(self._session, conversation.id) if conversation.channel == "phone" else None
        return call.region if call is not None else None

    def _was_accepted(self, escalation: Escalation) -> bool:
        """Whether the transcript says that somebody accepted it: a line of the system since it waits."""
        query = select(Turn.id).where(
            Turn.conversation_id == escalation.conversation_id,
            Turn.speaker == "system",
            Turn.received_at >= escalation.created_at,
        )
        return self._session.scalar(query.limit(1)) is not None

    def _asked(self, escalation: Escalation) -> str | None:
        """The last thing that the citizen asked before a person was needed, masked."""
        query = (
            select(Turn.text, Turn.intent)
            .where(
                Turn.conversation_id == escalation.conversation_id,
                Turn.speaker == "citizen",
                Turn.received_at <= escalation.created_at,
            )
            .order_by(Turn.id.desc())
            .limit(12)
        )
        said = [(text, intent) for text, intent in self._session.execute(query) if text.strip()]
        questions = [text for text, intent in said if intent not in _NOT_A_QUESTION]
        words = questions[0] if questions else said[0][0] if said else None
        return mask_text(words) if words else None


def _reply_key(turn_id: int) -> str:
    return f"agent:{turn_id}"


def _delivery(row: OutboxMessage) -> Delivery:
    if row.status == "dead":
        return Delivery("failed", row.code)
    if row.status == "sent":
        return Delivery("sent", None)
    return Delivery("retrying" if row.attempts and row.code else "queued", row.code)
