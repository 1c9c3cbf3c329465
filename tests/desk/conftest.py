"""A desk over real parts: both databases, a real Redis, the real knowledge base."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask

from bot.calendar import ChineseCalendar
from bot.ephemeral.connection import RedisConnection
from bot.ephemeral.events import RedisEvents
from bot.ports import KnowledgeBase
from bot.privacy import Vault
from bot.settings import load_settings
from bot.store.database import Database
from desk.app import create_desk
from desk.auth import COOKIE, begin_session
from knowledge.desk_side import EntryDesk
from knowledge.index import open_knowledge
from knowledge.signing import Signer
from nlu.regions import region_name
from tests.browser_fixture import browser, new_page  # noqa: F401
from tests.desk.house import Clock, SmallHouse, hire
from tests.desk.visitor import Visitor

LogIn = Callable[..., Visitor]


@pytest.fixture(scope="session")
def knowledge() -> KnowledgeBase:
    return open_knowledge(region_name)


@pytest.fixture
def house(
    database: Database, redis_url: str, vault: Vault, knowledge: KnowledgeBase, tmp_path: Path
) -> SmallHouse:
    settings = load_settings({"YINLING_STATE": str(tmp_path / "state"), "REDIS_URL": redis_url})
    events = RedisEvents(RedisConnection(redis_url))
    signer = Signer(settings.package_key, settings.installation)
    desk = EntryDesk(database, signer, region_name)
    return SmallHouse(settings, database, vault, knowledge, ChineseCalendar(), events, desk)


@pytest.fixture
def house_without_redis(house: SmallHouse, tmp_path: Path) -> SmallHouse:
    nowhere = f"unix://{tmp_path / 'nobody.sock'}"
    settings = replace(house.settings, redis_url=nowhere)
    return replace(house, settings=settings, events=RedisEvents(RedisConnection(nowhere)))


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


@pytest.fixture
def app(house: SmallHouse, clock: Clock) -> Flask:
    return create_desk(house, clock)


@pytest.fixture
def staff(house: SmallHouse) -> dict[str, int]:
    """Two agents and a supervisor: user name → id."""
    return {
        "wang": hire(house, "wang", "王老师"),
        "li": hire(house, "li", "李老师"),
        "chief": hire(house, "chief", "陈主管", "supervisor"),
    }


@pytest.fixture
def log_in(app: Flask, house: SmallHouse, staff: dict[str, int]) -> LogIn:
    """A browser in which somebody is logged in; test_door.py shows how one gets there."""

    def make(username: str, address: str = "10.0.0.1") -> Visitor:
        visitor = Visitor(app, address)
        with app.test_request_context(), house.database.begin() as session:
            visitor.client.set_cookie(COOKIE, begin_session(session, staff[username]))
        return visitor

    return make
