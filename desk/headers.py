"""Headers that keep a desk page from being framed, sniffed, cached or made to run foreign code."""

from __future__ import annotations

from flask import Flask, Response, request

from bot.sockets import sockets_origin
from desk.house import house

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self' {sockets}",
        "media-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


def add_headers(app: Flask) -> None:
    """Put the security headers on every response of the app."""

    @app.after_request
    def harden(response: Response) -> Response:
        headers = response.headers
        sockets = sockets_origin(house().settings, request.host_url)
        headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY.format(sockets=sockets)
        headers["X-Frame-Options"] = "DENY"
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), microphone=(self), geolocation=()"
        if request.endpoint != "static":
            headers["Cache-Control"] = "no-store"
        if request.is_secure:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        return response
