"""News for open pages: by events, and from the database when no event comes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from bot.ephemeral.events import Event
from bot.store.staff import Staff
from desk import live
from desk.app import create_desk
from tests.desk.conftest import LogIn
from tests.desk.house import Clock, SmallHouse, call_for_help, hire, say
from tests.desk.visitor import Visitor


@contextmanager
def listening(visitor: Visitor, query: str = "") -> Iterator[Iterator[tuple[str, dict[str, object]]]]:
    """The events of /live as they come: name and data."""
    answer = visitor.client.get(f"/live{query}", headers={"Accept": "text/event-stream"}, buffered=False)
    assert answer.status_code == 200
    assert answer.mimetype == "text/event-stream"
    try:
        yield _events(answer)
    finally:
        answer.close()


def _events(answer: TestResponse) -> Iterator[tuple[str, dict[str, object]]]:
    silent = 0
    for chunk in answer.iter_encoded():
        fields = dict(line.split(": ", 1) for line in chunk.decode().splitlines() if ": " in line)
        if "event" in fields:
            yield fields["event"], json.loads(fields["data"])
        silent = 0 if "event" in fields else silent + 1
        assert silent < 10, "the stream goes on and says nothing"


def enqueue(house: SmallHouse, user: str, at: datetime, *, publish: bool = True) -> int:
    escalation = call_for_help(house, say(house, user, "转人工", at), at, reason="emergency", priority=3)
    if publish:
        house.events.publish("desk", "queue", {"escalation_id": escalation})
    return escalation


def test_a_new_escalation_is_told_at_once(
    log_in: LogIn, house: SmallHouse, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "LOOK_EVERY", live.timedelta(seconds=30))  # so that only the event can be it
    with listening(log_in("wang")) as news:
        name, first = next(news)
        assert (name, first["waiting"], first["urgent"]) == ("queue", [], [])
        # The stream subscribes after its first look; the event is published until it is heard.
        made: list[int] = []
        heard = threading.Event()

        def publish() -> None:
            made.append(enqueue(house, "o1", now))
            while not heard.wait(0.1):
                house.events.publish("desk", "queue", {"escalation_id": made[0]})

        publisher = threading.Thread(target=publish)
        publisher.start()
        name, second = next(news)
        heard.set()
        publisher.join(30)
        assert (name, second["waiting"], second["urgent"]) == ("queue", made, made)
        assert first["version"] != second["version"]


def test_without_redis_the_database_tells(
    house_without_redis: SmallHouse, clock: Clock, now: datetime
) -> None:
    hire(house_without_redis, "wang", "王老师")
    visitor = Visitor(create_desk(house_without_redis, clock))
    visitor.login("wang")
    with listening(visitor) as news:
        assert next(news)[1]["waiting"] == []
        escalation = enqueue(house_without_redis, "o1", now, publish=False)
        assert next(news)[1]["waiting"] == [escalation]


def test_a_page_that_cannot_listen_can_ask(log_in: LogIn, house: SmallHouse, now: datetime) -> None:
    wang = log_in("wang")
    before = wang.get("/live/now", script=True).json
    assert before is not None
    assert before["queue"]["waiting"] == []
    escalation = enqueue(house, "o1", now)
    wang.post(f"/queue/{escalation}/accept")
    mine = wang.get(f"/live/now?escalation={escalation}", script=True).json
    say(house, "o1", "我还有一个问题", now)
    later = wang.get(f"/live/now?escalation={escalation}", script=True).json
    assert mine is not None
    assert later is not None
    assert mine["queue"] == later["queue"]
    assert mine["conversation"] != later["conversation"]


def test_a_citizens_line_and_its_delivery_change_the_conversations_version(
    log_in: LogIn, house: SmallHouse, now: datetime
) -> None:
    escalation = enqueue(house, "o1", now)
    wang = log_in("wang")
    wang.post(f"/queue/{escalation}/accept")
    with listening(wang, f"?escalation={escalation}") as news:
        told = dict([next(news), next(news)])
        assert set(told) == {"queue", "conversation"}
        wang.post(f"/conversations/{escalation}/reply", script=True, text="您好")
        name, changed = next(news)
        assert name == "conversation"
        assert changed["version"] != told["conversation"]["version"]


def test_a_stream_ends_with_its_session(log_in: LogIn, house: SmallHouse, staff: dict[str, int]) -> None:
    wang = log_in("wang")
    with listening(wang) as news:
        next(news)
        with house.database.begin() as session:
            Staff(session).revoke(staff["wang"])
        assert list(news) == []
    assert wang.get("/live", script=True).status_code == 401


def test_a_stream_says_goodbye_after_a_while(log_in: LogIn, clock: Clock) -> None:
    wang = log_in("wang")
    with listening(wang) as news:
        next(news)
        clock.forward(minutes=11)
        assert [name for name, _ in news] == ["bye"]


def test_too_many_pages_are_asked_to_poll(log_in: LogIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_places", threading.BoundedSemaphore(1))
    wang = log_in("wang")
    with listening(wang) as news:
        next(news)
        assert wang.get("/live", script=True).status_code == 503
    with listening(wang) as news:
        assert next(news)[0] == "queue"


@pytest.mark.parametrize(
    ("event", "matters"),
    [
        (None, True),
        (Event("queue", {}), True),
        (Event("turn", {"conversation_id": 7}), True),
        (Event("turn", {"conversation_id": 8}), False),
        (Event("call", {"call": 3}), True),
        (Event("call", {"call": 4}), False),
        (Event("calls", {"call": 4}), True),
    ],
)
def test_other_conversations_do_not_wake_a_page(event: Event | None, matters: bool) -> None:
    assert live.concerns(event, live.Watched(conversation_id=7, call_row=3)) is matters


def test_the_desk_is_healthy_while_its_database_answers(app: Flask) -> None:
    answer = app.test_client().get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})
