"""One clock for all calls of a process: a tick every 20 ms on an absolute grid.

Whatever waits in a call waits for ticks, so that tests turn the clock by hand.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
from collections.abc import Callable

from bot.trouble import report
from voice.leg import FRAME_SECONDS

log = logging.getLogger(__name__)

_CATCH_UP = (
    25  # ticks late (0.5 s) that are still made up for; a longer stop is skipped, not played as a burst
)


class Ticker:
    """Calls whoever asked for it once a tick; ``on_late`` hears how many seconds after its time each tick came."""

    def __init__(self, on_late: Callable[[float], None] | None = None) -> None:
        self._on_late = on_late
        self._callbacks: dict[int, Callable[[], None]] = {}
        self._numbers = itertools.count()
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._ticks = 0

    @property
    def now(self) -> float:
        """Seconds since the clock was made."""
        return self._ticks * FRAME_SECONDS

    def every_tick(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back once a tick from now on; what is returned stops it."""
        number = next(self._numbers)
        self._callbacks[number] = callback
        return lambda: self._callbacks.pop(number, None) and None

    async def sleep(self, seconds: float) -> None:
        """Wait for ``seconds`` of ticks."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        due = self._ticks + max(1, round(seconds / FRAME_SECONDS))
        heapq.heappush(self._sleepers, (due, next(self._numbers), future))
        await future

    def tick(self, ticks: int = 1) -> None:
        """Let one tick pass; ``ticks`` more than 1 tells that some were missed and only the time is made up."""
        self._ticks += ticks
        for callback in tuple(self._callbacks.values()):
            try:
                callback()
            except Exception as error:  # one call's fault must not stop the others' sound
                report(log, "ticker.callback_failed", error)
        while self._sleepers and (self._sleepers[0][0] <= self._ticks or self._sleepers[0][2].done()):
            _, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                future.set_result(None)

    async def run(self) -> None:
        """Tick until cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due += FRAME_SECONDS
            await asyncio.sleep(max(0.0, due - loop.time()))
            late = loop.time() - due
            if self._on_late is not None:
                self._on_late(late)
            missed = int(late / FRAME_SECONDS)
            if missed > _CATCH_UP:
                due += missed * FRAME_SECONDS
                self.tick(missed + 1)
            else:
                self.tick()
