"""The built-in SIP user agent: a softphone or a trunk reaches the hotline without a PBX."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass

import baresip
from baresip import Account, BaresipError, Config, Runtime, UserAgent

from bot.ports import YinlingError
from voice.caller_number import caller_number
from voice.leg import FRAME_SECONDS, Frame, HungUp, Key, LegEvent, LegKind, TransferRefused, frame_bytes

log = logging.getLogger(__name__)

SAMPLE_RATE = 8000  # of G.711, the codec every telephone network speaks
_WAITING_FRAMES = 250  # heard but not yet read; older ones are dropped (5 s)
_QUIET_SECONDS = 0.1  # without a write after which the next one gets a cushion
_ESTABLISHED_WITHIN = 10.0  # seconds from answering to sound
_TRANSFER_SECONDS = 30.0
_REGISTRATION_SECONDS = 300
_PHONE_NUMBER = re.compile(r"[0-9*#]{1,20}")
_LONG_NUMBERS = re.compile(r"\d{5,}")


class SipUnavailable(YinlingError):
    """The user agent cannot start; the message says why (a port in use, an address that is not ours)."""

    code = "sip.unavailable"


@dataclass(frozen=True, slots=True)
class SipSettings:
    """``host``/``port``: where to listen (UDP). ``numbers``: the numbers we are; calls to others get 404.

    ``lines``: calls at once, more get 486. ``transfer_domain``: where a caller is sent on (user@domain); empty:
    back to where the call came from. ``registrar``/``user``/``password``: register there, as an extension of a
    PBX; empty: no registration. ``silence_limit``: seconds without any RTP after which a line counts as gone.
    """

    host: str
    port: int
    numbers: tuple[str, ...]
    lines: int
    transfer_domain: str = ""
    registrar: str = ""
    user: str = ""
    password: str = ""
    silence_limit: int = 30


class SipLeg:
    """One call over SIP. CallLeg; made by SipAgent."""

    kind = LegKind.SIP
    sample_rate = SAMPLE_RATE

    def __init__(self, call: baresip.Call, called: str, transfer_domain: str) -> None:
        self._call = call
        self._domain = transfer_domain or _host(call.peer or "")
        self.call_id = f"sip-{call.call_id}"
        self.caller = caller_number(call.peer or "")
        self.called = called
        self._events: asyncio.Queue[LegEvent] = asyncio.Queue()
        self._ended: HungUp | None = None
        self._we_end = False
        self._last_write = 0.0
        call.on_dtmf(lambda digit: self._put(Key(digit.digit)))
        call.on(self._on_event)

    async def read(self) -> LegEvent:
        """The next thing that happens on the line."""
        if self._ended is not None and self._events.empty():
            await asyncio.sleep(0)  # a reader that goes on all the same must not keep the others from running
            return self._ended
        return await self._events.get()

    def write(self, pcm: bytes) -> None:
        """Send one frame; ignored once the line is gone."""
        now = asyncio.get_running_loop().time()
        # The stack's clock and ours both tick every 20 ms: one frame of silence ahead keeps them from racing.
        cushion = bytes(len(pcm)) if now - self._last_write > _QUIET_SECONDS else b""
        self._last_write = now
        with suppress(BaresipError):
            self._call.audio.write(cushion + pcm)

    def flush(self) -> None:
        """Drop what was written and not yet sent."""
        with suppress(BaresipError):
            self._call.audio.flush_tx()

    async def transfer(self, target: str) -> None:
        """Send the caller on with a REFER; the line ends when the other side has taken the call."""
        if not _PHONE_NUMBER.fullmatch(target):
            raise TransferRefused
        self._we_end = True
        try:
            await self._call.transfer(f"sip:{target}@{self._domain}", timeout=_TRANSFER_SECONDS)
        except BaresipError as error:
            self._we_end = False
            raise TransferRefused from error

    async def hang_up(self) -> None:
        """End the line from our side; safe to repeat."""
        if self._ended is None:
            self._we_end = True
            with suppress(BaresipError):
                await self._call.hangup()

    def pump(self) -> None:
        """Move what arrived since the last time to the reader; called by the agent every 20 ms."""
        size = frame_bytes(SAMPLE_RATE)
        with suppress(BaresipError):
            for _ in range(4):
                if self._call.audio.info().rx_buffered < size:
                    return
                self._put(Frame(self._call.audio.read(size)))

    def _on_event(self, event: baresip.StackEvent) -> None:
        if event.event is baresip.Event.CALL_CLOSED and self._ended is None:
            lost = "rtp stream" in (event.text or "")
            self._ended = HungUp("us" if self._we_end else "fault" if lost else "caller")
            self._events.put_nowait(self._ended)

    def _put(self, event: LegEvent) -> None:
        if self._ended is not None:
            return
        if self._events.qsize() >= _WAITING_FRAMES:
            self._events.get_nowait()
        self._events.put_nowait(event)


class SipAgent:
    """Listens for calls and hands each answered one on; one agent a process, as the stack allows no more."""

    def __init__(self, settings: SipSettings, on_leg: Callable[[SipLeg], Awaitable[None]]) -> None:
        self._settings, self._on_leg = settings, on_leg
        self._runtime = Runtime()
        self._legs: set[SipLeg] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._agents: list[UserAgent] = []

    async def start(self) -> None:
        """Listen. Raises SipUnavailable."""
        settings = self._settings
        _keep_numbers_out_of_logs()
        anywhere = settings.host in ("0.0.0.0", "::")  # noqa: S104  (asks, does not bind)
        config = Config(
            net_interface=None if anywhere else settings.host,
            native_log_level="error",
            max_concurrent_calls=settings.lines,
            rtp_timeout=settings.silence_limit,
            extra_config_text=(
                f"sip_listen {settings.host}:{settings.port}\n"
                "audio_jitter_buffer_type fixed\naudio_jitter_buffer_ms 20-200\n"
            ),
        )
        try:
            await self._runtime.start(config)
            for number in settings.numbers:
                await self._be(_account(number, settings.host, "", refresh=0), number)
            if settings.registrar:
                await self._register()
        except (BaresipError, ValueError, OSError) as error:
            message = f"The SIP user agent cannot start on {settings.host}:{settings.port}: {error}"
            raise SipUnavailable(message) from error
        self._spawn(self._pump())

    async def stop(self, drain_seconds: float = 0.0) -> None:
        """Take no new calls, let those under way end for so long, then leave."""
        await asyncio.wait({self._spawn(self._drain())}, timeout=drain_seconds)
        # More than once: Python 3.11's wait_for, which the stack uses, loses a cancellation that comes with the result.
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks, timeout=1.0)
        with suppress(BaresipError):
            await self._runtime.close()

    async def _drain(self) -> None:
        with suppress(BaresipError):
            await self._runtime.drain()

    async def _be(self, account: Account, number: str) -> UserAgent:
        agent = await UserAgent.create(self._runtime, account, transfer_policy="reject")
        agent.on_incoming(lambda call: self._spawn(self._take(call, number)))
        self._agents.append(agent)
        return agent

    async def _register(self) -> None:
        settings = self._settings
        account = _account(
            settings.user, settings.registrar, settings.password, refresh=_REGISTRATION_SECONDS
        )
        agent = await self._be(account, settings.numbers[0])
        self._spawn(_keep_registering(agent))

    async def _take(self, call: baresip.Call, number: str) -> None:
        leg = SipLeg(call, number, self._settings.transfer_domain)
        try:
            await call.answer()
            await call.wait_established(timeout=_ESTABLISHED_WITHIN)
        except BaresipError:
            log.warning("a call went away before it was answered")
            with suppress(BaresipError):
                await call.hangup()
            return
        self._legs.add(leg)
        try:
            await self._on_leg(leg)
        finally:
            await leg.hang_up()
            self._legs.discard(leg)

    async def _pump(self) -> None:
        """Every 20 ms on an absolute clock, whatever one round takes."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            for leg in tuple(self._legs):
                leg.pump()
            due = max(due + FRAME_SECONDS, loop.time() - 0.2)
            await asyncio.sleep(max(0.0, due - loop.time()))

    def _spawn(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("sip.call_failed", exc_info=task.exception())


def _account(user: str, domain: str, password: str, refresh: int) -> Account:
    """An identity that offers G.711 only; left to itself the stack offers video too, which opens empty windows."""
    return Account(
        user,
        domain,
        password,
        reg_interval=refresh,
        audio_codecs=("pcma", "pcmu"),
        extra_params=("video_codecs=none",),
    )


async def _keep_registering(agent: UserAgent) -> None:
    """Try until the PBX takes us; afterwards the stack itself refreshes the registration."""
    delay = 2.0
    while True:
        try:
            await agent.register()
        except BaresipError as error:
            log.warning("sip.not_registered %s", type(error).__name__)
        else:
            log.info("registered at the PBX")
            return
        await asyncio.sleep(delay)
        delay = min(delay * 2, 120.0)


def _host(uri: str) -> str:
    """Host and port of a SIP URI."""
    found = re.search(r"@([^;>]+)", uri)
    return found[1] if found else ""


def _keep_numbers_out_of_logs() -> None:
    """The stack's own lines name callers; only warnings are let through, and without numbers."""
    logging.getLogger("baresip").setLevel(logging.WARNING)
    for name in ("baresip.native", "baresip.call", "baresip.runtime"):
        logger = logging.getLogger(name)
        if not any(isinstance(f, _Masked) for f in logger.filters):
            logger.addFilter(_Masked())


class _Masked(logging.Filter):
    """Puts … for every long number in a line."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _LONG_NUMBERS.sub("…", record.getMessage()), ()
        return True
