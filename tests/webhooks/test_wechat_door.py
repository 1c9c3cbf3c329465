"""Who gets in at the webhook, and what is turned away with which status."""

from __future__ import annotations

import gzip
import logging
import time

import pytest

from tests.standin_fixture import TOKEN
from tests.webhooks.pushes import LI, event, message, push, push_readable, query, reply_in, sealed
from webhooks.standin import xml
from webhooks.standin.crypto import signature

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><xml><Content>&c;</Content></xml>'
)
FILE = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><xml><Content>&f;</Content></xml>'


def test_verification_echoes_only_for_our_signature(client):
    good = query()
    answer = client.get("/wechat", query_string={**good, "echostr": "5837492847562"})
    assert (answer.status_code, answer.text, answer.mimetype) == (200, "5837492847562", "text/plain")
    assert client.get("/wechat", query_string={**query("another token"), "echostr": "1"}).status_code == 403
    assert client.get("/wechat", query_string={**good, "echostr": ""}).status_code == 400
    assert client.get("/wechat", query_string={"echostr": "1"}).status_code == 403
    markup = client.get("/wechat", query_string={**good, "echostr": "<script>"})
    assert (markup.mimetype, markup.headers["X-Content-Type-Options"]) == ("text/plain", "nosniff")


def test_answer_is_sealed_for_a_sealed_message(client):
    answer = push(client, message(Content="药费怎么报销"))
    assert "<Encrypt>" in answer.text
    assert "报销" not in answer.text
    fields = reply_in(answer)
    assert (fields["MsgType"], fields["Content"]) == ("text", "您说:药费怎么报销")
    assert (fields["ToUserName"], fields["FromUserName"]) == (LI, "gh_account")


def test_plain_and_compatible_mode(make_house, make_web):
    plain = make_web(make_house(WECHAT_MODE="plain")).test_client()
    assert reply_in(push_readable(plain, message(Content="报销")))["Content"] == "您说:报销"
    compatible = make_web(make_house(WECHAT_MODE="compatible")).test_client()
    fields = message(Content="社保卡")
    params, body = sealed(fields)
    both = xml.write({**fields, **xml.read(body.decode()), "Content": "读得见的这句不算数"}).encode()
    answer = compatible.post("/wechat", query_string=params, data=both)
    assert reply_in(answer)["Content"] == "您说:社保卡"


def test_readable_message_is_refused_in_safe_mode_but_not_while_trying_out(client, make_house, make_web):
    assert push_readable(client, message(Content="报销")).status_code == 403
    tryout = make_web(make_house(WECHAT_SECRET="")).test_client()
    assert reply_in(push_readable(tryout, message(Content="报销")))["Content"] == "您说:报销"


@pytest.mark.parametrize("off_by", [-3600, -301, 301, 86_400])
def test_signature_of_another_time_is_stale(client, off_by):
    params, body = sealed(message(Content="报销"), at=time.time() + off_by)
    assert client.post("/wechat", query_string=params, data=body).status_code == 403
    stale = {**query(at=time.time() + off_by), "echostr": "1"}
    assert client.get("/wechat", query_string=stale).status_code == 403


def test_clocks_may_differ_by_minutes(client):
    params, body = sealed(message(Content="报销"), at=time.time() - 280)
    assert client.post("/wechat", query_string=params, data=body).status_code == 200


def test_tolerance_is_configurable(make_house, make_web):
    client = make_web(make_house(WECHAT_CLOCK_TOLERANCE="30")).test_client()
    for off_by, status in ((20, 200), (40, 403)):
        params, body = sealed(message(Content="报销"), at=time.time() - off_by)
        assert client.post("/wechat", query_string=params, data=body).status_code == status


@pytest.mark.parametrize("timestamp", ["", "abc", "-5", "１２３", "9" * 40, "1e9"])
def test_odd_timestamps(client, timestamp):
    odd = {
        "timestamp": timestamp,
        "nonce": "1",
        "signature": signature(TOKEN, timestamp, "1"),
        "echostr": "1",
    }
    assert client.get("/wechat", query_string=odd).status_code == 403


def test_tampering_with_a_sealed_message(client):
    params, body = sealed(message(Content="报销"))
    _, other = sealed(message(Content="别的话"))
    assert client.post("/wechat", query_string=params, data=other).status_code == 403
    for name in ("msg_signature", "timestamp", "nonce"):
        assert client.post("/wechat", query_string={**params, name: "1"}, data=body).status_code == 403
        left = {k: v for k, v in params.items() if k != name}
        assert client.post("/wechat", query_string=left, data=body).status_code == 403


def test_sealed_for_another_account(client):
    params, body = sealed(message(Content="报销"), app_id="wx_another")
    assert client.post("/wechat", query_string=params, data=body).status_code == 403


def test_a_readable_signature_carries_one_content_only(make_house, make_web):
    client = make_web(make_house(WECHAT_MODE="plain")).test_client()
    params, fields = query(), message(Content="报销")
    assert push_readable(client, fields, params).status_code == 200
    assert push_readable(client, fields, params).status_code == 200, "WeChat's own retry"
    assert push_readable(client, message(Content="别的话"), params).status_code == 403
    assert push_readable(client, message(Content="别的话", user="oSomebodyElse"), params).status_code == 403


def test_replay_is_noticed_by_another_process(make_house, make_web):
    params = query()
    clients = [make_web(make_house(WECHAT_MODE="plain")).test_client() for _ in range(2)]
    assert push_readable(clients[0], message(Content="报销"), params).status_code == 200
    assert push_readable(clients[1], message(Content="别的话"), params).status_code == 403


def test_while_trying_out_a_signature_of_this_moment_may_carry_several(make_house, make_web):
    client = make_web(make_house(WECHAT_SECRET="", WECHAT_MODE="plain")).test_client()
    fresh, older = query(nonce="1"), query(at=time.time() - 10, nonce="1")
    assert [push_readable(client, message(Content=t), fresh).status_code for t in "一二"] == [200, 200]
    assert [push_readable(client, message(Content=t), older).status_code for t in "一二"] == [200, 403]


@pytest.mark.parametrize("size", [64 * 1024 + 1, 1024 * 1024])
def test_oversized_body(client, size):
    answer = client.post("/wechat", query_string=query(), data=b"x" * size)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"junk",
        b"<xml></xml>",
        b"<xml/>",
        b"<xml>text</xml>",
        b"<xml><MsgType>text</MsgType>",
        b"<other><MsgType>text</MsgType></other>",
        b'{"MsgType": "text"}',
        b"\xff\xfe<\x00x\x00",
        b"\x00" * 64,
        BOMB.encode(),
        FILE.encode(),
        b'<!DOCTYPE xml SYSTEM "http://127.0.0.1:1/x.dtd"><xml><A>1</A></xml>',
        b'<?xml-stylesheet href="x"?><xml><A>1</A></xml>',
        "<xml><A>1</A></xml>".encode("utf-16"),
        b"<xml>" + b"<a>" * 9000,
        b"<xml>" + b"<a>1</a>" * 1000 + b"</xml>",
        gzip.compress(b"<xml><A>1</A></xml>", mtime=0),
    ],
)
def test_malformed_bodies(body, make_house, make_web):
    client = make_web(make_house(WECHAT_MODE="plain")).test_client()
    assert client.post("/wechat", query_string=query(), data=body).status_code == 400
    sealed_answer = client.post("/wechat", query_string={**query(), "encrypt_type": "aes"}, data=body)
    assert sealed_answer.status_code in (400, 403)


@pytest.mark.parametrize("inner", ["", "junk", BOMB, FILE, "<xml></xml>", "<xml><Encrypt>x</Encrypt></xml>"])
def test_malformed_under_a_good_seal(inner, client):
    params, body = sealed(inner or " ")
    assert client.post("/wechat", query_string=params, data=body).status_code == 400


@pytest.mark.parametrize(
    "missing", ["ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId", "Content"]
)
def test_missing_field_of_a_message(missing, client):
    fields = message(Content="报销")
    del fields[missing]
    assert push(client, fields).status_code == 400


@pytest.mark.parametrize("missing", ["FromUserName", "CreateTime", "Event"])
def test_missing_field_of_an_event(missing, client):
    fields = event("subscribe")
    del fields[missing]
    assert push(client, fields).status_code == 400


@pytest.mark.parametrize(
    "odd",
    [
        {"FromUserName": "a]]><x>"},
        {"FromUserName": "o" * 200},
        {"CreateTime": "yesterday"},
        {"MsgType": "location", "Location_X": "north", "Location_Y": "1"},
        {"MsgType": "location", "Location_X": "nan", "Location_Y": "1"},
        {"MsgType": "location", "Location_X": "91", "Location_Y": "1"},
    ],
)
def test_fields_that_make_no_sense(odd, client):
    assert push(client, message(Content="报销") | odd).status_code == 400


def test_repeated_field(client):
    inner = xml.write(message(Content="报销")).replace("</xml>", "<Content>x</Content></xml>")
    params, body = sealed(inner)
    assert client.post("/wechat", query_string=params, data=body).status_code == 400


def test_other_methods(client):
    assert client.put("/wechat", query_string=query(), data=b"x").status_code == 405
    assert client.delete("/wechat").status_code == 405


def test_refusals_are_logged_without_content(client, caplog):
    with caplog.at_level(logging.DEBUG):
        params, body = sealed(message(Content="我叫王天龙,电话13812345678"))
        client.post("/wechat", query_string={**params, "msg_signature": "0"}, data=body)
        client.post("/wechat", query_string=params, data=body)
        client.post("/wechat", query_string=query(), data="王天龙".encode())
    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert "code=wechat.signature status=403" in logged
    assert "code=wechat.malformed status=400" in logged or "code=wechat.not_sealed" in logged
    for secret in ("王天龙", "13812345678", LI, params["nonce"], params["msg_signature"]):
        assert secret not in logged


def test_error_page_is_plain_chinese(client):
    page = client.get("/no/such/page", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert "没有这一页" in page.text
    assert "12393" in page.text
    assert "<" not in client.get("/no/such/page").text
