"""A web process that runs tells what another process publishes, within seconds and without Redis."""

from __future__ import annotations

import os
import subprocess
import sys

import httpx
import pytest

from bot.api_keys import ApiKeys
from bot.bootstrap import knowledge_room
from bot.settings import ROOT, load_settings
from tests.conftest import free_port

ENTRY = "two_diseases.530000"


@pytest.fixture
def variables(tmp_path):
    """An installation's environment; nobody listens at its Redis and its NLU server."""
    return {
        "YINLING_STATE": str(tmp_path / "var"),
        "REDIS_URL": f"unix://{tmp_path / 'nobody.sock'}",
        "NLU_URL": "http://127.0.0.1:9",
        "WEB_PORT": str(free_port()),
        "API_RATE": "6000 per minute",
    }


@pytest.fixture
def room(variables):
    with knowledge_room(load_settings(variables)) as opened:
        yield opened


@pytest.fixture
def web(variables, room, eventually, tmp_path):
    """The product's own web process; gives its address."""
    config = str(ROOT / "webhooks" / "gunicorn.conf.py")
    command = [sys.executable, "-m", "gunicorn", "-c", config, "webhooks.wsgi:app"]
    with (tmp_path / "web.log").open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **variables}, stdout=out, stderr=out)
    url = f"http://127.0.0.1:{variables['WEB_PORT']}"
    eventually(lambda: alive(url), 60)
    yield url
    process.terminate()
    process.wait(20)


def alive(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def test_a_publication_reaches_a_running_process(web, room, now, eventually):
    with room.database.begin() as session:
        headers = {"X-API-Key": ApiKeys(session).add("test", "chief", now)}

    def title() -> str:
        answer = httpx.get(f"{web}/api/v1/entries/{ENTRY}", headers=headers, trust_env=False)
        return str(answer.json()["title"]) if answer.status_code == 200 else str(answer.status_code)

    told = dict(room.desk.page(ENTRY, now.date()).told or {})
    assert title() == told["title"]
    content = {name: value for name, value in told.items() if name not in ("id", "status", "review")}
    version = room.desk.save({**content, "title": "云南：刚刚改过"}, "wang", now, seen=None, origin="desk")
    room.desk.submit(version, "wang", now)
    room.desk.approve(version, "li", now, "")
    assert title() == told["title"]
    room.desk.publish(version, "chief", now)
    eventually(lambda: title() == "云南：刚刚改过", 15)
    room.desk.retire(ENTRY, "chief", now, "文件废止了")
    eventually(lambda: title() == "404", 15)
