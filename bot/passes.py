"""Passes that let a browser speak with the voice process: signed, short-lived, naming what they are for.

The web process hands out those of the phone page, the desk those of agents; the voice process looks at them. All
three know the same secret; nothing is stored.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer

from bot.ports import YinlingError

PHONE_SECONDS = 60  # between asking for a pass and ringing
AGENT_SECONDS = 60  # between asking for a pass and connecting


class BadPass(YinlingError):
    """A pass that is forged, too old or for something else."""

    code = "pass.bad"
    spoken = "页面放得太久了。请刷新页面，再拨一次。"


@dataclass(frozen=True, slots=True)
class PhonePass:
    """May ring once, as this caller (empty: number withheld); ``nonce`` tells passes apart."""

    caller: str
    nonce: str


@dataclass(frozen=True, slots=True)
class AgentPass:
    """May speak in the call ``row`` as this agent, who accepted ``escalation_id``."""

    row: int
    agent_id: int
    escalation_id: int


class Passes:
    """Gives out and looks at passes."""

    def __init__(self, secret: str) -> None:
        self._phone = URLSafeTimedSerializer(secret, salt="browser-phone")
        self._agent = URLSafeTimedSerializer(secret, salt="agent-audio")

    def for_phone(self, caller: str) -> str:
        """A pass that rings once."""
        return str(self._phone.dumps(asdict(PhonePass(caller, secrets.token_urlsafe(12)))))

    def for_agent(self, row: int, agent_id: int, escalation_id: int) -> str:
        """A pass to speak in a call."""
        return str(self._agent.dumps(asdict(AgentPass(row, agent_id, escalation_id))))

    def phone(self, text: str) -> PhonePass:
        """What a phone's pass says. Raises BadPass."""
        return PhonePass(**_opened(self._phone, text, PHONE_SECONDS))

    def agent(self, text: str) -> AgentPass:
        """What an agent's pass says. Raises BadPass."""
        return AgentPass(**_opened(self._agent, text, AGENT_SECONDS))


def _opened(serializer: URLSafeTimedSerializer, text: str, seconds: int) -> dict[str, Any]:
    try:
        opened: dict[str, Any] = serializer.loads(text, max_age=seconds)
    except BadData:
        raise BadPass from None
    return opened
