"""A web app over the echo house, with the stand-in for WeChat's servers behind its API."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from bot.privacy import Vault
from bot.settings import load_settings
from bot.store.database import Database
from tests.standin_fixture import AES_KEY, APP_ID, SECRET, TOKEN, wechat  # noqa: F401
from tests.webhooks.echo import EchoHouse
from tests.webhooks.line import Line
from webhooks.app import close_web, create_web
from webhooks.standin import StandIn
from webhooks.weixin import Weixin


@pytest.fixture(scope="session")
def _empty_sqlite(vault: Vault, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "yinling.db"
    database = Database(f"sqlite:///{path}", vault)
    database.upgrade()
    database.close()
    return path


@pytest.fixture
def house_url(_empty_sqlite: Path, tmp_path: Path) -> str:
    """The house's database: SQLite. Modules whose subject is the database take ``database_url`` instead."""
    path = tmp_path / "house.db"
    shutil.copyfile(_empty_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture
def environment(tmp_path: Path, house_url: str, redis_url: str, wechat: StandIn) -> dict[str, str]:  # noqa: F811
    """The environment of a process of this installation."""
    return {
        "YINLING_STATE": str(tmp_path / "var"),
        "DATABASE_URL": house_url,
        "REDIS_URL": redis_url,
        "DATA_KEY": Fernet.generate_key().decode(),
        "INDEX_KEY": "index key of the tests",
        "WECHAT_APP_ID": APP_ID,
        "WECHAT_SECRET": SECRET,
        "WECHAT_TOKEN": TOKEN,
        "WECHAT_AES_KEY": AES_KEY,
        "WECHAT_API_URL": wechat.url,
        "PASSIVE_REPLY_BUDGET": "3",
        "NLU_URL": "http://127.0.0.1:9",
    }


@pytest.fixture
def make_house(environment: dict[str, str]) -> Iterator[Callable[..., EchoHouse]]:
    """An echo house; environment variables may be given."""
    made: list[EchoHouse] = []

    def make(**variables: str) -> EchoHouse:
        made.append(EchoHouse(load_settings({**environment, **variables})))
        return made[-1]

    yield make
    for house in made:
        house.assistant.gate.set()
        house.close()


@pytest.fixture
def house(make_house: Callable[..., EchoHouse]) -> EchoHouse:
    """An echo house in safe mode."""
    return make_house()


@pytest.fixture
def make_web() -> Iterator[Callable[..., Flask]]:
    """A web app over a house."""
    made: list[Flask] = []

    def make(house: EchoHouse, **options: Any) -> Flask:
        made.append(create_web(house, **options))
        return made[-1]

    yield make
    for app in made:
        close_web(app)


@pytest.fixture
def client(house: EchoHouse, make_web: Callable[..., Flask]) -> FlaskClient:
    """A client of the web app."""
    return make_web(house).test_client()


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The app behind a real port; gives its base address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def line(
    request: pytest.FixtureRequest,
    make_house: Callable[..., EchoHouse],
    make_web: Callable[..., Flask],
    wechat: StandIn,  # noqa: F811
) -> Iterator[Line]:
    """WeChat's stand-in before the webhook; parametrize indirectly with environment variables."""
    house = make_house(**getattr(request, "param", {}))
    with serving(make_web(house)) as url, Weixin(house.settings, house.tokens) as weixin:
        wechat.webhook_url = f"{url}/wechat"
        yield Line(house, wechat, weixin)
        house.assistant.gate.set()
