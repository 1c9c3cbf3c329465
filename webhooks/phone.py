"""The browser phone: a page from which anybody here can ring the hotline, with no telephone and no PBX.

The page asks this blueprint for a pass and speaks with the voice process itself, over a WebSocket.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, request, send_from_directory
from flask.typing import ResponseReturnValue

from bot.passes import Passes
from bot.settings import Settings

ASSETS = Path(__file__).parent / "phone_assets"
_NUMBER = re.compile(r"\d{3,15}|")
_HOST = re.compile(r"[A-Za-z0-9.\-]{1,253}|[0-9a-fA-F:]{2,45}")
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
        sockets = sockets_url(settings, request.host_url)
        address = urlsplit(sockets)
        response.headers["Content-Security-Policy"] = _POLICY.format(
            sockets=f"{address.scheme}://{address.netloc}"
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Permissions-Policy"] = "microphone=(self), camera=(), geolocation=()"
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    @blueprint.get("", strict_slashes=False)
    def page() -> Response:
        return send_from_directory(ASSETS, "index.html")

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


def sockets_url(settings: Settings, page_url: str) -> str:
    """Where a browser reaches the voice process, seen from a page: as configured, or the same host's port for it."""
    if settings.voice_ws_url:
        return settings.voice_ws_url
    page = urlsplit(page_url)
    host = page.hostname or ""
    if not _HOST.fullmatch(host):
        host = "127.0.0.1"
    scheme = "wss" if page.scheme == "https" else "ws"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{settings.voice_ws_port}"
