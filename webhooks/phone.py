"""The browser phone: a page from which anybody here can ring the hotline, with no telephone and no PBX.

The page asks this blueprint for a pass and speaks with the voice process itself, over a WebSocket.
"""

from __future__ import annotations

import re
from pathlib import Path

from flask import Blueprint, Response, jsonify, request, send_from_directory
from flask.typing import ResponseReturnValue

from bot.passes import Passes
from bot.settings import Settings
from bot.sockets import SOUND_SCRIPTS, sockets_origin, sockets_url

ASSETS = Path(__file__).parent / "phone_assets"
_NUMBER = re.compile(r"\d{3,15}|")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self' blob:; "
    "connect-src 'self' {sockets}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def phone_blueprint(settings: Settings) -> Blueprint:
    """``/phone``; register it where settings.browser_phone allows it."""
    blueprint = Blueprint(
        "phone", __name__, url_prefix="/phone", static_folder=str(ASSETS), static_url_path="/static"
    )
    passes = Passes(settings.session_secret)

    @blueprint.after_request
    def guarded(response: Response) -> Response:
        sockets = sockets_origin(settings, request.host_url)
        response.headers["Content-Security-Policy"] = _POLICY.format(sockets=sockets)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Permissions-Policy"] = "microphone=(self), camera=(), geolocation=()"
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    @blueprint.get("", strict_slashes=False)
    def page() -> Response:
        return send_from_directory(ASSETS, "index.html")

    @blueprint.get("/sound/<name>")
    def sound(name: str) -> Response:
        return send_from_directory(SOUND_SCRIPTS, name)

    @blueprint.post("/pass")
    def give_pass() -> ResponseReturnValue:
        # A header that only a page of this origin can set keeps other sites' pages from ringing here.
        if request.headers.get("X-Phone") != "1":
            return jsonify(message="请从电话页面拨打。"), 403
        order = request.get_json(silent=True)
        caller = order.get("caller", "") if isinstance(order, dict) else None
        if not isinstance(caller, str) or not _NUMBER.fullmatch(caller):
            return jsonify(message="来电号码只能是3到15位数字，也可以不填。"), 400
        address = f"{sockets_url(settings, request.host_url)}/phone"
        return jsonify({"pass": passes.for_phone(caller), "url": address})

    return blueprint
