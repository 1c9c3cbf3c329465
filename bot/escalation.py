"""Handing a conversation to a person: the queue, accepting, answering, giving back, closing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.outbox import Outbox
from bot.ports import YinlingError
from bot.privacy import Vault
from bot.store.conversations import Conversations, lock_conversation
from bot.store.models import Agent, Conversation, Escalation, Turn

_SEEN_EVERY = timedelta(seconds=10)  # a heartbeat is written no more often


class AlreadyTaken(YinlingError):
    """Another agent accepted first, or it is over."""

    code = "escalation.already_taken"
    spoken = "这位来访者已经有人接待了。"


class NotYours(YinlingError):
    """The agent does not hold this conversation (any more)."""

    code = "escalation.not_yours"
    spoken = "这个会话现在不由您接待了。"


class EscalationQueue:
    """The verbs of one unit of work."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session, self._vault = session, vault

    def open(
        self, conversation_id: int, reason: str, priority: int, summary: str, now: datetime
    ) -> Escalation:
        """Put a conversation into the queue; one that waits or is held already is returned, raised if more urgent."""
        query = select(Escalation).filter_by(open_for=conversation_id)
        known = self._session.scalar(query)
        if known is None:
            opened = Escalation(
                conversation_id=conversation_id,
                open_for=conversation_id,
                reason=reason,
                priority=priority,
                summary=summary,
                created_at=now,
            )
            try:
                with self._session.begin_nested():
                    self._session.add(opened)
                    self._session.flush()
            except IntegrityError:
                known = self._session.scalars(query).one()
            else:
                return opened
        if priority > known.priority:
            known.priority, known.reason, known.summary = priority, reason, summary
        return known

    def waiting(self) -> list[Escalation]:
        """Those that wait: most urgent first, then longest waiting."""
        query = (
            select(Escalation)
            .where(Escalation.status == "waiting")
            .order_by(Escalation.priority.desc(), Escalation.created_at, Escalation.id)
        )
        return list(self._session.scalars(query))

    def position(self, escalation_id: int) -> int:
        """Place in the queue, counted from 1; 0 for one that does not wait."""
        order = [escalation.id for escalation in self.waiting()]
        return order.index(escalation_id) + 1 if escalation_id in order else 0

    def accept(self, escalation_id: int, agent_id: int, now: datetime, line: str | None = None) -> Escalation:
        """The agent takes it; the assistant falls silent. Raises AlreadyTaken.

        ``line`` tells how the agent speaks with a caller: browser | phone; None for what is no call.
        """
        self._lock(escalation_id)
        change = (
            update(Escalation)
            .where(Escalation.id == escalation_id, Escalation.status == "waiting")
            .values(status="accepted", agent_id=agent_id, accepted_at=now, line=line)
        )
        if not _changed(self._session.execute(change)):
            raise AlreadyTaken
        escalation = self._fresh(escalation_id)
        self._hold(escalation.conversation_id, "agent", agent_id)
        agent = self._session.get_one(Agent, agent_id)
        agent.state, agent.last_seen_at = "on_contact", now
        Conversations(self._session, self._vault).add_system_message(
            escalation.conversation_id, f"{agent.display_name}开始接待。", now
        )
        return escalation

    def reply(self, escalation_id: int, agent_id: int, text: str, now: datetime) -> Turn:
        """An agent's words: a line of the transcript and an outbox row, together. Raises NotYours."""
        escalation = self._mine(escalation_id, agent_id)
        conversation = escalation.conversation
        turn = Conversations(self._session, self._vault).add_agent_message(
            conversation.id, agent_id, text, now
        )
        if conversation.channel == "wechat":
            Outbox(self._session, self._vault).put(
                "wechat_text",
                conversation.citizen_id,
                {"text": text, "turn_id": turn.id},
                f"agent:{turn.id}",
                now,
            )
        return turn

    def hand_back(self, escalation_id: int, agent_id: int, now: datetime) -> Escalation:
        """The assistant goes on. Raises NotYours."""
        return self._end(escalation_id, agent_id, "handed_back", None, None, now)

    def close(
        self, escalation_id: int, agent_id: int, disposition: str, note: str | None, now: datetime
    ) -> Escalation:
        """The matter is settled; disposition and note are kept. Raises NotYours."""
        return self._end(escalation_id, agent_id, "closed", disposition, note, now)

    def release_vanished(self, unseen_since: datetime, now: datetime) -> list[int]:
        """Back to the queue whatever is held by an agent last seen before; returns the escalations' ids."""
        query = (
            select(Escalation)
            .join(Agent, Agent.id == Escalation.agent_id)
            .where(Escalation.status == "accepted", Agent.last_seen_at < unseen_since)
            .order_by(Escalation.conversation_id)
        )
        return [
            escalation.id
            for escalation in list(self._session.scalars(query))
            if self._release(escalation, "坐席断线，会话回到排队。", "offline", now)
        ]

    def take_back(self, conversation_id: int, now: datetime) -> int | None:
        """The agent's line to a caller is gone: back to the old place in the queue; returns the escalation's id.

        The agent may still sit before the desk, so he is wrapping up and not away.
        """
        escalation = self._open_one(conversation_id, "accepted")
        line = "坐席的通话断了，来电回到排队。"
        if escalation is None or not self._release(escalation, line, "wrap_up", now):
            return None
        return escalation.id

    def missed(self, conversation_id: int, now: datetime) -> int | None:
        """The caller hung up while waiting; returns the escalation's id, None where none waited."""
        return self._unwaited(conversation_id, "missed", None, "来电人没有等到人工就挂断了。", now)

    def withdraw(self, conversation_id: int, now: datetime) -> int | None:
        """The citizen prefers to be rung back; returns the escalation's id, None where none waited."""
        return self._unwaited(conversation_id, "closed", "callback", "市民改为等回电，不再排队。", now)

    def seen(self, agent_id: int, now: datetime) -> None:
        """An agent's heartbeat; written at most every ten seconds."""
        change = (
            update(Agent)
            .where(
                Agent.id == agent_id,
                (Agent.last_seen_at.is_(None)) | (Agent.last_seen_at < now - _SEEN_EVERY),
            )
            .values(last_seen_at=now)
        )
        self._session.execute(change)

    def held_by(self, agent_id: int) -> list[Escalation]:
        """What an agent holds now, oldest first."""
        query = (
            select(Escalation)
            .filter_by(agent_id=agent_id, status="accepted")
            .order_by(Escalation.accepted_at)
        )
        return list(self._session.scalars(query))

    def _open_one(self, conversation_id: int, status: str) -> Escalation | None:
        """The conversation's escalation of this status, if it has one; the conversation is locked."""
        lock_conversation(self._session, conversation_id)
        query = select(Escalation).filter_by(open_for=conversation_id, status=status)
        return self._session.scalar(query.execution_options(populate_existing=True))

    def _release(self, escalation: Escalation, line: str, agent_state: str, now: datetime) -> bool:
        """Accepted becomes waiting; False where somebody settled it meanwhile."""
        self._lock(escalation.id)
        agent = escalation.agent
        change = (
            update(Escalation)
            .where(
                Escalation.id == escalation.id,
                Escalation.status == "accepted",
                Escalation.agent_id == escalation.agent_id,
            )
            .values(status="waiting", agent_id=None, accepted_at=None, line=None)
        )
        if not _changed(self._session.execute(change)):
            return False
        if agent is not None and not self.held_by(agent.id):
            agent.state = agent_state
        self._hold(escalation.conversation_id, "bot", None)
        Conversations(self._session, self._vault).add_system_message(escalation.conversation_id, line, now)
        return True

    def _unwaited(
        self, conversation_id: int, status: str, disposition: str | None, line: str, now: datetime
    ) -> int | None:
        escalation = self._open_one(conversation_id, "waiting")
        if escalation is None:
            return None
        escalation.status, escalation.disposition = status, disposition
        escalation.open_for, escalation.closed_at = None, now
        Conversations(self._session, self._vault).add_system_message(conversation_id, line, now)
        return escalation.id

    def _end(
        self,
        escalation_id: int,
        agent_id: int,
        status: str,
        disposition: str | None,
        note: str | None,
        now: datetime,
    ) -> Escalation:
        self._lock(escalation_id)
        change = (
            update(Escalation)
            .where(
                Escalation.id == escalation_id,
                Escalation.status == "accepted",
                Escalation.agent_id == agent_id,
            )
            .values(status=status, open_for=None, closed_at=now, disposition=disposition, note=note)
        )
        if not _changed(self._session.execute(change)):
            raise NotYours
        escalation = self._fresh(escalation_id)
        self._hold(escalation.conversation_id, "bot", None)
        if not self.held_by(agent_id):
            self._session.get_one(Agent, agent_id).state = "wrap_up" if status == "closed" else "ready"
        Conversations(self._session, self._vault).add_system_message(
            escalation.conversation_id, "人工接待结束，助手继续为您服务。", now
        )
        return escalation

    def _mine(self, escalation_id: int, agent_id: int) -> Escalation:
        """The escalation, locked against release while the agent's words are written. Raises NotYours."""
        self._lock(escalation_id)
        change = (
            update(Escalation)
            .where(
                Escalation.id == escalation_id,
                Escalation.status == "accepted",
                Escalation.agent_id == agent_id,
            )
            .values(agent_id=agent_id)
        )
        if not _changed(self._session.execute(change)):
            raise NotYours
        return self._fresh(escalation_id)

    def _lock(self, escalation_id: int) -> None:
        """Lock the conversation before its escalation, the order in which a turn does: no deadlock."""
        query = select(Escalation.conversation_id).filter_by(id=escalation_id)
        conversation_id = self._session.scalar(query)
        if conversation_id is not None:
            lock_conversation(self._session, conversation_id)

    def _fresh(self, escalation_id: int) -> Escalation:
        escalation = self._session.get_one(Escalation, escalation_id)
        self._session.refresh(escalation)
        return escalation

    def _hold(self, conversation_id: int, holder: str, agent_id: int | None) -> None:
        conversation = self._session.get_one(Conversation, conversation_id)
        conversation.held_by, conversation.agent_id = holder, agent_id
        self._session.flush()


def _changed(result: Any) -> bool:
    rows: CursorResult[Any] = result
    return rows.rowcount == 1
