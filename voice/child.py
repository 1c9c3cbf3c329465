"""Ending a child process for good."""

from __future__ import annotations

from asyncio.subprocess import Process
from contextlib import suppress


async def end(process: Process) -> None:
    """Kill it whatever it does, wait for its end, and close its pipes."""
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()
    transport = getattr(process, "_transport", None)
    if transport is not None:
        transport.close()
