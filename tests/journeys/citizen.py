"""Somebody with WeChat on the phone, who chats through the real webhook."""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from tests.journeys.installation import Installation

_WAIT = 25  # seconds for WeChat's attempts to end


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back on one message: how WeChat's delivery ended, the words, and what the service understood."""

    outcome: str  # replied | empty | failed
    text: str
    notes: dict[str, str]
    attempts: list[dict[str, Any]]

    @property
    def act(self) -> str:
        """The act of the passive reply; empty where there was none."""
        return self.notes.get("act", "")


class Citizen:
    """One person; ``sent`` counts what they have written."""

    def __init__(self, house: Installation, name: str = "") -> None:
        self._house = house
        self.openid = f"o{name}{secrets.token_hex(13)}"[:28]
        self.sent = 0
        house.discretion.remember(self.openid)
        house.citizens.append(self)

    def says(self, text: str) -> Answer:
        """Write a message and wait until WeChat has delivered it; the answer may be empty, and follow later."""
        before = len(self.lines())
        delivery = self._send(text, wait=_WAIT)
        heard = [line["text"] for line in self.lines()[before:] if line["from"] == "account"]
        notes = {name: unquote(value) for name, value in delivery["notes"].items()}
        return Answer(delivery["outcome"], "\n".join(heard), notes, delivery["attempts"])

    def sends(self, text: str) -> None:
        """Write a message and go on."""
        self._send(text, wait=0)

    def _send(self, text: str, wait: float) -> dict[str, Any]:
        self.sent += 1
        self._house.discretion.remember(text)
        path = f"/users/{self.openid}/send"
        order = {"kind": "text", "text": text}
        result: dict[str, Any] = self._house.ask_standin(
            "POST", path, params={"wait": wait}, json=order
        ).json()
        return result

    def lines(self) -> list[dict[str, Any]]:
        """The chat as the phone shows it."""
        path = f"/users/{self.openid}/messages"
        lines: list[dict[str, Any]] = self._house.ask_standin("GET", path).json()["messages"]
        return lines

    def heard(self) -> list[str]:
        """What the account wrote, in the order of arrival."""
        return [line["text"] for line in self.lines() if line["from"] == "account"]

    def complaints(self) -> list[str]:
        """WeChat's own notices that the service is out of order."""
        return [line["text"] for line in self.lines() if line["from"] == "system"]

    def waits(self) -> bool:
        """Whether something that was written is neither answered nor known to have failed."""
        return any(line.get("state") == "sending" for line in self.lines()) or not self.got_everything()

    def got_everything(self) -> bool:
        """Whether each message was stored, and all that is due on it arrived, exactly once."""
        records = self._house.records
        return len(records.turns(self.openid)) == self.sent and Counter(self.heard()) == Counter(
            records.due(self.openid)
        )
