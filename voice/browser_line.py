"""One browser's connection: sound as binary messages, all else as JSON.

Sound both ways is 16-bit little-endian mono at 16000 Hz, in messages of any length up to LONGEST_SOUND.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed, ConnectionClosedOK

from voice.leg import SAMPLE_BYTES

log = logging.getLogger(__name__)

SAMPLE_RATE = 16_000  # hertz
LONGEST_SOUND = 6400  # bytes: 200 ms
LONGEST_WORDS = 4096  # bytes of a JSON message
_BYTES_PER_SECOND = SAMPLE_RATE * SAMPLE_BYTES
_AHEAD_SECONDS = (
    4.0  # of sound that a browser may send faster than it was spoken (after a hiccup of the network)
)
_WORDS_PER_SECOND, _WORDS_AT_ONCE = 10, 40  # JSON messages
_WAITING_SECONDS = (
    2.0  # of sound to the browser not yet sent; older is dropped: it would come too late anyway
)
Message = bytes | dict[str, Any]


class TooMuch(Exception):
    """A browser sends more, or something else, than a phone would."""


class Allowance:
    """How much may come in: pure, ``now`` in seconds."""

    def __init__(self, per_second: float, at_once: float, now: float) -> None:
        self._per_second, self._at_once = per_second, at_once
        self._left, self._at = at_once, now

    def take(self, amount: float, now: float) -> bool:
        """Whether so much may come in now."""
        self._left = min(self._at_once, self._left + (now - self._at) * self._per_second)
        self._at = now
        self._left -= amount
        return self._left >= 0


class BrowserLine:
    """Sends without waiting; ``receive`` gives what comes. ``run`` must be running meanwhile."""

    def __init__(self, websocket: ServerConnection) -> None:
        self._websocket = websocket
        self._loop = asyncio.get_running_loop()
        self._outgoing: deque[bytes | str] = deque()
        self._sound_waiting = 0  # bytes
        self._wake = asyncio.Event()
        self._closing = False
        now = self._loop.time()
        self._sound = Allowance(_BYTES_PER_SECOND, _AHEAD_SECONDS * _BYTES_PER_SECOND, now)
        self._words = Allowance(_WORDS_PER_SECOND, _WORDS_AT_ONCE, now)
        self.closed_by = ""  # caller | us | fault, once closed

    def send_sound(self, pcm: bytes) -> None:
        """Sound for the browser's loudspeaker; dropped once the line is closing."""
        if self._closing:
            return
        self._outgoing.append(pcm)
        self._sound_waiting += len(pcm)
        while self._sound_waiting > _WAITING_SECONDS * _BYTES_PER_SECOND:
            self._drop_oldest_sound()
        self._wake.set()

    def send(self, message: Mapping[str, Any]) -> None:
        """A message for the page."""
        if not self._closing:
            self._outgoing.append(json.dumps(message, ensure_ascii=False))
            self._wake.set()

    def drop_sound(self) -> None:
        """Forget the sound that has not been sent; the page forgets what it has not played."""
        self._outgoing = deque(item for item in self._outgoing if isinstance(item, str))
        self._sound_waiting = 0
        self.send({"type": "flush"})

    async def receive(self) -> Message | None:
        """The next message; None once the line is closed. A message that no page of ours sends closes it."""
        try:
            message = await self._websocket.recv()
            return self._checked(message)
        except ConnectionClosed as closed:
            self.closed_by = self.closed_by or (
                "caller" if isinstance(closed, ConnectionClosedOK) else "fault"
            )
            return None
        except TooMuch:
            log.warning("a browser was sent away: it sends more than a phone would")
            self.closed_by = "fault"
            self._websocket.transport.abort()  # a polite end would wait for what else it sends
            return None

    async def run(self) -> None:
        """Send what waits, until the line is closed."""
        with suppress(ConnectionClosed):
            while not (self._closing and not self._outgoing):
                if not self._outgoing:
                    self._wake.clear()
                    await self._wake.wait()
                    continue
                item = self._outgoing.popleft()
                if isinstance(item, bytes):
                    self._sound_waiting -= len(item)
                await self._websocket.send(item)
            await self._websocket.close()

    def close(self) -> None:
        """End the line once everything said is sent; safe to repeat."""
        if not self._closing:
            self._closing = True
            self.closed_by = self.closed_by or "us"
            self._wake.set()

    def _drop_oldest_sound(self) -> None:
        for place, item in enumerate(self._outgoing):
            if isinstance(item, bytes):
                self._sound_waiting -= len(item)
                del self._outgoing[place]
                return

    def _checked(self, message: str | bytes) -> Message:
        now = self._loop.time()
        if isinstance(message, bytes):
            if len(message) > LONGEST_SOUND or not self._sound.take(len(message), now):
                raise TooMuch
            return message
        if len(message) > LONGEST_WORDS or not self._words.take(1, now):
            raise TooMuch
        try:
            words = json.loads(message)
        except ValueError:
            raise TooMuch from None
        if not isinstance(words, dict) or not isinstance(words.get("type"), str):
            raise TooMuch
        return words
