"""What is read of telephone calls: by the queue, by the desk's pages, by reports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload

from bot.privacy import mask_phone, mask_text
from bot.store.models import Agent, Call, Callback, CallEvent, Conversation, Escalation, Turn

_RECENT = timedelta(days=7)
_SAMPLES = 20  # handling times that a wait is foretold from


@dataclass(frozen=True, slots=True)
class CallView:
    """A call as a list shows it; the caller's number is masked.

    ``phase`` is ringing | bot | waiting | agent | ended; ``escalation_id`` the last one of its conversation,
    ``missed`` tells that the caller hung up while waiting, ``callback`` that a call-back is pending.
    """

    id: int
    leg_kind: str
    caller: str
    region: str | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    phase: str
    conversation_id: int | None
    escalation_id: int | None
    missed: bool
    callback: bool
    agent_name: str | None
    transferred_to: str | None
    recording: str | None
    recording_seconds: float | None

    @property
    def seconds(self) -> float | None:
        """How long it lasted; None while it lasts."""
        return (self.ended_at - self.started_at).total_seconds() if self.ended_at else None


@dataclass(frozen=True, slots=True)
class EventView:
    """One thing that happened in a call; ``offset`` is seconds since its start, words are masked."""

    id: int
    at: datetime
    offset: float
    kind: str
    duration_ms: int | None
    text: str | None
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CallFigures:
    """Figures of the calls begun in a span: seconds and numbers of calls."""

    calls: int
    refused: int
    handed_over: int
    missed: int
    transferred: int
    median_seconds: float | None
    no_match: int
    keys: int
    barge_ins: int
    silences: int
    errors: int
    median_answer_ms: float | None


class CallReads:
    """Queries over one Session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def recent_handling(self, now: datetime) -> list[float]:
        """Seconds that agents spoke with the latest callers."""
        query = (
            select(Escalation.accepted_at, Escalation.closed_at)
            .join(Conversation)
            .where(
                Conversation.channel == "phone",
                Escalation.status.in_(("closed", "handed_back")),
                Escalation.accepted_at.is_not(None),
                Escalation.closed_at >= now - _RECENT,
            )
            .order_by(Escalation.closed_at.desc())
            .limit(_SAMPLES)
        )
        return [
            (closed - accepted).total_seconds()
            for accepted, closed in self._session.execute(query)
            if accepted is not None and closed is not None
        ]

    def agents_there(self, seen_since: datetime) -> tuple[int, int]:
        """How many agents are free, and how many are at the desk at all."""
        query = select(Agent.state, func.count()).where(
            Agent.last_seen_at >= seen_since, Agent.disabled.is_(False), Agent.state != "offline"
        )
        states: dict[str, int] = dict(self._session.execute(query.group_by(Agent.state)).all())
        return states.get("ready", 0), sum(states.values())

    def live(self) -> list[CallView]:
        """Calls going on now, the longest first."""
        return self._views(Call.ended_at.is_(None))[::-1]

    def begun(self, since: datetime, until: datetime, limit: int = 200) -> list[CallView]:
        """Ended calls of a span, the newest first."""
        span = (Call.started_at >= since, Call.started_at < until, Call.ended_at.is_not(None))
        return self._views(*span, limit=limit)

    def missed(self, since: datetime) -> list[CallView]:
        """Callers who hung up while waiting and whom nobody has promised to ring or answered since."""
        waiting = select(Escalation.conversation_id).where(
            Escalation.status == "missed", Escalation.closed_at >= since
        )
        found = self._views(Call.conversation_id.in_(waiting), Call.ended_at.is_not(None))
        newest: dict[int | None, CallView] = {}
        for view in found:
            newest.setdefault(view.conversation_id, view)
        return [view for view in newest.values() if view.missed and not view.callback]

    def concerns(self, row: int, agent_id: int) -> bool:
        """Whether an agent spoke, or could have, with the caller: took one of the conversation's escalations."""
        query = (
            select(Escalation.id)
            .join(Call, Call.conversation_id == Escalation.conversation_id)
            .where(Call.id == row, Escalation.agent_id == agent_id)
        )
        return self._session.scalar(query.limit(1)) is not None

    def view(self, row: int) -> CallView | None:
        """One call."""
        return next(iter(self._views(Call.id == row)), None)

    def of_conversation(self, conversation_id: int) -> CallView | None:
        """The latest call of a conversation."""
        latest = latest_call(self._session, conversation_id)
        return self._view(latest) if latest is not None else None

    def timeline(self, row: int, *, masked: bool = True) -> list[EventView]:
        """What happened, in order."""
        started = self._session.scalar(select(Call.started_at).filter_by(id=row))
        events = self._session.scalars(
            select(CallEvent).filter_by(call_id=row).order_by(CallEvent.at, CallEvent.id)
        )
        return [
            EventView(
                id=event.id,
                at=event.at,
                offset=(event.at - (started or event.at)).total_seconds(),
                kind=event.kind,
                duration_ms=event.duration_ms,
                text=mask_text(event.text) if masked and event.text else event.text,
                data=event.data or {},
            )
            for event in events
        ]

    def version(self, conversation_id: int) -> tuple[object, ...]:
        """What changes whenever a conversation's call would look different."""
        call = latest_call(self._session, conversation_id)
        return self.row_version(call.id) if call is not None else ()

    def row_version(self, row: int) -> tuple[object, ...]:
        """What changes whenever a call would look different."""
        call = self._session.get(Call, row)
        if call is None:
            return ()
        noted = self._session.scalar(select(func.count()).where(CallEvent.call_id == call.id))
        return (call.id, call.ended_at, call.agent_id, noted)

    def live_version(self) -> list[tuple[object, ...]]:
        """What changes whenever the list of calls would look different."""
        query = (
            select(Call.id, Call.conversation_id, Call.agent_id, Conversation.held_by, Escalation.status)
            .outerjoin(Conversation, Conversation.id == Call.conversation_id)
            .outerjoin(Escalation, Escalation.open_for == Call.conversation_id)
            .where(Call.ended_at.is_(None))
            .order_by(Call.id)
        )
        promised = self._session.scalar(select(func.max(Callback.id)))
        return [*(tuple(row) for row in self._session.execute(query)), (promised,)]

    def figures(self, since: datetime, until: datetime) -> CallFigures:
        """The figures of ``since`` (included) to ``until`` (excluded)."""
        span = (Call.started_at >= since, Call.started_at < until)
        calls = self._session.execute(
            select(Call.started_at, Call.ended_at, Call.end_reason, Call.transferred_to).where(*span)
        ).all()
        asked = self._session.execute(
            select(Escalation.status).where(
                Escalation.conversation_id.in_(
                    select(Call.conversation_id).where(*span, Call.conversation_id.is_not(None))
                ),
                Escalation.created_at >= since,
            )
        ).all()
        counted = select(CallEvent.kind, func.count()).join(Call, Call.id == CallEvent.call_id).where(*span)
        kinds: dict[str, int] = dict(self._session.execute(counted.group_by(CallEvent.kind)).all())
        lasted = [(c.ended_at - c.started_at).total_seconds() for c in calls if c.ended_at]
        answers = self._answer_times(span)
        return CallFigures(
            calls=len(calls),
            refused=sum(c.end_reason == "refused" for c in calls),
            handed_over=len(asked),
            missed=sum(status == "missed" for (status,) in asked),
            transferred=sum(c.transferred_to is not None for c in calls),
            median_seconds=median(lasted) if lasted else None,
            no_match=self._no_matches(span),
            keys=kinds.get("key", 0),
            barge_ins=kinds.get("barge_in", 0),
            silences=kinds.get("silence", 0),
            errors=kinds.get("error", 0),
            median_answer_ms=median(answers) if answers else None,
        )

    def _answer_times(self, span: tuple[ColumnElement[bool], ...]) -> list[int]:
        """Milliseconds from the end of what was heard to its understanding, one a turn."""
        query = (
            select(CallEvent.duration_ms)
            .join(Call, Call.id == CallEvent.call_id)
            .where(*span, CallEvent.kind == "understood", CallEvent.duration_ms.is_not(None))
        )
        return [duration for duration in self._session.scalars(query) if duration is not None]

    def _no_matches(self, span: tuple[ColumnElement[bool], ...]) -> int:
        talks = select(Call.conversation_id).where(*span, Call.conversation_id.is_not(None))
        query = select(func.count()).where(
            Turn.conversation_id.in_(talks), Turn.speaker == "citizen", Turn.act == "fallback"
        )
        return self._session.scalar(query) or 0

    def _views(self, *conditions: ColumnElement[bool], limit: int = 200) -> list[CallView]:
        query = (
            select(Call)
            .options(joinedload(Call.conversation), joinedload(Call.agent))
            .where(*conditions)
            .order_by(Call.started_at.desc(), Call.id.desc())
            .limit(limit)
        )
        return [self._view(call) for call in self._session.scalars(query)]

    def _view(self, call: Call) -> CallView:
        escalation = self._escalation(call)
        conversation = call.conversation
        return CallView(
            id=call.id,
            leg_kind=call.leg_kind,
            caller=mask_phone(call.caller) if call.caller else "",
            region=call.region or (conversation.region if conversation else None),
            started_at=call.started_at,
            answered_at=call.answered_at,
            ended_at=call.ended_at,
            end_reason=call.end_reason,
            phase=_phase(call, escalation),
            conversation_id=call.conversation_id,
            escalation_id=escalation.id if escalation else None,
            missed=escalation is not None and escalation.status == "missed",
            callback=self._callback_pending(conversation),
            agent_name=call.agent.display_name if call.agent else None,
            transferred_to=mask_phone(call.transferred_to) if call.transferred_to else None,
            recording=call.recording,
            recording_seconds=call.recording_seconds,
        )

    def _escalation(self, call: Call) -> Escalation | None:
        """The last escalation of the call's conversation that belongs to its time."""
        if call.conversation_id is None:
            return None
        query = select(Escalation).where(Escalation.conversation_id == call.conversation_id)
        if call.ended_at is not None:
            query = query.where(Escalation.created_at <= call.ended_at)
        query = query.where((Escalation.closed_at.is_(None)) | (Escalation.closed_at >= call.started_at))
        return self._session.scalar(query.order_by(Escalation.id.desc()).limit(1))

    def _callback_pending(self, conversation: Conversation | None) -> bool:
        if conversation is None:
            return False
        query = select(Callback.id).filter_by(citizen_id=conversation.citizen_id, status="pending")
        return self._session.scalar(query.limit(1)) is not None


def latest_call(session: Session, conversation_id: int, *, only_open: bool = False) -> Call | None:
    """The latest call of a conversation; with ``only_open`` one that goes on now."""
    query = select(Call).filter_by(conversation_id=conversation_id)
    if only_open:
        query = query.where(Call.ended_at.is_(None))
    return session.scalar(query.order_by(Call.id.desc()).limit(1))


def _phase(call: Call, escalation: Escalation | None) -> str:
    if call.ended_at is not None:
        return "ended"
    if call.answered_at is None:
        return "ringing"
    if escalation is not None and escalation.status == "accepted":
        return "agent"
    return "waiting" if escalation is not None and escalation.status == "waiting" else "bot"
