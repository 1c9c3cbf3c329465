"""Installations as `yinling run` starts them: one on SQLite with its own Redis, one on PostgreSQL and a Redis server.

Each lives for the session; pytest runs the stories of one after the other. Stories start from a whole installation,
with citizens whom nobody has met before, and leave a whole one behind.
"""

from __future__ import annotations

import secrets
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.settings import ROOT
from tests.browser_fixture import browser, new_page  # noqa: F401
from tests.conftest import drop, drop_and_make
from tests.journeys.agent import Agent
from tests.journeys.citizen import Citizen
from tests.journeys.installation import Installation
from tests.journeys.redis_server import RedisServer
from tests.rasa_fixture import TRAINING_SECONDS, rasa_model  # noqa: F401

WHOLE_SECONDS = 90.0  # until everything is up again after a story killed some of it
EVERYTHING_SECONDS = 120.0  # until everybody has their answer, on a busy machine with two cores


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All stories of one installation come together: pytest groups by position among parameters, not by their value.

    The first story may have to wait for the model, and all of them wait for processes.
    """
    places = [place for place, item in enumerate(items) if Path(__file__).parent in item.path.parents]
    stories = sorted((items[place] for place in places), key=_installation_of, reverse=True)
    for place, story in zip(places, stories, strict=True):
        story.add_marker(pytest.mark.timeout(TRAINING_SECONDS))
        story.add_marker(pytest.mark.xdist_group(f"journeys on {_installation_of(story)}"))
        items[place] = story


def _installation_of(story: pytest.Item) -> str:
    return str(story.callspec.params.get("installation", ""))  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def _own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def _postgres(postgres_url: str) -> Iterator[str]:
    name = f"yinling_journey_{secrets.token_hex(6)}"
    yield drop_and_make(postgres_url, name)
    drop(postgres_url, name)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def installation(
    request: pytest.FixtureRequest,
    rasa_model: Path,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Installation]:
    """A running installation. The one on SQLite is as shipped; the one on PostgreSQL has other limits.

    There agents are given up after a few seconds, and Rasa may take longer than WeChat waits.
    """
    assert rasa_model.parent == ROOT / "var" / "models"
    variables: dict[str, str] = {}
    if request.param == "postgresql":
        variables = {
            "DATABASE_URL": request.getfixturevalue("_postgres"),
            "REDIS_URL": request.getfixturevalue("_own_redis").url,
            "NLU_TIMEOUT": "8",
            "AGENT_SILENCE_LIMIT": "8",
        }
    made = Installation(request.param, tmp_path_factory.mktemp(request.param), **variables)
    try:
        made.start()
        yield made
        assert [citizen.openid for citizen in made.citizens if not citizen.got_everything()] == []
        assert made.records.unsent() == 0
        status = made.stop(as_terminal=request.param == "sqlite")
        assert status == 0, f"exit status {status}"
        assert made.discretion.betrayed(made.printed) == {}
    finally:
        made.kill_everything()
        made.close()


@pytest.fixture
def house(installation: Installation, eventually: Callable[..., None]) -> Iterator[Installation]:
    """The installation, whole and without faults; and whole again afterwards."""
    eventually(installation.is_whole, WHOLE_SECONDS)
    yield installation
    installation.ask_standin("DELETE", "/faults")
    for name in ("rasa", "worker", "web"):
        for process in installation.program(name):
            process.send_signal(signal.SIGCONT)


@pytest.fixture
def redis_server(request: pytest.FixtureRequest, house: Installation) -> RedisServer | None:
    """The Redis server of the installation on PostgreSQL; None where the supervisor runs Redis."""
    return request.getfixturevalue("_own_redis") if house.kind == "postgresql" else None


@pytest.fixture
def meet(house: Installation) -> Callable[[], Citizen]:
    """Somebody new, every time."""
    return lambda: Citizen(house)


@pytest.fixture
def rasa_listens(house: Installation, meet: Callable[[], Citizen], eventually: Callable[..., None]) -> None:
    """Rasa is up, and the web process has noticed: after an outage it asks again only every few seconds."""
    eventually(lambda: understood_by_rasa(house, meet()), WHOLE_SECONDS)


def understood_by_rasa(house: Installation, citizen: Citizen) -> bool:
    """Whether a question that is asked now gets as far as Rasa."""
    citizen.says("济宁的门诊慢特病怎么认定？")
    return house.records.turns(citizen.openid)[-1].source == "rasa"


@pytest.fixture
def agent(house: Installation) -> Iterator[Agent]:
    """The first agent, logged in as the installation said when it started."""
    with Agent(house, house.username, house.password) as person:
        yield person


@pytest.fixture
def answered_once(house: Installation, eventually: Callable[..., None]) -> Callable[..., None]:
    """Wait until all that some citizens wrote is answered and nothing is under way; then each got it exactly once."""

    def look(*citizens: Citizen, seconds: float = EVERYTHING_SECONDS) -> None:
        eventually(lambda: not any(citizen.waits() for citizen in citizens), seconds)
        eventually(house.records.settled, seconds)
        assert all(citizen.got_everything() for citizen in citizens)

    return look
