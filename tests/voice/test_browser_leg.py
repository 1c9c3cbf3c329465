"""The browser phone's line and its door, over real WebSockets."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from itsdangerous import URLSafeTimedSerializer
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bot.passes import BadPass, Passes
from tests.voice.browsers import DESK, SECRET, door, happens, heard, knock, say, told
from voice.browser_leg import BrowserLeg
from voice.browser_line import LONGEST_SOUND, Allowance
from voice.captions import Captioned
from voice.jitter import JitterBuffer
from voice.leg import Frame, HungUp, Key, TransferRefused
from voice.websocket import SocketSettings, may_connect

PASSES = Passes(SECRET)
FRAME = 640


class Calls:
    """Every call that comes in is kept; it lasts until the line is gone or the test lets go."""

    def __init__(self) -> None:
        self.legs: list[BrowserLeg] = []
        self.events: list[object] = []
        self.ended = 0

    async def take(self, leg: BrowserLeg) -> None:
        self.legs.append(leg)
        try:
            while not isinstance(event := await leg.read(), HungUp):
                self.events.append(event)
            self.events.append(event)
        finally:
            self.ended += 1

    async def leg(self) -> BrowserLeg:
        await happens(lambda: self.legs)
        return self.legs[-1]


def test_sound_keys_and_captions_travel() -> None:
    async def talk() -> None:
        calls = Calls()
        async with door(calls.take) as sockets, knock(sockets) as page:
            await say(page, type="ring", **{"pass": PASSES.for_phone("053712345678")})
            assert (await told(page, "welcome"))["worth"] == "试用模型"
            leg = await calls.leg()
            assert (leg.caller, leg.sample_rate, isinstance(leg, Captioned)) == ("053712345678", 16000, True)
            await page.send(b"\1\0" * 500)
            await page.send(b"\2\0" * 500)
            await say(page, type="key", key="0")
            await say(page, type="key", key="nine")
            await say(page, type="dance")
            await happens(lambda: len(calls.events) >= 4)
            frames = [event.pcm for event in calls.events if isinstance(event, Frame)]
            assert [len(pcm) for pcm in frames] == [FRAME] * 3
            assert b"".join(frames) == (b"\1\0" * 500 + b"\2\0" * 500)[: 3 * FRAME]
            assert calls.events[3:] == [Key("0")]
            leg.write(b"\3\0" * 320)
            assert await heard(page, FRAME) == b"\3\0" * 320
            leg.caption("machine", "您好", final=True)
            assert (await told(page, "caption"))["text"] == "您好"
            with pytest.raises(TransferRefused):
                await leg.transfer("110")
            await leg.hang_up()
            await leg.hang_up()
            await told(page, "ended")
            await happens(lambda: calls.ended)
            assert calls.events[-1] == HungUp("us")
            assert await leg.read() == HungUp("us")

    asyncio.run(talk())


def test_the_line_ends_when_the_caller_hangs_up_closes_the_page_or_breaks_off() -> None:
    async def talk() -> None:
        calls = Calls()
        async with door(calls.take) as sockets:
            for number, leave in enumerate(("button", "closed", "broken")):
                page = await knock(sockets)
                await say(page, type="ring", **{"pass": PASSES.for_phone("")})
                await told(page, "welcome")
                if leave == "button":
                    await say(page, type="hang_up")
                elif leave == "closed":
                    await page.close()
                else:
                    page.transport.abort()
                await happens(lambda n=number: calls.ended == n + 1)
                await page.close()
        ends = [event.by for event in calls.events if isinstance(event, HungUp)]
        assert ends == ["caller", "caller", "fault"]

    asyncio.run(talk())


def test_strangers_do_not_ring() -> None:
    async def refused(sockets, **first: object) -> str:
        async with knock(sockets) as page:
            await say(page, **first)
            return str((await told(page, "refused"))["text"])

    async def talk() -> None:
        calls = Calls()
        async with door(calls.take) as sockets:
            used = PASSES.for_phone("")
            async with knock(sockets) as page:
                await say(page, type="ring", **{"pass": used})
                await told(page, "welcome")
            for bad in ("", "x.y.z", used, PASSES.for_agent(1, 1, 1), Passes("other").for_phone("")):
                assert "刷新" in await refused(sockets, type="ring", **{"pass": bad})
            for origin in ("https://evil.example", "http://127.0.0.1:9999", "null"):
                with pytest.raises(InvalidStatus) as sent:
                    await knock(sockets, origin=origin)
                assert sent.value.response.status_code == 403
            with pytest.raises(InvalidStatus) as sent:
                await knock(sockets, "elsewhere")
            assert sent.value.response.status_code == 404
            async with knock(sockets) as page:
                await page.send(b"\0" * 640)
                with pytest.raises(ConnectionClosed):
                    await page.recv()
        assert len(calls.legs) == 1

    asyncio.run(talk())


def test_a_pass_grows_old(monkeypatch: pytest.MonkeyPatch) -> None:
    made = PASSES.for_phone("1")
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: 4_000_000_000.0)
    with pytest.raises(BadPass):
        PASSES.phone(made)
    forged = URLSafeTimedSerializer("guess", salt="browser-phone").dumps({"caller": "1", "nonce": "2"})
    with pytest.raises(BadPass):
        PASSES.phone(str(forged))


@pytest.mark.parametrize(
    "flood", [b"\0" * (LONGEST_SOUND + 2), b"\0" * LONGEST_SOUND, "not json", '{"no": "type"}', "[1]"]
)
def test_what_no_phone_sends_ends_the_line(flood: bytes | str) -> None:
    async def talk() -> None:
        calls = Calls()
        async with door(calls.take) as sockets, knock(sockets) as page:
            await say(page, type="ring", **{"pass": PASSES.for_phone("")})
            await told(page, "welcome")
            with suppress(ConnectionClosed):
                for _ in range(40):
                    await page.send(flood)
            await happens(lambda: calls.ended)
        assert calls.events[-1] == HungUp("fault")

    asyncio.run(talk())


def test_a_reader_that_lags_loses_old_sound_and_no_key() -> None:
    async def talk() -> None:
        legs: list[BrowserLeg] = []

        async def slow(leg: BrowserLeg) -> None:
            legs.append(leg)
            await done.wait()

        done = asyncio.Event()
        async with door(slow) as sockets, knock(sockets) as page:
            await say(page, type="ring", **{"pass": PASSES.for_phone("")})
            await told(page, "welcome")
            await say(page, type="key", key="5")
            for number in range(18):
                await page.send(bytes([number]) * LONGEST_SOUND)
            await say(page, type="key", key="6")
            await happens(lambda: legs and Key("6") in legs[0]._events)
            events = [await legs[0].read() for _ in range(152)]
            assert (events[0], events[-1]) == (Key("5"), Key("6"))
            frames = [event.pcm[0] for event in events if isinstance(event, Frame)]
            assert frames == sorted(frames)
            assert (len(frames), frames[0], frames[-1]) == (150, 3, 17)
            done.set()

    asyncio.run(talk())


def test_one_calls_fault_ends_that_call_only() -> None:
    async def talk() -> None:
        taken = 0

        async def fail_first(leg: BrowserLeg) -> None:
            nonlocal taken
            taken += 1
            if taken == 1:
                raise RuntimeError("a fault")
            await leg.read()

        async with door(fail_first) as sockets:
            async with knock(sockets) as page:
                await say(page, type="ring", **{"pass": PASSES.for_phone("")})
                await told(page, "ended")
            async with knock(sockets) as page:
                await say(page, type="ring", **{"pass": PASSES.for_phone("")})
                await told(page, "welcome")
                await say(page, type="key", key="1")
                await told(page, "ended")

    asyncio.run(talk())


def test_two_hundred_calls_leave_nothing_behind() -> None:
    async def talk() -> None:
        calls = Calls()
        async with door(calls.take) as sockets:
            for number in range(200):
                async with knock(sockets) as page:
                    await say(page, type="ring", **{"pass": PASSES.for_phone("")})
                    await told(page, "welcome")
                    await page.send(b"\0" * FRAME)
                    if number % 2:
                        page.transport.abort()
            await happens(lambda: calls.ended == 200)
            await happens(lambda: len(asyncio.all_tasks()) <= 3)

    asyncio.run(talk())


def test_who_may_connect() -> None:
    ours = SocketSettings("127.0.0.1", 8003, (8000, DESK), ("https://desk.example",))
    for origin, host, may in (
        ("http://127.0.0.1:8000", "127.0.0.1:8003", True),
        ("http://localhost:8001", "localhost:8003", True),
        ("http://10.0.0.5:8001", "10.0.0.5:8003", True),
        ("https://desk.example", "127.0.0.1:8003", True),
        ("https://same.example", "same.example", True),
        ("http://127.0.0.1:8000", "localhost:8003", False),
        ("https://same.example:444", "same.example", False),
        ("https://evil.example", "same.example", False),
        ("file://", "127.0.0.1:8003", False),
        ("http://127.0.0.1:port", "127.0.0.1:8003", False),
        ("", "", False),
    ):
        assert may_connect(origin, host, ours) is may, (origin, host)


def test_an_allowance_is_used_up_and_grows_again() -> None:
    allowance = Allowance(per_second=10, at_once=20, now=0.0)
    assert allowance.take(20, 0.0)
    assert not allowance.take(1, 0.0)
    assert allowance.take(10, 2.0)
    assert not allowance.take(30, 100.0)


def test_uneven_sound_comes_out_even_and_never_late() -> None:
    buffer = JitterBuffer(8000)  # frames of 320 bytes, 3 as a cushion, 15 at most
    buffer.put(b"\1" * 640)
    assert buffer.take() is None
    buffer.put(b"\2" * 400)
    assert [buffer.take() for _ in range(3)] == [b"\1" * 320, b"\1" * 320, b"\2" * 320]
    assert buffer.take() is None
    buffer.put(b"\3" * 320)
    assert buffer.take() is None  # ran dry: waits for a cushion again
    buffer.put(b"\4" * 320 * 20)
    assert buffer.dropped == 6
    assert buffer.take() == b"\4" * 320
    buffer.clear()
    assert buffer.take() is None
