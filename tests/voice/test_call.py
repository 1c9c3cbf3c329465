"""A call, from the greeting to the last word: who has the word, keys, silence, cut-ins."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from bot.messages import Act, Channel, Utterance, UtteranceKind
from bot.privacy import Vault
from bot.store.conversations import Conversations
from bot.store.database import Database
from bot.store.models import Call as CallRow
from bot.store.models import CallEvent
from tests.conftest import NOW
from tests.voice.recordings import Recording, recordings
from tests.voice.stage import Script, Stage, reply, voice_of
from tests.voice.test_tones import press
from voice import call_words
from voice.conversation import Manner
from voice.leg import FRAME_SECONDS
from voice.player import level

Calling = Callable[..., AbstractAsyncContextManager[Stage]]

LONG = "糖尿病门诊要带身份证和病历。先到医保大厅取号，再到三号窗口交材料，十五个工作日办好。"
ANSWER = "可以的，带上身份证就行。"


def recording(name: str) -> Recording:
    """One of the recordings, by its file's stem."""
    return next(r for r in recordings() if r.name == f"{name}.wav")


def at_level(pcm: bytes, decibels: float) -> bytes:
    """The same sound so loud, in dB of full scale over its loud parts."""
    samples = np.frombuffer(pcm, "<i2").astype(float)
    loud = np.sqrt(np.mean(samples[np.abs(samples) > 0.1 * np.abs(samples).max()] ** 2))
    return (samples * 32768 * 10 ** (decibels / 20) / loud).clip(-32768, 32767).astype("<i2").tobytes()


def cough() -> bytes:
    """Two bursts of noise that die away."""
    generator = np.random.default_rng(2)
    burst = generator.normal(0, 1, 1800) * np.exp(-np.arange(1800) / 500)
    return (9000 * np.concatenate([burst, np.zeros(1500), burst])).clip(-32768, 32767).astype("<i2").tobytes()


def kinds(database: Database) -> list[str]:
    """What the timeline holds, in order."""
    with database.read() as session:
        return [event.kind for event in session.scalars(select(CallEvent).order_by(CallEvent.id))]


def loud(frames: list[bytes]) -> list[bytes]:
    """The frames that are no silence."""
    return [frame for frame in frames if level(frame) > -70]


def test_a_question_is_answered_and_the_call_ends_after_goodbye(
    calling: Calling, call_database: Database
) -> None:
    script = Script([reply(ANSWER), reply("再见，祝您身体健康！", Act.GOODBYE)])

    async def story() -> None:
        async with calling(script) as act:
            await act.heard_out()
            act.say(recording("044e").pcm)
            await act.said()
            await act.heard_out()
            act.say(recording("026e").pcm)
            await act.said()
            await act.until(lambda: act.over, what="the end")
            assert act.reason.result() == "goodbye"
            greeting = call_words.GREETING.format(office=Manner().office)
            assert act.spoken() == f"{greeting}{ANSWER}再见，祝您身体健康！"

    asyncio.run(story())
    first, second = script.asked
    assert "材料" in first.text
    assert (first.kind, first.user_id, first.heard) == (UtteranceKind.VOICE, "053188001234", None)
    assert "谢谢" in second.text
    assert first.external_id != second.external_id
    heard = ["said", "heard", "understood", "said", "heard", "understood", "said", "ended"]
    assert kinds(call_database) == heard
    with call_database.read() as session:
        row = session.scalars(select(CallRow)).one()
        assert (row.end_reason, row.leg_kind, row.ended_at is not None) == ("goodbye", "sip", True)


def test_the_greeting_says_that_it_is_recorded_only_if_it_is(calling: Calling) -> None:
    async def story() -> None:
        async with calling(Script([reply(ANSWER)]), manner=Manner(recorded=True)) as act:
            await act.heard_out()
            assert act.spoken().startswith(call_words.RECORDED)
            assert "机器人" in act.spoken()
            assert "按零" in act.spoken()

    asyncio.run(story())


def test_an_interruption_stops_the_voice_within_200_ms(calling: Calling, call_database: Database) -> None:
    script = Script([reply(LONG), reply(ANSWER)])

    async def story() -> None:
        async with calling(script) as act:
            await _long_reply_under_way(act, 3.0)
            speech = recording("024e").pcm
            act.say(speech)
            onset = next(i for i in range(0, len(speech), 320) if level(speech[i : i + 320]) > -40) // 320
            before = len(act.leg.sent)
            await act.until(lambda: not act.speaking, what="silence")
            stopped = len(act.leg.sent) - before - onset
            assert stopped * FRAME_SECONDS <= 0.2
            await act.said()
            await act.heard_out()
            assert len(loud(act.leg.sent[before + onset + 11 : before + onset + 40])) == 0

    asyncio.run(story())
    assert "说错" in script.asked[1].text
    heard = script.asked[1].heard
    assert heard is not None
    assert LONG.startswith(heard)
    assert 4 < len(heard) < 20
    assert "barge_in" in kinds(call_database)


def test_a_read_back_is_not_interrupted(calling: Calling) -> None:
    script = Script([reply(LONG, Act.CONFIRM, uninterruptible=True), reply(ANSWER)])

    async def story() -> None:
        async with calling(script) as act:
            await _long_reply_under_way(act, 2.0)
            act.say(recording("024e").pcm)
            sounding = len(act.leg.sent)
            await act.said()
            assert len(loud(act.leg.sent[sounding:])) > 0.7 * (len(act.leg.sent) - sounding)
            await act.until(lambda: not act.player.speaking, what="the end of the read-back")
            assert not act.player.interrupted
            await act.seconds(2)
        assert len(script.asked) == 1

    asyncio.run(story())


def test_a_cough_changes_nothing(calling: Calling) -> None:
    script = Script([reply(LONG)])

    async def story() -> None:
        async with calling(script) as act:
            await _long_reply_under_way(act, 2.0)
            act.say(cough())
            await act.until(lambda: not act.player.speaking, what="the end of the speech")
            assert act.player.heard == LONG
            await act.seconds(2)
        assert len(script.asked) == 1

    asyncio.run(story())


def test_after_a_sign_of_listening_it_goes_on_where_it_stopped(
    calling: Calling, call_database: Database, speech_state: Path
) -> None:
    script = Script([reply(LONG)])

    async def story() -> None:
        mm = at_level(await voice_of("嗯。", speech_state), -22)
        async with calling(script) as act:
            await _long_reply_under_way(act, 2.0)
            whole = sum(len(piece.pcm) for piece in act.player._pieces) // 320
            act.say(mm)
            stopped = [False]

            def over() -> bool:
                stopped[0] |= act.player.paused
                return not act.player.speaking

            await act.until(over, what="the end of the speech")
            assert act.player.heard == LONG
            assert not act.player.interrupted
            assert whole > 0
            if stopped[0]:
                assert "false_alarm" in kinds(call_database)
        assert len(script.asked) == 1

    asyncio.run(story())


def test_nobody_speaks_and_is_asked_again_then_told_goodbye_before_the_end(
    calling: Calling, call_database: Database
) -> None:
    script = Script([reply("您想问什么？", Act.CLARIFY), reply("我先挂电话了，再见。", Act.GOODBYE)])

    async def story() -> None:
        async with calling(script) as act:
            await act.heard_out()
            asked_at = act.parts.ticker.now
            await act.until(lambda: script.asked)
            assert act.parts.ticker.now - asked_at == pytest.approx(Manner().no_input, abs=0.1)
            await act.until(lambda: act.over, what="the end")
            assert "再见" in act.spoken()
            assert len(loud(act.leg.sent[-60:])) > 20  # the last word came just before the end

    asyncio.run(story())
    assert [u.kind for u in script.asked] == [UtteranceKind.SILENCE] * 2
    assert kinds(call_database).count("silence") == 2


def test_a_line_without_any_sound_is_treated_as_a_silent_caller(calling: Calling) -> None:
    script = Script([reply("我先挂电话了，再见。", Act.GOODBYE)])

    async def story() -> None:
        async with calling(script) as act:
            act.sends_nothing = True
            await act.until(lambda: act.over, what="the end")
            assert act.reason.result() == "goodbye"

    asyncio.run(story())


def test_sound_that_stops_in_mid_word_ends_the_utterance(calling: Calling) -> None:
    script = Script([reply(ANSWER)])

    async def story() -> None:
        async with calling(script) as act:
            await act.heard_out()
            act.say(recording("044e").pcm)
            await act.seconds(2)
            act.sends_nothing = True
            await act.until(lambda: script.asked)

    asyncio.run(story())
    assert script.asked[0].text


def test_a_key_has_the_word_over_speech_in_the_same_turn(calling: Calling) -> None:
    script = Script([reply(ANSWER)])

    async def story() -> None:
        async with calling(script) as act:
            await act.heard_out()
            act.say(recording("024e").pcm)
            await act.seconds(1.2)
            act.press("1")
            await act.until(lambda: script.asked)
            await act.seconds(0.3)
            act._sound.clear()
            await act.seconds(4)

    asyncio.run(story())
    assert [(u.kind, u.text) for u in script.asked] == [(UtteranceKind.KEY, "1")]


def test_a_key_stops_the_voice_and_tells_what_was_heard(calling: Calling) -> None:
    script = Script([reply(LONG), reply(ANSWER)])

    async def story() -> None:
        async with calling(script) as act:
            await _long_reply_under_way(act, 2.0)
            act.press("2")
            await act.until(lambda: len(script.asked) == 2, 1.0)

    asyncio.run(story())
    heard = script.asked[1].heard
    assert heard is not None
    assert heard
    assert LONG.startswith(heard)


@pytest.mark.parametrize(("key", "waits"), [("0", False), ("1", True)])
def test_zero_breaks_into_a_read_back_and_other_keys_wait(calling: Calling, key: str, waits: bool) -> None:
    script = Script([reply(LONG, Act.CONFIRM, uninterruptible=True), reply(ANSWER)])

    async def story() -> None:
        async with calling(script) as act:
            await _long_reply_under_way(act, 2.0)
            act.press(key)
            await act.seconds(0.5)
            assert act.speaking == waits or len(script.asked) == 2
            await act.until(lambda: len(script.asked) == 2)

    asyncio.run(story())
    assert (script.asked[1].heard is None) == waits
    assert script.asked[1].text == key


def test_a_key_that_comes_as_a_tone_only_is_a_key_and_no_word(calling: Calling) -> None:
    script = Script([reply(ANSWER)])

    async def story() -> None:
        async with calling(script) as act:
            await act.heard_out()
            act.say(press("5", 8000))
            await act.until(lambda: script.asked, 2.0)
            await act.heard_out()
            await act.seconds(2)

    asyncio.run(story())
    assert [(u.kind, u.text) for u in script.asked] == [(UtteranceKind.KEY, "5")]


def test_a_key_that_comes_both_ways_is_one_key(calling: Calling) -> None:
    script = Script([reply(ANSWER)])

    async def story() -> None:
        async with calling(script) as act:
            await act.heard_out()
            act.say(press("5", 8000))
            await act.seconds(0.1)
            act.press("5")
            await act.heard_out()
            await act.seconds(1)

    asyncio.run(story())
    assert len(script.asked) == 1


@pytest.mark.parametrize("decibels", [-10, -30])
def test_quiet_and_loud_callers_are_heard(calling: Calling, decibels: float) -> None:
    script = Script([reply(ANSWER)])

    async def story() -> None:
        async with calling(script) as act:
            await act.heard_out()
            act.say(at_level(recording("044e").pcm, decibels))
            await act.until(lambda: script.asked)

    asyncio.run(story())
    assert "材料" in script.asked[0].text


def test_who_goes_on_after_being_cut_off_is_answered_to_the_whole(calling: Calling) -> None:
    script = Script([reply(LONG), reply(ANSWER)], slow=True)

    async def story() -> None:
        async with calling(script) as act:
            await act.heard_out()
            act.say(recording("024e").pcm)
            await act.until(lambda: script.asked)
            act.say(recording("018e").pcm)  # goes on while the assistant still thinks
            await act.seconds(1.2)
            script.slow = False
            script.release.set()
            await act.until(lambda: len(script.asked) == 2)
            await act.heard_out()
            assert LONG not in act.spoken()

    asyncio.run(story())
    assert script.asked[1].heard == ""


def test_who_speaks_eight_minutes_without_a_pause_is_answered_all_the_same(calling: Calling) -> None:
    script = Script([reply(ANSWER)])

    async def story() -> None:
        speech = b"".join(_without_pauses(r.pcm) for r in recordings())
        whole = 8 * 60 * 16000
        async with calling(script) as act:
            await act.heard_out()
            act.say((speech * (whole // len(speech) + 1))[:whole])
            await act.until(lambda: script.asked, 70)
            await act.until(lambda: ANSWER in act.spoken(), 20)
            await act.said(8 * 60)
            await act.seconds(20)
            act.press("1")
            await act.until(lambda: script.asked[-1].kind is UtteranceKind.KEY)
            assert not act.over

    asyncio.run(story())
    heard = [asked for asked in script.asked if asked.kind is UtteranceKind.VOICE]
    assert len(heard) >= 8  # after a minute each
    assert all(len(asked.text) > 50 for asked in heard[:8])


def test_music_neither_blocks_nor_breaks_the_call(calling: Calling) -> None:
    script = Script([reply(ANSWER)])

    async def story() -> None:
        times = np.arange(8000 * 30) / 8000
        tune = sum(
            np.sin(2 * np.pi * (220 * 2 ** (((times * 2).astype(int) % 8) / 12)) * h * times) / h
            for h in range(1, 6)
        )
        async with calling(script) as act:
            await act.heard_out()
            act.say((4000 * tune).astype("<i2").tobytes())
            await act.said()
            act.press("1")
            await act.until(lambda: script.asked and script.asked[-1].kind is UtteranceKind.KEY)

    asyncio.run(story())


def test_a_key_that_comes_before_the_greeting_is_not_kept_waiting_by_it(calling: Calling) -> None:
    script = Script([reply(ANSWER)])

    async def story() -> None:
        async with calling(script) as act:
            act.press("0")
            await act.until(lambda: script.asked, 1.0)

    asyncio.run(story())
    assert script.asked[0].text == "0"


def test_a_hang_up_in_mid_sentence_ends_everything(calling: Calling, call_database: Database) -> None:
    async def story() -> None:
        async with calling(Script([reply(LONG)])) as act:
            await _long_reply_under_way(act, 1.0)
            act.hang_up()
            await act.until(lambda: act.over, 1.0)
            assert act.reason.result() == "caller"

    asyncio.run(story())
    assert kinds(call_database)[-1] == "ended"


def test_slower_and_louder_take_effect_at_once(calling: Calling) -> None:
    script = Script([reply(ANSWER), reply(ANSWER, speech_rate=0.7, speech_volume=1.41)])

    async def story() -> None:
        async with calling(script) as act:
            await act.heard_out()
            lengths, levels = [], []
            for _ in range(2):
                start = len(act.leg.sent)
                act.press("1")
                await act.heard_out()
                frames = loud(act.leg.sent[start:])
                lengths.append(len(frames))
                levels.append(np.mean([level(f) for f in frames if level(f) > -40]))
            assert lengths[1] > 1.2 * lengths[0]
            assert levels[1] > levels[0] + 1.5

    asyncio.run(story())


async def _long_reply_under_way(act: Stage, seconds: float) -> None:
    """The caller has pressed a key and has heard so much of the reply."""
    await act.heard_out()
    act.press("1")
    await act.until(lambda: act.speaking)
    await act.seconds(seconds)


def _without_pauses(pcm: bytes) -> bytes:
    frames = [pcm[start : start + 320] for start in range(0, len(pcm) - 319, 320)]
    return b"".join(frame for frame in frames if level(frame) > -40)


def test_who_wanted_it_slower_is_greeted_slower_next_time(
    calling: Calling, call_database: Database, vault: Vault
) -> None:
    greetings = []

    async def story() -> None:
        async with calling(Script([reply(ANSWER)])) as act:
            await act.heard_out()
            greetings.append(len(loud(act.leg.sent)))

    asyncio.run(story())
    with call_database.begin() as session:
        utterance = Utterance(Channel.PHONE, "053188001234", "慢一点", "earlier:1", NOW)
        conversation, _, _ = Conversations(session, vault).receive(utterance, timedelta(hours=1))
        conversation.citizen.speech_rate = 0.7
    asyncio.run(story())
    assert greetings[1] > 1.2 * greetings[0]
