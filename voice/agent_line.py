"""An agent's browser in a call, and where calls find it.

The page sends sound, and as JSON: ``{"type": "hold"}``, ``"unhold"``, ``"hang_up"``, ``{"type": "transfer",
"target": "053112345678"}``. It gets sound, and as JSON: ``state`` (held, connected), ``caption`` (who, text,
final), ``key`` (what the caller pressed), ``notice`` (a sentence to show), ``ended``.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

from bot.passes import AgentPass
from voice.browser_line import BrowserLine

_TARGET = re.compile(r"[0-9*#]{2,20}")


@dataclass(frozen=True, slots=True)
class Sound:
    """What the agent says, 16 kHz, any length."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class Command:
    """What the agent does: hold | unhold | hang_up | transfer (with a target number)."""

    verb: str
    target: str = ""


class AgentLine:
    """One agent's browser in one call."""

    def __init__(self, line: BrowserLine, who: AgentPass) -> None:
        self._line = line
        self.agent_id, self.row, self.escalation_id = who.agent_id, who.row, who.escalation_id
        self.taken = asyncio.Event()  # a call has found it
        self._gone = asyncio.Event()

    @property
    def gone(self) -> bool:
        """Whether the browser is away."""
        return self._gone.is_set()

    async def read(self) -> Sound | Command | None:
        """What the agent says or does next; None once the browser is away."""
        while not self.gone:
            message = await self._line.receive()
            if message is None:
                self._gone.set()
            elif isinstance(message, bytes):
                return Sound(message)
            elif message["type"] in ("hold", "unhold", "hang_up"):
                return Command(message["type"])
            elif message["type"] == "transfer" and _TARGET.fullmatch(str(message.get("target"))):
                return Command("transfer", message["target"])
        return None

    def write(self, pcm: bytes) -> None:
        """Sound for the agent, 16 kHz."""
        self._line.send_sound(pcm)

    def show(self, type_: str, **fields: object) -> None:
        """A message for the agent's page."""
        self._line.send({"type": type_, **fields})

    def close(self) -> None:
        """Let the browser go; safe to repeat."""
        if not self.gone:
            self.show("ended")
            self._line.close()
            self._gone.set()

    def lost(self) -> None:
        """The connection is closed."""
        self._gone.set()

    async def wait_gone(self) -> None:
        """Until the browser is away or let go."""
        await self._gone.wait()


class AgentLines:
    """The browsers of agents who want to speak, by call and agent."""

    def __init__(self) -> None:
        self._lines: dict[tuple[int, int], AgentLine] = {}
        self._news = asyncio.Condition()

    async def join(self, line: AgentLine) -> None:
        """A browser comes in; an earlier one of the same agent in the same call is let go."""
        key = (line.row, line.agent_id)
        earlier = self._lines.get(key)
        async with self._news:
            self._lines[key] = line
            self._news.notify_all()
        if earlier is not None:
            earlier.close()

    def leave(self, line: AgentLine) -> None:
        """A browser is away."""
        line.lost()
        key = (line.row, line.agent_id)
        if self._lines.get(key) is line:
            del self._lines[key]

    async def wait_for(self, row: int, agent_id: int) -> AgentLine:
        """The browser of this agent in this call, once it is there."""
        key = (row, agent_id)
        async with self._news:
            await self._news.wait_for(lambda: key in self._lines and not self._lines[key].gone)
            line = self._lines[key]
        line.taken.set()
        return line
