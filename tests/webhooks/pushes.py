"""Requests as WeChat makes them, written with the stand-in's own crypto."""

from __future__ import annotations

import itertools
import secrets
import time
from typing import Any
from xml.etree import ElementTree

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.standin_fixture import AES_KEY, APP_ID, TOKEN
from webhooks.standin import xml
from webhooks.standin.crypto import Envelope, signature

ACCOUNT, LI = "gh_account", "oDaughterLi"
_ids = itertools.count(24_000_000_000_000_000)


def query(token: str = TOKEN, at: float | None = None, nonce: str | None = None) -> dict[str, str]:
    """A signed query."""
    timestamp = str(int(time.time() if at is None else at))
    nonce = nonce or str(secrets.randbelow(2**31))
    return {"timestamp": timestamp, "nonce": nonce, "signature": signature(token, timestamp, nonce)}


def message(kind: str = "text", user: str = LI, **fields: Any) -> dict[str, Any]:
    """The fields of a message, with a MsgId of its own."""
    return {
        "ToUserName": ACCOUNT,
        "FromUserName": user,
        "CreateTime": int(time.time()),
        "MsgType": kind,
        "MsgId": next(_ids),
        **fields,
    }


def event(name: str, user: str = LI, **fields: Any) -> dict[str, Any]:
    """The fields of an event."""
    head = {"ToUserName": ACCOUNT, "FromUserName": user, "CreateTime": int(time.time())}
    return {**head, "MsgType": "event", "Event": name, **fields}


def sealed(
    fields: dict[str, Any] | str, at: float | None = None, app_id: str = APP_ID
) -> tuple[dict[str, str], bytes]:
    """Query and body in safe mode."""
    params = query(at=at)
    inner = fields if isinstance(fields, str) else xml.write(fields)
    encrypted = Envelope(AES_KEY, app_id).seal(inner)
    params["encrypt_type"] = "aes"
    params["msg_signature"] = signature(TOKEN, params["timestamp"], params["nonce"], encrypted)
    return params, xml.write({"ToUserName": ACCOUNT, "Encrypt": encrypted}).encode()


def push(client: FlaskClient, fields: dict[str, Any]) -> TestResponse:
    """Push in safe mode."""
    params, body = sealed(fields)
    return client.post("/wechat", query_string=params, data=body, content_type="text/xml")


def push_readable(
    client: FlaskClient, fields: dict[str, Any], params: dict[str, str] | None = None
) -> TestResponse:
    """Push in plain mode."""
    body = xml.write(fields).encode()
    return client.post("/wechat", query_string=params or query(), data=body, content_type="text/xml")


def reply_in(response: TestResponse) -> dict[str, Any]:
    """The fields of a passive reply, decrypted where it is; {} for success."""
    assert response.status_code == 200, response.text
    if response.text == "success":
        return {}
    fields = xml.read(response.text)
    if "Encrypt" not in fields:
        return fields
    expected = signature(TOKEN, fields["TimeStamp"], fields["Nonce"], fields["Encrypt"])
    assert fields["MsgSignature"] == expected
    opened = Envelope(AES_KEY, APP_ID).open(fields["Encrypt"])
    assert ElementTree.fromstring(opened).tag == "xml"
    return xml.read(opened)
