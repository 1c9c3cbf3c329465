"""A house for the desk's tests, made of the real parts that the desk uses, and people to fill it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from bot.calendar import ChineseCalendar
from bot.ephemeral.events import RedisEvents
from bot.escalation import EscalationQueue
from bot.knowledge_desk import KnowledgeDesk
from bot.messages import Act, Channel, Intent, Parse, Reply, Utterance
from bot.ports import KnowledgeBase
from bot.privacy import Vault
from bot.settings import Settings
from bot.store.conversations import Conversations
from bot.store.database import Database
from bot.store.models import Conversation
from bot.store.staff import Staff
from desk import passwords

PASSWORD = "correct horse 电池"


@dataclass
class Clock:
    """A clock that stands until a test moves it."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **length: float) -> None:
        """Move on, as forward(minutes=5)."""
        self.now += timedelta(**length)


@dataclass(frozen=True)
class SmallHouse:
    """The parts of bot.bootstrap.House that the desk uses."""

    settings: Settings
    database: Database
    vault: Vault
    knowledge: KnowledgeBase
    calendar: ChineseCalendar
    events: RedisEvents
    knowledge_desk: KnowledgeDesk


def hire(house: SmallHouse, username: str, name: str, role: str = "agent") -> int:
    """An agent with the password PASSWORD; returns the id."""
    with house.database.begin() as session:
        return Staff(session).add(username, name, role, _password_hash(), must_change=False).id


@cache
def _password_hash() -> str:
    return passwords.hashed(PASSWORD)


def say(
    house: SmallHouse,
    user: str,
    text: str,
    at: datetime,
    *,
    reply: Reply | None = None,
    intent: str = "ask_remote_medical_filing",
    channel: Channel = Channel.WECHAT,
) -> int:
    """A citizen's line, answered by the bot where a reply is given; returns the conversation's id."""
    with house.database.begin() as session:
        conversations = Conversations(session, house.vault)
        external = f"{user}-{at.isoformat()}-{text[:20]}"
        utterance = Utterance(channel, user, text, external, at)
        conversation, turn, _ = conversations.receive(utterance, timedelta(hours=1))
        parse = Parse(text, Intent(intent, 0.93))
        conversations.answer(turn, parse, reply or Reply("", "", Act.HANDOFF, silent=True), {}, at)
        return conversation.id


def introduce(house: SmallHouse, conversation_id: int, name: str, phone: str, region: str) -> None:
    """What the citizen of a conversation told of themselves."""
    with house.database.begin() as session:
        conversation = session.get_one(Conversation, conversation_id)
        conversation.region = region
        conversation.citizen.name, conversation.citizen.phone = name, phone


def call_for_help(
    house: SmallHouse,
    conversation_id: int,
    at: datetime,
    *,
    reason: str = "request",
    priority: int = 0,
    summary: str = "问过异地备案，想找人工",
) -> int:
    """Put a conversation into the queue; returns the escalation's id."""
    with house.database.begin() as session:
        queue = EscalationQueue(session, house.vault)
        return queue.open(conversation_id, reason, priority, summary, at).id
