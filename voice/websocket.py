"""The voice process's door for browsers: ``/phone`` for callers, ``/agent`` for agents.

A page of another site cannot come in (Origin), a stranger cannot ring (passes are handed out by our own pages, sent
in the first message so that no log of addresses holds them, and a phone's pass rings once).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from bot.passes import BadPass, Passes
from voice.agent_line import AgentLine, AgentLines
from voice.browser_leg import BrowserLeg
from voice.browser_line import LONGEST_SOUND, BrowserLine

log = logging.getLogger(__name__)

MOST_CONNECTIONS = 200
FIRST_MESSAGE_SECONDS = 5.0
TAKEN_SECONDS = 20.0  # until a call must have found its agent's browser
_ENDING_SECONDS = 3.0  # that calls may take to notice that we close
_PING_SECONDS = 10.0  # a half-open connection is noticed after twice this time
_PASSES_REMEMBERED = 10_000
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_NOBODY = "这个电话已经不在线上了。请看看市民是不是已经挂断。"


@dataclass(frozen=True, slots=True)
class SocketSettings:
    """``page_ports``: where our own pages are served (web, desk); ``origins``: further ones allowed, whole."""

    host: str
    port: int
    page_ports: tuple[int, ...]
    origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelNotice:
    """Which speech model listens, and a Chinese sentence on what it is worth; shown on the phone page."""

    name: str
    description: str


class VoiceSockets:
    """Takes browsers in. ``on_call`` carries one call to its end."""

    def __init__(
        self,
        settings: SocketSettings,
        passes: Passes,
        on_call: Callable[[BrowserLeg], Awaitable[None]],
        agents: AgentLines,
        model: ModelNotice,
    ) -> None:
        self._settings, self._passes, self._on_call = settings, passes, on_call
        self._agents, self._model = agents, model
        self._server: Server | None = None
        self._used: dict[str, None] = {}
        self._under_way: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen. Raises OSError where the port is taken."""
        self._server = await serve(
            self._talk,
            self._settings.host,
            self._settings.port,
            process_request=self._look_at,
            max_size=LONGEST_SOUND,
            max_queue=32,
            compression=None,
            ping_interval=_PING_SECONDS,
            ping_timeout=_PING_SECONDS,
            open_timeout=FIRST_MESSAGE_SECONDS,
            close_timeout=2,
            server_header=None,
            logger=_quiet(),
        )

    @property
    def port(self) -> int:
        """Where it listens (known once started, also for port 0)."""
        if self._server is None:
            raise RuntimeError("not started")
        return int(next(iter(self._server.sockets)).getsockname()[1])

    async def close(self) -> None:
        """Take nobody any more and end every line."""
        if self._server is None:
            return
        self._server.close()
        calls = set(self._under_way)
        if calls:
            _, stuck = await asyncio.wait(calls, timeout=_ENDING_SECONDS)
            for call in stuck:
                call.cancel()
        await self._server.wait_closed()

    def _look_at(self, connection: ServerConnection, request: Request) -> Response | None:
        """Send away who may not even connect."""
        if _room(request.path) not in ("phone", "agent"):
            return connection.respond(HTTPStatus.NOT_FOUND, "not here\n")
        origin, host = request.headers.get("Origin", ""), request.headers.get("Host", "")
        if not may_connect(origin, host, self._settings):
            log.warning("a page of another site was sent away")
            return connection.respond(HTTPStatus.FORBIDDEN, "not from there\n")
        if self._server is not None and len(self._server.connections) >= MOST_CONNECTIONS:
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "too many\n")
        return None

    async def _talk(self, websocket: ServerConnection) -> None:
        first = await _first_message(websocket)
        if first is None or websocket.request is None:
            return
        try:
            if _room(websocket.request.path) == "phone":
                await self._phone(websocket, first)
            else:
                await self._agent(websocket, first)
        except BadPass as error:
            await _refuse(websocket, error.spoken)

    async def _phone(self, websocket: ServerConnection, first: dict[str, Any]) -> None:
        opened = self._passes.phone(str(first.get("pass", "")))
        if opened.nonce in self._used:
            raise BadPass
        self._used[opened.nonce] = None
        while len(self._used) > _PASSES_REMEMBERED:
            self._used.pop(next(iter(self._used)))
        line = BrowserLine(websocket)
        leg = BrowserLeg(line, opened.caller, "browser")
        line.send({"type": "welcome", "model": self._model.name, "worth": self._model.description})
        async with asyncio.TaskGroup() as group:
            sending, listening = group.create_task(line.run()), group.create_task(leg.listen())
            try:
                await self._carry(leg)
            except Exception as error:  # one call's fault ends this call, not the server
                log.error("a call in a browser failed: %s", type(error).__name__, exc_info=True)
            finally:
                await leg.hang_up()
                await asyncio.wait({sending}, timeout=2)
                sending.cancel()
                listening.cancel()

    async def _carry(self, leg: BrowserLeg) -> None:
        """One call to its end; one that does not notice that we close is cut off."""
        call = asyncio.ensure_future(self._on_call(leg))
        self._under_way.add(call)
        try:
            await asyncio.wait({call})
            if not call.cancelled():
                call.result()
        finally:
            call.cancel()
            self._under_way.discard(call)

    async def _agent(self, websocket: ServerConnection, first: dict[str, Any]) -> None:
        line = BrowserLine(websocket)
        agent = AgentLine(line, self._passes.agent(str(first.get("pass", ""))))
        await self._agents.join(agent)
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(line.run())
            taken = group.create_task(agent.taken.wait())
            left = group.create_task(websocket.wait_closed())
            gone = group.create_task(agent.wait_gone())
            try:
                first_of = asyncio.FIRST_COMPLETED
                await asyncio.wait({taken, left, gone}, timeout=TAKEN_SECONDS, return_when=first_of)
                if not agent.taken.is_set() and not left.done():
                    agent.show("notice", text=_NOBODY)
                    agent.close()
                await asyncio.wait({left, gone}, return_when=first_of)
            finally:
                self._agents.leave(agent)
                line.close()
                await asyncio.wait({sending}, timeout=2)
                for task in (sending, taken, left, gone):
                    task.cancel()


def may_connect(origin: str, host: str, settings: SocketSettings) -> bool:
    """Whether a page may connect: one of ours on the same host, one of the very same address, or one allowed."""
    if origin in settings.origins:
        return True
    page, here = urlsplit(origin), urlsplit(f"//{host}")
    try:
        page_port, our_port = page.port or _PORTS.get(page.scheme), here.port
    except ValueError:
        return False
    if not page.hostname or page.scheme not in ("http", "https") or page.hostname != here.hostname:
        return False
    return page_port in settings.page_ports or page_port == (our_port or _PORTS[page.scheme])


def _room(path: str) -> str:
    """The last part of a path: a proxy may have put something before it."""
    return urlsplit(path).path.rstrip("/").rpartition("/")[2]


async def _first_message(websocket: ServerConnection) -> dict[str, Any] | None:
    try:
        message = await asyncio.wait_for(websocket.recv(), FIRST_MESSAGE_SECONDS)
        words = json.loads(message) if isinstance(message, str) else None
    except (TimeoutError, ValueError, ConnectionClosed):
        words = None
    if not isinstance(words, dict):
        await websocket.close(1008, "say who you are")
        return None
    return words


async def _refuse(websocket: ServerConnection, why: str) -> None:
    with suppress(ConnectionClosed):
        await websocket.send(json.dumps({"type": "refused", "text": why}, ensure_ascii=False))
        await websocket.close(1008, "no pass")


def _quiet() -> logging.Logger:
    """The library's own lines quote requests; failed handshakes of scanners are no news."""
    logger = logging.getLogger("voice.websocket.library")
    logger.setLevel(logging.CRITICAL)
    return logger
