"""Alive, ready, numbers."""

from __future__ import annotations

from flask import Flask, jsonify

from bot.store.models import OutboxMessage
from tests.webhooks.conftest import serving
from tests.webhooks.pushes import message, push, query


def test_alive(client):
    assert client.get("/healthz").json == {"ok": True}


def test_ready_though_degraded(client):
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {
        "ready": True, "degraded": ["nlu"], "database": "ok", "redis": "ok", "nlu": "away",
    }  # fmt: skip


def test_ready_without_redis(make_house, make_web):
    client = make_web(make_house(REDIS_URL="redis://127.0.0.1:9/0")).test_client()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["redis"], answer.json["degraded"]) == (
        200,
        "away",
        ["nlu", "redis"],
    )
    assert "<Encrypt>" in push(client, message(Content="报销")).text


def test_ready_with_everything(make_house, make_web):
    nlu = Flask("nlu")
    nlu.add_url_rule("/status", view_func=lambda: jsonify(model_file="x"))
    with serving(nlu) as url:
        client = make_web(make_house(NLU_URL=url)).test_client()
        assert client.get("/readyz").json["degraded"] == []


def test_not_ready_without_the_database(make_house, make_web, monkeypatch):
    house = make_house()

    def away() -> None:
        raise OSError("no database")

    monkeypatch.setattr(house.database, "ping", away)
    answer = make_web(house).test_client().get("/readyz")
    assert (answer.status_code, answer.json["ready"], answer.json["database"]) == (503, False, "away")


def test_numbers(client, house):
    push(client, message(Content="报销"))
    client.post("/wechat", query_string=query("wrong"), data=b"x")
    page = client.get("/metrics").text
    assert 'yinling_wechat_messages_total{way="passive"} 1.0' in page
    assert 'yinling_wechat_refused_total{code="wechat.signature"} 1.0' in page
    assert 'yinling_wechat_seconds_bucket{le="1.0"} 1.0' in page
    assert "yinling_wechat_under_way 0.0" in page
    with house.database.begin() as session:
        assert session.query(OutboxMessage).count() == 0
