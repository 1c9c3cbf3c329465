"""Redirecting a line, against a manager interface that refuses, hangs or is not there; telephony/ runs the real one."""

from __future__ import annotations

import asyncio

import pytest

from tests.conftest import free_port
from voice.leg import TransferRefused
from voice.pbx import Pbx


async def refusing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A manager that refuses every log-in."""
    writer.write(b"Asterisk Call Manager/11.0.0\r\n")
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"Response: Error\r\nMessage: Authentication failed\r\n\r\n")
    await writer.drain()
    writer.close()


async def silent_end(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Something that is no manager: it hangs up at once."""
    writer.close()


@pytest.mark.parametrize("manager", [refusing, silent_end])
def test_a_manager_that_refuses_leaves_the_line_as_it_was(manager: object) -> None:
    async def story() -> None:
        server = await asyncio.start_server(manager, "127.0.0.1", 0)  # type: ignore[arg-type]
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(TransferRefused):
            await Pbx("127.0.0.1", port, "yinling", "wrong").redirect("PJSIP/trunk-1", "8001")
        server.close()
        await server.wait_closed()

    asyncio.run(story())


def test_a_pbx_that_is_away_refuses() -> None:
    with pytest.raises(TransferRefused):
        asyncio.run(Pbx("127.0.0.1", free_port(), "yinling", "x").redirect("PJSIP/trunk-1", "8001"))


@pytest.mark.parametrize(
    ("channel", "target"),
    [
        ("PJSIP/1", "8001\r\nAction: Command"),
        ("PJSIP/1\r\nAction: Command", "8001"),
        ("PJSIP/1", ""),
        ("", "8001"),
    ],
)
def test_nothing_but_a_number_and_a_channel_reaches_the_manager(channel: str, target: str) -> None:
    with pytest.raises(TransferRefused):
        asyncio.run(Pbx("127.0.0.1", free_port(), "yinling", "x").redirect(channel, target))
