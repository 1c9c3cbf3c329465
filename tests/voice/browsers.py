"""Browsers of the tests, as far as the voice process sees them: real WebSockets to the real server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from websockets.asyncio.client import ClientConnection, connect

from bot.passes import Passes
from voice.agent_line import AgentLines
from voice.browser_leg import BrowserLeg
from voice.websocket import ModelNotice, SocketSettings, VoiceSockets

SECRET = "secret of the tests"
WEB, DESK = 8000, 8001
SECONDS = 10.0  # that anything may take


@asynccontextmanager
async def door(
    on_call: Callable[[BrowserLeg], Awaitable[None]], agents: AgentLines | None = None
) -> AsyncIterator[VoiceSockets]:
    """The server, on a free port."""
    sockets = VoiceSockets(
        SocketSettings("127.0.0.1", 0, (WEB, DESK), ("https://desk.example",)),
        Passes(SECRET),
        on_call,
        agents or AgentLines(),
        ModelNotice("trial", "试用模型"),
    )
    await sockets.start()
    try:
        yield sockets
    finally:
        await sockets.close()


def knock(sockets: VoiceSockets, room: str = "phone", origin: str | None = None) -> connect:
    """A page's WebSocket; ``origin`` is where the page came from."""
    home = {"phone": WEB, "agent": DESK}.get(room, WEB)
    return connect(
        f"ws://127.0.0.1:{sockets.port}/{room}",
        origin=origin or f"http://127.0.0.1:{home}",  # type: ignore[arg-type]
        compression=None,
        max_queue=None,  # a test that does not read must not keep the line from closing
        close_timeout=0.5,
    )


async def say(page: ClientConnection, **message: object) -> None:
    """A JSON message of the page."""
    await page.send(json.dumps(message))


async def told(page: ClientConnection, type_: str, **wanted: object) -> dict[str, object]:
    """The next JSON message of a type with these fields; sound and others are passed over."""
    async with asyncio.timeout(SECONDS):
        while True:
            message = await page.recv()
            if isinstance(message, bytes):
                continue
            words: dict[str, object] = json.loads(message)
            if words["type"] == type_ and all(words.get(key) == value for key, value in wanted.items()):
                return words


async def heard(page: ClientConnection, size: int) -> bytes:
    """So many bytes of sound."""
    sound = b""
    async with asyncio.timeout(SECONDS):
        while len(sound) < size:
            message = await page.recv()
            if isinstance(message, bytes):
                sound += message
    return sound


async def happens(condition: Callable[[], object]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(SECONDS):
        while not condition():
            await asyncio.sleep(0.01)
