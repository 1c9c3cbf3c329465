"""A house for the desk's tests, made of the real parts that the desk uses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bot.appointments import seed_service_points
from bot.calendar import ChineseCalendar
from bot.ephemeral.connection import RedisConnection
from bot.ephemeral.events import RedisEvents
from bot.escalation import EscalationQueue
from bot.messages import Act, Channel, Intent, Parse, Reply, Utterance
from bot.ports import KnowledgeBase
from bot.privacy import Vault
from bot.settings import Settings, load_settings
from bot.store.conversations import Conversations
from bot.store.database import Database
from bot.store.staff import Staff
from desk import passwords
from knowledge.index import open_knowledge
from nlu.regions import region_name

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
class TestHouse:
    """The parts of bot.bootstrap.House that the desk uses."""

    __test__ = False

    settings: Settings
    database: Database
    vault: Vault
    knowledge: KnowledgeBase
    calendar: ChineseCalendar
    events: RedisEvents


def build_house(
    state: Path, database_url: str, redis_url: str, knowledge: KnowledgeBase | None = None
) -> TestHouse:
    """A house over a database whose tables exist."""
    settings = load_settings(
        {"YINLING_STATE": str(state), "DATABASE_URL": database_url, "REDIS_URL": redis_url}
    )
    vault = Vault(settings.data_key, settings.index_key)
    database = Database(settings.database_url, vault)
    database.upgrade()
    with database.begin() as session:
        seed_service_points(session)
    return TestHouse(
        settings=settings,
        database=database,
        vault=vault,
        knowledge=knowledge or open_knowledge(region_name),
        calendar=ChineseCalendar(),
        events=RedisEvents(RedisConnection(redis_url)),
    )


def hire(house: TestHouse, username: str, name: str, role: str = "agent") -> int:
    """An agent with the password PASSWORD; returns the id."""
    with house.database.begin() as session:
        passwords.add_agent(session, username, name, role, PASSWORD)
    with house.database.begin() as session:
        agent = Staff(session).by_username(username)
        assert agent is not None
        return agent.id


def say(
    house: TestHouse,
    user: str,
    text: str,
    at: datetime,
    reply: Reply | None = None,
    intent: str = "ask_remote_medical_filing",
) -> int:
    """A citizen's line, answered by the bot where a reply is given; returns the conversation's id."""
    with house.database.begin() as session:
        conversations = Conversations(session, house.vault)
        external = f"{user}-{at.isoformat()}-{len(text)}"
        conversation, turn, _ = conversations.receive(
            Utterance(Channel.WECHAT, user, text, external, at), timedelta(hours=1)
        )
        parse = Parse(text, Intent(intent, 0.93))
        conversations.answer(turn, parse, reply or Reply("", "", Act.HANDOFF, silent=True), {}, at)
        return conversation.id


def call_for_help(
    house: TestHouse, conversation_id: int, at: datetime, reason: str = "request", priority: int = 10
) -> int:
    """Put a conversation into the queue; returns the escalation's id."""
    with house.database.begin() as session:
        queue = EscalationQueue(session, house.vault)
        return queue.open(conversation_id, reason, priority, "问过异地备案,想找人工", at).id
