"""A stage for calls: a line in memory, a clock turned by hand, real ears and a real voice.

Time stands still while the parts work (recognising, speaking, answering), so that nothing depends on how fast the
machine is: a second of the call is fifty ticks, each with a frame from the caller.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.calls import Calls
from bot.ephemeral.connection import RedisConnection
from bot.ephemeral.events import RedisEvents
from bot.messages import Act, Reply, Utterance
from bot.privacy import Vault
from bot.settings import load_settings
from bot.store.database import Database
from tests.conftest import NOW
from voice.agent_audio import AgentAudio
from voice.agent_line import AgentLines
from voice.arrivals import Arrivals
from voice.asr import SpeechModel
from voice.call import Call, Parts
from voice.conversation import Manner
from voice.leg import FRAME_SECONDS, Frame, HungUp, Key, LegEvent, LegKind, TransferRefused, frame_bytes
from voice.metrics import Measures
from voice.ticker import Ticker
from voice.tts import SpeechStyle, Voice
from voice.vad import Detectors

PATIENCE = 30.0  # real seconds that a part may work before the test fails


class MemoryLeg:
    """A caller's line in memory: CallLeg. ``sent`` holds every frame that the caller was sent."""

    kind = LegKind.SIP
    sample_rate = 8000

    def __init__(self, call_id: str = "memory-1", caller: str = "053188001234") -> None:
        self.call_id, self.caller, self.called = call_id, caller, "12393"
        self.sent: list[bytes] = []
        self.transferred: list[str] = []
        self.captions: list[tuple[str, str]] = []
        self.refuses_transfers = False
        self._events: asyncio.Queue[LegEvent] = asyncio.Queue()
        self.ended: HungUp | None = None

    def put(self, event: LegEvent) -> None:
        """The caller does something."""
        self._events.put_nowait(event)

    async def read(self) -> LegEvent:
        """See CallLeg."""
        if self.ended is not None and self._events.empty():
            return self.ended
        event = await self._events.get()
        if isinstance(event, HungUp):
            self.ended = event
        return event

    def write(self, pcm: bytes) -> None:
        """See CallLeg."""
        if self.ended is None:
            self.sent.append(pcm)

    def flush(self) -> None:
        """See CallLeg."""

    def caption(self, who: str, text: str, *, final: bool) -> None:
        """See voice.captions."""
        self.captions.append((who, text))

    async def transfer(self, target: str) -> None:
        """See CallLeg."""
        if self.refuses_transfers:
            raise TransferRefused
        self.transferred.append(target)
        self.put(HungUp("us"))

    async def hang_up(self) -> None:
        """See CallLeg."""
        if self.ended is None:
            self.put(HungUp("us"))


@dataclass
class Script:
    """The assistant's side: replies in order, each given once; the last one again and again.

    ``asked`` holds what it was asked. A reply that is an exception is raised; ``slow``: waits for ``release``.
    """

    replies: list[Reply | Exception]
    asked: list[Utterance] = field(default_factory=list)
    slow: bool = False
    working: int = 0
    release: threading.Event = field(default_factory=threading.Event)

    def answer(self, utterance: Utterance) -> Reply:
        """Assistant.handle."""
        self.working += 1
        try:
            self.asked.append(utterance)
            if self.slow:
                self.release.wait(PATIENCE)
            reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
            if isinstance(reply, Exception):
                raise reply
            return reply
        finally:
            self.working -= 1


def reply(speech: str, act: Act = Act.ANSWER, **fields: object) -> Reply:
    """A reply that says something."""
    return replace(Reply(text=speech, speech=speech, act=act), **fields)


class Stage:
    """One call, and the hand on the clock."""

    def __init__(self, leg: MemoryLeg, parts: Parts, script: Script) -> None:
        self.leg, self.parts, self.script = leg, parts, script
        self.call = Call(leg, parts)
        self.reason: asyncio.Task[str] = asyncio.create_task(self.call.run())
        self._sound: deque[bytes] = deque()
        self.player = self.call._player
        self.sends_nothing = False

    @property
    def over(self) -> bool:
        """Whether the call has ended."""
        return self.reason.done()

    @property
    def speaking(self) -> bool:
        """Whether the caller hears the assistant's voice now."""
        return self.player.sounding

    async def tick(self) -> None:
        """20 ms pass, after everything that is being worked on is done."""
        await self._settle()
        if not self.sends_nothing:
            self.leg.put(Frame(self._sound.popleft() if self._sound else bytes(frame_bytes(8000))))
        await self._settle()
        self.parts.ticker.tick()
        await self._settle()

    async def seconds(self, seconds: float) -> None:
        """Time passes."""
        for _ in range(round(seconds / FRAME_SECONDS)):
            if not self.over:
                await self.tick()

    async def until(self, comes: Callable[[], object], seconds: float = 60.0, what: str = "it") -> None:
        """Time passes until something is so; fails where it is not within ``seconds``."""
        for _ in range(round(seconds / FRAME_SECONDS)):
            if comes():
                return
            if self.over:
                break
            await self.tick()
        assert comes(), f"{what} did not happen within {seconds} s"

    async def heard_out(self) -> None:
        """Until the assistant has begun to speak and finished."""
        await self.until(lambda: self.speaking, what="speech")
        await self.until(lambda: not self.player.speaking, what="the end of the speech")

    def say(self, pcm: bytes) -> None:
        """The caller speaks from now on, in real samples."""
        size = frame_bytes(8000)
        pcm += bytes(-len(pcm) % size)
        self._sound += [pcm[start : start + size] for start in range(0, len(pcm), size)]

    async def said(self, seconds: float = 60.0) -> None:
        """Until what the caller says is out."""
        await self.until(lambda: not self._sound, seconds)

    def press(self, key: str) -> None:
        """The caller presses a key."""
        self.leg.put(Key(key))

    def hang_up(self) -> None:
        """The caller hangs up."""
        self.leg.put(HungUp("caller"))

    def spoken(self) -> str:
        """All that the assistant has begun to say."""
        return "".join(text for who, text in self.leg.captions if who == "machine")

    async def _settle(self) -> None:
        async with asyncio.timeout(PATIENCE):
            quiet = 0
            while quiet < 3:  # a few rounds of the loop, for what one callback starts in another
                await asyncio.sleep(0 if not self._busy() else 0.0005)
                quiet = 0 if self._busy() else quiet + 1

    def _busy(self) -> bool:
        """Whether something is at work that real time, not the call's, decides on."""
        answering = self.script.working > 0 and not self.script.slow
        return not self.over and (answering or not self.leg._events.empty() or busy(self.call))


def busy(call: Call) -> bool:
    """Whether a part of a call is at work: the voice, the recogniser, the timeline's writer."""
    ears, player, timeline = call._ears, call._player, call.timeline
    filling = player.speaking and not player._closed and not player._pieces
    listener = ears._listener
    hearing = ears._finishing > 0 or (
        listener is not None and not listener.failed and listener._waiting_bytes >= 960
    )
    return filling or hearing or not timeline._work.empty() or not timeline._begun.is_set()


@asynccontextmanager
async def house(
    answer: Callable[[Utterance], Reply],
    database: Database,
    vault: Vault,
    model: SpeechModel | None,
    state: Path,
    **changes: object,
) -> AsyncIterator[Parts]:
    """What calls share, on a clock that stands; ``state`` is a folder that keeps made sounds between tests."""
    ticker = Ticker()

    def clock() -> datetime:
        return NOW + timedelta(seconds=ticker.now)

    calls = Calls(database, vault, RedisEvents(RedisConnection("")))
    voice = await Voice.start(
        load_settings({"YINLING_STATE": str(state), "TTS_PROCESSES": "1", "TTS_DEADLINE": "60"}), ()
    )
    parts = Parts(
        answer=answer,
        calls=calls,
        voice=voice,
        model=model,
        agents=AgentAudio(calls, AgentLines(), model, ticker, clock),
        ticker=ticker,
        detectors=Detectors(),
        arrivals=Arrivals(),
        measures=Measures(),
        clock=clock,
        people_there=lambda _: True,
        manner=Manner(),
    )
    try:
        yield replace(parts, **changes)
    finally:
        await voice.close()


@asynccontextmanager
async def stage(
    script: Script,
    database: Database,
    vault: Vault,
    model: SpeechModel | None,
    state: Path,
    *,
    leg: MemoryLeg | None = None,
    **changes: object,
) -> AsyncIterator[Stage]:
    """A call under way."""
    async with house(script.answer, database, vault, model, state, **changes) as parts:
        act = Stage(leg or MemoryLeg(), parts, script)
        try:
            yield act
        finally:
            script.release.set()
            act.hang_up()
            async with asyncio.timeout(PATIENCE):
                while not act.over:
                    await asyncio.sleep(0)
                    parts.ticker.tick()


async def voice_of(text: str, state: Path) -> bytes:
    """A sentence as the trial model understands it: the product's own synthetic voice, 8 kHz."""
    voice = await Voice.start(
        load_settings({"YINLING_STATE": str(state), "TTS_PROCESSES": "1", "TTS_DEADLINE": "60"}), ()
    )
    try:
        return b"".join([s.pcm async for s in voice.say(text, SpeechStyle(), 8000)])
    finally:
        await voice.close()


@contextmanager
def away(database: Database) -> Iterator[None]:
    """The database's file cannot be opened meanwhile."""
    path = Path(str(database.engine.url.database))
    hidden = path.with_suffix(".away")
    database.engine.dispose()
    path.rename(hidden)
    path.mkdir()
    try:
        yield
    finally:
        path.rmdir()
        hidden.rename(path)
