"""gunicorn, the worker and Redis for real: nothing lost, nothing twice, whatever is killed or emptied."""

from __future__ import annotations

import http.client
import socket
from pathlib import Path

import httpx
import psutil
import pytest
import redis
from sqlalchemy import select

from bot.outbox import Outbox
from bot.store.models import Citizen, OutboxMessage
from tests.conftest import free_port
from tests.webhooks.line import LI
from tests.webhooks.processes import Processes
from tests.webhooks.pushes import query
from webhooks.deliveries import poke, utc_now

WORKER_MEMORY = 150 * 1024 * 1024  # bytes


@pytest.fixture
def processes(environment, tmp_path_factory):
    folder = Path(tmp_path_factory.mktemp("processes"))
    environment["REDIS_URL"] = f"unix://{folder}/r.sock"
    running = Processes(environment, folder)
    running.start_redis(folder / "r.sock")
    yield running
    running.stop_all()


@pytest.fixture
def house(make_house, processes):
    """The same house in this process, to write into the outbox as the desk does."""
    return make_house()


@pytest.fixture
def citizen_id(house, wechat, eventually, web):
    """Somebody who wrote a moment ago."""
    assert wechat.send(LI, text="在吗").wait(20)
    with house.database.begin() as session:
        return session.scalars(select(Citizen.id)).one()


@pytest.fixture
def web(processes, wechat, eventually):
    port = free_port()
    processes.start_web(port)
    url = f"http://127.0.0.1:{port}"
    eventually(lambda: answers(url), 30)
    wechat.webhook_url = f"{url}/wechat"
    return url


@pytest.fixture
def worker(processes, eventually):
    processes.start_worker()
    eventually(lambda: "worker.ready" in processes.log("worker"), 30)


def answers(url):
    try:
        return httpx.get(f"{url}/healthz", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def writes(house, citizen_id, text, poked=True):
    with house.database.begin() as session:
        Outbox(session, house.vault).put("wechat_text", citizen_id, {"text": text}, text, utc_now())
    if poked:
        poke(house)


def customs(wechat, user=LI):
    return [line["text"] for line in wechat.messages(user) if line.get("via") == "custom"]


def statuses(house):
    with house.database.begin() as session:
        return [tuple(row) for row in session.execute(select(OutboxMessage.status, OutboxMessage.attempts))]


def test_web_answers_and_ends_cleanly(web, wechat, processes):
    delivery = wechat.send(LI, text="报销")
    assert delivery.wait(20)
    assert wechat.texts(LI) == ["您说:报销"]
    assert processes.stop("web") == 0
    assert "Traceback" not in processes.log("web")
    assert LI not in processes.log("web")


def test_oversized_body_in_chunks(web):
    port = int(web.rsplit(":", 1)[1])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    path = "/wechat?" + "&".join(f"{k}={v}" for k, v in query().items())
    connection.request("POST", path, body=(b"x" * 1024 for _ in range(80)), encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()


def test_slow_or_broken_requests_do_not_hold_up_others(web, wechat):
    port = int(web.rsplit(":", 1)[1])
    hanging = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
    for connection in hanging:
        connection.sendall(b"POST /wechat HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n<xml>")
    assert wechat.send(LI, text="报销").wait(20)
    assert wechat.texts(LI) == ["您说:报销"]
    for connection in hanging:
        connection.close()


def test_poke_is_heard_at_once_and_the_worker_stays_small(web, worker, house, wechat, citizen_id, processes):
    writes(house, citizen_id, "坐席的回答")
    wechat.wait_for(LI, lambda lines: any(line.get("via") == "custom" for line in lines), 10)
    assert customs(wechat) == ["坐席的回答"]
    process = psutil.Process(processes.running["worker"].pid)
    assert process.children(recursive=True) == []
    assert process.memory_info().rss < WORKER_MEMORY
    assert processes.stop("worker") == 0
    log = processes.log("worker")
    assert "Traceback" not in log
    for secret in (LI, "坐席的回答", "access_token="):
        assert secret not in log


def test_without_a_poke_the_beat_finds_it(web, worker, house, wechat, citizen_id):
    writes(house, citizen_id, "没有人提醒", poked=False)
    wechat.wait_for(LI, lambda lines: any(line.get("via") == "custom" for line in lines), 15)


def test_worker_killed_between_commit_and_send(web, worker, house, wechat, citizen_id, processes, eventually):
    processes.kill("worker")
    writes(house, citizen_id, "写下了还没有发")
    processes.start_worker()
    eventually(lambda: statuses(house) == [("sent", 1)], 30)
    assert customs(wechat) == ["写下了还没有发"]


def test_worker_killed_while_sending(web, worker, house, wechat, citizen_id, processes, eventually):
    wechat.faults.set(api=[{"path": "message/custom/send", "hang": 4.0, "errcode": -1}])
    writes(house, citizen_id, "正在发")
    eventually(lambda: wechat.faults.as_json()["api"] == [], 10)
    assert statuses(house) == [("sending", 1)]
    processes.kill("worker")
    with house.database.begin() as session:  # the lease of sixty seconds has passed
        session.scalars(select(OutboxMessage)).one().lease_until = utc_now()
    processes.start_worker()
    eventually(lambda: statuses(house) == [("sent", 2)], 30)
    assert customs(wechat) == ["正在发"]


def test_redis_emptied(web, worker, house, wechat, citizen_id, processes, eventually):
    client = redis.Redis.from_url(processes.environment["REDIS_URL"])
    for number in range(3):
        client.flushall()
        writes(house, citizen_id, f"第{number}条", poked=number > 0)
        eventually(lambda expected=number + 1: len(customs(wechat)) == expected, 20)
    client.flushall()
    assert wechat.send(LI, text="还在吗").wait(20)
    assert wechat.texts(LI)[-1] == "您说:还在吗"
    eventually(lambda: celery_works(client), 20)
    client.close()
    assert customs(wechat) == ["第0条", "第1条", "第2条"]


def celery_works(client):
    """Beat puts chores into the queue and the worker takes them out: the queue is seen empty again."""
    return (
        client.llen("yinling") == 0
        and client.info("commandstats").get("cmdstat_lpush", {}).get("calls", 0) > 2
    )


def test_redis_killed_and_back(web, worker, house, wechat, citizen_id, processes, eventually):
    processes.kill("redis")
    assert wechat.send(LI, text="报销").wait(20)
    assert wechat.texts(LI)[-1] == "您说:报销"
    writes(house, citizen_id, "没有Redis也要发")
    eventually(lambda: customs(wechat) == ["没有Redis也要发"], 40)
    Path(processes.environment["REDIS_URL"].removeprefix("unix://")).unlink(missing_ok=True)
    processes.start_redis(Path(processes.environment["REDIS_URL"].removeprefix("unix://")))
    client = redis.Redis.from_url(processes.environment["REDIS_URL"])
    eventually(lambda: is_up(client) and celery_works(client), 40)
    client.close()
    writes(house, citizen_id, "又有了", poked=False)
    eventually(lambda: customs(wechat) == ["没有Redis也要发", "又有了"], 20)


def test_worker_ends_though_redis_is_away(worker, processes, eventually):
    processes.kill("redis")
    eventually(
        lambda: "Couldn't apply" in processes.log("worker") or "Cannot connect" in processes.log("worker"), 20
    )
    assert processes.stop("worker") == 0


def is_up(client):
    try:
        return client.ping()
    except redis.RedisError:
        return False
