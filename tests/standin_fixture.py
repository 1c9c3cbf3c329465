"""The stand-in for WeChat's servers as a fixture, and a webhook to try it against.

From a room's conftest.py or a test module::

    from tests.standin_fixture import wechat  # noqa: F401

    def test_it(wechat, my_web_server):
        wechat.webhook_url = my_web_server.url + "wechat"
        delivery = wechat.send("oLi", text="门诊慢特病怎么办")
        assert delivery.wait(10)
        wechat.wait_for("oLi", lambda lines: any(line["from"] == "account" for line in lines))

A test that needs another mode, a shorter limit or a moved clock makes its own: ``with StandIn(...) as wechat``.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from webhooks.standin import StandIn

TOKEN = "a-token-for-tests"
APP_ID = "wx0000000000tests"
SECRET = "an-app-secret-for-tests"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


@pytest.fixture
def wechat() -> Iterator[StandIn]:
    """A stand-in in safe mode on a random port; its ``webhook_url`` is still to be set."""
    with StandIn(token=TOKEN, app_id=APP_ID, secret=SECRET, aes_key=AES_KEY) as stand_in:
        yield stand_in
