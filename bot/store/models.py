"""The tables. Personal columns are sealed at rest; ``*_index`` columns are keyed hashes to look them up."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from bot.store.types import Moment, Sealed, SealedJson


class Base(DeclarativeBase):
    """All tables of one installation."""

    type_annotation_map = {datetime: Moment}  # noqa: RUF012  (SQLAlchemy reads it so)


class Citizen(Base):
    """A person on one channel: a WeChat openid, a caller's number."""

    __tablename__ = "citizen"
    __table_args__ = (UniqueConstraint("channel", "user_index"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(16))
    user_id: Mapped[str] = mapped_column(Sealed)
    user_index: Mapped[str] = mapped_column(String(64))
    name: Mapped[str | None] = mapped_column(Sealed)
    phone: Mapped[str | None] = mapped_column(Sealed)
    region: Mapped[str | None] = mapped_column(String(6))
    speech_rate: Mapped[float] = mapped_column(default=1.0)  # share of the default rate
    speech_volume: Mapped[float] = mapped_column(default=1.0)  # share of the default loudness
    followed: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class Conversation(Base):
    """A run of turns with one citizen; closed when idle for long."""

    __tablename__ = "conversation"
    __table_args__ = (
        Index("ix_conversation_citizen", "citizen_id", "last_at"),
        # One open conversation a citizen: two deliveries at the same moment cannot open two.
        UniqueConstraint("open_of"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    citizen_id: Mapped[int] = mapped_column(ForeignKey("citizen.id"))
    open_of: Mapped[int | None]  # the citizen's id while open, NULL once closed
    channel: Mapped[str] = mapped_column(String(16))
    held_by: Mapped[str] = mapped_column(String(8), default="bot")  # bot | agent
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    state: Mapped[dict[str, Any] | None] = mapped_column(SealedJson)
    region: Mapped[str | None] = mapped_column(String(6))
    opened_at: Mapped[datetime]
    last_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    citizen: Mapped[Citizen] = relationship()


class Turn(Base):
    """An utterance and its reply, or a line of an agent or the system."""

    __tablename__ = "turn"
    __table_args__ = (
        UniqueConstraint("channel", "external_id"),
        Index("ix_turn_conversation", "conversation_id", "id"),
        Index("ix_turn_status", "status", "received_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    channel: Mapped[str] = mapped_column(String(16))
    external_id: Mapped[str] = mapped_column(String(128))
    speaker: Mapped[str] = mapped_column(String(8), default="citizen")  # citizen | agent | system
    kind: Mapped[str] = mapped_column(String(16), default="text")
    text: Mapped[str] = mapped_column(Sealed)
    reply: Mapped[dict[str, Any] | None] = mapped_column(SealedJson)
    utterance: Mapped[dict[str, Any] | None] = mapped_column(SealedJson)  # to be handled again after a crash
    intent: Mapped[str | None] = mapped_column(String(64))
    confidence: Mapped[float | None]
    entities: Mapped[dict[str, Any] | None] = mapped_column(SealedJson)  # {"entities": [...]}
    source: Mapped[str | None] = mapped_column(String(16))
    topic: Mapped[str | None] = mapped_column(String(64))
    region: Mapped[str | None] = mapped_column(String(6))
    entry_id: Mapped[str | None] = mapped_column(String(96))
    act: Mapped[str | None] = mapped_column(String(24))
    status: Mapped[str] = mapped_column(
        String(12), default="received"
    )  # received | answered | delivered | late
    received_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))

    conversation: Mapped[Conversation] = relationship()


class ServicePoint(Base):
    """A service point 经办服务点 where visits can be booked."""

    __tablename__ = "service_point"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    region: Mapped[str] = mapped_column(String(6), index=True)
    name: Mapped[str] = mapped_column(String(64))
    address: Mapped[str | None] = mapped_column(String(128))
    phone: Mapped[str | None] = mapped_column(String(32))
    opening_hours: Mapped[dict[str, list[list[str]]]] = mapped_column(JSON)
    slot_minutes: Mapped[int] = mapped_column(default=30)
    capacity: Mapped[int] = mapped_column(default=20)
    days_ahead: Mapped[int] = mapped_column(default=14)
    offered: Mapped[bool] = mapped_column(default=True)  # False: no longer in the configuration


class AppointmentSlot(Base):
    """A start at a service point; statuses as FHIR's Slot. The database keeps ``booked`` within ``capacity``."""

    __tablename__ = "appointment_slot"
    __table_args__ = (
        UniqueConstraint("service_point_id", "starts_at"),
        CheckConstraint("booked >= 0 AND booked <= capacity", name="ck_slot_capacity"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    service_point_id: Mapped[int] = mapped_column(ForeignKey("service_point.id"))
    starts_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(20), default="free")
    capacity: Mapped[int]
    booked: Mapped[int] = mapped_column(default=0)

    service_point: Mapped[ServicePoint] = relationship()


class Appointment(Base):
    """A booked visit."""

    __tablename__ = "appointment"
    __table_args__ = (
        Index("ix_appointment_citizen", "citizen_id", "status"),
        # One standing visit a citizen and slot; NULL once cancelled.
        UniqueConstraint("slot_id", "standing_of"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(8), unique=True)
    citizen_id: Mapped[int] = mapped_column(ForeignKey("citizen.id"))
    slot_id: Mapped[int] = mapped_column(ForeignKey("appointment_slot.id"))
    standing_of: Mapped[int | None]
    kind: Mapped[str] = mapped_column(String(8))
    matter: Mapped[str] = mapped_column(Sealed)
    name: Mapped[str] = mapped_column(Sealed)
    phone: Mapped[str] = mapped_column(Sealed)
    status: Mapped[str] = mapped_column(
        String(12), default="booked"
    )  # booked | cancelled | fulfilled | noshow
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    slot: Mapped[AppointmentSlot] = relationship()
    citizen: Mapped[Citizen] = relationship()


class Agent(Base):
    """A human agent or supervisor."""

    __tablename__ = "agent"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    display_name: Mapped[str] = mapped_column(String(64))
    password_hash: Mapped[str] = mapped_column(String(256))
    role: Mapped[str] = mapped_column(String(16), default="agent")  # agent | supervisor
    state: Mapped[str] = mapped_column(
        String(16), default="offline"
    )  # offline | ready | on_contact | wrap_up
    last_seen_at: Mapped[datetime | None]
    disabled: Mapped[bool] = mapped_column(default=False)
    must_change_password: Mapped[bool] = mapped_column(default=False)
    phone: Mapped[str | None] = mapped_column(Sealed)  # where calls are put through to


class AgentSession(Base):
    """A log-in at the desk."""

    __tablename__ = "agent_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked: Mapped[bool] = mapped_column(default=False)

    agent: Mapped[Agent] = relationship()


class Escalation(Base):
    """A conversation that waits for, or is held by, a person."""

    __tablename__ = "escalation"
    __table_args__ = (
        UniqueConstraint("open_for"),
        Index("ix_escalation_queue", "status", "priority", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    open_for: Mapped[int | None]  # the conversation's id while waiting or accepted
    reason: Mapped[str] = mapped_column(String(16))
    priority: Mapped[int] = mapped_column(default=0)
    status: Mapped[str] = mapped_column(
        String(12), default="waiting"
    )  # waiting | accepted | closed | handed_back | missed (the caller hung up first)
    line: Mapped[str | None] = mapped_column(String(8))  # how the agent takes a call: browser | phone
    summary: Mapped[str] = mapped_column(Sealed)
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    created_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    disposition: Mapped[str | None] = mapped_column(String(32))
    note: Mapped[str | None] = mapped_column(Sealed)

    conversation: Mapped[Conversation] = relationship()
    agent: Mapped[Agent | None] = relationship()


class Callback(Base):
    """A promise to ring back."""

    __tablename__ = "callback"

    id: Mapped[int] = mapped_column(primary_key=True)
    citizen_id: Mapped[int] = mapped_column(ForeignKey("citizen.id"))
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversation.id"))
    phone: Mapped[str] = mapped_column(Sealed)
    matter: Mapped[str] = mapped_column(Sealed)
    window_start: Mapped[datetime] = mapped_column(index=True)
    window_end: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(12), default="pending")  # pending | done | cancelled
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    outcome: Mapped[str | None] = mapped_column(Sealed)
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]

    citizen: Mapped[Citizen] = relationship()


class Call(Base):
    """A telephone call, answered or refused."""

    __tablename__ = "call"
    __table_args__ = (
        Index("ix_call_conversation", "conversation_id"),
        Index("ix_call_open", "ended_at", "seen_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(String(128), unique=True)  # the line's own
    leg_kind: Mapped[str] = mapped_column(String(16))  # audiosocket | sip | browser
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversation.id"))
    caller: Mapped[str] = mapped_column(Sealed)  # empty where withheld
    caller_index: Mapped[str] = mapped_column(String(64), index=True)
    called: Mapped[str] = mapped_column(String(64))
    region: Mapped[str | None] = mapped_column(String(6))  # told by the caller's area code
    started_at: Mapped[datetime] = mapped_column(index=True)
    answered_at: Mapped[datetime | None]
    seen_at: Mapped[datetime]  # the process that holds the line was alive then
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(String(24))
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))  # who spoke with the caller last
    transferred_to: Mapped[str | None] = mapped_column(Sealed)
    recording: Mapped[str | None] = mapped_column(String(64))  # the file's name
    recording_seconds: Mapped[float | None]

    conversation: Mapped[Conversation | None] = relationship()
    agent: Mapped[Agent | None] = relationship()


class CallEvent(Base):
    """One thing that happened in a call."""

    __tablename__ = "call_event"
    __table_args__ = (Index("ix_call_event_call", "call_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(16))
    duration_ms: Mapped[int | None]
    text: Mapped[str | None] = mapped_column(Sealed)
    data: Mapped[dict[str, Any] | None] = mapped_column(SealedJson)


class OutboxMessage(Base):
    """What leaves the house, written in the transaction that caused it."""

    __tablename__ = "outbox_message"
    __table_args__ = (
        Index("ix_outbox_due", "status", "due_at"),
        Index("ix_outbox_citizen", "citizen_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(24))
    citizen_id: Mapped[int] = mapped_column(ForeignKey("citizen.id"))
    payload: Mapped[dict[str, Any]] = mapped_column(SealedJson)
    dedupe_key: Mapped[str] = mapped_column(String(128), unique=True)
    status: Mapped[str] = mapped_column(String(12), default="pending")  # pending | sending | sent | dead
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    code: Mapped[str | None] = mapped_column(String(32))  # of the last failure
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]

    citizen: Mapped[Citizen] = relationship()


class Rating(Base):
    """Stars given to a conversation (好差评)."""

    __tablename__ = "rating"

    id: Mapped[int] = mapped_column(primary_key=True)
    citizen_id: Mapped[int] = mapped_column(ForeignKey("citizen.id"))
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    stars: Mapped[int]
    created_at: Mapped[datetime]


class WorkOrder(Base):
    """A work order 工单: complaint, fraud report, emergency."""

    __tablename__ = "work_order"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(16), unique=True)
    citizen_id: Mapped[int] = mapped_column(ForeignKey("citizen.id"))
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversation.id"))
    kind: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Sealed)
    status: Mapped[str] = mapped_column(String(12), default="open")  # open | done
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]

    citizen: Mapped[Citizen] = relationship()


class CannedReply(Base):
    """A reply that agents insert."""

    __tablename__ = "canned_reply"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(String(600))
    shortcut: Mapped[str | None] = mapped_column(String(16))


class AuditEntry(Base):
    """Who looked at or changed what, and when."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(48))
    subject: Mapped[str] = mapped_column(String(96))
