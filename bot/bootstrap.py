"""Wires the house once: every part is made here and handed to whoever needs it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from sqlalchemy import make_url, select
from sqlalchemy.orm import Session

from bot.appointments import seed_service_points
from bot.asking import Asking
from bot.assistant import Assistant, Parts
from bot.calendar import ChineseCalendar, OfficeHours, office_hours
from bot.ephemeral.connection import RedisConnection
from bot.ephemeral.events import RedisEvents
from bot.ephemeral.locks import RedisLocks
from bot.ephemeral.tokens import Tokens
from bot.flows.questions import Thresholds
from bot.knowledge_desk import KnowledgeDesk
from bot.ports import KnowledgeBase, Understanding
from bot.privacy import Vault
from bot.settings import TIME_ZONE, Settings
from bot.store.database import Database
from bot.store.models import Agent
from desk import passwords
from knowledge.desk_side import EntryDesk
from knowledge.entry import PolicyEntry
from knowledge.filesync import sync
from knowledge.live import DatabaseEntries, open_live, open_still
from knowledge.packages import Packages
from knowledge.signing import Signer
from knowledge.topics import load_topics
from nlu.fallback import LayeredUnderstanding
from nlu.rasa_client import RasaUnderstanding
from nlu.regions import region_name
from nlu.server import ensure_running
from nlu.thresholds import ACCEPT, GIVE_UP


@dataclass(frozen=True, slots=True)
class House:
    """All parts of one installation."""

    settings: Settings
    database: Database
    vault: Vault
    calendar: ChineseCalendar
    office_hours: OfficeHours
    locks: RedisLocks
    events: RedisEvents
    tokens: Tokens
    understanding: Understanding
    knowledge: KnowledgeBase
    assistant: Assistant
    knowledge_desk: KnowledgeDesk
    asking: Asking
    closing: tuple[Callable[[], None], ...] = ()

    def warm_up(self) -> None:
        """Read dictionaries and build tables now instead of in the first citizen's turn (about a second and a half)."""
        self.asking.ask("济南异地就医备案怎么办", None, datetime.now(TIME_ZONE))

    def prepare(self, *, entries: bool = True) -> tuple[str, ...]:
        """What the database must hold before the first citizen: the service points and the policy entries.

        The entries whose file and desk have both changed: the desk's are told. Raises InvalidKnowledge.
        """
        with self.database.begin() as session:
            seed_service_points(session)
            return sync(session, datetime.now(UTC)).conflicts if entries else ()

    def close(self) -> None:
        """Let go of connections."""
        for close in (self.database.close, *self.closing):
            close()


def bootstrap(settings: Settings, *, alone: bool = False, knowledge: KnowledgeBase | None = None) -> House:
    """The house of one process. ``alone``: no other process is there, so Redis is not asked for.

    ``knowledge`` is the knowledge base to tell from; by default what is published in the database.
    """
    vault = Vault(settings.data_key, settings.index_key)
    database = Database(settings.database_url, vault)
    calendar, hours = ChineseCalendar(), office_hours(settings)
    redis = RedisConnection("" if alone else settings.redis_url)
    locks = RedisLocks(redis)
    events, tokens = RedisEvents(redis), Tokens(redis, locks)
    rasa = RasaUnderstanding(settings.nlu_url, settings.nlu_token, settings.nlu_timeout)
    understanding = LayeredUnderstanding(rasa)
    # Looking for publications has connections of its own: a turn that holds one never waits for a second.
    reading = Database(settings.database_url, vault)
    knowledge = knowledge or open_live(reading, region_name)
    assistant = Assistant(
        Parts(
            database=database,
            vault=vault,
            understanding=understanding,
            knowledge=knowledge,
            calendar=calendar,
            office_hours=hours,
            locks=locks,
            events=events,
            thresholds=Thresholds(ACCEPT, GIVE_UP),
            idle=timedelta(minutes=settings.conversation_idle_minutes),
        )
    )
    return House(
        settings,
        database,
        vault,
        calendar,
        hours,
        locks,
        events,
        tokens,
        understanding,
        knowledge,
        assistant,
        EntryDesk(database, Signer(settings.package_key, settings.installation), region_name),
        Asking(understanding, knowledge, Thresholds(ACCEPT, GIVE_UP)),
        (reading.close, rasa.close),
    )


def rehearsal_knowledge(settings: Settings) -> KnowledgeBase:
    """What this installation tells citizens, read once, for a house with a database of its own."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        return open_still(None, region_name)
    database = open_database(settings)
    try:
        return open_still(database, region_name)
    finally:
        database.close()


class KnowledgeRoom:
    """The knowledge alone: its database, brought up to date, and what works on it."""

    def __init__(self, settings: Settings) -> None:
        self.vault = Vault(settings.data_key, settings.index_key)
        self.database = Database(settings.database_url, self.vault)
        self.signer = Signer(settings.package_key, settings.installation)
        self.desk: KnowledgeDesk = EntryDesk(self.database, self.signer, region_name)

    def __enter__(self) -> Self:
        self.database.upgrade()
        with self.database.begin() as session:
            self.synced = sync(session, datetime.now(UTC))
        return self

    def __exit__(self, *_: object) -> None:
        self.database.close()

    def base(self) -> KnowledgeBase:
        """What is told, as it stands now."""
        return open_live(self.database, region_name)

    def told(self) -> tuple[PolicyEntry, ...]:
        """The entries that are told."""
        return DatabaseEntries(self.database).entries()

    def packages(self, session: Session) -> Packages:
        """The verbs of packages in a unit of work."""
        return Packages(session, self.signer, load_topics())


def knowledge_room(settings: Settings) -> KnowledgeRoom:
    """The knowledge of an installation, to be used in a ``with``. Raises InvalidKnowledge for broken files."""
    return KnowledgeRoom(settings)


def open_database(settings: Settings) -> Database:
    """The database alone."""
    return Database(settings.database_url, Vault(settings.data_key, settings.index_key))


def nlu_server(settings: Settings, progress: Callable[[str], None]) -> str:
    """The address of a running NLU server; one is started in the background where none answers."""
    return ensure_running(settings, progress)


def add_agent(settings: Settings, username: str, name: str, role: str) -> str:
    """Add an agent; returns the first password."""
    database = open_database(settings)
    try:
        database.upgrade()
        with database.begin() as session:
            return passwords.add_agent(session, username, name, role, None)
    finally:
        database.close()


def first_login(house: House) -> tuple[str, str] | None:
    """The first supervisor, made on the spot where there is no agent yet; None once somebody changed the password."""
    file = house.settings.state_dir / "secrets" / "first_login"
    with house.database.begin() as session:
        if session.scalar(select(Agent.id).limit(1)) is None:
            password = secrets.token_urlsafe(9)
            passwords.add_agent(session, "admin", "值班员", "supervisor", password)
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file.touch(mode=0o600)
            file.write_text(password, encoding="ascii")
        agent = session.scalar(select(Agent).where(Agent.username == "admin"))
        if agent is None or not file.exists():
            return None
        password = file.read_text(encoding="ascii")
        return ("admin", password) if passwords.matches(agent.password_hash, password) else None
