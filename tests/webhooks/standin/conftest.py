"""A small account server to deliver to, and the stand-in in front of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from flask import Flask, Response, request
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import check_signature
from werkzeug.serving import make_server

from tests.standin_fixture import AES_KEY, APP_ID, SECRET, TOKEN
from webhooks.standin import Clock, StandIn

Answerer = Callable[[Any], Response | str]
MakeStandIn = Callable[..., StandIn]


@dataclass
class AccountServer:
    """A webhook built on wechatpy, as an account's developer writes it. ``answer`` gets the parsed message."""

    url: str = ""
    answer: Answerer = lambda message: "success"
    received: list[Any] = field(default_factory=list)  # parsed messages in order of arrival
    bodies: list[str] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)  # set at the end, for answers that hang

    def handle(self) -> Response | str:
        query = request.args.to_dict()
        check_signature(TOKEN, query["signature"], query["timestamp"], query["nonce"])
        if request.method == "GET":
            return query["echostr"]
        body = request.get_data(as_text=True)
        if query.get("encrypt_type") == "aes":
            crypto = WeChatCrypto(TOKEN, AES_KEY, APP_ID)
            plain = crypto.decrypt_message(body, query["msg_signature"], query["timestamp"], query["nonce"])
        else:
            plain = body
        message = parse_message(plain)
        self.queries.append(query)
        self.bodies.append(body)
        self.received.append(message)
        return self.answer(message)


@pytest.fixture
def account_server() -> Iterator[AccountServer]:
    """A real HTTP server around AccountServer."""
    server = AccountServer()
    app = Flask("account")
    app.add_url_rule("/wechat", view_func=server.handle, methods=["GET", "POST"])
    http = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{http.port}/wechat"
    yield server
    server.release.set()
    http.shutdown()
    thread.join()
    http.server_close()


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still at a known second: 2026-03-02 09:00 in Shanghai."""
    return Clock(1772413200.0)


@pytest.fixture
def make_standin(account_server: AccountServer) -> Iterator[MakeStandIn]:
    """Starts stand-ins before the account server; any option of StandIn may be given."""
    started: list[StandIn] = []

    def make(**options: Any) -> StandIn:
        given = {
            "webhook_url": account_server.url,
            "token": TOKEN,
            "app_id": APP_ID,
            "secret": SECRET,
            "aes_key": AES_KEY,
            **options,
        }
        started.append(StandIn(**given).start())
        return started[-1]

    yield make
    account_server.release.set()
    for stand_in in started:
        stand_in.stop()


@dataclass
class Api:
    """Calls the stand-in's API as an account does."""

    base: str
    client: httpx.Client
    token: str = ""

    def get(self, path: str, **params: Any) -> Any:
        return self._json(self.client.get(self.base + path, params=self._with_token(params)))

    def post(self, path: str, body: Any = None, **params: Any) -> Any:
        return self._json(self.client.post(self.base + path, params=self._with_token(params), json=body))

    def upload(self, kind: str, data: bytes) -> Any:
        path, params = "cgi-bin/media/upload", self._with_token({"type": kind})
        return self._json(self.client.post(self.base + path, params=params, files={"media": ("file", data)}))

    def text(self, openid: str, content: str) -> int:
        body = {"touser": openid, "msgtype": "text", "text": {"content": content}}
        return int(self.post("cgi-bin/message/custom/send", body)["errcode"])

    def fresh_token(self) -> str:
        params = {"grant_type": "client_credential", "appid": APP_ID, "secret": SECRET}
        answer = self.client.get(self.base + "cgi-bin/token", params=params).json()
        self.token = answer["access_token"]
        return self.token

    def _with_token(self, params: dict[str, Any]) -> dict[str, Any]:
        return {"access_token": self.token, **params} if self.token else params

    @staticmethod
    def _json(answer: httpx.Response) -> Any:
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    """A client without proxies."""
    with httpx.Client(trust_env=False, timeout=20) as client:
        yield client


@pytest.fixture
def make_api(http: httpx.Client) -> Callable[[StandIn], Api]:
    """An API caller that already holds a token."""

    def make(stand_in: StandIn) -> Api:
        api = Api(stand_in.url, http)
        api.fresh_token()
        return api

    return make
