"""The least that a WeChat bot can be: Flask and wechatpy, safe mode, the user's own words back."""

from __future__ import annotations

import os

from flask import Flask, request
from wechatpy import create_reply, parse_message
from wechatpy.crypto import WeChatCrypto

crypto = WeChatCrypto(os.environ["ECHO_TOKEN"], os.environ["ECHO_AES_KEY"], os.environ["ECHO_APP_ID"])
app = Flask(__name__)


@app.post("/wechat")
def echo() -> str:
    """Decrypt, answer with the same words, encrypt."""
    query = request.args
    xml = crypto.decrypt_message(request.data, query["msg_signature"], query["timestamp"], query["nonce"])
    message = parse_message(xml)
    reply = create_reply(message.content, message).render()
    return str(crypto.encrypt_message(reply, query["nonce"], query["timestamp"]))
