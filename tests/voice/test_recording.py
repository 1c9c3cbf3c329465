"""Recording a call: both sides in step, a full disk costs the recording only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from bot.messages import Act
from bot.recordings import Recordings
from bot.store.database import Database
from bot.store.models import Call
from tests.voice.recordings import recordings as all_recordings
from tests.voice.stage import Script, Stage, reply
from voice.recording import Recorder, interleave, record

Calling = Callable[..., AbstractAsyncContextManager[Stage]]

FRAME = 320  # bytes of 20 ms at 8 kHz


def frame(value: int) -> bytes:
    return np.full(FRAME // 2, value, "<i2").tobytes()


@pytest.fixture
def recordings(tmp_path: Path, data_key: str) -> Recordings:
    return Recordings(tmp_path / "recordings", data_key)


def sides(recordings: Recordings, name: str) -> tuple[list[int], list[int]]:
    """The first sample of every frame, the caller's and ours."""
    both = np.frombuffer(b"".join(recordings.open(name).sound()), "<i2")
    return both[0::FRAME].tolist(), both[1::FRAME].tolist()


def test_both_sides_are_in_step(recordings: Recordings) -> None:
    async def call() -> Recorder:
        recorder = record(recordings, 8000)
        assert recorder is not None
        for number in range(250):  # more than one piece
            if number not in (3, 4):  # the caller's sound is late, then comes at once
                recorder.sound("caller", frame(1000 + number))
            if number == 4:
                recorder.sound("caller", frame(1003) + frame(1004))
            recorder.sound("machine", frame(number))
        await recorder.close()
        return recorder

    recorder = asyncio.run(call())
    caller, ours = sides(recordings, recorder.name)
    assert ours == list(range(250))
    assert caller == [1000, 1001, 1002, 0, *range(1003, 1249)]
    assert recorder.seconds == 5.0
    assert recordings.open(recorder.name).whole


def test_a_callers_clock_that_runs_ahead_does_not_shift_the_talk_for_ever(recordings: Recordings) -> None:
    async def call() -> str:
        recorder = record(recordings, 8000)
        assert recorder is not None
        for number in range(100):
            recorder.sound("caller", frame(number))
        recorder.sound("machine", frame(1))
        await recorder.close()
        return recorder.name

    caller, _ = sides(recordings, asyncio.run(call()))
    assert caller == [75]  # half a second before the newest


def test_a_full_disk_costs_the_recording_and_not_the_call(recordings: Recordings) -> None:
    async def call() -> Recorder:
        writer = recordings.create(8000)
        writer._file.close()
        writer._file = Path("/dev/full").open("wb", buffering=0)  # noqa: SIM115  (every write: no space left)
        recorder = Recorder(writer, 8000)
        recorder.start()
        for _ in range(200):
            recorder.sound("machine", frame(1))
        await recorder.close()
        recorder.sound("machine", frame(1))
        return recorder

    assert asyncio.run(call()).failed


def test_where_nothing_can_be_written_the_call_goes_on_unrecorded(tmp_path: Path, data_key: str) -> None:
    (tmp_path / "file").write_text("")
    assert record(Recordings(tmp_path / "file" / "below", data_key), 8000) is None
    assert record(None, 8000) is None


def test_two_sides_become_one_stereo_piece() -> None:
    assert interleave(b"\1\0\2\0", b"\3\0\4\0") == b"\1\0\3\0\2\0\4\0"


def test_a_recorded_call_holds_both_sides_and_says_where_it_lies(
    calling: Calling, call_database: Database, recordings: Recordings
) -> None:
    said = next(r for r in all_recordings() if r.name == "024e.wav").pcm

    async def story() -> None:
        async with calling(Script([reply("再见。", Act.GOODBYE)]), recordings=recordings) as act:
            await act.heard_out()
            act.say(said)
            await act.until(lambda: act.over, what="the end")

    asyncio.run(story())
    with call_database.read() as session:
        name, seconds = session.execute(select(Call.recording, Call.recording_seconds)).one()
    both = np.frombuffer(b"".join(recordings.open(name).sound()), "<i2")
    caller, ours = both[0::2].astype(int), both[1::2].astype(int)
    assert recordings.open(name).whole
    assert seconds == pytest.approx(len(caller) / 8000)
    heard = np.frombuffer(said, "<i2").astype(int)
    match = np.correlate(caller.astype(float), heard.astype(float))
    start = int(match.argmax())
    assert (
        np.abs(caller[start : start + len(heard)] - heard).max() == 0
    )  # every sample of the caller's sentence
    assert np.abs(ours[:start]).max() > 1000  # the greeting before it
    assert np.abs(ours[start + len(heard) :]).max() > 1000  # the goodbye after it
