"""Playing: on the grid, stoppable, and knowing what the caller has heard."""

from __future__ import annotations

import asyncio

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from voice.player import SILENT, Player, level

RATE, FRAME = 8000, 320
ON_THE_WAY = 7  # frames counted as not yet heard


def tone(seconds: float) -> bytes:
    """Something that is not silence."""
    times = np.arange(round(seconds * RATE)) / RATE
    return (8000 * np.sin(2 * np.pi * 400 * times) + 1).astype("<i2").tobytes()


def playing(*pieces: tuple[str, float]) -> tuple[Player, list[bytes]]:
    """A player with a speech of these words and seconds, and the frames that it sends."""
    sent: list[bytes] = []
    player = Player(RATE, sent.append)
    player.begin()
    for text, seconds in pieces:
        player.put(text, tone(seconds))
    player.end()
    return player, sent


def ticks(player: Player, count: int) -> None:
    """Let time pass."""
    for _ in range(count):
        player.tick()


def test_what_goes_in_comes_out_and_silence_around_it() -> None:
    player, sent = playing(("一二三", 0.1), ("四五六", 0.13))
    ticks(player, 20)
    assert b"".join(sent).startswith(tone(0.1) + tone(0.13))
    assert all(len(frame) == FRAME for frame in sent)
    assert b"".join(sent)[len(tone(0.1) + tone(0.13)) :].strip(b"\0") == b""
    assert not player.speaking
    assert player.heard == "一二三四五六"
    assert not player.interrupted


def test_one_frame_a_tick_whatever_happens() -> None:
    player, sent = playing(("一二三四五", 1.0))
    for step, act in enumerate((player.pause, player.resume, player.pause, player.stop, player.begin), 1):
        ticks(player, 3)
        act()
        assert len(sent) == 3 * step


def test_a_stopped_voice_fades_within_a_frame_and_is_silent() -> None:
    player, sent = playing(("一二三四五六七八九十", 2.0))
    ticks(player, 50)
    player.stop()
    ticks(player, 3)
    assert level(sent[-3]) < level(sent[-4]) - 3
    assert abs(int(np.frombuffer(sent[-3], "<i2")[-1])) < 50
    assert sent[-2:] == [bytes(FRAME)] * 2


def test_what_was_not_played_counts_as_not_said() -> None:
    player, _ = playing(("一二三四五六七八九十", 2.0), ("还有一句", 1.0))
    ticks(player, 50 + ON_THE_WAY)
    player.stop()
    assert player.heard == "一二三四五"
    assert player.interrupted


def test_the_second_piece_counts_too() -> None:
    player, _ = playing(("一二三四五六七八九十", 1.0), ("还有一句", 1.0))
    ticks(player, 75 + ON_THE_WAY)
    player.stop()
    assert player.heard == "一二三四五六七八九十还有"


def test_nothing_played_nothing_heard() -> None:
    player, _ = playing(("一二三", 1.0))
    player.pause()
    ticks(player, 100)
    player.stop()
    assert player.heard == ""


def test_after_a_false_alarm_it_goes_on_where_it_stopped() -> None:
    player, sent = playing(("一二三四五", 1.0))
    ticks(player, 20)
    player.pause()
    ticks(player, 30)
    player.resume()
    ticks(player, 40)
    sounds = [frame for frame in sent if frame != bytes(FRAME)]
    assert len(sounds) == 50
    # All but the two faded frames are as they were, in order.
    whole = tone(1.0)
    assert [f for i, f in enumerate(sounds) if i not in (20, 21)] == [
        whole[i * FRAME : (i + 1) * FRAME] for i in range(50) if i not in (20, 21)
    ]


def test_a_voice_that_is_late_is_silence_not_the_end() -> None:
    sent: list[bytes] = []
    player = Player(RATE, sent.append)
    player.begin()
    ticks(player, 10)
    assert player.speaking
    player.put("晚了", tone(0.1))
    ticks(player, 5)
    assert player.speaking
    player.end()
    assert not player.speaking
    assert sent[:10] == [bytes(FRAME)] * 10


def test_nobody_waits_for_a_stopped_speech() -> None:
    async def story() -> None:
        player, _ = playing(("一二三", 1.0))
        waiting = asyncio.create_task(player.finished())
        await asyncio.sleep(0)
        assert not waiting.done()
        player.stop()
        await asyncio.wait_for(waiting, 1)

    asyncio.run(story())


def test_sound_for_a_stopped_speech_is_dropped() -> None:
    player, sent = playing(("一", 0.1))
    player.stop()
    player.put("二", tone(1))
    ticks(player, 10)
    assert sent[1:] == [bytes(FRAME)] * 9


@given(
    st.lists(st.tuples(st.text("一二三", min_size=1, max_size=9), st.integers(1, 4000)), max_size=5),
    st.data(),
)
def test_heard_is_always_a_beginning_of_what_is_said(
    pieces: list[tuple[str, int]], data: st.DataObject
) -> None:
    player = Player(RATE, lambda _: None)
    player.begin()
    for text, samples in pieces:
        player.put(text, bytes(2 * samples))
    said, before = "".join(text for text, _ in pieces), ""
    for _ in range(data.draw(st.integers(0, 120))):
        player.tick()
        assert said.startswith(player.heard)
        assert player.heard.startswith(before)
        before = player.heard
    player.stop()
    assert said.startswith(player.heard)


def test_levels_are_decibels_of_full_scale() -> None:
    assert level(bytes(FRAME)) == SILENT
    assert level(np.full(160, 32767, "<i2").tobytes()) > -0.01
    assert -14.5 < level(np.full(160, 6554, "<i2").tobytes()) < -13.5
    assert level(b"") == SILENT
