"""A caller's line that Asterisk carries to us over AudioSocket."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress

from voice.arrivals import Arrival
from voice.audiosocket import (
    FRAME_BYTES,
    SAMPLE_RATE,
    BadFrame,
    FrameDecoder,
    Message,
    MessageKind,
    call_id,
    encode,
)
from voice.leg import Frame, HungUp, Key, LegEvent, LegKind, TransferRefused

log = logging.getLogger(__name__)

ID_SECONDS = 5.0  # in which the call's UUID must come
IDLE_SECONDS = 20.0  # without any message after which the other end counts as gone (half-open TCP)
_READ_BYTES = 8192
_WAITING_FRAMES = 250  # heard but not yet read; older sound is dropped (5 s)
_UNSENT_BYTES = 32_000  # 2 s of sound that the other end has not taken; more is dropped
_CLOSE_SECONDS = 2.0

Redirect = Callable[[str, str], Awaitable[None]]
"""Puts a PBX's channel through to a number; raises TransferRefused."""


class AudioSocketLeg:
    """One AudioSocket connection after its UUID. CallLeg; made by ``accept``."""

    kind = LegKind.AUDIOSOCKET
    sample_rate = SAMPLE_RATE

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        decoder: FrameDecoder,
        identity: str,
        redirect: Redirect | None = None,
    ) -> None:
        self._reader, self._writer, self._decoder = reader, writer, decoder
        self._redirect = redirect
        self.call_id = identity
        self.caller = self.called = self._channel = ""
        self._waiting: deque[LegEvent] = deque()
        self._ended: HungUp | None = None

    def arrived(self, arrival: Arrival) -> None:
        """What the PBX told about this call."""
        self.caller, self.called, self._channel = arrival.caller, arrival.called, arrival.channel

    async def read(self) -> LegEvent:
        """The next thing that happens on the line."""
        while not self._waiting:
            if self._ended is not None:
                return self._ended
            await self._receive()
        return self._waiting.popleft()

    def write(self, pcm: bytes) -> None:
        """Send one frame; dropped where the other end does not take what it is sent."""
        if self._ended is not None or self._writer.is_closing():
            return
        if self._writer.transport.get_write_buffer_size() <= _UNSENT_BYTES:
            self._writer.write(encode(MessageKind.AUDIO, pcm.ljust(FRAME_BYTES, b"\0")))

    def flush(self) -> None:
        """Nothing is kept here: what was written is with the PBX, which plays it at once."""

    async def transfer(self, target: str) -> None:
        """Let the PBX send the caller on to a number; it then takes its end of the connection away."""
        if self._redirect is None or not self._channel or self._ended is not None:
            raise TransferRefused
        await self._redirect(self._channel, target)
        await self._close(HungUp("us"), say_so=False)

    async def hang_up(self) -> None:
        """End the connection: the PBX's dialplan goes on."""
        await self._close(HungUp("us"), say_so=True)

    def take(self, messages: list[Message]) -> None:
        """Queue what came; sound that nobody reads does not pile up."""
        for message in messages:
            match message.kind:
                case MessageKind.AUDIO:
                    self._waiting.append(Frame(message.payload))
                case MessageKind.KEY:
                    self._waiting.append(Key(message.payload.decode("ascii")))
                case MessageKind.END | MessageKind.ERROR:
                    self._end(HungUp("caller" if message.kind is MessageKind.END else "fault"))
                    return
        while len(self._waiting) > _WAITING_FRAMES:
            self._waiting.popleft()

    async def _receive(self) -> None:
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                data = await self._reader.read(_READ_BYTES)
            if data:
                self.take(self._decoder.feed(data))
            else:
                self._end(HungUp("caller"))  # Asterisk tells a caller's hang-up by closing
        except BadFrame as error:
            log.warning("audiosocket.bad_frame %s", error)
            await self._close(HungUp("fault"), say_so=True)
        except ConnectionError:  # closed while our sound was still on its way
            await self._close(HungUp("caller"), say_so=False)
        except (TimeoutError, OSError) as error:
            log.warning("audiosocket.lost %s", type(error).__name__)
            await self._close(HungUp("fault"), say_so=False)

    def _end(self, event: HungUp) -> None:
        if self._ended is None:
            self._ended = event
            self._waiting.append(event)

    async def _close(self, event: HungUp, *, say_so: bool) -> None:
        self._end(event)
        if self._writer.is_closing():
            return
        with suppress(OSError, TimeoutError):
            if say_so:
                self._writer.write(encode(MessageKind.END))
            self._writer.close()
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._writer.wait_closed()
        self._writer.transport.abort()


async def accept(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, redirect: Redirect | None = None
) -> AudioSocketLeg | None:
    """The leg of a new connection, once it has said its UUID; None where it is no call (it is closed then)."""
    decoder = FrameDecoder()
    try:
        async with asyncio.timeout(ID_SECONDS):
            messages: list[Message] = []
            while not messages:
                data = await reader.read(_READ_BYTES)
                if not data:
                    raise BadFrame("nothing but a closed connection")
                messages = decoder.feed(data)
        if messages[0].kind is not MessageKind.ID:
            raise BadFrame("the call ended before it had a name")
    except (BadFrame, TimeoutError, OSError) as error:
        log.warning("audiosocket.refused %s", type(error).__name__)
        with suppress(OSError, TimeoutError):
            writer.write(encode(MessageKind.END))
            writer.close()
            async with asyncio.timeout(_CLOSE_SECONDS):
                await writer.wait_closed()
        writer.transport.abort()
        return None
    leg = AudioSocketLeg(reader, writer, decoder, call_id(messages[0]), redirect)
    leg.take(messages[1:])
    return leg
