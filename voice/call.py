"""One call from its first sound to its end, on whatever carries it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime

from bot.calls import Calls
from bot.messages import Reply, Utterance
from bot.recordings import Recordings
from bot.trouble import report
from voice import call_words
from voice.agent_audio import AgentAudio
from voice.arrivals import Arrivals, NextStep
from voice.asr import SpeechModel
from voice.conversation import Conversation, End, Manner
from voice.ears import Ears
from voice.events import Gone, Quiet
from voice.leg import CallLeg, LegKind, TransferRefused
from voice.line import Line, caption
from voice.metrics import Measures
from voice.mouth import Mouth
from voice.player import Player
from voice.queueing import Queueing
from voice.recording import record
from voice.ticker import Ticker
from voice.timeline import Timeline
from voice.tts import Voice
from voice.vad import Detectors, SpeechDetector

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """What every call of a process shares. ``model`` None: nobody can be heard, keys still work.

    ``fallback_number``: where a caller without a PBX behind the line goes when the assistant is down.
    """

    answer: Callable[[Utterance], Reply]
    calls: Calls
    voice: Voice
    model: SpeechModel | None
    agents: AgentAudio
    ticker: Ticker
    detectors: Detectors
    arrivals: Arrivals
    measures: Measures
    clock: Callable[[], datetime]
    people_there: Callable[[datetime], bool]
    manner: Manner = field(default_factory=Manner)
    fallback_number: str = ""
    recordings: Recordings | None = None  # None: calls are not recorded


class Call:
    """One call; ``run`` carries it."""

    def __init__(self, leg: CallLeg, parts: Parts, detector: SpeechDetector | None = None) -> None:
        self._leg, self._parts = leg, parts
        self._tasks: set[asyncio.Task[object]] = set()
        self._recorder = record(parts.recordings, leg.sample_rate)
        self._line = Line(leg, self._recorder.sound if self._recorder else None)
        self._player = Player(leg.sample_rate, self._line.write)
        self._detector = detector or parts.detectors.take(leg.sample_rate)
        self.timeline = Timeline(parts.calls, parts.clock)
        self._ears = Ears(
            parts.model,
            self._detector,
            self._player,
            self._spawn,
            self._noted,
            parts.measures.heard_seconds.inc,
        )
        self._ears.on_words = lambda words: caption(leg, "caller", words, final=False)
        self._mouth = Mouth(parts.voice, self._player, self._ears, leg.sample_rate)
        self._talk = Conversation(
            leg,
            parts.answer,
            parts.calls.spoken_to,
            self._ears,
            self._mouth,
            self.timeline,
            parts.ticker,
            parts.measures,
            parts.clock,
            parts.manner,
        )
        self._queueing = Queueing(
            leg,
            self._line,
            self._talk,
            self._mouth,
            parts.calls,
            parts.agents,
            self.timeline,
            parts.ticker,
            parts.measures,
            parts.clock,
            parts.people_there,
            parts.manner,
        )

    async def run(self) -> str:
        """Until the line is gone; tells why (the reason as in bot.calls.Calls.end). A fault ends only this call."""
        parts, kind = self._parts, self._leg.kind.value
        started, end = parts.ticker.now, End("fault", NextStep.AGENT)
        parts.measures.open.labels(kind).inc()
        stop_ticking = parts.ticker.every_tick(self._tick)
        writer = asyncio.create_task(self.timeline.run(self._leg))
        reader = asyncio.create_task(self._read())
        try:
            end = await self._talk_through()
        except Exception as error:
            report(log, "call.failed", error)
            parts.measures.errors.labels("call.failed").inc()
        finally:
            await self._let_go(end)
            stop_ticking()
            reader.cancel()
            await self._tidy(reader)
            await self._keep_recording()
            await self.timeline.close(writer, end.reason)
            parts.measures.open.labels(kind).dec()
            parts.measures.calls.labels(kind, end.reason).inc()
            parts.measures.length.observe(parts.ticker.now - started)
        return end.reason

    def stop(self) -> None:
        """The process stops and this call has not ended in time: say so, then end it."""
        self._ears.gone("stopping")

    async def _talk_through(self) -> End:
        await self._talk.greet()
        while True:
            patience = self._parts.manner.look if self._talk.queued else self._parts.manner.no_input
            event = await self._ears.event(patience)
            if isinstance(event, Gone) and event.by == "stopping":
                await self._talk.say(call_words.STOPPING, interruptible=False)
                return End("us", NextStep.AGENT)
            if self._talk.queued and isinstance(event, Quiet):
                end = await self._queueing.look()
            else:
                end = await self._talk.turn(event)
            if end is not None:
                return end

    async def _let_go(self, end: End) -> None:
        """Tell the PBX what next, and end the line. Who has no PBX behind the line is put through, or told the truth."""
        leg, parts = self._leg, self._parts
        if leg.kind is LegKind.AUDIOSOCKET:
            parts.arrivals.go_next(leg.call_id, end.next, end.target)
        elif end.next is NextStep.AGENT and self._line.ended is None:
            await self._without_pbx()
        await leg.hang_up()

    async def _without_pbx(self) -> None:
        number = self._parts.fallback_number
        if number:
            try:
                await self._talk.say(call_words.TO_PEOPLE, interruptible=False)
                await self._leg.transfer(number)
            except TransferRefused:
                log.warning("call.not_put_through")
            else:
                return
        await self._talk.say(call_words.NOBODY_NOW, interruptible=False)

    async def _read(self) -> None:
        """The line to the ears; a fault in hearing ends the call as one of the line does."""
        try:
            await self._line.run(self._ears)
        except Exception as error:
            report(log, "call.line_failed", error)
            self._ears.gone("fault")

    async def _keep_recording(self) -> None:
        """Seal the recording and note where it lies; one that failed is kept as far as it got."""
        recorder = self._recorder
        if recorder is None:
            return
        await recorder.close()
        if recorder.failed:
            self.timeline.note("error", data={"code": "recording.failed"})
        name, seconds = recorder.name, recorder.seconds
        self.timeline.do(lambda row: self._parts.calls.recorded(row, name, seconds))

    def _tick(self) -> None:
        if not self._line.lent:
            self._player.tick()
            self._ears.tick()

    async def _tidy(self, reader: asyncio.Task[None]) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(reader, *self._tasks, return_exceptions=True)
        await self._ears.close()
        self._parts.detectors.give_back(self._detector)

    def _noted(self, kind: str, text: str) -> None:
        """Something that only the ears know."""
        self._parts.measures.interruptions.labels(kind).inc()
        self.timeline.note(kind, text=text)

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task: asyncio.Task[object] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            report(log, "call.part_failed", error)
