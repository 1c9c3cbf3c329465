"""A small telephone exchange for tests: the hotline behind a real AudioSocket port, and callers who connect to it.

As on the stage of voice.stage, the clock is turned by hand; only the sockets are real.
"""

from __future__ import annotations

import asyncio
import struct
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from bot.messages import Reply, Utterance
from tests.voice.stage import PATIENCE, busy
from voice.audiosocket import FRAME_BYTES, MessageKind, encode
from voice.call import Parts
from voice.leg import FRAME_SECONDS
from voice.limits import Admission
from voice.server import AudioSocketServer, Hotline

_HEADER = struct.Struct(">BH")


class Watched:
    """An assistant whose work is noticed, so that the clock waits for it."""

    def __init__(self, answer: Callable[[Utterance], Reply]) -> None:
        self._answer, self.working = answer, 0

    def __call__(self, utterance: Utterance) -> Reply:
        """Assistant.handle."""
        self.working += 1
        try:
            return self._answer(utterance)
        finally:
            self.working -= 1


class Caller:
    """One caller's connection, as Asterisk makes it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.id = str(uuid.uuid4())
        self.heard = bytearray()  # sound that came
        self.ended = asyncio.Event()
        self.said_end = False  # whether the other end said 0x00 before it closed
        self._reader, self._writer = reader, writer
        self._sound = b""
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def ring(cls, port: int, identify: bool = True) -> Caller:
        """Connect, and say which call it is."""
        caller = cls(*await asyncio.open_connection("127.0.0.1", port))
        if identify:
            caller.send(encode(MessageKind.ID, uuid.UUID(caller.id).bytes))
        return caller

    def send(self, data: bytes) -> None:
        """Anything, as it is."""
        self._writer.write(data)

    def say(self, pcm: bytes) -> None:
        """Speak from now on."""
        self._sound += pcm

    def frame(self) -> None:
        """The next 20 ms go out."""
        now, self._sound = self._sound[:FRAME_BYTES], self._sound[FRAME_BYTES:]
        if not self._writer.is_closing():
            self.send(encode(MessageKind.AUDIO, now.ljust(FRAME_BYTES, b"\0")))

    def press(self, key: str) -> None:
        """Press a key."""
        self.send(encode(MessageKind.KEY, key.encode()))

    @property
    def speaking(self) -> bool:
        """Whether there is more to say."""
        return bool(self._sound)

    async def hang_up(self) -> None:
        """Close, as Asterisk does when the caller hangs up."""
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()
        self._listening.cancel()
        await asyncio.wait({self._listening})

    async def _listen(self) -> None:
        try:
            while True:
                kind, length = _HEADER.unpack(await self._reader.readexactly(_HEADER.size))
                payload = await self._reader.readexactly(length)
                if kind == MessageKind.AUDIO:
                    self.heard += payload
                elif kind == MessageKind.END:
                    self.said_end = True
        except (asyncio.IncompleteReadError, OSError):
            self.ended.set()


class Exchange:
    """The hotline's side, and the hand on the clock."""

    def __init__(self, hotline: Hotline, parts: Parts, port: int) -> None:
        self.hotline, self.parts, self.port = hotline, parts, port
        self.callers: list[Caller] = []

    async def ring(self) -> Caller:
        """A caller who stands on the line as soon as this returns."""
        before = len(self.hotline._calls)
        caller = await Caller.ring(self.port)
        self.callers.append(caller)
        await self.real(lambda: len(self.hotline._calls) > before or caller.ended.is_set())
        return caller

    async def tick(self) -> None:
        """20 ms pass for everybody."""
        calls = list(self.hotline._calls.values())
        frames = {call: call._line.frames for call in calls}
        for caller in self.callers:
            if not caller.ended.is_set():
                caller.frame()
        await self.real(
            lambda: all(c._line.frames > n or c._line.ended for c, n in frames.items()) and not self._busy()
        )
        self.parts.ticker.tick()
        await self.real(lambda: not self._busy())

    async def until(self, comes: Callable[[], object], seconds: float = 60.0) -> None:
        """Time passes until something is so."""
        for _ in range(round(seconds / FRAME_SECONDS)):
            if comes():
                return
            await self.tick()
        assert comes(), f"not within {seconds} s"

    async def real(self, comes: Callable[[], bool]) -> None:
        """Wait in real time for what the sockets and threads do."""
        async with asyncio.timeout(PATIENCE):
            await asyncio.sleep(0)
            while not comes():
                await asyncio.sleep(0.0005)

    def _busy(self) -> bool:
        calls = self.hotline._calls.values()
        answering = getattr(self.parts.answer, "working", 0) > 0
        return answering or any(call._line.ended is not None or busy(call) for call in calls)


@asynccontextmanager
async def exchange(parts: Parts, most: int = 100) -> AsyncIterator[Exchange]:
    """A hotline that takes up to ``most`` calls at once."""
    hotline = Hotline(parts, Admission(most))
    server = AudioSocketServer(hotline, parts, "127.0.0.1", 0)
    await server.start()
    made = Exchange(hotline, parts, server.port)
    try:
        yield made
    finally:
        for caller in made.callers:
            await caller.hang_up()
        async with asyncio.timeout(PATIENCE):
            while hotline.open:
                await asyncio.sleep(0)
                parts.ticker.tick()
        await server.stop()
