"""The database is away for a moment: citizens get their answers a little later, nothing is lost."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, make_url, text

from tests.journeys.crowd import all_write, crowd

pytestmark = pytest.mark.parametrize("installation", ["postgresql"], indirect=True)


@pytest.fixture
def doors(house, postgres_url):
    """Shuts the installation's database, whoever is in it, and opens it again: ``doors(open=False)``."""
    name = make_url(house.settings.database_url).database
    engine = create_engine(postgres_url, isolation_level="AUTOCOMMIT")

    def turn(*, open: bool) -> None:
        with engine.connect() as connection:
            connection.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS {str(open).lower()}'))
            if not open:
                everybody = text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
                )
                connection.execute(everybody, {"name": name})

    yield turn
    turn(open=True)
    engine.dispose()


def test_a_message_that_comes_meanwhile_is_answered_a_little_later(
    house, meet, doors, eventually, answered_once
):
    regular, newcomer = meet(), meet()
    regular.says("济南门诊慢特病怎么办理认定？")
    doors(open=False)
    regular.sends("要带什么材料？")
    newcomer.sends("昆明的社保卡丢了怎么补办？")
    eventually(lambda: all(was_refused(person.lines()[-1]) for person in (regular, newcomer)), 20)
    doors(open=True)
    answered_once(regular, newcomer)
    assert regular.complaints() == newcomer.complaints() == [], "WeChat came again, and was answered"


def was_refused(line):
    """Whether the first attempt to deliver a message ended with 503."""
    return [attempt["status"] for attempt in line.get("attempts", ())][:1] == [503]


def test_connections_that_break_under_work_lose_nothing(house, meet, doors, answered_once):
    asking = crowd(meet)
    for citizen in asking:
        citizen.says("您好")
    all_write(asking)
    doors(open=False)
    doors(open=True)
    answered_once(*asking)
