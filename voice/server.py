"""The hotline as a whole: takes calls from whatever carries them, refuses politely, ends gracefully."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta

from bot.trouble import report
from voice import call_words
from voice.audiosocket_leg import Redirect, accept
from voice.call import Call, Parts
from voice.leg import CallLeg, HungUp, LegKind
from voice.limits import Admission
from voice.player import Player
from voice.tts import SpeechStyle
from voice.tts_pool import SpeakingUnavailable

log = logging.getLogger(__name__)

_STRANGERS = 50  # connections that have not said which call they are
_REFUSALS = 20  # busy sentences spoken at once; further callers go on without one
_REFUSAL_SECONDS = 15.0
_BEAT_SECONDS = 10.0  # between two signs of life of all calls
_LOST = timedelta(seconds=60)  # calls without a sign of life for so long belong to a process that died
_FAREWELL_SECONDS = 15.0  # for the last sentence of calls that are ended


class Hotline:
    """Every call of the process, one ``take`` each."""

    def __init__(self, parts: Parts, admission: Admission) -> None:
        self._parts, self._admission = parts, admission
        self._calls: dict[str, Call] = {}
        self._taken: set[str] = set()  # calls by id, those that are still being prepared included
        self._refusing = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def open(self) -> int:
        """Calls going on."""
        return len(self._taken)

    async def take(self, leg: CallLeg) -> None:
        """Carry a call to its end, or refuse it. Never raises for a call's own faults."""
        if leg.call_id in self._taken:
            log.warning("hotline.twice")
            await leg.hang_up()
            return
        why = self._admission.admit()
        if why is not None:
            self._parts.measures.refused.labels(leg.kind.value, why).inc()
            await self._refuse(leg)
            return
        self._idle.clear()
        self._taken.add(leg.call_id)
        try:
            detector = await self._parts.detectors.fetch(leg.sample_rate)
            call = self._calls[leg.call_id] = Call(leg, self._parts, detector)
            await call.run()
        except Exception as error:
            report(log, "hotline.call_failed", error)
            await leg.hang_up()
        finally:
            self._calls.pop(leg.call_id, None)
            self._taken.discard(leg.call_id)
            self._admission.release()
            if not self._taken:
                self._idle.set()

    async def beat(self) -> None:
        """Tell the database which calls live, and end those whose process died; until cancelled."""
        parts = self._parts
        while True:
            rows = [call.timeline.row for call in self._calls.values() if call.timeline.row is not None]
            now = parts.clock()
            try:
                await asyncio.to_thread(parts.calls.seen, rows, now)
                await asyncio.to_thread(parts.calls.end_lost, now - _LOST, now)
            except Exception as error:
                report(log, "hotline.no_beat", error)
            await parts.ticker.sleep(_BEAT_SECONDS)

    async def drain(self, seconds: float) -> None:
        """Take no new calls; those going on get so long, are then told, and end."""
        self._admission.stopping = True
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), seconds)
            return
        for call in tuple(self._calls.values()):
            call.stop()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), _FAREWELL_SECONDS)

    async def _refuse(self, leg: CallLeg) -> None:
        """Say that all lines are busy, where that is still cheap, and let the PBX's queue have the caller."""
        if self._refusing < _REFUSALS and not self._admission.stopping:
            self._refusing += 1
            try:
                async with asyncio.timeout(_REFUSAL_SECONDS):
                    await self._say_busy(leg)
            except TimeoutError:
                log.warning("hotline.refusal_late")
            finally:
                self._refusing -= 1
        await leg.hang_up()

    async def _say_busy(self, leg: CallLeg) -> None:
        player = Player(leg.sample_rate, leg.write)
        words = call_words.BUSY
        words += call_words.TO_PEOPLE if leg.kind is LegKind.AUDIOSOCKET else call_words.CALL_AGAIN
        player.begin()
        stop_ticking = self._parts.ticker.every_tick(player.tick)
        reader = asyncio.create_task(_until_gone(leg, player))
        try:
            async for spoken in self._parts.voice.say(words, SpeechStyle(), leg.sample_rate):
                player.put(spoken.text, spoken.pcm)
            player.end()
            await player.finished()
        except SpeakingUnavailable:
            log.warning("hotline.refused_without_a_word")
        finally:
            stop_ticking()
            reader.cancel()
            await asyncio.wait({reader})


async def _until_gone(leg: CallLeg, player: Player) -> None:
    while not isinstance(await leg.read(), HungUp):
        pass
    player.stop()


class AudioSocketServer:
    """Listens for Asterisk's AudioSocket connections."""

    def __init__(
        self, hotline: Hotline, parts: Parts, host: str, port: int, redirect: Redirect | None = None
    ) -> None:
        self._hotline, self._parts = hotline, parts
        self._host, self._port, self._redirect = host, port, redirect
        self._server: asyncio.Server | None = None
        self._strangers = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The port listened on; known once started."""
        if self._server is None:
            raise RuntimeError("not started")
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Listen. Raises OSError where the port is taken."""
        self._server = await asyncio.start_server(self._connected, self._host, self._port)

    async def stop(self) -> None:
        """Take no connections any more, and cut those that are left."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if self._strangers >= _STRANGERS:
            writer.transport.abort()
            return
        self._strangers += 1
        try:
            leg = await accept(reader, writer, self._redirect)
        finally:
            self._strangers -= 1
        if leg is not None:
            leg.arrived(self._parts.arrivals.lookup(leg.call_id))
            try:
                await self._hotline.take(leg)
            finally:
                writer.transport.abort()
