"""The hotline behind its AudioSocket port: real sockets, a real conversation, and everything that is no call."""

from __future__ import annotations

import asyncio
import os
import random
import threading
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.messages import Act, Reply, Utterance
from bot.privacy import Vault
from bot.store.database import Database
from bot.store.models import Call as CallRow
from bot.store.models import Turn
from tests.voice.exchange import Caller, Exchange, Watched, exchange
from tests.voice.mind import assistant
from tests.voice.stage import Script, house, reply, voice_of
from tests.voice.test_call import ANSWER, recording
from voice import audiosocket_leg
from voice.arrivals import Arrival, NextStep
from voice.asr import SpeechModel
from voice.audiosocket import MessageKind, encode

Ringing = Callable[..., AbstractAsyncContextManager[Exchange]]


@pytest.fixture
def ringing(call_database: Database, vault: Vault, trial_model: SpeechModel, speech_state: Path) -> Ringing:
    """``async with ringing(answer, most=…) as exchange``: a hotline that can be rung."""

    @asynccontextmanager
    async def begin(
        answer: Callable[[Utterance], Reply], most: int = 100, **changes: object
    ) -> AsyncIterator[Exchange]:
        async with (
            house(Watched(answer), call_database, vault, trial_model, speech_state, **changes) as parts,
            exchange(parts, most) as made,
        ):
            yield made

    return begin


def words(model: SpeechModel, pcm: bytes) -> str:
    """What Vosk hears."""
    ear = model.recogniser(8000)
    ear.feed(pcm)
    return ear.finish().text


def ends(database: Database) -> list[str | None]:
    """How the calls in the database ended."""
    with database.read() as session:
        return [row.end_reason for row in session.scalars(select(CallRow).order_by(CallRow.id))]


def test_a_question_over_a_real_socket_gets_its_answer_heard_and_recognised(
    ringing: Ringing, call_database: Database, vault: Vault, trial_model: SpeechModel, speech_state: Path
) -> None:
    mind = assistant(call_database, vault)

    async def story() -> None:
        question = await voice_of("异地就医怎么备案？", speech_state)
        async with ringing(mind.handle) as made:
            caller = await made.ring()
            await _heard_out(made)
            assert "机器人" in words(trial_model, bytes(caller.heard))
            caller.heard.clear()
            caller.say(question)
            await made.until(lambda: not caller.speaking)
            await _heard_out(made)
            answer = words(trial_model, bytes(caller.heard))
            assert "备案" in answer or "异地" in answer
            await caller.hang_up()
            await made.until(lambda: made.hotline.open == 0)

    asyncio.run(story())
    with call_database.read() as session:
        turn = session.scalars(select(Turn).where(Turn.speaker == "citizen")).first()
        assert turn is not None
        assert "异地就医" in turn.text
    assert ends(call_database) == ["caller"]


async def _heard_out(made: Exchange) -> None:
    """Until the one call's voice has begun and finished."""
    (call,) = made.hotline._calls.values()
    await made.until(lambda: call._player.sounding)
    await made.until(lambda: not call._player.speaking)


def test_the_caller_is_who_the_pbx_says(ringing: Ringing) -> None:
    script = Script([reply(ANSWER)])

    async def story() -> None:
        async with ringing(script.answer) as made:
            known = await Caller.ring(made.port, identify=False)
            made.parts.arrivals.arrive(known.id, Arrival("053188001234", "12393", "PJSIP/trunk-1"))
            known.send(encode(MessageKind.ID, uuid.UUID(known.id).bytes))
            made.callers.append(known)
            await made.real(lambda: len(made.hotline._calls) == 1)
            unknown = await made.ring()
            for caller in (known, unknown):
                caller.press("1")
            await made.until(lambda: len(script.asked) == 2)
            users = {asked.external_id.split(":")[0]: asked.user_id for asked in script.asked}
            assert users == {known.id: "053188001234", unknown.id: f"anonymous:{unknown.id}"}

    asyncio.run(story())


@pytest.mark.parametrize(
    ("act", "step"), [(Act.GOODBYE, NextStep.HANGUP), (None, NextStep.AGENT)], ids=["goodbye", "fault"]
)
def test_the_pbx_is_told_what_next(ringing: Ringing, act: Act | None, step: NextStep) -> None:
    script = Script([reply("再见。", act) if act else OSError()])

    async def story() -> None:
        async with ringing(script.answer) as made:
            caller = await made.ring()
            caller.press("0")
            await made.until(lambda: made.hotline.open == 0)
            await made.real(caller.ended.is_set)
            assert caller.said_end
            assert made.parts.arrivals.take_next(caller.id) == (step, "")

    asyncio.run(story())


def test_calls_above_the_capacity_hear_so_and_go_to_the_people(
    ringing: Ringing, trial_model: SpeechModel
) -> None:
    async def story() -> None:
        async with ringing(Script([reply(ANSWER)]).answer, most=1) as made:
            first = await made.ring()
            second = await Caller.ring(made.port)
            made.callers.append(second)
            await made.real(lambda: made.hotline._refusing == 1)
            await made.until(second.ended.is_set)
            assert "机器人助手忙" in words(trial_model, bytes(second.heard))
            assert made.parts.arrivals.take_next(second.id) == (NextStep.AGENT, "")
            assert not first.ended.is_set()
            await first.hang_up()
            await made.until(lambda: made.hotline.open == 0)
            third = await made.ring()
            await _heard_out(made)
            assert not third.ended.is_set()
            refused = made.parts.measures.registry.get_sample_value(
                "yinling_calls_refused_total", {"leg": "audiosocket", "why": "full"}
            )
            assert refused == 1

    asyncio.run(story())


_NO_CALLS = {
    "http": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "sound first": encode(MessageKind.AUDIO, bytes(320)),
    "end first": encode(MessageKind.END),
    "endless": b"\x10\xff\xff" + bytes(100_000),
    "noise": random.Random(4).randbytes(5000),
}


@pytest.mark.parametrize("data", _NO_CALLS.values(), ids=_NO_CALLS)
def test_what_is_no_call_is_sent_away(ringing: Ringing, data: bytes) -> None:
    async def story() -> None:
        async with ringing(Script([reply(ANSWER)]).answer) as made:
            stranger = await Caller.ring(made.port, identify=False)
            made.callers.append(stranger)
            stranger.send(data)
            await made.real(stranger.ended.is_set)
            assert made.hotline.open == 0
            await made.ring()
            await _heard_out(made)

    asyncio.run(story())


@pytest.mark.parametrize("data", _NO_CALLS.values(), ids=_NO_CALLS)
def test_garbage_in_mid_call_ends_that_call_only(
    ringing: Ringing, call_database: Database, data: bytes
) -> None:
    async def story() -> None:
        async with ringing(Script([reply(ANSWER)]).answer) as made:
            bad, good = await made.ring(), await made.ring()
            bad.send(data[:1] * 2 if data[0] == 0x10 else data)
            bad.send(data)
            await made.until(bad.ended.is_set, 5)
            await made.until(lambda: made.hotline.open == 1, 5)
            assert not good.ended.is_set()

    asyncio.run(story())
    assert "fault" in ends(call_database) or "caller" in ends(call_database)


def test_who_says_nothing_is_sent_away(ringing: Ringing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audiosocket_leg, "ID_SECONDS", 0.05)

    async def story() -> None:
        async with ringing(Script([reply(ANSWER)]).answer) as made:
            stranger = await Caller.ring(made.port, identify=False)
            made.callers.append(stranger)
            await made.real(stranger.ended.is_set)
            assert made.hotline.open == 0

    asyncio.run(story())


def test_a_half_open_connection_does_not_hold_a_call(
    ringing: Ringing, call_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audiosocket_leg, "IDLE_SECONDS", 0.2)

    async def story() -> None:
        async with ringing(Script([reply(ANSWER)]).answer) as made:
            caller = await made.ring()
            made.callers.clear()  # it sends nothing any more, and does not close
            await made.real(lambda: made.hotline.open == 0)
            await caller.hang_up()

    asyncio.run(story())
    assert ends(call_database) == ["fault"]


def test_a_caller_who_takes_no_sound_costs_no_memory() -> None:
    async def story() -> None:
        legs: asyncio.Queue[audiosocket_leg.AudioSocketLeg] = asyncio.Queue()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            leg = await audiosocket_leg.accept(reader, writer)
            assert leg is not None
            legs.put_nowait(leg)

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        _, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(encode(MessageKind.ID, uuid.uuid4().bytes))
        leg = await legs.get()
        for _ in range(50_000):  # a thousand seconds
            leg.write(bytes(320))
        assert leg._writer.transport.get_write_buffer_size() < 2 * audiosocket_leg._UNSENT_BYTES
        writer.transport.abort()
        await leg.hang_up()
        server.close()

    asyncio.run(story())


def test_the_same_call_twice_is_one_call(ringing: Ringing) -> None:
    async def story() -> None:
        async with ringing(Script([reply(ANSWER)]).answer) as made:
            first = await made.ring()
            twin = await Caller.ring(made.port, identify=False)
            made.callers.append(twin)
            twin.send(encode(MessageKind.ID, uuid.UUID(first.id).bytes))
            await made.real(twin.ended.is_set)
            assert made.hotline.open == 1
            assert not first.ended.is_set()

    asyncio.run(story())


def test_when_the_process_stops_calls_end_with_a_word(
    ringing: Ringing, call_database: Database, trial_model: SpeechModel
) -> None:
    async def story() -> None:
        async with ringing(Script([reply(ANSWER)]).answer) as made:
            caller = await made.ring()
            await _heard_out(made)
            caller.heard.clear()
            stopping = asyncio.create_task(made.hotline.drain(0.01))
            await made.real(lambda: made.hotline._calls[caller.id]._player.speaking)
            late = await Caller.ring(made.port)
            made.callers.append(late)
            await made.real(late.ended.is_set)
            await made.until(lambda: made.hotline.open == 0)
            await stopping
            await made.real(caller.ended.is_set)
            assert "再见" in words(trial_model, bytes(caller.heard))
            assert made.parts.arrivals.take_next(caller.id) == (NextStep.AGENT, "")

    asyncio.run(story())
    assert ends(call_database) == ["us"]


def test_500_calls_in_a_row_leave_nothing_behind(ringing: Ringing) -> None:
    async def story() -> None:
        async with ringing(Script([reply(ANSWER)]).answer) as made:
            first = await made.ring()
            await _heard_out(made)  # the greeting is made, and kept
            await first.hang_up()
            await made.real(lambda: _ended(made))
            await _short_calls(made, 20)
            before = _held()
            await _short_calls(made, 500)
            after = _held()
            assert after[0] <= before[0] + 2  # tasks
            assert after[1] <= before[1] + 2  # threads
            assert after[2] <= before[2] + 2  # open files
            assert len(made.parts.ticker._callbacks) == 0

    asyncio.run(story())


async def _short_calls(made: Exchange, count: int) -> None:
    """Calls that hang up at some moment of the greeting or of a first word."""
    chance = random.Random(count)
    for _ in range(count):
        caller = await made.ring()
        caller.say(recording("044e").pcm[8000:16000])
        for _ in range(chance.randrange(4)):
            await made.tick()
        await caller.hang_up()
        made.callers.clear()
        await made.real(lambda: _ended(made))


def _ended(made: Exchange) -> bool:
    made.parts.ticker.tick()
    return made.hotline.open == 0


def _held() -> tuple[int, int, int]:
    """Tasks, threads and open files of this process."""
    return len(asyncio.all_tasks()), threading.active_count(), len(os.listdir("/proc/self/fd"))
