"""The menu, and how it gets to WeChat."""

from __future__ import annotations

import pytest

from bot.settings import load_settings
from nlu.fallback import LayeredUnderstanding
from nlu.rasa_client import RasaUnderstanding
from webhooks.menu import menu, publish_menu, question
from webhooks.standin.menu import checked
from webhooks.weixin import WeixinError, WeixinUnreachable


def leaves():
    return [leaf for button in menu()["button"] for leaf in (button.get("sub_button") or [button])]


def test_menu_keeps_wechats_rules_and_each_button_asks_something():
    assert checked(menu())
    assert [button["name"] for button in menu()["button"]] == ["问政策", "预约办事", "找人工"]
    keys = [leaf["key"] for leaf in leaves()]
    assert len(set(keys)) == len(keys)
    assert all(question(key) != question("unknown") for key in keys)
    assert question("PERSON") == "转人工"


@pytest.mark.parametrize(
    ("key", "intent"),
    [
        ("ASK_REMOTE", "ask_remote_medical_filing"),
        ("ASK_CHRONIC", "ask_chronic_disease_certification"),
        ("ASK_REIMBURSE", "ask_manual_reimbursement"),
        ("ASK_VOUCHER", "ask_e_voucher"),
        ("ASK_PROXY", "ask_proxy_service"),
        ("BOOK", "book_appointment"),
        ("BOOK_STATUS", "appointment_status"),
        ("BOOK_MOVE", "reschedule_appointment"),
        ("BOOK_CANCEL", "cancel_appointment"),
        ("HOURS", "ask_opening_hours"),
        ("PERSON", "request_agent"),
    ],
)
def test_buttons_are_understood_even_without_the_nlu_server(key, intent, now):
    rules = LayeredUnderstanding(RasaUnderstanding("http://127.0.0.1:9", "", 0.2))
    assert rules.parse(question(key), now).intent.name == intent


def test_publish(environment, wechat):
    publish_menu(load_settings(environment))
    assert [b["name"] for b in wechat.account.menu] == ["问政策", "预约办事", "找人工"]
    assert wechat.account.menu[0]["sub_button"][0]["name"] == "异地看病"


def test_publish_refused_and_unreachable(environment, wechat):
    with pytest.raises(WeixinError, match="40125"):
        publish_menu(load_settings({**environment, "WECHAT_SECRET": "wrong"}))
    with pytest.raises(WeixinUnreachable):
        publish_menu(load_settings({**environment, "WECHAT_API_URL": "http://127.0.0.1:9/"}))
