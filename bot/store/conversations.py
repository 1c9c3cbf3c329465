"""Conversations and their turns: received, answered, delivered."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, Select, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.messages import Act, Channel, Citation, Parse, Reply, Utterance, UtteranceKind
from bot.privacy import Vault
from bot.store.models import Agent, Citizen, Conversation, Escalation, Turn


@dataclass(frozen=True, slots=True)
class TranscriptLine:
    """One line of a transcript as the desk shows it; ``id`` is the turn's, shared by question and answer."""

    id: int
    at: datetime
    speaker: str  # citizen | assistant | agent | system
    text: str
    intent: str | None = None
    confidence: float | None = None
    topic: str | None = None
    entry_id: str | None = None
    act: str | None = None
    citations: tuple[Citation, ...] = ()
    agent_name: str | None = None


class Conversations:
    """The verbs of one unit of work."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session, self._vault = session, vault

    def find_turn(self, channel: Channel, external_id: str) -> Turn | None:
        """The turn of a message, if it came before."""
        return self._session.scalar(select(Turn).filter_by(channel=channel.value, external_id=external_id))

    def receive(self, utterance: Utterance, idle: timedelta) -> tuple[Conversation, Turn, bool]:
        """Store an utterance: its citizen, conversation and turn; the bool tells whether the turn is new.

        A conversation without a turn for longer than ``idle`` is closed and a new one opened, unless it waits
        for a person or a person holds it. The conversation stays locked until the unit of work ends: two
        processes that work on the same citizen at once see each other's reply and state, with Redis or without.
        """
        known = self.find_turn(utterance.channel, utterance.external_id)
        if known is not None:
            conversation = lock_conversation(self._session, known.conversation_id)
            self._session.refresh(known)
            return conversation, known, False
        citizen = self._citizen(utterance)
        conversation = self._conversation(citizen, utterance, idle)
        turn = Turn(
            conversation=conversation,
            channel=utterance.channel.value,
            external_id=utterance.external_id,
            kind=utterance.kind.value,
            text=utterance.text,
            utterance=_utterance_json(utterance),
            received_at=utterance.at,
        )
        if not self._added(turn):
            known = self.find_turn(utterance.channel, utterance.external_id)
            if known is None:
                raise LookupError("the turn of another delivery is not visible yet")
            return lock_conversation(self._session, known.conversation_id), known, False
        conversation.last_at = max(conversation.last_at, utterance.at)
        if utterance.kind in (UtteranceKind.FOLLOW, UtteranceKind.UNFOLLOW):
            citizen.followed = utterance.kind is UtteranceKind.FOLLOW
        return conversation, turn, True

    def answer(
        self, turn: Turn, parse: Parse | None, reply: Reply, state: dict[str, Any], now: datetime
    ) -> None:
        """Store what was understood and answered, and the conversation's new state."""
        if parse is not None:
            turn.entities = {"entities": [asdict(entity) for entity in parse.entities]}
            turn.source = parse.source
            turn.intent, turn.confidence = parse.intent.name, parse.intent.confidence
        turn.reply = asdict(reply)
        turn.topic, turn.region, turn.entry_id = reply.topic, reply.region, reply.entry_id
        turn.act, turn.answered_at = reply.act.value, now
        turn.status = "delivered" if reply.silent else "answered"
        turn.conversation.state = state
        self._session.flush()

    def mark_delivered(self, turn_id: int, now: datetime) -> bool:
        """Answered becomes delivered; True for the one caller that did it."""
        change = (
            update(Turn)
            .where(Turn.id == turn_id, Turn.status == "answered")
            .values(status="delivered", delivered_at=now)
        )
        done: CursorResult[Any] = self._session.execute(change)  # type: ignore[assignment]
        return done.rowcount == 1

    def add_agent_message(self, conversation_id: int, agent_id: int, text: str, now: datetime) -> Turn:
        """A line of an agent."""
        return self._add_line(conversation_id, "agent", text, now, agent_id)

    def add_system_message(self, conversation_id: int, text: str, now: datetime) -> Turn:
        """A line of the system, as: 张老师接待了您."""
        return self._add_line(conversation_id, "system", text, now, None)

    def transcript(self, conversation_id: int) -> list[TranscriptLine]:
        """All lines of a conversation, oldest first."""
        query = (
            select(Turn, Agent.display_name)
            .outerjoin(Agent, Agent.id == Turn.agent_id)
            .where(Turn.conversation_id == conversation_id)
            .order_by(Turn.id)
        )
        lines: list[TranscriptLine] = []
        for turn, agent_name in self._session.execute(query):
            lines.extend(_lines(turn, agent_name))
        return lines

    def unfinished(self, received_before: datetime, answered_before: datetime) -> list[int]:
        """Turns of WeChat that a crash left behind: not answered, or answered and never delivered.

        A call that has ended cannot be answered any more, so turns of the telephone are not among them.
        """
        query = (
            select(Turn.id)
            .where(
                Turn.speaker == "citizen",
                Turn.channel == Channel.WECHAT.value,
                or_(
                    (Turn.status == "received") & (Turn.received_at < received_before),
                    (Turn.status == "answered") & (Turn.answered_at < answered_before),
                ),
            )
            .order_by(Turn.id)
            .limit(200)
        )
        return list(self._session.scalars(query))

    def _citizen(self, utterance: Utterance) -> Citizen:
        index = self._vault.index(utterance.user_id)
        query = select(Citizen).filter_by(channel=utterance.channel.value, user_index=index)
        found = self._session.scalar(query)
        if found is not None:
            return found
        citizen = Citizen(
            channel=utterance.channel.value,
            user_id=utterance.user_id,
            user_index=index,
            created_at=utterance.at,
        )
        if self._added(citizen):
            return citizen
        return self._session.scalars(query).one()

    def _conversation(self, citizen: Citizen, utterance: Utterance, idle: timedelta) -> Conversation:
        query = select(Conversation).filter_by(open_of=citizen.id)
        found = self._session.scalar(_locked(query))
        if found is not None:
            if utterance.at - found.last_at <= idle or self._needs_person(found):
                return found
            found.open_of, found.closed_at = None, utterance.at
            self._session.flush()
        opened = Conversation(
            citizen=citizen,
            open_of=citizen.id,
            channel=utterance.channel.value,
            region=citizen.region,
            opened_at=utterance.at,
            last_at=utterance.at,
        )
        if self._added(opened):
            return opened
        return self._session.scalars(_locked(query)).one()

    def _needs_person(self, conversation: Conversation) -> bool:
        """Whether a person holds the conversation or is waited for."""
        query = select(Escalation.id).filter_by(open_for=conversation.id)
        return conversation.held_by == "agent" or self._session.scalar(query) is not None

    def _added(self, row: Citizen | Conversation | Turn) -> bool:
        """Insert a row; False where another unit of work inserted the same one first."""
        try:
            with self._session.begin_nested():
                self._session.add(row)
                self._session.flush()
        except IntegrityError:
            return False
        return True

    def _add_line(
        self, conversation_id: int, speaker: str, text: str, now: datetime, agent_id: int | None
    ) -> Turn:
        conversation = self._session.get_one(Conversation, conversation_id)
        conversation.last_at = max(conversation.last_at, now)
        turn = Turn(
            conversation_id=conversation_id,
            channel=conversation.channel,
            external_id=f"{speaker}:{secrets.token_hex(16)}",
            speaker=speaker,
            text=text,
            status="delivered" if speaker == "system" else "answered",
            received_at=now,
            answered_at=now,
            agent_id=agent_id,
        )
        self._session.add(turn)
        self._session.flush()
        return turn


def lock_conversation(session: Session, conversation_id: int) -> Conversation:
    """A conversation as it stands now, locked until the unit of work ends; raises NoResultFound."""
    return session.scalars(_locked(select(Conversation).filter_by(id=conversation_id))).one()


def stored_reply(turn: Turn) -> Reply:
    """The reply that a turn was answered with."""
    if turn.reply is None:
        raise ValueError("the turn has no reply yet")
    data = dict(turn.reply)
    data["act"] = Act(data["act"])
    data["citations"] = tuple(Citation(**citation) for citation in data["citations"])
    data["choices"] = tuple(data["choices"])
    data["turn_id"] = turn.id
    return Reply(**data)


def stored_utterance(turn: Turn) -> Utterance:
    """The utterance that a turn was received with, to handle it again."""
    if turn.utterance is None:
        raise ValueError("the turn is not an utterance")
    data = dict(turn.utterance)
    data["channel"], data["kind"] = Channel(data["channel"]), UtteranceKind(data["kind"])
    data["at"] = datetime.fromisoformat(data["at"])
    return Utterance(**data)


def _locked(query: Select[Conversation]) -> Select[Conversation]:
    # NO KEY UPDATE lets others insert rows that refer to this one. SQLite locks the whole database anyway.
    return query.with_for_update(key_share=True).execution_options(populate_existing=True)


def _utterance_json(utterance: Utterance) -> dict[str, Any]:
    return asdict(utterance) | {"at": utterance.at.isoformat()}


_DONE_WITHOUT_WORDS = {
    UtteranceKind.FOLLOW: "市民关注了公众号。",
    UtteranceKind.UNFOLLOW: "市民取消了关注。",
    UtteranceKind.IMAGE: "市民发来一张图片。",
    UtteranceKind.OTHER: "市民发来一条看不了的消息。",
    UtteranceKind.SILENCE: "来电人没有出声。",
}


def _said(turn: Turn) -> TranscriptLine:
    """What a citizen said, or did without a word."""
    done = _DONE_WITHOUT_WORDS.get(UtteranceKind(turn.kind))
    if done is not None and not turn.text:
        return TranscriptLine(turn.id, turn.received_at, "system", done)
    if turn.kind == UtteranceKind.KEY.value:
        return TranscriptLine(turn.id, turn.received_at, "citizen", f"（按键 {turn.text}）")
    return TranscriptLine(
        turn.id,
        turn.received_at,
        "citizen",
        turn.text,
        turn.intent,
        turn.confidence,
        turn.topic,
        turn.entry_id,
    )


def _lines(turn: Turn, agent_name: str | None) -> list[TranscriptLine]:
    if turn.speaker != "citizen":
        return [TranscriptLine(turn.id, turn.received_at, turn.speaker, turn.text, agent_name=agent_name)]
    said = _said(turn)
    if turn.reply is None or turn.reply["silent"]:
        return [said]
    reply = stored_reply(turn)
    at = turn.answered_at or turn.received_at
    answer = TranscriptLine(
        turn.id,
        at,
        "assistant",
        reply.text,
        topic=reply.topic,
        entry_id=reply.entry_id,
        act=reply.act.value,
        citations=reply.citations,
    )
    return [said, answer]
