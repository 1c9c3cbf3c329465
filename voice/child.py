"""Ending a child process for good."""

from __future__ import annotations

from asyncio import SubprocessTransport
from asyncio.subprocess import Process
from contextlib import suppress


async def end(process: Process) -> None:
    """Kill it whatever it does, and wait for its end.

    Its pipes are closed before: asyncio waits for their ends too, and never sees the end of one that is full and unread.
    """
    with suppress(ProcessLookupError):
        process.kill()
    transport: SubprocessTransport = process._transport  # type: ignore[attr-defined]
    for number in (0, 1, 2):
        pipe = transport.get_pipe_transport(number)
        if pipe is not None:
            pipe.close()
    await process.wait()
    transport.close()
