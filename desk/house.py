"""What the desk needs from the house, and how a request finds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, cast

from flask import current_app, g

from bot.calendar import ChineseCalendar
from bot.ephemeral.events import RedisEvents
from bot.knowledge_desk import KnowledgeDesk
from bot.ports import KnowledgeBase
from bot.privacy import Vault
from bot.settings import Settings
from bot.store.database import Database

Clock = Callable[[], datetime]


class DeskHouse(Protocol):
    """The parts that the desk uses; bot.bootstrap.House has them all."""

    @property
    def settings(self) -> Settings: ...
    @property
    def database(self) -> Database: ...
    @property
    def vault(self) -> Vault: ...
    @property
    def knowledge(self) -> KnowledgeBase: ...
    @property
    def knowledge_desk(self) -> KnowledgeDesk: ...
    @property
    def calendar(self) -> ChineseCalendar: ...
    @property
    def events(self) -> RedisEvents: ...


def utc_now() -> datetime:
    """The present moment, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Desk:
    """The house and the clock of one desk app."""

    house: DeskHouse
    clock: Clock


def house() -> DeskHouse:
    """The house of the app that serves this request."""
    return cast(Desk, current_app.extensions["desk"]).house


def now() -> datetime:
    """The moment of this request; the same in all its parts."""
    if "now" not in g:
        g.now = cast(Desk, current_app.extensions["desk"]).clock()
    return cast(datetime, g.now)


def fresh_now() -> datetime:
    """The moment right now, for responses that last longer than a moment."""
    return cast(Desk, current_app.extensions["desk"]).clock()
