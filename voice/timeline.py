"""A call's timeline in the database: written in order, beside the call, never in its way.

A database that is away costs the timeline's lines, not the call.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from bot.calls import Calls
from bot.trouble import report
from voice.leg import CallLeg

log = logging.getLogger(__name__)

_WAITING = 500  # lines not yet written; a call that makes more while the database hangs loses the newest
_LAST_SECONDS = 10.0  # in which the last lines must be written


class Timeline:
    """One call's record; ``run`` writes what ``note`` and ``do`` are told."""

    def __init__(self, calls: Calls, clock: Callable[[], datetime]) -> None:
        self._calls, self._clock = calls, clock
        self._work: asyncio.Queue[Callable[[int], object] | None] = asyncio.Queue(_WAITING)
        self._begun = asyncio.Event()
        self.row: int | None = None  # of the call, once it is known
        self.conversation_id: int | None = None

    def note(
        self,
        kind: str,
        text: str | None = None,
        duration: float | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        """A line of the timeline; ``duration`` in seconds."""
        at, milliseconds = self._clock(), None if duration is None else round(duration * 1000)
        self.do(lambda row: self._calls.note(row, kind, at, milliseconds, text, data))

    def do(self, work: Callable[[int], object]) -> None:
        """Any verb on the call's row, in order with the lines; its failure is logged."""
        if not self._work.full():
            self._work.put_nowait(work)

    async def attach(self, turn_id: int) -> None:
        """Learn and note which conversation this call is; nothing where the database is away."""
        await self._begun.wait()
        if self.row is None or self.conversation_id is not None:
            return
        try:
            self.conversation_id = await asyncio.to_thread(self._calls.attach, self.row, turn_id)
        except Exception as error:
            report(log, "call.not_attached", error)

    async def run(self, leg: CallLeg) -> None:
        """Begin the record and write until ``close``. Where the database is away at the beginning there is none."""
        await self._begin(leg)
        self._begun.set()
        while (work := await self._work.get()) is not None:
            if self.row is None:
                continue
            try:
                await asyncio.to_thread(work, self.row)
            except Exception as error:
                report(log, "call.not_noted", error)

    async def close(self, writer: asyncio.Task[None], reason: str) -> None:
        """The call is over; waits for the last lines, but not for ever."""
        at = self._clock()
        self.note("ended", data={"reason": reason})
        self.do(lambda row: self._calls.end(row, at, reason))
        if self._work.full():
            self._work.get_nowait()
        self._work.put_nowait(None)
        await asyncio.wait({writer}, timeout=_LAST_SECONDS)
        writer.cancel()

    async def _begin(self, leg: CallLeg) -> None:
        at, kind = self._clock(), leg.kind.value

        def begin() -> int:
            row = self._calls.begin(leg.call_id, kind, leg.caller, leg.called, at)
            self._calls.answered(row, at)
            return row

        try:
            self.row = await asyncio.to_thread(begin)
        except Exception as error:
            report(log, "call.no_timeline", error)
