"""Hearing with a real Vosk and the trial model: what is said in the recordings, while it is said."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from tests.voice.recordings import Recording, recordings
from voice.asr import BadSpeechModel, Listener, RecognitionUnavailable, SpeechModel
from voice.leg import frame_bytes
from voice.resample import Resampler

BY_NAME = {r.name: r for r in recordings()}
GIVES_NAME = BY_NAME["000e.wav"]  # 喂你好我是曲靖的我想办异地就医备案
WRONG = BY_NAME["024e.wav"]  # 不是我说错了
RATE = 8000


def frames(pcm: bytes, sample_rate: int = RATE) -> list[bytes]:
    step = frame_bytes(sample_rate)
    return [pcm[i : i + step] for i in range(0, len(pcm), step)]


def ignore(_text: str) -> None:
    """Nobody wants partial text."""


def test_a_recording_is_heard_word_for_word(trial_model: SpeechModel) -> None:
    recogniser = trial_model.recogniser(RATE)
    grown = [recogniser.feed(frame) for frame in frames(GIVES_NAME.pcm)]
    heard = recogniser.finish()
    assert heard.text == GIVES_NAME.text
    assert 0.8 < heard.confidence <= 1
    # Partial text grows while the caller speaks.
    changes = [text for i, text in enumerate(grown) if text and (i == 0 or text != grown[i - 1])]
    assert len(changes) >= 4
    assert len(changes[0]) < len(GIVES_NAME.text) / 2
    assert not any(" " in text for text in changes)


def test_the_next_utterance_begins_empty(trial_model: SpeechModel) -> None:
    recogniser = trial_model.recogniser(RATE)
    for recording in (GIVES_NAME, WRONG, GIVES_NAME):
        recogniser.feed(recording.pcm)
        assert recogniser.finish().text == recording.text


def test_an_utterance_lasts_through_long_pauses(trial_model: SpeechModel) -> None:
    recogniser = trial_model.recogniser(RATE)
    for frame in frames(GIVES_NAME.pcm + bytes(2 * RATE * 4) + WRONG.pcm):
        text = recogniser.feed(frame)
    assert text.startswith(GIVES_NAME.text)
    assert recogniser.finish().text == GIVES_NAME.text + WRONG.text


def test_sound_of_the_browser_is_brought_down_to_the_model(trial_model: SpeechModel) -> None:
    up = Resampler(RATE, 16_000)
    wide = up.feed(GIVES_NAME.pcm) + up.finish()
    recogniser = trial_model.recogniser(16_000)
    for frame in frames(wide, 16_000):
        recogniser.feed(frame)
    assert recogniser.finish().text == GIVES_NAME.text


def test_reset_forgets_what_was_said(trial_model: SpeechModel) -> None:
    recogniser = trial_model.recogniser(RATE)
    recogniser.feed(GIVES_NAME.pcm)
    recogniser.reset()
    assert recogniser.feed(b"") == ""
    recogniser.feed(WRONG.pcm)
    assert recogniser.finish().text == WRONG.text


def test_silence_is_no_word(trial_model: SpeechModel) -> None:
    recogniser = trial_model.recogniser(RATE)
    recogniser.feed(bytes(2 * RATE * 8))
    heard = recogniser.finish()
    assert (heard.text, heard.confidence) == ("", 0.0)


def test_a_closed_recogniser_says_so(trial_model: SpeechModel) -> None:
    recogniser = trial_model.recogniser(RATE)
    recogniser.close()
    recogniser.close()
    with pytest.raises(RecognitionUnavailable):
        recogniser.feed(bytes(320))


async def _heard(model: SpeechModel, recording: Recording, partials: list[str]) -> str:
    """Feed a recording in two halves, the second once something of the first is heard."""
    something = asyncio.Event()

    def on_partial(text: str) -> None:
        partials.append(text)
        something.set()

    listener = Listener(model, RATE, on_partial)
    sound = frames(recording.pcm)
    for frame in sound[: len(sound) // 2]:
        listener.feed(frame)
    await something.wait()
    for frame in sound[len(sound) // 2 :]:
        listener.feed(frame)
    transcript = await listener.finish()
    await listener.close()
    return transcript.text


def test_a_listener_hears_in_a_thread_of_its_own(trial_model: SpeechModel) -> None:
    partials: list[str] = []
    assert asyncio.run(_heard(trial_model, GIVES_NAME, partials)) == GIVES_NAME.text
    assert len(partials[0]) < len(GIVES_NAME.text)
    assert all(a != b for a, b in pairwise(partials))
    assert "recogniser" not in {thread.name for thread in threading.enumerate()}


def test_two_calls_at_once_hear_their_own_caller(trial_model: SpeechModel) -> None:
    async def both() -> list[str]:
        return await asyncio.gather(
            _heard(trial_model, GIVES_NAME, []),
            _heard(trial_model, WRONG, []),
            _heard(trial_model, GIVES_NAME, []),
        )

    assert asyncio.run(both()) == [GIVES_NAME.text, WRONG.text, GIVES_NAME.text]


def test_partial_text_of_a_finished_utterance_never_comes_late(trial_model: SpeechModel) -> None:
    async def talk() -> None:
        finished = False
        late: list[str] = []

        def on_partial(text: str) -> None:
            if finished and text:
                late.append(text)

        listener = Listener(trial_model, RATE, on_partial)
        listener.feed(GIVES_NAME.pcm)
        answer = asyncio.create_task(listener.finish())
        await asyncio.sleep(0)  # the order is given, the sound not yet heard
        finished = True
        assert (await answer).text == GIVES_NAME.text
        listener.feed(GIVES_NAME.pcm)
        listener.reset()
        assert (await listener.finish()).text == ""
        await listener.close()
        assert late == []

    asyncio.run(talk())


def test_a_thread_that_dies_ends_in_an_outage(
    trial_model: SpeechModel, caplog: pytest.LogCaptureFixture
) -> None:
    async def talk() -> None:
        listener = Listener(trial_model, RATE, ignore)
        listener.feed(["no sound"])  # type: ignore[arg-type]
        with pytest.raises(RecognitionUnavailable) as caught:
            await listener.finish()
        assert caught.value.code == "asr.unavailable"
        assert "按键" in caught.value.spoken
        assert listener.failed
        listener.feed(bytes(320))  # dropped
        with pytest.raises(RecognitionUnavailable):
            await listener.finish()
        await listener.close()

    asyncio.run(talk())
    assert "its thread died of" in caplog.text


def test_a_recogniser_that_cannot_keep_up_is_an_outage(trial_model: SpeechModel) -> None:
    async def talk() -> None:
        listener = Listener(trial_model, RATE, ignore)
        for _ in range(40):  # a minute and more at once is more than any call may have waiting
            listener.feed(GIVES_NAME.pcm)
        assert listener.failed
        with pytest.raises(RecognitionUnavailable, match="behind"):
            await listener.finish()
        await listener.close()

    asyncio.run(talk())


def test_a_closed_listener_hears_nothing(trial_model: SpeechModel) -> None:
    async def talk() -> None:
        listener = Listener(trial_model, RATE, ignore)
        await listener.close()
        await listener.close()
        listener.feed(GIVES_NAME.pcm)
        with pytest.raises(RecognitionUnavailable):
            await listener.finish()

    asyncio.run(talk())


def _truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _empty(file: Path) -> None:
    file.write_bytes(b"")


@pytest.mark.parametrize(
    ("part", "spoil"),
    [
        ("am/final.mdl", Path.unlink),
        ("am/final.mdl", _truncate),
        ("graph/HCLr.fst", _truncate),
        ("graph/Gr.fst", Path.unlink),
        ("graph/words.txt", _truncate),
        ("conf/mfcc.conf", _empty),
        ("conf/model.conf", _empty),
        ("conf/mfcc.conf", Path.unlink),
    ],
)
def test_a_broken_model_is_refused_in_one_sentence(
    trial_model: SpeechModel, tmp_path: Path, part: str, spoil: Callable[[Path], None]
) -> None:
    broken = tmp_path / "model"
    shutil.copytree(trial_model.path, broken)
    spoil(broken / part)
    with pytest.raises(BadSpeechModel) as caught:
        SpeechModel.load(broken)
    assert str(broken) in str(caught.value)
    assert caught.value.code == "asr.bad_model"


def test_a_missing_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSpeechModel, match="no speech model"):
        SpeechModel.load(tmp_path / "nowhere")


def test_vosk_writes_nothing_of_what_is_said(
    trial_model: SpeechModel, capfd: pytest.CaptureFixture[str]
) -> None:
    SpeechModel.load(trial_model.path)
    recogniser = trial_model.recogniser(RATE)
    recogniser.feed(GIVES_NAME.pcm)
    recogniser.finish()
    assert capfd.readouterr() == ("", "")
