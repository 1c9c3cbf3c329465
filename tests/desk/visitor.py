"""A browser of the test: keeps cookies, sends the page's own CSRF token."""

from __future__ import annotations

import re

from flask import Flask
from werkzeug.test import TestResponse

from tests.desk.house import PASSWORD

_TOKEN = re.compile(r'<meta name="csrf-token" content="([^"]+)">')


class Visitor:
    """One browser before the desk; ``address`` is where it sits."""

    def __init__(self, app: Flask, address: str = "10.0.0.1") -> None:
        self.client = app.test_client()
        self.address = address

    def get(self, path: str, *, script: bool = False, **options: object) -> TestResponse:
        """GET a page, or what the page's own script asks for."""
        return self.client.get(path, headers=self._headers(script), **options)

    def post(self, path: str, *, script: bool = False, token: bool = True, **fields: object) -> TestResponse:
        """POST a form with the CSRF token of a page."""
        headers = self._headers(script)
        if token:
            page = "/login" if not self.client.get_cookie("yinling_desk") else "/password"
            headers["X-CSRFToken"] = self.token(page)
        return self.client.post(path, data=fields, headers=headers)

    def token(self, page: str) -> str:
        """The CSRF token that a page carries."""
        found = _TOKEN.search(self.client.get(page, headers=self._headers(False)).text)
        return found[1] if found else "none"

    def login(self, username: str, password: str = PASSWORD, **fields: object) -> TestResponse:
        """Send the log-in form."""
        return self.post("/login", username=username, password=password, **fields)

    def _headers(self, script: bool) -> dict[str, str]:
        headers = {"X-Forwarded-For": self.address}
        if script:
            return headers | {"X-Desk": "1", "Accept": "application/json"}
        return headers | {"Accept": "text/html,application/xhtml+xml"}
