"""Callers' stories on the built-in line: a softphone, real Vosk, real speech, the real understanding."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.settings import TIME_ZONE
from tests.voice.recordings import FOLDER
from tests.voice.telephony.hotline import Hotline
from tests.voice.telephony.telephone import Telephone, hears, loud_seconds

Sentence = Callable[[str], Path]
GREETED = "随时按零"


@pytest.fixture
def caller(phone: Telephone, hotline: Hotline) -> Iterator[Telephone]:
    """A caller who has heard the greeting."""
    phone.dial(hotline.uri)
    hotline.until_said(phone.number, GREETED)
    yield phone
    phone.hang_up()
    hotline.until(lambda: "ended" in hotline.kinds(phone.number), "the end")


def test_a_question_gets_the_rule_of_the_callers_place(caller: Telephone, hotline: Hotline) -> None:
    caller.say(FOLDER / "000e.wav")  # 喂你好我是曲靖的我想办异地就医备案
    hotline.until(lambda: len([k for k in hotline.kinds(caller.number) if k == "said"]) > 1, "an answer")
    heard = next(words for kind, words in hotline.timeline(caller.number) if kind == "heard")
    assert "曲靖" in heard
    assert "按云南省的规定" in hotline.said(caller.number)
    assert loud_seconds(caller.heard_so_far()) > 10  # greeting and answer did reach the ear


def test_an_assistant_that_dies_is_replaced_and_the_question_is_answered(
    caller: Telephone, hotline: Hotline
) -> None:
    hotline.kill_assistant()
    caller.say(FOLDER / "000e.wav")
    hotline.until_said(caller.number, "按云南省的规定")
    assert "error" not in hotline.kinds(caller.number)


def test_zero_brings_a_person_whose_voice_is_heard(
    nlu: tuple[str, str], phone: Telephone, colleague: Telephone, tmp_path: Path
) -> None:
    hotline = Hotline(tmp_path / "hotline", nlu, SIP_TRANSFER_DOMAIN=f"127.0.0.1:{colleague.port}")
    try:
        phone.dial(hotline.uri)
        hotline.until(lambda: hotline.timeline(phone.number) is not None, "the call")
        phone.press("0")  # in the middle of the greeting
        hotline.until(lambda: "queued" in hotline.kinds(phone.number), "a place in the queue")
        hotline.agent_takes(phone.number, "8001")
        phone.until(lambda: hears(phone, 440), 60, "the agent's voice")
        hotline.until(lambda: hotline.call(phone.number).end_reason == "transferred", "the transfer")
        hotline.close()
    finally:
        hotline.kill()


def test_speech_cuts_the_voice_short(caller: Telephone, hotline: Hotline) -> None:
    caller.say(FOLDER / "000e.wav")
    said = lambda: hotline.kinds(caller.number).count("said")  # noqa: E731
    hotline.until(lambda: "understood" in hotline.kinds(caller.number), "understanding")
    before = loud_seconds(caller.heard_so_far())
    caller.until(lambda: loud_seconds(caller.heard_so_far()) > before + 2, 30, "two seconds of the answer")
    caller.say(FOLDER / "044e.wav")  # 我听不清楚你说的第二个材料是什么
    hotline.until(lambda: "barge_in" in hotline.kinds(caller.number), "the interruption")
    hotline.until(lambda: said() >= 3, "the next answer")
    cut = [words for kind, words in hotline.timeline(caller.number) if kind == "said"][1]
    assert not cut.endswith("要我接着说吗？")  # what was not played counts as not said


def test_who_says_nothing_is_asked_again_and_told_goodbye(phone: Telephone, hotline: Hotline) -> None:
    phone.dial(hotline.uri)
    phone.wait_for("CALL_CLOSED", 120)
    kinds, said = hotline.kinds(phone.number), hotline.said(phone.number)
    assert kinds.count("silence") >= 3
    assert "按零" in said
    assert "再见" in said.removeprefix(said[:40])
    hotline.until(lambda: hotline.call(phone.number).end_reason == "goodbye", "the end")


def test_who_hangs_up_in_mid_sentence_is_let_go(phone: Telephone, hotline: Hotline) -> None:
    phone.dial(hotline.uri)
    phone.until(lambda: loud_seconds(phone.heard_so_far()) > 1, 30, "the greeting")
    phone.hang_up()
    hotline.until(lambda: "ended" in hotline.kinds(phone.number), "the end", 10)
    assert hotline.call(phone.number).end_reason == "caller"


def test_a_visit_is_booked_by_voice(caller: Telephone, hotline: Hotline, sentence: Sentence) -> None:
    answer(caller, hotline, sentence("我要预约"), "办什么事")
    answer(caller, hotline, sentence("门诊慢特病认定"), "哪一天")
    answer(caller, hotline, sentence("下星期三"), "几点")
    caller.press("1")
    hotline.until_said(caller.number, "姓什么")
    answer(caller, hotline, sentence("张秀英"), "对吗")
    caller.press("1")
    hotline.until_said(caller.number, "约好了")
    booked = hotline.appointments()[-1]
    assert booked.slot.starts_at.astimezone(TIME_ZONE).weekday() == 2
    assert booked.phone == caller.number


def test_no_words_and_no_numbers_are_in_the_log(hotline: Hotline) -> None:
    log = hotline.log()
    assert "曲靖" not in log
    assert "05318800" not in log


def answer(caller: Telephone, hotline: Hotline, wav: Path, next_question: str) -> None:
    """Say something and wait for the question that follows."""
    caller.say(wav)
    hotline.until_said(caller.number, next_question)
