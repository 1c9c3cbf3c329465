"""The built-in user agent, rung by a real softphone."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import free_port
from tests.voice.telephony.telephone import RATE, Telephone, tone_share, write_wav
from voice.leg import Frame, HungUp, Key, LegEvent, TransferRefused, frame_bytes
from voice.sip import SipAgent, SipLeg, SipSettings, SipUnavailable

NUMBER = "12393"
PATIENCE = 20.0


@pytest.fixture
def telephone(tmp_path: Path) -> Iterator[Telephone]:
    """A caller's telephone."""
    phone = Telephone(tmp_path / "caller", "053188001234")
    yield phone
    phone.close()


@pytest.fixture
def colleague(tmp_path: Path) -> Iterator[Telephone]:
    """An agent's telephone, number 8001: picks up and hums a tone."""
    phone = Telephone(tmp_path / "agent", "8001", hum=440, answers=True)
    yield phone
    phone.close()


@asynccontextmanager
async def listening(
    on_leg: Callable[[SipLeg], Awaitable[None]], **settings: object
) -> AsyncIterator[SipAgent]:
    """A user agent on a free port; ``agent.uri`` is where it is rung."""
    given = {"host": "127.0.0.1", "port": free_port(), "numbers": (NUMBER, "12345"), "lines": 2, **settings}
    agent = SipAgent(SipSettings(**given), on_leg)  # type: ignore[arg-type]
    await agent.start()
    agent.uri = f"sip:{NUMBER}@127.0.0.1:{given['port']}"  # type: ignore[attr-defined]
    try:
        yield agent
    finally:
        await agent.stop()


async def until(leg: SipLeg, wanted: Callable[[LegEvent], bool]) -> LegEvent:
    """The next event of a kind."""
    async with asyncio.timeout(PATIENCE):
        while not wanted(event := await leg.read()):
            assert not isinstance(event, HungUp)
    return event


def test_a_caller_is_heard_and_hears_and_presses_keys(telephone: Telephone, tmp_path: Path) -> None:
    hello = write_wav(tmp_path / "hello.wav", _tone(700, 1.5))
    seen: dict[str, object] = {}
    played, pressed, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def hotline(leg: SipLeg) -> None:
        seen["who"] = (leg.caller, leg.called, leg.kind.value)
        event = await until(leg, lambda e: isinstance(e, Frame) and np.abs(_samples(e)).max() > 3000)
        seen["first"] = len(event.pcm) if isinstance(event, Frame) else 0
        heard = [await leg.read() for _ in range(40)]
        seen["tone"] = tone_share(np.concatenate([_samples(f) for f in heard if isinstance(f, Frame)]), 700)
        await _play(leg, _tone(900, 1.0))
        played.set()
        seen["key"] = await until(leg, lambda e: isinstance(e, Key))
        pressed.set()
        seen["end"] = await until(leg, lambda e: isinstance(e, HungUp))
        seen["still"] = await leg.read()
        leg.write(bytes(320))  # nothing happens on a dead line
        await leg.hang_up()
        done.set()

    async def story() -> None:
        async with listening(hotline) as agent:
            await asyncio.to_thread(telephone.dial, agent.uri)  # type: ignore[attr-defined]
            telephone.say(hello)
            await asyncio.wait_for(played.wait(), PATIENCE)
            telephone.press("0")
            await asyncio.to_thread(_until_heard, telephone, 900)
            await asyncio.wait_for(pressed.wait(), PATIENCE)
            telephone.hang_up()
            await asyncio.wait_for(done.wait(), PATIENCE)

    asyncio.run(story())
    assert seen["who"] == ("053188001234", NUMBER, "sip")
    assert seen["first"] == frame_bytes(RATE)
    assert float(seen["tone"]) > 0.9  # type: ignore[arg-type]
    assert seen["key"] == Key("0")
    assert seen["end"] == seen["still"] == HungUp("caller")


def test_a_flush_keeps_what_waits_from_the_caller(telephone: Telephone) -> None:
    done = asyncio.Event()

    async def hotline(leg: SipLeg) -> None:
        for _ in range(50):  # a second of sound at once, most of it not sent yet
            leg.write(_tone(900, 0.02))
        leg.flush()
        await _play(leg, bytes(RATE))
        await leg.hang_up()
        done.set()

    async def story() -> None:
        async with listening(hotline) as agent:
            await asyncio.to_thread(telephone.dial, agent.uri)  # type: ignore[attr-defined]
            await asyncio.wait_for(done.wait(), PATIENCE)
            await asyncio.to_thread(telephone.wait_for, "CALL_CLOSED")

    asyncio.run(story())
    assert np.count_nonzero(np.abs(telephone.recorded()) > 1000) < 0.2 * RATE


def test_a_caller_is_put_through_to_a_person(telephone: Telephone, colleague: Telephone) -> None:
    ended: list[LegEvent] = []
    done = asyncio.Event()

    async def hotline(leg: SipLeg) -> None:
        await leg.transfer("8001")
        ended.append(await until(leg, lambda e: isinstance(e, HungUp)))
        done.set()

    async def story() -> None:
        async with listening(hotline, transfer_domain=f"127.0.0.1:{colleague.port}") as agent:
            await asyncio.to_thread(telephone.dial, agent.uri)  # type: ignore[attr-defined]
            await asyncio.wait_for(done.wait(), PATIENCE)
            await asyncio.to_thread(_until_heard, telephone, 440)

    asyncio.run(story())
    assert ended == [HungUp("us")]


def test_a_transfer_that_fails_leaves_the_caller_with_us(telephone: Telephone) -> None:
    outcome: list[object] = []
    done = asyncio.Event()

    async def hotline(leg: SipLeg) -> None:
        for target in ("8001", "8001@elsewhere"):  # nobody there; no number
            try:
                await leg.transfer(target)
            except TransferRefused as error:
                outcome.append(error.code)
        outcome.append(type(await leg.read()))
        done.set()

    async def story() -> None:
        ourselves = free_port()  # where nobody is called 8001
        async with listening(hotline, port=ourselves, transfer_domain=f"127.0.0.1:{ourselves}") as agent:
            await asyncio.to_thread(telephone.dial, agent.uri)  # type: ignore[attr-defined]
            await asyncio.wait_for(done.wait(), 60)

    asyncio.run(story())
    assert outcome == ["leg.transfer_refused", "leg.transfer_refused", Frame]


def test_more_calls_than_lines_hear_that_it_is_busy(tmp_path: Path) -> None:
    phones = [Telephone(tmp_path / str(i), f"1380000000{i}") for i in range(2)]
    free = asyncio.Event()

    async def hotline(leg: SipLeg) -> None:
        await until(leg, lambda e: isinstance(e, HungUp))
        free.set()

    async def story() -> None:
        async with listening(hotline, lines=1) as agent:
            uri = agent.uri  # type: ignore[attr-defined]
            await asyncio.to_thread(phones[0].dial, uri)
            with pytest.raises(AssertionError):
                await asyncio.to_thread(phones[1].dial, uri, 2.0)
            phones[0].hang_up()
            await asyncio.wait_for(free.wait(), PATIENCE)
            await asyncio.to_thread(phones[1].dial, uri)

    try:
        asyncio.run(story())
        assert "486" in (phones[1].folder / "log.txt").read_text(errors="replace")
    finally:
        for phone in phones:
            phone.close()


def test_scanners_reach_nothing(telephone: Telephone) -> None:
    reached: list[SipLeg] = []

    async def hotline(leg: SipLeg) -> None:
        reached.append(leg)
        await until(leg, lambda e: isinstance(e, HungUp))

    async def story() -> None:
        async with listening(hotline) as agent:
            uri = agent.uri  # type: ignore[attr-defined]
            port = int(uri.rsplit(":", 1)[1])
            await asyncio.to_thread(_scan, port)
            with pytest.raises(AssertionError):
                await asyncio.to_thread(telephone.dial, uri.replace(NUMBER, "9001"), 2.0)
            assert reached == []
            await asyncio.to_thread(telephone.dial, uri)  # and the hotline still answers
            await asyncio.to_thread(telephone.until, lambda: bool(reached), 20.0, "the hotline")
            telephone.hang_up()
            await asyncio.to_thread(telephone.wait_for, "CALL_CLOSED")

    asyncio.run(story())
    assert len(reached) == 1


def test_a_port_that_is_taken_is_told() -> None:
    async def story() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            with pytest.raises(SipUnavailable, match=str(port)):
                async with listening(_nobody, port=port):
                    pass

    asyncio.run(story())


async def _nobody(leg: SipLeg) -> None:
    await leg.hang_up()


def _scan(port: int) -> None:
    """What the internet sends to port 5060: probes, broken messages, noise."""
    probes = [
        b"OPTIONS sip:100@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK1\r\nFrom: <sip:100@1.1.1.1>;tag=1\r\n"
        b"To: <sip:100@1.1.1.1>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
        b"INVITE sip:12393@127.0.0.1 SIP/2.0\r\n\r\n",
        b"INVITE sip:12393@127.0.0.1 SIP/2.0\r\nVia: \xff\xfe\r\nFrom: \r\nContent-Length: 99999999\r\n\r\n",
        b"REGISTER sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9\r\nCall-ID: 2\r\nCSeq: 1 REGISTER\r\n\r\n",
        b"\x00" * 1200,
        b"SIP/2.0 200 OK\r\n\r\n",
        b"A" * 60_000,
    ]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for probe in probes * 20:
            with suppress(OSError):
                sender.sendto(probe, ("127.0.0.1", port))


async def _play(leg: SipLeg, pcm: bytes) -> None:
    size = frame_bytes(RATE)
    for start in range(0, len(pcm), size):
        leg.write(pcm[start : start + size])
        await asyncio.sleep(0.02)


def _until_heard(phone: Telephone, hertz: float) -> None:
    """Wait until the telephone hears a tone."""
    phone.until(lambda: tone_share(phone.heard_so_far()[-RATE // 2 :], hertz) > 0.9, PATIENCE)


def _tone(hertz: float, seconds: float) -> bytes:
    return (
        (8000 * np.sin(2 * np.pi * hertz * np.arange(round(RATE * seconds)) / RATE)).astype("<i2").tobytes()
    )


def _samples(event: LegEvent) -> np.ndarray:
    assert isinstance(event, Frame)
    return np.frombuffer(event.pcm, dtype="<i2").astype(int)
