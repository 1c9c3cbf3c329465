"""Who has the word while the assistant speaks."""

from __future__ import annotations

import numpy as np
import pytest

from tests.voice.recordings import recordings
from voice.leg import frame_bytes
from voice.player import level
from voice.turn_taking import BargeIn, Manners, takes_the_word
from voice.vad import SpeechDetector

FRAME, RATE, LOUD, OWN = 0.02, 8000, -25.0, -20.0
MANNERS = Manners()


def stops_after(
    barge_in: BargeIn, level: float = LOUD, own: float = OWN, seconds: float = 1.0
) -> float | None:
    """Seconds of speech after which the voice is to pause; None where it goes on."""
    for frames in range(1, round(seconds / FRAME) + 1):
        if barge_in.hear(True, level, own, FRAME):
            return frames * FRAME
    return None


def test_speech_stops_the_voice_well_within_200_ms() -> None:
    after = stops_after(BargeIn())
    assert after is not None
    # 32 ms of detection, one frame of fading out and the tick come on top.
    assert after + 0.032 + 2 * FRAME <= 0.2


def test_every_recorded_sentence_does_so_however_it_falls_into_frames() -> None:
    size, detector, waits = frame_bytes(RATE), SpeechDetector(RATE), []
    for recording in recordings():
        for early in range(0, size, size // 4):
            quiet = bytes(RATE * 2 - early)
            sound = quiet + recording.pcm
            frames = [sound[i : i + size] for i in range(0, len(sound) - size, size)]
            levels = [level(frame) for frame in frames]
            spoken = levels[len(quiet) // size + 1 :]
            # Some recordings lie in a hiss: a voice is what rises above it.
            audible = max(np.percentile(spoken, 10) + 8, max(spoken) - 25)
            begins = next(i for i, loud in enumerate(levels) if loud > audible)
            detector.reset()
            barge_in = BargeIn()
            hears = lambda i: barge_in.hear(detector.hear(frames[i], levels[i]), levels[i], OWN, FRAME)  # noqa: B023, E731
            stops = next(i for i in range(len(frames)) if hears(i))
            waits.append((stops + 1 - begins) * FRAME)
    assert len(waits) > 80
    assert max(waits) <= 0.2
    # One frame of fading out and the tick come on top.
    assert sum(wait <= 0.16 for wait in waits) > 0.95 * len(waits)


def test_short_sounds_do_not() -> None:
    barge_in = BargeIn()
    for _ in range(50):
        assert stops_after(barge_in, seconds=MANNERS.onset - FRAME) is None
        for _ in range(10):
            barge_in.hear(False, -60.0, OWN, FRAME)


def test_a_word_with_a_gap_in_it_does() -> None:
    barge_in = BargeIn()
    assert stops_after(barge_in, seconds=MANNERS.onset - FRAME) is None
    for _ in range(2):
        barge_in.hear(False, -60.0, OWN, FRAME)
    assert stops_after(barge_in, seconds=3 * FRAME) is not None


def test_our_own_echo_does_not() -> None:
    assert stops_after(BargeIn(), level=OWN - 30) is None


def test_quiet_speech_does_while_we_speak_and_much_quieter_while_we_pause() -> None:
    assert stops_after(BargeIn(), level=-40.0) is not None
    assert stops_after(BargeIn(), level=-60.0, own=-96.0) is not None


def test_a_loudspeaker_that_echoes_us_stops_interrupting() -> None:
    barge_in, alarms = BargeIn(), 0
    while stops_after(barge_in, level=OWN - 15) is not None:
        barge_in.false_alarm("")
        alarms += 1
        assert alarms < 10
    assert alarms > 0
    assert stops_after(barge_in, level=OWN - 2) is not None


def test_a_sign_of_listening_makes_nothing_harder() -> None:
    barge_in = BargeIn()
    for _ in range(20):
        assert stops_after(barge_in, level=OWN - 24) is not None
        barge_in.false_alarm("嗯")


def test_who_talks_on_does_not_interrupt_until_there_was_a_pause() -> None:
    barge_in = BargeIn()
    barge_in.begin(talking=True)
    assert stops_after(barge_in, seconds=5) is None
    for _ in range(round(MANNERS.settled / FRAME)):
        barge_in.hear(False, -60.0, OWN, FRAME)
    assert stops_after(barge_in) is not None


@pytest.mark.parametrize("words", ["", "嗯", "嗯嗯", "哦", "啊", "哎", "嗯那个", "五", "那", "吗"])
def test_signs_of_listening_leave_the_word_where_it_is(words: str) -> None:
    assert not takes_the_word(words)


@pytest.mark.parametrize("words", ["是", "不对", "嗯我想问", "等一下", "好", "转人工", "喂"])
def test_words_take_it(words: str) -> None:
    assert takes_the_word(words)


def test_one_syllable_counts_only_when_the_recogniser_is_sure() -> None:
    assert not takes_the_word("好", final=False)
    assert takes_the_word("好的", final=False)
