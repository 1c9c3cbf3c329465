"""Messages reach the webhook signed, encrypted, within limits, and answers come back as WeChat takes them."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Response
from wechatpy.crypto import WeChatCrypto
from wechatpy.replies import (
    ArticlesReply,
    EmptyReply,
    ImageReply,
    TextReply,
    TransferCustomerServiceReply,
    VoiceReply,
)

from tests.standin_fixture import AES_KEY, APP_ID, TOKEN
from webhooks.standin.audio import sample_voice
from webhooks.standin.delivery import FAILURE_NOTICE
from webhooks.standin.outgoing import BadOrder

LI = "oDaughterLi"


def encrypted(reply: Any) -> str:
    """A reply as wechatpy seals it."""
    text: str = WeChatCrypto(TOKEN, AES_KEY, APP_ID).encrypt_message(reply.render(), "nonce", "1772413200")
    return text


def echo(message: Any) -> str:
    return encrypted(TextReply(content=f"您说：{message.content}", message=message))


def kinds_and_texts(lines: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(line["from"], line["kind"], line.get("text", "")) for line in lines]


def test_echostr_is_verified(make_standin, account_server):
    stand_in = make_standin()
    assert stand_in.verify()
    stand_in.identity.token = "another"
    assert not stand_in.verify()


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
def test_text_goes_there_and_back_in_each_mode(mode, make_standin, account_server):
    stand_in = make_standin(mode=mode)
    seal = encrypted if mode == "safe" else (lambda reply: reply.render())
    account_server.answer = lambda m: seal(TextReply(content="好的", message=m))
    delivery = stand_in.send(LI, text="异地就医备案<b>]]>&怎么办😀")
    assert delivery.wait(10)
    (message,) = account_server.received
    assert message.content == "异地就医备案<b>]]>&怎么办😀"
    assert message.source == LI
    assert message.target == stand_in.identity.original_id
    assert message.id == delivery.msg_id
    assert ("异地" in account_server.bodies[0]) is (mode != "safe")
    assert ("<Encrypt>" in account_server.bodies[0]) is (mode != "plain")
    assert delivery.outcome == "replied"
    user_line, reply_line = stand_in.messages(LI)
    assert user_line["state"] == "delivered"
    assert (reply_line["via"], reply_line["from"]) == ("passive", "account")


def test_every_kind_arrives_as_wechatpy_reads_it(make_standin, account_server):
    stand_in = make_standin()
    picture = stand_in.keep_media("image", b"\xff\xd8\xff\xe0 a picture")
    voice = stand_in.keep_media("voice", sample_voice(1.0))
    orders: list[tuple[str, dict[str, Any]]] = [
        ("subscribe", {}),
        ("subscribe", {"scene": "hall-370100"}),
        ("scan", {"scene": "hall-370100"}),
        ("click", {"key": "ASK_BOOKING"}),
        ("view", {"url": "https://example.invalid/h5"}),
        ("image", {"media_id": picture.media_id}),
        ("voice", {"media_id": voice.media_id}),
        ("location", {"latitude": 36.65, "longitude": 117.12, "label": "济南市历下区"}),
        ("link", {"title": "通知", "url": "https://example.invalid/"}),
        ("unsubscribe", {}),
    ]
    for kind, order in orders:
        assert stand_in.send(LI, kind, **order).wait(10)
    got = account_server.received
    assert [getattr(m, "event", m.type) for m in got] == [
        "subscribe", "subscribe_scan", "scan", "click", "view", "image", "voice", "location", "link", "unsubscribe",
    ]  # fmt: skip
    assert got[1].scene_id == "hall-370100"
    assert got[3].key == "ASK_BOOKING"
    assert got[5].media_id == picture.media_id
    assert (got[6].format, got[6].media_id) == ("amr", voice.media_id)
    assert tuple(map(float, got[7].location)) == (36.65, 117.12)
    times = [m.time for m in got if m.type == "event"]
    assert len(set(times)) == len(times), "events are told apart by user and second"


def test_no_answer_in_time_three_attempts_then_notice(make_standin, account_server):
    stand_in = make_standin(reply_limit=0.3)

    def hang(message: Any) -> str:
        account_server.release.wait(20)
        return "success"

    account_server.answer = hang
    delivery = stand_in.send(LI, text="在吗")
    assert delivery.wait(10)
    assert [a["outcome"] for a in delivery.attempts] == ["timeout"] * 3
    assert all(0.3 <= a["seconds"] < 2 for a in delivery.attempts)
    assert len({m.id for m in account_server.received}) == 1
    assert len({q["nonce"] for q in account_server.queries}) == 3, "each attempt is signed anew"
    lines = stand_in.messages(LI)
    assert kinds_and_texts(lines)[1:] == [("system", "notice", FAILURE_NOTICE)]
    assert lines[0]["state"] == "failed"


def test_an_answer_on_the_third_attempt_counts(make_standin, account_server):
    stand_in = make_standin()

    def third(message: Any) -> Response | str:
        return echo(message) if len(account_server.received) == 3 else Response("busy", 503)

    account_server.answer = third
    delivery = stand_in.send(LI, text="你好")
    assert delivery.wait(10)
    assert [(a["outcome"], a["status"]) for a in delivery.attempts] == [
        ("status", 503), ("status", 503), ("replied", 200),
    ]  # fmt: skip
    assert stand_in.texts(LI) == ["您说：你好"]


def test_unreachable_webhook(make_standin):
    stand_in = make_standin(webhook_url="http://127.0.0.1:1/wechat")
    delivery = stand_in.send(LI, text="你好")
    assert delivery.wait(10)
    assert [a["outcome"] for a in delivery.attempts] == ["refused"] * 3
    assert stand_in.messages(LI)[-1]["text"] == FAILURE_NOTICE


@pytest.mark.parametrize("nothing", ["", "success", " success\n"])
def test_success_or_nothing_means_nothing(nothing, make_standin, account_server):
    stand_in = make_standin()
    account_server.answer = lambda m: nothing
    delivery = stand_in.send(LI, text="你好")
    assert delivery.wait(10)
    assert (delivery.outcome, len(delivery.attempts), len(stand_in.messages(LI))) == ("empty", 1, 1)


def _foreign_sender(message: Any) -> str:
    reply = TextReply(content="好", message=message)
    reply._data["FromUserName"] = "wx-app-id"
    return encrypted(reply)


def _wrong_signature(message: Any) -> str:
    return echo(message).replace("<TimeStamp>1772413200", "<TimeStamp>1772413201")


def _other_key(message: Any) -> str:
    crypto = WeChatCrypto(TOKEN, AES_KEY[::-1], APP_ID)
    return str(crypto.encrypt_message(TextReply(content="好", message=message).render(), "n", "1"))


def _entity_bomb(message: Any) -> str:
    return '<!DOCTYPE xml [<!ENTITY a "aaaa">]><xml><Encrypt>&a;</Encrypt></xml>'


@pytest.mark.parametrize(
    "bad",
    [
        lambda m: '{"text": "json"}',
        lambda m: "<xml><unclosed></xml>",
        lambda m: TextReply(content="plain", message=m).render(),
        lambda m: encrypted(TextReply(content="长" * 683, message=m)),
        lambda m: encrypted(TextReply(content="", message=m)),
        lambda m: encrypted(ImageReply(media_id="unknown", message=m)),
        _foreign_sender,
        _wrong_signature,
        _other_key,
        _entity_bomb,
    ],
)
def test_bad_replies_show_the_notice_at_once(bad, make_standin, account_server):
    stand_in = make_standin()
    account_server.answer = bad
    delivery = stand_in.send(LI, text="你好")
    assert delivery.wait(10)
    assert (delivery.outcome, len(account_server.received)) == ("failed", 1)
    assert delivery.reason
    assert kinds_and_texts(stand_in.messages(LI))[1:] == [("system", "notice", FAILURE_NOTICE)]


def test_the_longest_text_passes(make_standin, account_server):
    stand_in = make_standin()
    account_server.answer = lambda m: encrypted(TextReply(content="长" * 682 + "ab", message=m))
    assert stand_in.send(LI, text="你好").wait(10)
    assert stand_in.texts(LI) == ["长" * 682 + "ab"]


def test_media_and_article_replies(make_standin, account_server):
    stand_in = make_standin()
    voice = stand_in.keep_media("voice", sample_voice(1.0))
    account_server.answer = lambda m: encrypted(VoiceReply(media_id=voice.media_id, message=m))
    assert stand_in.send(LI, text="念给我听").wait(10)
    article = {"title": "大字版", "description": "点开看", "image": "", "url": "http://127.0.0.1/h5"}
    account_server.answer = lambda m: encrypted(ArticlesReply(articles=[article], message=m))
    assert stand_in.send(LI, text="大字").wait(10)
    lines = stand_in.messages(LI)
    assert (lines[1]["kind"], lines[1]["media_id"]) == ("voice", voice.media_id)
    assert lines[3]["articles"] == [article]


def test_wechats_own_desk(make_standin, account_server):
    stand_in = make_standin()
    account_server.answer = lambda m: encrypted(TransferCustomerServiceReply(message=m))
    assert stand_in.send(LI, "click", key="HUMAN").wait(10)
    assert not stand_in.account.user(LI).waits_for_desk, "an event cannot be transferred"
    assert stand_in.send(LI, text="转人工").wait(10)
    assert stand_in.account.user(LI).waits_for_desk
    account_server.answer = lambda m: "success"
    stand_in.desk(LI, "accept")
    stand_in.desk(LI, "say", text="您好，请讲")
    before = len([m for m in account_server.received if m.type == "text"])
    delivery = stand_in.send(LI, text="我想问问报销")
    assert delivery.wait(1)
    assert delivery.outcome == "desk"
    assert len([m for m in account_server.received if m.type == "text"]) == before
    stand_in.desk(LI, "close")
    assert stand_in.send(LI, text="再问一句").wait(10)
    assert [m.content for m in account_server.received if m.type == "text"][-1] == "再问一句"
    assert stand_in.texts(LI) == ["您好，请讲"]


def test_who_does_not_follow_cannot_write(make_standin, account_server):
    stand_in = make_standin()
    assert stand_in.send(LI, "unsubscribe").wait(10)
    with pytest.raises(BadOrder):
        stand_in.send(LI, text="你好")
    assert stand_in.send(LI, "subscribe").wait(10)
    assert stand_in.send(LI, text="你好").wait(10)


def test_many_users_at_once(make_standin, account_server):
    stand_in = make_standin()
    account_server.answer = echo
    deliveries = [stand_in.send(f"oUser{n}", text=f"第{n}个") for n in range(60)]
    assert all(d.wait(20) for d in deliveries)
    assert all(stand_in.texts(f"oUser{n}") == [f"您说：第{n}个"] for n in range(60))
    assert len({d.msg_id for d in deliveries}) == 60


def test_an_empty_reply_object_is_nothing(make_standin, account_server):
    stand_in = make_standin()
    account_server.answer = lambda m: EmptyReply().render() or ""
    assert stand_in.send(LI, text="你好").wait(10)
    assert len(stand_in.messages(LI)) == 1


def test_waiting_for_news(make_standin, account_server):
    stand_in = make_standin()
    account_server.answer = echo
    with pytest.raises(TimeoutError):
        stand_in.wait_for(LI, lambda lines: len(lines) > 0, timeout=0.05)
    timer = threading.Timer(0.05, lambda: stand_in.send(LI, text="晚到的"))
    timer.start()
    lines = stand_in.wait_for(LI, lambda lines: any(x["from"] == "account" for x in lines))
    timer.join()
    assert lines[-1]["text"] == "您说：晚到的"
