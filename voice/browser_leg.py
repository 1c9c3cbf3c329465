"""The browser phone's line: a CallLeg over a WebSocket, 16 kHz."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque

from voice.browser_line import SAMPLE_RATE, BrowserLine
from voice.leg import Frame, HungUp, Key, LegEvent, LegKind, TransferRefused, frame_bytes

_FRAME = frame_bytes(SAMPLE_RATE)
_WAITING_FRAMES = 150  # heard but not yet read; older ones are dropped (3 s)
_KEYS = frozenset("0123456789*#")


class BrowserLeg:
    """One caller in a browser. CallLeg and Captioned; ``listen`` must be running."""

    kind = LegKind.BROWSER
    sample_rate = SAMPLE_RATE

    def __init__(self, line: BrowserLine, caller: str, called: str) -> None:
        self._line = line
        self.call_id = f"browser-{secrets.token_hex(12)}"
        self.caller, self.called = caller, called
        self._events: deque[LegEvent] = deque()
        self._frames = 0  # among the events
        self._news = asyncio.Event()
        self._ended: HungUp | None = None
        self._rest = b""

    async def read(self) -> LegEvent:
        """The next thing that happens on the line."""
        while not self._events:
            if self._ended is not None:
                return self._ended
            self._news.clear()
            await self._news.wait()
        event = self._events.popleft()
        self._frames -= isinstance(event, Frame)
        return event

    def write(self, pcm: bytes) -> None:
        """Send one frame; ignored once the line is gone."""
        if self._ended is None:
            self._line.send_sound(pcm)

    def flush(self) -> None:
        """Drop what the browser has not played yet."""
        self._line.drop_sound()

    def caption(self, who: str, text: str, *, final: bool) -> None:
        """See voice.captions."""
        self._line.send({"type": "caption", "who": who, "text": text, "final": final})

    async def transfer(self, target: str) -> None:
        """A browser hangs on no telephone network: always raises TransferRefused."""
        raise TransferRefused

    async def hang_up(self) -> None:
        """End the line from our side; safe to repeat."""
        if self._ended is None:
            self._line.send({"type": "ended"})
            self._line.close()
            self._end("us")

    async def listen(self) -> None:
        """Take what the browser sends, until the line is gone."""
        while self._ended is None:
            message = await self._line.receive()
            if message is None:
                self._end(self._line.closed_by)
            elif isinstance(message, bytes):
                self._hear(message)
            elif message["type"] == "key" and message.get("key") in _KEYS:
                self._put(Key(message["key"]))
            elif message["type"] == "hang_up":
                self._line.close()
                self._end("caller")

    def _hear(self, pcm: bytes) -> None:
        """Cut what comes into frames of 20 ms."""
        pcm = self._rest + pcm
        whole = len(pcm) // _FRAME * _FRAME
        self._rest = pcm[whole:]
        for start in range(0, whole, _FRAME):
            self._put(Frame(pcm[start : start + _FRAME]))

    def _put(self, event: LegEvent) -> None:
        self._events.append(event)
        self._frames += isinstance(event, Frame)
        if self._frames > _WAITING_FRAMES:
            oldest = next(e for e in self._events if isinstance(e, Frame))
            self._events.remove(oldest)
            self._frames -= 1
        self._news.set()

    def _end(self, by: str) -> None:
        if self._ended is None:
            self._ended = HungUp(by or "fault")
            self._news.set()
