"""Telephone calls: their record and timeline, their place in the agents' queue, what is said by people.

Each verb is a unit of work of its own; the voice process calls them through ``asyncio.to_thread``. ``row`` is the
number that ``begin`` gave.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.area_codes import region_of_number
from bot.escalation import EscalationQueue
from bot.messages import Channel
from bot.ports import Events, YinlingError
from bot.privacy import Vault
from bot.store.call_reads import CallReads, latest_call
from bot.store.conversations import lock_conversation
from bot.store.database import Database
from bot.store.models import Agent, Call, CallEvent, Citizen, Conversation, Escalation, Turn
from bot.waiting import expected_wait

# What can happen in a call. ``state`` is the line's own (answered, ringing an agent, held); the rest as named.
KINDS = frozenset(
    {
        "heard", "understood", "said", "key", "silence", "barge_in", "false_alarm", "queued", "connected",
        "held", "resumed", "agent_gone", "transferred", "recording", "state", "error", "ended",
    }
)  # fmt: skip
LONGEST_TEXT = 2000  # characters of one event
LOST_AFTER = timedelta(seconds=60)  # without a sign of life a call counts as lost, see end_lost
AGENT_UNSEEN = timedelta(seconds=90)  # an agent not seen for longer is not counted on


class NoSuchCall(YinlingError):
    """No call has this number."""

    code = "call.unknown"


@dataclass(frozen=True, slots=True)
class QueueState:
    """Who speaks with the caller, or how long until somebody does.

    ``position`` counts from 1 and is None for who does not wait; ``expected_wait_seconds`` is None where nobody
    can honestly say, 0 where an agent is free. ``agent_phone`` is set where the agent takes the call by
    telephone: the line goes there; without it the agent speaks from the desk. ``missed`` ended escalations are
    not shown: the caller is gone.
    """

    position: int | None
    expected_wait_seconds: int | None
    held_by: str  # bot | agent
    agent_name: str | None = None
    agent_phone: str | None = None
    agent_id: int | None = None
    escalation_id: int | None = None

    @property
    def waiting(self) -> bool:
        """Whether the caller waits for an agent."""
        return self.position is not None


class Calls:
    """The verbs; ``events`` tells the desk's open pages at once what they would find out within seconds."""

    def __init__(self, database: Database, vault: Vault, events: Events) -> None:
        self._database, self._vault, self._events = database, vault, events

    def begin(
        self, call_id: str, leg_kind: str, caller: str, called: str, at: datetime, region: str | None = None
    ) -> int:
        """A call came in; the same ``call_id`` again gives the same row. ``region``: None to go by the area code."""
        call = Call(
            call_id=call_id[:128],
            leg_kind=leg_kind,
            caller=caller,
            caller_index=self._vault.index(caller),
            called=called[:64],
            region=region or region_of_number(caller),
            started_at=at,
            seen_at=at,
        )
        try:
            with self._database.begin() as session:
                session.add(call)
                session.flush()
                row = call.id
        except IntegrityError:
            with self._database.begin() as session:
                return session.scalars(select(Call.id).filter_by(call_id=call_id[:128])).one()
        self._tell(row, "calls")
        return row

    def answered(self, row: int, at: datetime) -> None:
        """The line was taken."""
        self._set(row, answered_at=at)

    def attach(self, row: int, turn_id: int) -> int:
        """Connect the call with the conversation of a turn (Reply.turn_id); returns the conversation's id."""
        with self._database.begin() as session:
            call = _get(session, row)
            turn = session.get_one(Turn, turn_id)
            call.conversation_id = turn.conversation_id
            conversation_id = turn.conversation_id
        self._tell(row, "calls")
        return conversation_id

    def note(
        self,
        row: int,
        kind: str,
        at: datetime,
        duration_ms: int | None = None,
        text: str | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        """Write into the timeline; words and data are sealed. Raises ValueError for a kind not in KINDS."""
        if kind not in KINDS:
            raise ValueError(f"no event of a call is called {kind!r}")
        with self._database.begin() as session:
            session.add(
                CallEvent(
                    call_id=row,
                    at=at,
                    kind=kind,
                    duration_ms=duration_ms,
                    text=text[:LONGEST_TEXT] if text is not None else None,
                    data=dict(data) if data is not None else None,
                )
            )
        self._tell(row)

    def seen(self, rows: Collection[int], at: datetime) -> None:
        """The lines of these calls are alive; say so every ten seconds or so, see end_lost."""
        if rows:
            with self._database.begin() as session:
                session.execute(update(Call).where(Call.id.in_(rows)).values(seen_at=at))

    def end(self, row: int, at: datetime, reason: str) -> None:
        """The line is gone (``reason``: caller | us | goodbye | transferred | refused | fault | lost).

        Who still waited becomes a missed call; an agent's words that were not said any more are marked so. A
        call that has ended stays as it is.
        """
        with self._database.begin() as session:
            call = session.scalars(select(Call).filter_by(id=row).with_for_update()).one_or_none()
            if call is None or call.ended_at is not None:
                return
            call.ended_at, call.end_reason = at, reason[:24]
            session.flush()
            if call.conversation_id is not None:
                self._leave_conversation(session, call.conversation_id, at)
        self._tell(row, "calls")

    def end_lost(self, unseen_since: datetime, at: datetime) -> list[int]:
        """End the calls whose process died: not seen since a moment; returns their rows."""
        with self._database.read() as session:
            query = select(Call.id).where(Call.ended_at.is_(None), Call.seen_at < unseen_since)
            lost = list(session.scalars(query.order_by(Call.id)))
        for row in lost:
            self.end(row, at, "lost")
        return lost

    def recorded(self, row: int, name: str, seconds: float) -> None:
        """The call's recording lies under this name in the folder of recordings."""
        self._set(row, recording=name, recording_seconds=seconds)

    def transferred(self, row: int, target: str, at: datetime) -> None:
        """The caller was put through to a number; the agent who holds the conversation speaks there."""
        with self._database.begin() as session:
            call = _get(session, row)
            call.transferred_to = target
            if call.conversation is not None and call.conversation.agent_id is not None:
                call.agent_id = call.conversation.agent_id
        self.note(row, "transferred", at)

    def queue_state(self, conversation_id: int, at: datetime) -> QueueState:
        """How the conversation stands with the agents at this moment."""
        with self._database.read() as session:
            conversation = session.get_one(Conversation, conversation_id)
            open_one = session.scalar(select(Escalation).filter_by(open_for=conversation_id))
            if conversation.held_by == "agent" and open_one is not None and open_one.agent is not None:
                agent = open_one.agent
                phone = agent.phone if open_one.line == "phone" else None
                return QueueState(None, None, "agent", agent.display_name, phone, agent.id, open_one.id)
            if open_one is None:
                return QueueState(None, None, "bot")
            position = EscalationQueue(session, self._vault).position(open_one.id)
            reads = CallReads(session)
            ready, on_duty = reads.agents_there(at - AGENT_UNSEEN)
            wait = expected_wait(position, ready, on_duty, reads.recent_handling(at))
            return QueueState(position, wait, "bot", escalation_id=open_one.id)

    def take_back(self, conversation_id: int, at: datetime) -> bool:
        """The agent vanished: back to the old place in the queue; False where no agent held it any more."""
        with self._database.begin() as session:
            released = EscalationQueue(session, self._vault).take_back(conversation_id, at)
        if released is not None:
            self._events.publish("desk", "queue", {"escalation_id": released})
        return released is not None

    def unspoken_replies(self, conversation_id: int) -> list[tuple[int, str]]:
        """What agents typed and the caller has not heard yet: (turn id, words), oldest first."""
        with self._database.read() as session:
            query = select(Turn.id, Turn.text).where(*_unspoken(conversation_id)).order_by(Turn.id)
            return [(turn_id, text) for turn_id, text in session.execute(query)]

    def spoken(self, turn_id: int, at: datetime) -> None:
        """The caller has heard an agent's typed words."""
        change = update(Turn).where(Turn.id == turn_id, Turn.status == "answered")
        with self._database.begin() as session:
            session.execute(change.values(status="delivered", delivered_at=at))
            conversation_id = session.get_one(Turn, turn_id).conversation_id
        self._events.publish("desk", "turn", {"conversation_id": conversation_id, "turn_id": turn_id})

    def add_line(
        self,
        conversation_id: int,
        text: str,
        at: datetime,
        agent_id: int | None = None,
        confidence: float | None = None,
    ) -> int:
        """What was said aloud between the caller (``agent_id`` None) and an agent: a line of the transcript."""
        with self._database.begin() as session:
            conversation = lock_conversation(session, conversation_id)
            conversation.last_at = max(conversation.last_at, at)
            turn = Turn(
                conversation_id=conversation_id,
                channel=conversation.channel,
                external_id=f"aloud:{secrets.token_hex(16)}",
                speaker="citizen" if agent_id is None else "agent",
                kind="voice",
                text=text,
                confidence=confidence,
                status="delivered",
                received_at=at,
                delivered_at=at,
                agent_id=agent_id,
            )
            session.add(turn)
            session.flush()
            turn_id = turn.id
        self._events.publish("desk", "turn", {"conversation_id": conversation_id, "turn_id": turn_id})
        return turn_id

    def connected(self, row: int, agent_id: int, at: datetime) -> None:
        """An agent speaks with the caller."""
        self._set(row, agent_id=agent_id)
        self.note(row, "connected", at, data={"agent_id": agent_id})

    def agent_seen(self, agent_id: int, at: datetime) -> None:
        """An agent who speaks is there, whatever their page's timers do."""
        with self._database.begin() as session:
            EscalationQueue(session, self._vault).seen(agent_id, at)

    def spoken_to(self, caller: str) -> tuple[float, float]:
        """How the one who calls from a number wants to be spoken to: shares of the default rate and loudness."""
        with self._database.read() as session:
            query = select(Citizen.speech_rate, Citizen.speech_volume)
            known = query.filter_by(channel=Channel.PHONE.value, user_index=self._vault.index(caller))
            found = session.execute(known).one_or_none()
        return (found[0], found[1]) if found is not None else (1.0, 1.0)

    def agent_name(self, agent_id: int) -> str:
        """An agent's name as callers hear it."""
        with self._database.read() as session:
            return session.get_one(Agent, agent_id).display_name

    def _leave_conversation(self, session: Session, conversation_id: int, at: datetime) -> None:
        """Settle what only made sense while the line stood, unless the citizen holds another line."""
        lock_conversation(session, conversation_id)
        if latest_call(session, conversation_id, only_open=True) is not None:
            return
        EscalationQueue(session, self._vault).missed(conversation_id, at)
        session.execute(update(Turn).where(*_unspoken(conversation_id)).values(status="late"))

    def _set(self, row: int, **values: Any) -> None:
        with self._database.begin() as session:
            call = _get(session, row)
            for name, value in values.items():
                setattr(call, name, value)
        self._tell(row)

    def _tell(self, row: int, event: str = "call") -> None:
        """``calls``: the list of calls is another one now; ``call``: only this call looks different."""
        self._events.publish("desk", event, {"call": row})


def _get(session: Session, row: int) -> Call:
    call = session.get(Call, row)
    if call is None:
        raise NoSuchCall
    return call


def _unspoken(conversation_id: int) -> tuple[Any, ...]:
    return (
        Turn.conversation_id == conversation_id,
        Turn.speaker == "agent",
        Turn.channel == "phone",
        Turn.status == "answered",
    )
