"""The worker's chores."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.calls import LOST_AFTER, Calls
from bot.escalation import EscalationQueue
from bot.messages import Channel, Utterance
from bot.recordings import Recordings
from bot.store.conversations import Conversations
from bot.store.models import Agent, Call, Conversation, Escalation, Turn
from tests.webhooks.echo import IDLE
from webhooks.celery_app import broker_url, make_celery
from webhooks.deliveries import utc_now
from webhooks.tasks import Chores
from webhooks.weixin import Weixin
from webhooks.worker import WorkerHouse, _guarded


@pytest.fixture
def house_url(database_url):
    """On both databases."""
    return database_url


@pytest.fixture
def weixin(house):
    with Weixin(house.settings, house.tokens) as api:
        yield api


def says(house, at, number=1):
    with house.database.begin() as session:
        said = Utterance(Channel.WECHAT, "oLi", "转人工", f"m{number}", at)
        conversation, _, _ = Conversations(session, house.vault).receive(said, IDLE)
        return conversation.id


def test_agent_who_vanished_gives_the_conversation_back(house, weixin):
    chores = Chores(house, weixin)
    now = utc_now()
    conversation_id = says(house, now)
    with house.database.begin() as session:
        agent = Agent(
            username="zhang", display_name="张老师", password_hash="x", state="on_contact", last_seen_at=now
        )
        session.add(agent)
        session.flush()
        queue = EscalationQueue(session, house.vault)
        escalation = queue.open(conversation_id, "request", 1, "药费", now)
        queue.accept(escalation.id, agent.id, now)
    assert chores.release_vanished() == 0
    heard = house.events.subscribe("desk", poll_seconds=0.2)
    next(heard)
    late = Chores(
        house, weixin, lambda: utc_now() + timedelta(seconds=house.settings.agent_silence_limit + 5)
    )
    assert late.release_vanished() == 1
    assert any(event is not None and event.name == "queue" for event in (next(heard), next(heard)))
    heard.close()
    with house.database.begin() as session:
        assert session.scalars(select(Escalation.status)).one() == "waiting"
        assert session.scalars(select(Conversation.held_by)).one() == "bot"


def test_what_is_too_old_is_forgotten(house, weixin):
    days = house.settings.retention_days
    says(house, utc_now() - timedelta(days=days + 1), 1)
    says(house, utc_now(), 2)
    assert Chores(house, weixin).forget() == 1
    with house.database.begin() as session:
        assert len(session.scalars(select(Turn)).all()) == 1


def test_a_call_whose_process_died_is_ended(house, weixin):
    calls = Calls(house.database, house.vault, house.events)
    lost = calls.begin("lost", "sip", "", "12393", utc_now() - LOST_AFTER - timedelta(seconds=5))
    alive = calls.begin("alive", "sip", "", "12393", utc_now())
    Chores(house, weixin).release_vanished()
    with house.database.begin() as session:
        assert session.get_one(Call, lost).end_reason == "lost"
        assert session.get_one(Call, alive).ended_at is None


def test_recordings_are_forgotten_in_time(house, weixin):
    calls = Calls(house.database, house.vault, house.events)
    recordings = Recordings(house.settings.recordings_dir, house.settings.data_key)
    began = utc_now() - timedelta(days=house.settings.recording_days + 1)
    writer = recordings.create(8000)
    writer.close()
    row = calls.begin("old", "sip", "", "12393", began)
    calls.recorded(row, writer.name, 1.0)
    os.utime(house.settings.recordings_dir / writer.name, (began.timestamp(), began.timestamp()))
    Chores(house, weixin).forget()
    assert list(house.settings.recordings_dir.iterdir()) == []
    with house.database.begin() as session:
        assert session.get_one(Call, row).recording is None


def test_menu_while_trying_out(house, weixin, wechat):
    chores = Chores(house, weixin)
    wechat.faults.set(api=[{"path": "menu/create", "errcode": -1}])
    chores.show_menu()
    assert wechat.account.menu is None
    chores.show_menu()
    assert len(wechat.account.menu) == 3


def test_sweep_drains_what_it_finished(house, weixin, wechat):
    wechat.send("oLi", text="转人工").wait(5)
    says(house, utc_now() - timedelta(seconds=30))
    assert Chores(house, weixin).sweep() == 1
    assert wechat.texts("oLi")[-1] == "正在为您转人工。"


def test_failing_chore_is_logged_without_words(caplog):
    def chore():
        raise ValueError("王天龙 13812345678")

    _guarded(chore)()
    assert "chore.failed name=chore code=ValueError" in caplog.text
    assert "王天龙" not in caplog.text


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("redis://127.0.0.1:6379/1", "redis://127.0.0.1:6379/1"),
        ("unix:///var/lib/y/redis.sock", "redis+socket:///var/lib/y/redis.sock?virtual_host=0"),
        ("unix:///a/r.sock?db=3", "redis+socket:///a/r.sock?virtual_host=3"),
        ("unix://:p%40ss@/a/r.sock", "redis+socket://:p%40ss@/a/r.sock?virtual_host=0"),
    ],
)
def test_brokers_address(given, expected):
    assert broker_url(given) == expected


def test_broker_is_reached_at_that_address(redis_url):
    app = make_celery(redis_url, {})
    with app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1)
    app.close()


def test_workers_house_needs_no_conversation_until_one_is_left(house):
    own = WorkerHouse(house.settings)
    assert Chores(own, None).sweep() == 0  # type: ignore[arg-type]
    assert own.assistant._assistant is None
    own.database.close()
