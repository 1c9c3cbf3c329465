"""A call's one reader of its leg: what comes goes to the call's ears, or to an agent while one speaks."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from voice.ears import Ears
from voice.leg import CallLeg, Frame, HungUp, Key, LegEvent

_WAITING = 250  # events an agent's part has not taken; older ones are dropped (5 s)


class Line:
    """Reads the leg for as long as it stands. ``on_sound(who, pcm)`` hears both sides, for a recording."""

    def __init__(self, leg: CallLeg, on_sound: Callable[[str, bytes], None] | None = None) -> None:
        self._leg, self._on_sound = leg, on_sound
        self._lent: LentLine | None = None
        self.ended: HungUp | None = None
        self.frames = 0

    @property
    def lent(self) -> bool:
        """Whether somebody else has the line now."""
        return self._lent is not None

    def write(self, pcm: bytes) -> None:
        """One frame to the caller."""
        self._leg.write(pcm)
        if self._on_sound is not None:
            self._on_sound("machine", pcm)

    async def run(self, ears: Ears) -> None:
        """Until the line is gone."""
        while self.ended is None:
            event = await self._leg.read()
            # A leg that has sound waiting never suspends: without this, one caller's backlog delays everybody's voice.
            await asyncio.sleep(0)
            if isinstance(event, Frame):
                self.frames += 1
                if self._on_sound is not None:
                    self._on_sound("caller", event.pcm)
            elif isinstance(event, HungUp):
                self.ended = event
            if self._lent is not None:
                self._lent.put(event)
            if isinstance(event, HungUp):
                ears.gone(event.by)
            elif self._lent is not None:
                continue
            elif isinstance(event, Key):
                ears.key(event.key)
            else:
                ears.hear(event.pcm)

    @contextmanager
    def lend(self) -> Iterator[LentLine]:
        """Give the line away; nothing reaches the ears meanwhile but the hang-up."""
        self._lent = LentLine(self, self._leg)
        if self.ended is not None:
            self._lent.put(self.ended)
        try:
            yield self._lent
        finally:
            self._lent = None


class LentLine:
    """The line as an agent's part in the call sees it (voice.agent_audio.CallerLine, voice.captions.Captioned)."""

    def __init__(self, line: Line, leg: CallLeg) -> None:
        self._line, self._leg = line, leg
        self.sample_rate = leg.sample_rate
        self._events: deque[LegEvent] = deque(maxlen=_WAITING)
        self._news = asyncio.Event()

    def put(self, event: LegEvent) -> None:
        """Something happened on the line."""
        self._events.append(event)
        self._news.set()

    async def read(self) -> LegEvent:
        """The next thing that happens."""
        while not self._events:
            self._news.clear()
            await self._news.wait()
        event = self._events[0]
        if not isinstance(event, HungUp):
            self._events.popleft()
        return event

    def write(self, pcm: bytes) -> None:
        """One frame to the caller."""
        self._line.write(pcm)

    async def transfer(self, target: str) -> None:
        """Put the caller through. Raises TransferRefused."""
        await self._leg.transfer(target)

    def caption(self, who: str, text: str, *, final: bool) -> None:
        """Show words where the leg can."""
        caption(self._leg, who, text, final=final)


def caption(leg: CallLeg, who: str, text: str, *, final: bool = True) -> None:
    """Show words on a leg whose other end can read along; nothing on others."""
    show = getattr(leg, "caption", None)
    if show is not None:
        show(who, text, final=final)
