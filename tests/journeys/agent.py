"""A person at the desk, without a browser: cookies, the pages' CSRF tokens, the pages' own calls."""

from __future__ import annotations

import re
from types import TracebackType

import httpx

from tests.journeys.installation import Installation

_CSRF = re.compile(r'<meta name="csrf-token" content="([^"]+)">')


class Agent:
    """Somebody who is logged in at the desk."""

    def __init__(self, house: Installation, username: str, password: str) -> None:
        self._house = house
        self._http = httpx.Client(base_url=house.desk, timeout=20, trust_env=False)
        entered = self._post("/login", username=username, password=password)
        assert entered.status_code == 302, f"not let in: {entered.status_code}"

    def __enter__(self) -> Agent:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def chooses_password(self, first: str, own: str) -> None:
        """What a new agent is asked to do before anything else."""
        answer = self._post("/password", old=first, new=own, again=own)
        assert answer.status_code == 302, answer.status_code

    def accepts(self, escalation_id: int) -> None:
        """Take a waiting citizen."""
        answer = self._post(f"/queue/{escalation_id}/accept")
        assert answer.headers["Location"].endswith(f"/conversations/{escalation_id}"), answer.headers[
            "Location"
        ]

    def replies(self, escalation_id: int, text: str) -> int:
        """Write to the citizen; the status code of the desk's answer."""
        self._house.discretion.remember(text)
        headers = {"X-Desk": "1", "Accept": "application/json"}
        return self._post(f"/conversations/{escalation_id}/reply", headers, text=text).status_code

    def beats(self) -> None:
        """The open page's sign of life."""
        self._post("/heartbeat", {"X-Desk": "1", "Accept": "application/json"}, active="1").raise_for_status()

    def closes(self, escalation_id: int, note: str = "") -> None:
        """Finish the conversation."""
        if note:
            self._house.discretion.remember(note)
        answer = self._post(f"/conversations/{escalation_id}/close", disposition="answered", note=note)
        assert answer.status_code == 302, answer.status_code

    def waiting(self) -> str:
        """The waiting list as the page shows it."""
        return self._http.get("/queue", headers={"X-Desk": "1"}).text

    def _post(self, path: str, headers: dict[str, str] | None = None, **fields: str) -> httpx.Response:
        page = path if path in ("/login", "/password") else "/"
        token = _CSRF.search(self._http.get(page, headers={"Accept": "text/html"}).text)
        assert token, f"no CSRF token on {page}"
        given = {"Accept": "text/html", **(headers or {}), "X-CSRFToken": token[1]}
        return self._http.post(path, data=fields, headers=given)
