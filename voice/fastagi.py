"""What Asterisk's dialplan asks over FastAGI: who comes (/arrive), and what next (/next).

Protocol: https://docs.asterisk.org/Configuration/Interfaces/Asterisk-Gateway-Interface-AGI/ . Asterisk sends
lines ``agi_name: value`` up to an empty one; each command that we send is answered with one line.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from urllib.parse import parse_qs, urlsplit

from bot.ports import YinlingError
from voice.arrivals import Arrival, Arrivals
from voice.caller_number import caller_number

log = logging.getLogger(__name__)

_LINES, _LINE_BYTES = 100, 2048  # of a request; more is no Asterisk
_PATIENCE = 5.0  # seconds for a whole exchange


class BadAgiRequest(YinlingError):
    """What came is not a request of our dialplan."""

    code = "agi.bad_request"


class FastAgi:
    """The server of the two questions."""

    def __init__(self, arrivals: Arrivals, host: str, port: int) -> None:
        self._arrivals, self._host, self._port = arrivals, host, port
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port listened on."""
        assert self._server is not None  # noqa: S101  (asked after start)
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Listen. Raises OSError where the port is taken."""
        self._server = await asyncio.start_server(self._exchange, self._host, self._port, limit=_LINE_BYTES)

    async def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                request = await _request(reader)
                for name, value in answer(request, self._arrivals):
                    writer.write(f'SET VARIABLE {name} "{value}"\n'.encode())
                    await writer.drain()
                    await reader.readline()
        except (BadAgiRequest, TimeoutError, ConnectionError, ValueError) as error:
            log.warning("agi.refused %s", type(error).__name__)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


def answer(request: dict[str, str], arrivals: Arrivals) -> tuple[tuple[str, str], ...]:
    """The channel variables to set for a request (its ``agi_…`` fields without that prefix). Raises BadAgiRequest."""
    url = urlsplit(request.get("request", ""))
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    uuid = query.get("uuid", "")
    if not uuid:
        raise BadAgiRequest("a request needs ?uuid=")
    match url.path:
        case "/arrive":
            arrivals.arrive(
                uuid,
                Arrival(
                    caller=caller_number(request.get("callerid", "")),
                    called=caller_number(query.get("called", "")),
                    channel=request.get("channel", ""),
                ),
            )
            return (("YINLING", "ready"),)
        case "/next":
            step, target = arrivals.take_next(uuid)
            return (("NEXT", step.value), ("AGENT_NUMBER", target))
    raise BadAgiRequest(f"no such question: {url.path}")


async def _request(reader: asyncio.StreamReader) -> dict[str, str]:
    fields: dict[str, str] = {}
    for _ in range(_LINES):
        line = (await reader.readline()).decode("utf-8", "replace").strip()
        if not line:
            return fields
        name, _, value = line.partition(":")
        fields[name.strip().removeprefix("agi_")] = value.strip()
    raise BadAgiRequest("too many lines")
