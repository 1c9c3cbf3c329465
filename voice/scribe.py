"""Writes along what one side of a talk between people says.

Nobody answers here, so an utterance may simply end where the recogniser has found no new words for a while.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bot.messages import Transcript
from voice.asr import Listener, RecognitionUnavailable, SpeechModel
from voice.ticker import Ticker

log = logging.getLogger(__name__)

PAUSE_SECONDS = 0.9  # without new words that end a line
LONGEST_SECONDS = 20.0  # of one line


class Scribe:
    """``on_partial`` gets the words so far, ``on_line`` each finished line, ``on_deaf`` is told once that nobody
    listens any more. All run in the event loop."""

    def __init__(
        self,
        model: SpeechModel,
        sample_rate: int,
        ticker: Ticker,
        on_partial: Callable[[str], None],
        on_line: Callable[[Transcript], Awaitable[None]],
        on_deaf: Callable[[], None],
    ) -> None:
        self._listener = Listener(model, sample_rate, self._heard)
        self._ticker = ticker
        self._on_partial, self._on_line, self._on_deaf = on_partial, on_line, on_deaf
        self._words = ""
        self._begun = self._changed = 0.0
        self._deaf = False

    def feed(self, pcm: bytes) -> None:
        """Hand over some sound; never waits."""
        self._listener.feed(pcm)

    async def run(self) -> None:
        """Write lines until cancelled."""
        while not self._deaf:
            await self._ticker.sleep(0.1)
            now = self._ticker.now
            if self._listener.failed:
                self._fail()
            elif self._words and (
                now - self._changed >= PAUSE_SECONDS or now - self._begun >= LONGEST_SECONDS
            ):
                await self.finish()

    async def finish(self) -> None:
        """The line so far is a line."""
        if not self._words:
            return
        self._words = ""
        try:
            transcript = await self._listener.finish()
        except RecognitionUnavailable:
            self._fail()
            return
        if transcript.text:
            await self._on_line(transcript)
        else:
            self._on_partial("")  # what seemed to be words was nothing

    def forget(self) -> None:
        """What was heard last is not to be written."""
        self._words = ""
        self._listener.reset()

    async def close(self) -> None:
        """End the recogniser's thread."""
        await self._listener.close()

    def _heard(self, words: str) -> None:
        if words and words != self._words:
            now = self._ticker.now
            self._begun = now if not self._words else self._begun
            self._words, self._changed = words, now
            self._on_partial(words)

    def _fail(self) -> None:
        if not self._deaf:
            self._deaf = True
            self._on_deaf()


async def write_along(scribes: tuple[Scribe, ...]) -> None:
    """Run several until cancelled."""
    async with asyncio.TaskGroup() as group:
        for scribe in scribes:
            group.create_task(scribe.run())
