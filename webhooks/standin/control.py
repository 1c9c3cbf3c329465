"""The stand-in's own control interface under /standin/, for tests in other processes and for the simulator page.

JSON in, JSON out; errors are ``{"error": sentence}`` with status 400, 404 or 409. It listens on this machine only.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, abort, jsonify, request

from webhooks.standin.audio import sample_voice, to_wav
from webhooks.standin.errors import ApiError
from webhooks.standin.outgoing import BadOrder

if TYPE_CHECKING:
    from webhooks.standin.standin import StandIn

LONGEST_WAIT = 30.0  # seconds a call may wait for news


def control_blueprint(wechat: StandIn) -> Blueprint:
    """All control routes over one stand-in."""
    blueprint = Blueprint("standin_control", __name__, url_prefix="/standin")
    control = _Control(wechat)
    for method, path, view in (
        ("GET", "/healthz", control.health),
        ("POST", "/users/<openid>/send", control.send),
        ("POST", "/users/<openid>/media", control.upload),
        ("POST", "/users/<openid>/desk", control.desk),
        ("GET", "/users/<openid>/messages", control.messages),
        ("GET", "/users/<openid>", control.user),
        ("GET", "/media/<media_id>", control.media),
        ("GET", "/menu", control.menu),
        ("GET", "/calls", control.calls),
        ("GET", "/faults", control.faults),
        ("POST", "/faults", control.order_faults),
        ("DELETE", "/faults", control.clear_faults),
        ("POST", "/tokens/expire", control.expire_tokens),
        ("POST", "/templates", control.add_template),
        ("POST", "/clock", control.advance_clock),
        ("POST", "/verify", control.verify),
    ):
        blueprint.add_url_rule(path, endpoint=view.__name__, view_func=view, methods=[method])
    blueprint.register_error_handler(BadOrder, lambda e: (jsonify(error=str(e)), 400))
    blueprint.register_error_handler(ValueError, lambda e: (jsonify(error=str(e)), 400))
    blueprint.register_error_handler(
        ApiError, lambda e: (jsonify(error=str(e), errcode=e.errcode), 404 if e.errcode == 40003 else 409)
    )
    return blueprint


class _Control:
    def __init__(self, wechat: StandIn) -> None:
        self._wechat = wechat
        self._account = wechat.account
        self._boot = secrets.token_hex(8)  # tells a reader that revisions have started anew

    def health(self) -> Response:
        """Whether the process serves."""
        return jsonify(ok=True, mode=self._wechat.identity.mode, webhook=self._wechat.webhook_url)

    def send(self, openid: str) -> Response:
        """A user does something: ``{"kind": "text", "text": …}``; ``?wait=seconds`` waits for the delivery's end.

        ``{"kind": "voice"}`` without media_id sends a made-up sound.
        """
        order = _body()
        kind = str(order.pop("kind", "text"))
        if kind == "voice" and not order.get("media_id"):
            order["media_id"] = self._wechat.keep_media("voice", sample_voice()).media_id
        delivery = self._wechat.send(openid, kind, **order)
        wait = _number("wait", 0.0)
        if wait:
            delivery.wait(min(wait, LONGEST_WAIT))
        return jsonify(delivery.as_json())

    def upload(self, openid: str) -> Response:
        """Multipart field ``media`` with ``?kind=image|voice``; the answer's media_id goes into ``send``."""
        file = request.files.get("media")
        if file is None:
            raise BadOrder("the file field media is missing")
        self._account.meet(openid)
        media = self._wechat.keep_media(request.args.get("kind", "image"), file.read())
        return jsonify(media_id=media.media_id, kind=media.kind, seconds=media.seconds)

    def desk(self, openid: str) -> Response:
        """WeChat's own desk: ``{"action": "accept" | "say" | "close", "text": …}``."""
        order = _body()
        self._wechat.desk(openid, order.get("action", ""), text=str(order.get("text", "")))
        return jsonify(ok=True)

    def messages(self, openid: str) -> Response:
        """The chat: lines new since ``?after=revision``; ``?wait=seconds`` waits until there are some."""
        after, wait = int(_number("after", 0)), min(_number("wait", 0.0), LONGEST_WAIT)
        if wait:
            with suppress(TimeoutError):
                self._wechat.wait_for(openid, lambda lines: any(line["rev"] > after for line in lines), wait)
        with self._account.lock:
            lines = self._wechat.messages(openid, after)
            revision = self._account.revision
        return jsonify({**self._state(openid), "messages": lines, "revision": revision, "boot": self._boot})

    def user(self, openid: str) -> Response:
        """What WeChat knows of a user."""
        return jsonify(self._state(openid))

    def _state(self, openid: str) -> dict[str, Any]:
        with self._account.lock:
            user = self._account.users.get(openid)
            if user is None:
                return {"known": False, "follows": False, "typing": False, "quota": 0, "desk": None}
            return {
                "known": True,
                "follows": user.follows,
                "typing": self._account.is_typing(user),
                "quota": user.quota.left(self._wechat.clock()),
                "desk": user.desk_account or ("waiting" if user.waits_for_desk else None),
            }

    def media(self, media_id: str) -> Response:
        """A file, without token: where PicUrl points. ``?as=wav`` turns a voice into what a browser plays."""
        try:
            with self._account.lock:
                media = self._account.media.get(media_id)
        except ApiError:
            abort(404)
        as_wav = request.args.get("as") == "wav" and media.kind == "voice"
        data, type_ = (to_wav(media.data), "audio/wav") if as_wav else (media.data, media.content_type)
        return Response(data, mimetype=type_, headers={"X-Content-Type-Options": "nosniff"})

    def menu(self) -> Response:
        """The menu as users see it; an empty list where there is none."""
        with self._account.lock:
            return jsonify(name=self._wechat.identity.name, button=self._account.menu or [])

    def calls(self) -> Response:
        """API calls so far: path, errcode, time."""
        return jsonify(list(self._wechat.calls))

    def faults(self) -> Response:
        """Faults still ordered."""
        return jsonify(self._wechat.faults.as_json())

    def order_faults(self) -> Response:
        """Order faults; see ``Faults``."""
        self._wechat.faults.set(**_body())
        return jsonify(self._wechat.faults.as_json())

    def clear_faults(self) -> Response:
        """Nothing goes wrong any more."""
        self._wechat.faults.clear()
        return jsonify(self._wechat.faults.as_json())

    def expire_tokens(self) -> Response:
        """All access tokens end now."""
        self._wechat.expire_tokens()
        return jsonify(ok=True)

    def add_template(self) -> Response:
        """``{"template_id", "title", "content"}``."""
        order = _body()
        self._wechat.add_template(
            *(str(order.get(name) or "") for name in ("template_id", "title", "content"))
        )
        return jsonify(ok=True)

    def advance_clock(self) -> Response:
        """``{"advance": seconds}``: let time pass for quotas, tokens and media."""
        self._wechat.clock.advance(float(_body().get("advance", 0)))
        return jsonify(now=self._wechat.clock())

    def verify(self) -> Response:
        """Check the webhook with echostr."""
        return jsonify(ok=self._wechat.verify())


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise BadOrder("a JSON object is expected")
    return body


def _number(name: str, default: float) -> float:
    try:
        return float(request.args.get(name, default))
    except ValueError as error:
        raise BadOrder(f"{name} is no number") from error
