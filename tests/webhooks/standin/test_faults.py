"""Ordered faults happen, count down and end; and the control interface does what the class does."""

from __future__ import annotations

import time
from typing import Any

import pytest
from flask import Response

from tests.webhooks.standin.test_delivery import echo
from webhooks.standin.faults import ApiFault

LI = "oDaughterLi"


def test_a_lost_reply_comes_again_with_the_same_id(make_standin, account_server):
    stand_in = make_standin()
    account_server.answer = echo
    stand_in.faults.set(drop_replies=2)
    delivery = stand_in.send(LI, text="你好")
    assert delivery.wait(10)
    assert [a["outcome"] for a in delivery.attempts] == ["lost", "lost", "replied"]
    assert [m.id for m in account_server.received] == [delivery.msg_id] * 3
    assert stand_in.texts(LI) == ["您说：你好"]


def test_a_duplicate_arrives_beside_the_first(make_standin, account_server):
    stand_in = make_standin()
    account_server.answer = echo
    stand_in.faults.set(duplicates=1)
    for text in ("一", "二"):
        assert stand_in.send(LI, text=text).wait(10)
    assert sorted(m.content for m in account_server.received) == ["一", "一", "二"]
    assert stand_in.texts(LI).count("您说：一") == 2, "a careless account answers twice, and the user sees it"


def test_out_of_order(make_standin, account_server):
    stand_in = make_standin()
    stand_in.faults.set(reorder=3)
    deliveries = [stand_in.send(LI, text=text) for text in ("一", "二", "三")]
    assert all(d.wait(10) for d in deliveries)
    assert [m.content for m in account_server.received] == ["三", "二", "一"]
    assert stand_in.send(LI, text="四").wait(10)


def test_delay(make_standin, account_server):
    stand_in = make_standin()
    stand_in.faults.set(delay=0.2)
    started = time.monotonic()
    assert stand_in.send(LI, text="一").wait(10)
    assert time.monotonic() - started >= 0.2


def test_api_faults_before_and_after_the_work(make_standin, make_api, http):
    stand_in = make_standin()
    api = make_api(stand_in)
    assert stand_in.send(LI, text="在吗").wait(10)
    stand_in.faults.set(api=[{"path": "message/custom/send", "errcode": -1, "times": 2}])
    assert [api.text(LI, "好") for _ in range(3)] == [-1, -1, 0]
    stand_in.faults.set(api=[ApiFault(path="message/custom/send", status=502, after=True)])
    body = {"touser": LI, "msgtype": "text", "text": {"content": "做了，但没说"}}
    address = f"{stand_in.url}cgi-bin/message/custom/send?access_token={api.token}"
    assert http.post(address, json=body).status_code == 502
    assert stand_in.texts(LI) == ["好", "做了，但没说"]
    stand_in.faults.set(api=[{"path": "*", "errcode": 45015}])
    assert api.get("cgi-bin/user/get")["errcode"] == 45015
    assert api.get("cgi-bin/user/get")["total"] == 1


def test_an_api_that_hangs(make_standin, make_api, http):
    stand_in = make_standin()
    api = make_api(stand_in)
    stand_in.faults.set(api=[{"path": "user/get", "hang": 0.3}])
    started = time.monotonic()
    assert api.get("cgi-bin/user/get")["errcode"] == -1
    assert time.monotonic() - started >= 0.3


def test_an_unknown_fault_is_refused(make_standin):
    stand_in = make_standin()
    for order in ({"earthquake": 1}, {"delay": "long"}, {"api": [{"where": "x"}]}):
        with pytest.raises(ValueError):  # noqa: PT011 the message names what was ordered
            stand_in.faults.set(**order)


# -- the same over HTTP ---------------------------------------------------------------------------------------


@pytest.fixture
def control(make_standin: Any, http: Any, account_server: Any) -> Any:
    """(stand-in, function that calls its control interface)."""
    stand_in = make_standin()
    account_server.answer = echo

    def call(method: str, path: str, body: Any = None, **params: Any) -> Any:
        return http.request(method, f"{stand_in.url}standin/{path}", json=body, params=params)

    return stand_in, call


def test_send_and_read_over_http(control):
    _, call = control
    sent = call("POST", f"users/{LI}/send", {"kind": "text", "text": "你好"}, wait=10).json()
    assert (sent["outcome"], len(sent["attempts"])) == ("replied", 1)
    chat = call("GET", f"users/{LI}/messages").json()
    assert [line.get("text") for line in chat["messages"]] == ["你好", "您说：你好"]
    assert (chat["follows"], chat["quota"]) == (True, 5)
    later = call("GET", f"users/{LI}/messages", after=chat["revision"]).json()
    assert later["messages"] == []
    unknown = call("GET", "users/oNobody/messages").json()
    assert (unknown["messages"], unknown["known"]) == ([], False)


def test_voice_and_image_over_http(control, http, account_server):
    stand_in, call = control
    account_server.answer = lambda m: "success"
    assert call("POST", f"users/{LI}/send", {"kind": "voice"}, wait=10).json()["outcome"] == "empty"
    address = f"{stand_in.url}standin/users/{LI}/media"
    picture = b"\x89PNG\r\n\x1a\n rest"
    kept = http.post(address, params={"kind": "image"}, files={"media": picture}).json()
    order = {"kind": "image", "media_id": kept["media_id"]}
    assert call("POST", f"users/{LI}/send", order, wait=10).json()["outcome"] == "empty"
    message = account_server.received[-1]
    assert http.get(message.image).content == picture
    assert http.post(address, params={"kind": "voice"}, files={"media": b"junk"}).status_code == 400
    assert http.get(f"{stand_in.url}standin/media/none").status_code == 404


def test_faults_tokens_and_clock_over_http(control, make_api):
    stand_in, call = control
    api = make_api(stand_in)
    assert call("POST", "faults", {"drop_replies": 1}).json()["drop_replies"] == 1
    assert call("POST", "faults", {"earthquake": 1}).status_code == 400
    sent = call("POST", f"users/{LI}/send", {"text": "你好"}, wait=10).json()
    assert len(sent["attempts"]) == 2
    call("POST", "faults", {"duplicates": 3})
    assert call("DELETE", "faults").json()["duplicates"] == 0
    call("POST", "tokens/expire")
    assert api.get("cgi-bin/user/get")["errcode"] == 42001
    api.fresh_token()
    call("POST", "clock", {"advance": 48 * 3600})
    api.fresh_token()
    assert api.text(LI, "晚了") == 45015
    assert {c["errcode"] for c in call("GET", "calls").json()} == {0, 42001, 45015}
    assert call("POST", "verify").json() == {"ok": True}
    assert call("GET", "healthz").json()["ok"] is True
    assert call("GET", "menu").json()["button"] == []


def test_wrong_orders_over_http(control):
    _, call = control
    assert call("POST", f"users/{LI}/send", {"kind": "dance"}).status_code == 400
    assert call("POST", f"users/{LI}/send", {"kind": "text"}).status_code == 400
    assert call("POST", f"users/{LI}/send", {"kind": "image", "media_id": "none"}).status_code == 409
    assert call("POST", f"users/{LI}/send").status_code == 400
    assert call("POST", "users/oNobody/desk", {"action": "accept"}).status_code == 404


def test_webhook_headers_become_notes(control, account_server):
    stand_in, _ = control

    def noted(message: Any) -> Any:
        return Response(echo(message), headers={"X-Yinling-Intent": "ask_policy", "X-Other": "no"})

    account_server.answer = noted
    delivery = stand_in.send(LI, text="你好")
    assert delivery.wait(10)
    assert delivery.notes == {"intent": "ask_policy"}
