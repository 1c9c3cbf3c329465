"""The stand-in's own encryption agrees with wechatpy's, both ways, for any text."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wechatpy.crypto import PrpCrypto, WeChatCrypto
from wechatpy.exceptions import InvalidAppIdException
from wechatpy.utils import check_signature

from tests.standin_fixture import AES_KEY, APP_ID, TOKEN
from webhooks.standin import xml
from webhooks.standin.crypto import BadEnvelope, Envelope, signature

KEY = base64.b64decode(AES_KEY + "=")
TEXT = st.text(max_size=300)


@given(TEXT)
@settings(deadline=None)
def test_round_trips_with_wechatpy(text):
    ours, theirs = Envelope(AES_KEY, APP_ID), PrpCrypto(KEY)
    assert theirs.decrypt(ours.seal(text), APP_ID) == text
    assert ours.open(theirs.encrypt(text, APP_ID).decode()) == text


def test_signatures_are_what_wechatpy_checks():
    check_signature(TOKEN, signature(TOKEN, "1772413200", "42"), "1772413200", "42")
    sealed = Envelope(AES_KEY, APP_ID).seal("<xml></xml>")
    body = xml.write({"ToUserName": "gh_x", "Encrypt": sealed})
    crypto = WeChatCrypto(TOKEN, AES_KEY, APP_ID)
    assert crypto.decrypt_message(body, signature(TOKEN, "1", "2", sealed), "1", "2") == "<xml></xml>"


def test_another_app_id_is_refused():
    ours, theirs = Envelope(AES_KEY, APP_ID), PrpCrypto(KEY)
    with pytest.raises(BadEnvelope):
        ours.open(theirs.encrypt("x", "wx-other").decode())
    with pytest.raises(InvalidAppIdException):
        theirs.decrypt(Envelope(AES_KEY, "wx-other").seal("x"), APP_ID)


@pytest.mark.parametrize("junk", ["", "?", "AAAA", base64.b64encode(bytes(32)).decode(), "QUJD" * 20])
def test_junk_is_refused(junk):
    with pytest.raises(BadEnvelope):
        Envelope(AES_KEY, APP_ID).open(junk)


def test_a_short_key_is_refused():
    with pytest.raises(ValueError, match="43"):
        Envelope("abcd", APP_ID)


@given(TEXT)
def test_xml_keeps_any_text_it_can_carry(text):
    allowed = [
        c for c in text if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff"
    ]
    carried = "".join(allowed).replace("\r\n", "\n").replace("\r", "\n")  # as every XML parser does
    back = xml.read(xml.write({"Content": text, "MsgId": 7}))
    assert back == {"Content": carried, "MsgId": "7"}


@pytest.mark.parametrize(
    "junk", ["", "text", "<xml></xml>", "<xml>", "<html><a>1</a></html>", "<!DOCTYPE a><xml><a>1</a></xml>"]
)
def test_bad_xml_is_refused(junk):
    with pytest.raises(xml.BadXml):
        xml.read(junk)
