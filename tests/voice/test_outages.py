"""Parts that fail in a call, and what its caller notices: never a dead line, never a lie."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from bot.messages import Act, UtteranceKind
from bot.ports import YinlingError
from bot.settings import load_settings
from bot.store.database import Database
from tests.voice.mind import assistant
from tests.voice.stage import MemoryLeg, Script, Stage, away, reply
from tests.voice.test_call import ANSWER, loud, recording
from voice import call_words
from voice.arrivals import NextStep
from voice.asr import SpeechModel
from voice.conversation import Manner
from voice.leg import LegKind
from voice.prompts import call_prompts
from voice.recogniser import Recogniser
from voice.tts import Voice

Calling = Callable[..., AbstractAsyncContextManager[Stage]]


def test_who_is_not_answered_soon_is_asked_to_wait(calling: Calling) -> None:
    script = Script([reply(ANSWER)], slow=True)

    async def story() -> None:
        async with calling(script) as act:
            await act.heard_out()
            act.press("1")
            await act.until(lambda: script.asked)
            asked_at = act.parts.ticker.now
            await act.until(lambda: call_words.HOLD in act.spoken())
            assert act.parts.ticker.now - asked_at == pytest.approx(Manner().hold, abs=0.1)
            await act.until(lambda: call_words.STILL_HOLD in act.spoken())
            script.slow = False
            script.release.set()
            await act.until(lambda: ANSWER in act.spoken())

    asyncio.run(story())


def test_an_assistant_that_never_answers_is_an_outage(calling: Calling) -> None:
    script = Script([reply(ANSWER)], slow=True)

    async def story() -> None:
        async with calling(script) as act:
            await act.heard_out()
            act.press("1")
            await act.until(lambda: YinlingError.spoken in act.spoken(), 60)
            assert not act.over

    asyncio.run(story())


@pytest.mark.parametrize("kind", [LegKind.AUDIOSOCKET, LegKind.SIP])
def test_a_database_that_is_away_is_said_and_the_caller_goes_to_the_people(
    calling: Calling, call_database: Database, vault, kind: LegKind
) -> None:
    mind = assistant(call_database, vault)
    script, leg = Script([]), MemoryLeg()
    script.answer = mind.handle  # type: ignore[method-assign]
    leg.kind = kind

    async def story() -> None:
        async with calling(script, leg=leg) as act:
            await act.heard_out()
            with away(call_database):
                act.press("1")
                await act.until(lambda: YinlingError.spoken in act.spoken(), 300)
                act.press("1")
                await act.until(lambda: act.over, 300)
            assert act.reason.result() == "fault"
            assert call_words.DOWN in act.spoken()
            if kind is LegKind.AUDIOSOCKET:
                assert act.parts.arrivals.take_next(leg.call_id) == (NextStep.AGENT, "")
            else:
                assert act.spoken().endswith(call_words.NOBODY_NOW)

    asyncio.run(story())


def test_who_wants_a_person_while_the_assistant_is_down_is_not_asked_to_repeat(calling: Calling) -> None:
    script = Script([OSError()])

    async def story() -> None:
        async with calling(script, fallback_number="8000") as act:
            await act.heard_out()
            act.press("0")
            await act.until(lambda: act.over)
            assert YinlingError.spoken not in act.spoken()
            assert act.spoken().endswith(call_words.TO_PEOPLE)
            assert act.leg.transferred == ["8000"]

    asyncio.run(story())


def test_one_failure_is_forgiven(calling: Calling) -> None:
    script = Script([OSError(), reply(ANSWER), OSError(), reply(ANSWER)])

    async def story() -> None:
        async with calling(script) as act:
            await act.heard_out()
            for turn in range(4):
                act.press("1")
                await act.until(lambda n=turn: len(script.asked) == n + 1)
                await act.heard_out()
            assert not act.over

    asyncio.run(story())


class _DyingRecogniser(Recogniser):
    """Vosk whose memory is gone."""

    def feed(self, pcm: bytes) -> str:
        raise MemoryError


class _DyingModel(SpeechModel):
    """Gives recognisers that die of the first sound."""

    def recogniser(self, sample_rate: int) -> Recogniser:
        made = super().recogniser(sample_rate)
        made.__class__ = _DyingRecogniser
        return made


def test_when_nobody_listens_keys_and_people_are_left(calling: Calling, trial_model: SpeechModel) -> None:
    script = Script([reply(ANSWER)])
    dying = _DyingModel(trial_model.path, trial_model._model, trial_model.sample_rate)

    async def story() -> None:
        async with calling(script, model=dying) as act:
            await act.heard_out()
            act.say(recording("044e").pcm)
            await act.until(lambda: call_words.DEAF in act.spoken())
            await act.until(lambda: not act.player.speaking)
            act.say(recording("024e").pcm)
            await act.said()
            act.press("0")
            await act.until(lambda: ANSWER in act.spoken())
            assert act.spoken().count(call_words.DEAF) == 1

    asyncio.run(story())
    assert [(u.kind, u.text) for u in script.asked][-1] == (UtteranceKind.KEY, "0")


def test_without_a_model_the_caller_is_told_and_has_keys(calling: Calling) -> None:
    script = Script([reply(ANSWER)])

    async def story() -> None:
        async with calling(script, model=None) as act:
            await act.until(lambda: call_words.DEAF in act.spoken())
            act.press("1")
            await act.until(lambda: ANSWER in act.spoken())

    asyncio.run(story())


def test_when_nothing_can_be_synthesised_what_is_kept_still_speaks_and_people_are_reached(
    calling: Calling, tmp_path: Path
) -> None:
    script = Script([reply(ANSWER), reply("好的，正在给您转人工。", Act.GOODBYE)])

    async def story() -> None:
        prompts = [p for p in call_prompts(Manner().office) if p.name in ("greeting", "mute")]
        settings = {"YINLING_STATE": str(tmp_path / "voice"), "TTS_PROCESSES": "1", "TTS_DEADLINE": "5"}
        broken = await Voice.start(load_settings(settings), prompts)
        await broken.warmed()
        await broken._pool.close()  # its processes are killed, and nobody starts others
        try:
            async with calling(script, voice=broken) as act:
                await act.heard_out()  # the greeting was kept
                assert len(loud(act.leg.sent)) > 100
                act.press("1")
                await act.until(lambda: call_words.MUTE in act.spoken())
                silent = len(act.leg.sent)
                await act.heard_out()
                assert len(loud(act.leg.sent[silent:])) > 50
                act.press("0")
                await act.until(lambda: len(script.asked) == 2)
                await act.seconds(1)
                assert not act.over
        finally:
            await broken.close()

    asyncio.run(story())
