"""When an utterance is over: by words, by this caller's pauses, and at the latest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.endpointing import Endpoint, Endpointer, Patience

FRAME = 0.02
PATIENCE = Patience()


def say(endpointer: Endpointer, seconds: float, partial: str = "") -> list[Endpoint]:
    """Speech of a length; what it came to."""
    return _hear(endpointer, True, seconds, partial)


def pause(endpointer: Endpointer, seconds: float, partial: str = "") -> list[Endpoint]:
    """Quiet of a length; what it came to."""
    return _hear(endpointer, False, seconds, partial)


def quiet_until_ended(endpointer: Endpointer, partial: str) -> float:
    """Seconds of quiet after which the utterance is taken for ended."""
    for frames in range(1, 1000):
        if endpointer.hear(False, FRAME, partial) is Endpoint.ENDED:
            return frames * FRAME
    raise AssertionError("never")


def _hear(endpointer: Endpointer, speech: bool, seconds: float, partial: str) -> list[Endpoint]:
    came = (endpointer.hear(speech, FRAME, partial) for _ in range(round(seconds / FRAME)))
    return [endpoint for endpoint in came if endpoint is not None]


def test_a_sentence_starts_and_ends_once() -> None:
    endpointer = Endpointer()
    assert pause(endpointer, 3) == []
    assert say(endpointer, 1.5, "糖尿病门诊") == [Endpoint.STARTED]
    assert pause(endpointer, 3, "糖尿病门诊怎么认定") == [Endpoint.ENDED]


def test_a_click_is_no_utterance() -> None:
    endpointer = Endpointer()
    for _ in range(20):
        assert say(endpointer, 0.06) == []
        assert pause(endpointer, 0.2) == []


@pytest.mark.parametrize(
    "words", ["是", "是的", "不是", "对", "不对", "好的", "可以", "转人工", "再说一遍", "嗯对"]
)
def test_a_complete_answer_ends_soon(words: str) -> None:
    endpointer = Endpointer()
    say(endpointer, 0.4)
    assert quiet_until_ended(endpointer, words) == pytest.approx(PATIENCE.short, abs=FRAME)


@pytest.mark.parametrize(
    "words",
    ["那个", "我想问一下那个", "就是", "我妈妈她就是", "请问", "我的社保卡它因为", "我想", "嗯", "身份证是"],
)
def test_a_sentence_that_wants_to_go_on_is_waited_for(words: str) -> None:
    endpointer = Endpointer()
    say(endpointer, 1)
    assert quiet_until_ended(endpointer, words) == pytest.approx(PATIENCE.unfinished, abs=FRAME)


def test_the_groups_of_a_number_belong_together() -> None:
    endpointer, words = Endpointer(), ""
    for group in ("幺三八", "零零幺二", "三四五六"):
        words += group
        assert Endpoint.ENDED not in say(endpointer, 1, words)
        if group != "三四五六":
            assert pause(endpointer, 1.6, words) == []
    assert quiet_until_ended(endpointer, words) < PATIENCE.digits + 1


def test_a_whole_mobile_number_is_not_waited_for_longer_than_a_sentence() -> None:
    endpointer = Endpointer()
    say(endpointer, 3, "幺三八零零幺二三四五六")
    assert quiet_until_ended(endpointer, "幺三八零零幺二三四五六") == pytest.approx(PATIENCE.usual, abs=FRAME)


def test_who_pauses_long_is_waited_for_longer() -> None:
    endpointer = Endpointer()
    for _ in range(3):
        say(endpointer, 1, "我那个")
        pause(endpointer, 1.5, "我那个")
        say(endpointer, 1, "我那个卡丢了")
        pause(endpointer, 5, "我那个卡丢了")
    say(endpointer, 1, "怎么补办")
    slow = quiet_until_ended(endpointer, "怎么补办卡")
    assert 1.8 < slow <= PATIENCE.most


def test_who_was_cut_off_is_waited_for_longer_from_then_on() -> None:
    endpointer = Endpointer()
    endpointer.cut_in(1.3)
    say(endpointer, 1)
    assert quiet_until_ended(endpointer, "怎么补办卡") > 1.3


def test_pauses_between_words_teach_nothing() -> None:
    endpointer = Endpointer()
    for _ in range(30):
        say(endpointer, 0.5, "怎么补办卡")
        pause(endpointer, 0.16, "怎么补办卡")
    say(endpointer, 0.5)
    assert quiet_until_ended(endpointer, "怎么补办卡") == pytest.approx(PATIENCE.usual, abs=FRAME)


def test_eight_minutes_without_a_pause_are_cut_every_minute() -> None:
    endpointer, ends = Endpointer(), []
    for _ in range(round(480 / FRAME)):
        endpoint = endpointer.hear(True, FRAME, "我跟你说")
        ends += [endpoint] if endpoint not in (None, Endpoint.STARTED) else []
    assert ends == [Endpoint.TOO_LONG] * (480 // round(PATIENCE.longest))


def test_music_without_a_word_is_not_listened_to_for_a_minute() -> None:
    endpointer = Endpointer()
    assert say(endpointer, PATIENCE.senseless + FRAME) == [Endpoint.STARTED, Endpoint.TOO_LONG]


def test_a_cough_ends_soon() -> None:
    endpointer = Endpointer()
    say(endpointer, 0.3)
    assert quiet_until_ended(endpointer, "") == pytest.approx(PATIENCE.unheard, abs=FRAME)


@given(st.lists(st.tuples(st.booleans(), st.floats(0.02, 5)), max_size=60), st.text(max_size=8))
def test_nothing_keeps_an_utterance_open_for_ever(parts: list[tuple[bool, float]], words: str) -> None:
    endpointer, open_for = Endpointer(), 0.0
    for speech, seconds in parts:
        for _ in range(round(seconds / FRAME)):
            endpointer.hear(speech, FRAME, words)
            open_for = open_for + FRAME if endpointer.speaking else 0.0
            assert open_for <= PATIENCE.longest + PATIENCE.onset
    assert Endpoint.ENDED in pause(endpointer, PATIENCE.most + 0.1, words) or not endpointer.speaking
