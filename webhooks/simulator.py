"""The simulator page: a chat with the Official Account in the browser, for trying out without a WeChat account.

The page talks to this blueprint, the blueprint to the stand-in for WeChat's servers, and that one to the real
webhook. Nothing here knows the assistant.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
from flask import Blueprint, Response, jsonify, request, send_from_directory
from flask.typing import ResponseReturnValue

from bot.settings import Settings

ASSETS = Path(__file__).parent / "simulator_assets"
LARGEST_FILE = 10 * 1024 * 1024  # bytes, as WeChat takes for an image
TIMEOUT = 10.0  # seconds for a call of the stand-in
_OPENID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MEDIA_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_KINDS = frozenset(
    {"text", "voice", "image", "location", "subscribe", "unsubscribe", "click", "view", "scan"}
)
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class _Refused(Exception):
    """A call that the page should not have made."""


def simulator_blueprint(settings: Settings) -> Blueprint:
    """``/simulator`` with its few JSON calls; register it in try-out mode only."""
    blueprint = Blueprint(
        "simulator", __name__, url_prefix="/simulator", static_folder=str(ASSETS), static_url_path="/static"
    )
    # No connection outlives its call: the worker that forks later would share it.
    client = httpx.Client(
        base_url=settings.wechat_api_url,
        timeout=TIMEOUT,
        trust_env=False,
        limits=httpx.Limits(max_keepalive_connections=0),
    )

    @blueprint.before_request
    def only_from_the_page() -> ResponseReturnValue | None:
        # A header that only a page of this origin can set keeps other sites' pages from chatting here.
        if request.method == "POST" and request.headers.get("X-Simulator") != "1":
            return jsonify(error="请从试用页面操作。"), 403
        return None

    @blueprint.after_request
    def guarded(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    @blueprint.errorhandler(_Refused)
    def refused(error: _Refused) -> ResponseReturnValue:
        return jsonify(error=str(error)), 400

    @blueprint.errorhandler(httpx.HTTPError)
    def unreachable(_: httpx.HTTPError) -> ResponseReturnValue:
        return jsonify(error="微信的替身没有回应，请看看它是不是在运行。"), 502

    @blueprint.get("", strict_slashes=False)
    def page() -> Response:
        return send_from_directory(ASSETS, "index.html")

    @blueprint.get("/menu")
    def menu() -> ResponseReturnValue:
        return _passed_on(client.get("standin/menu"))

    @blueprint.get("/messages")
    def messages() -> ResponseReturnValue:
        after = request.args.get("after", 0, type=int)
        return _passed_on(client.get(f"standin/users/{_openid()}/messages", params={"after": after}))

    @blueprint.post("/send")
    def send() -> ResponseReturnValue:
        order = request.get_json(silent=True)
        if not isinstance(order, dict) or order.get("kind") not in _KINDS:
            raise _Refused("这种消息发不了。")
        return _passed_on(client.post(f"standin/users/{_openid()}/send", json=order))

    @blueprint.post("/upload")
    def upload() -> ResponseReturnValue:
        file = request.files.get("media")
        data = file.read(LARGEST_FILE + 1) if file else b""
        if not data or len(data) > LARGEST_FILE:
            raise _Refused("文件是空的，或者超过了10兆。")
        kind = "voice" if request.args.get("kind") == "voice" else "image"
        address = f"standin/users/{_openid()}/media"
        kept = client.post(address, params={"kind": kind}, files={"media": ("file", data)})
        if kept.status_code != 200:
            raise _Refused("这个文件微信不收。照片要用 JPG 或 PNG 格式。")
        order = {"kind": kind, "media_id": kept.json()["media_id"]}
        return _passed_on(client.post(f"standin/users/{_openid()}/send", json=order))

    @blueprint.get("/media/<media_id>")
    def media(media_id: str) -> ResponseReturnValue:
        if not _MEDIA_ID.fullmatch(media_id):
            raise _Refused("没有这个文件。")
        as_wav = {"as": "wav"} if request.args.get("as") == "wav" else {}
        answer = client.get(f"standin/media/{media_id}", params=as_wav)
        headers = {"Content-Type": answer.headers.get("Content-Type", "application/octet-stream")}
        return Response(answer.content, answer.status_code, headers)

    return blueprint


def _openid() -> str:
    openid = request.args.get("user", "")
    if not _OPENID.fullmatch(openid):
        raise _Refused("没有这个用户。")
    return openid


def _passed_on(answer: httpx.Response) -> ResponseReturnValue:
    """The stand-in's answer; its English errors become one sentence for the reader."""
    body: Any = answer.json()
    if answer.status_code != 200:
        return jsonify(error="没有发出去，请再试一次。", detail=body.get("error", "")), answer.status_code
    return jsonify(body)
