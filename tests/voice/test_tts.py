"""The voice: sentence by sentence, cached, recorded, and what comes when nothing can be synthesised."""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import load_settings
from voice import call_words
from voice.asr import SpeechModel
from voice.loudness import TARGET, active_level
from voice.prompts import Prompt, call_prompts
from voice.speech_cache import SpeechCache, key_of
from voice.tts import SpeakingUnavailable, SpeechStyle, Spoken, Voice, pieces

RATE = 8000
TEXT = "请稍等。我还在查，请再等一下。"
USUAL = SpeechStyle()
HOLD = Prompt("call", "hold", call_words.HOLD)


def settings(state: Path, **more: str):
    return load_settings({"YINLING_STATE": str(state), "TTS_PROCESSES": "1", **more})


def spoken(given, text: str, style: SpeechStyle = USUAL, prompts=(), rate: int = RATE) -> list[Spoken]:
    """What a fresh voice says."""

    async def scene():
        voice = await Voice.start(given, prompts)
        try:
            await voice.warmed()
            return [piece async for piece in voice.say(text, style, rate)]
        finally:
            await voice.close()

    return asyncio.run(scene())


def seconds(said: list[Spoken], rate: int = RATE) -> float:
    return sum(len(piece.pcm) for piece in said) / 2 / rate


def record(path: Path, seconds: float = 1.0, rate: int = 44100, channels: int = 2, width: int = 2) -> None:
    """A studio's WAV: a hum of 300 Hz."""
    hum = np.sin(np.arange(round(seconds * rate)) * 2 * np.pi * 300 / rate) * 0.3
    if width == 1:
        frames = ((hum + 1) * 127).astype(np.uint8)
    else:
        frames = (hum * (2 ** (8 * width - 1) - 1)).astype("<i2" if width == 2 else "<i4")
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(np.repeat(frames, channels).tobytes())


def test_a_text_comes_sentence_by_sentence(speech_state: Path):
    said = spoken(settings(speech_state), TEXT)
    assert [piece.text for piece in said] == ["请稍等。", "我还在查，请再等一下。"]
    assert 2 < seconds(said) < 6
    for piece in said:
        level = active_level((np.frombuffer(piece.pcm, "<i2") / 32768).astype(np.float32), RATE)
        assert level == pytest.approx(TARGET, abs=0.5)


def test_slower_and_louder_are_followed_within_limits(speech_state: Path):
    given = settings(speech_state)
    usual, slow, crawling, loud = (
        spoken(given, TEXT, style)
        for style in (SpeechStyle(), SpeechStyle(0.7), SpeechStyle(0.01), SpeechStyle(1.0, 2.0))
    )
    assert seconds(slow) > 1.3 * seconds(usual)
    assert seconds(crawling) < 3 * seconds(usual)
    assert (
        np.abs(np.frombuffer(loud[0].pcm, "<i2")).mean()
        > 1.4 * np.abs(np.frombuffer(usual[0].pcm, "<i2")).mean()
    )


def test_both_rates_of_lines_are_served(speech_state: Path):
    given = settings(speech_state)
    assert seconds(spoken(given, TEXT, rate=16000), 16000) == pytest.approx(
        seconds(spoken(given, TEXT)), abs=0.1
    )


def test_the_trial_recogniser_understands_what_is_said(speech_state: Path, trial_model: SpeechModel):
    """Formants, rate, resampling and loudness are right when a recogniser of Mandarin writes the words down."""
    sentences = ["我想问异地看病怎么备案", "慢性病门诊怎么认定", "我要预约明天上午九点", "帮我转人工"]
    right = total = 0
    for sentence in sentences:
        pcm = b"".join(piece.pcm for piece in spoken(settings(speech_state), sentence))
        recogniser = trial_model.recogniser(RATE)
        recogniser.feed(bytes(4800) + pcm + bytes(4800))
        heard = recogniser.finish().text
        recogniser.close()
        right += sum(c in heard for c in sentence)
        total += len(sentence)
    assert right / total > 0.7


def test_without_an_engine_what_was_made_before_still_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    given = settings(tmp_path)
    assert spoken(given, call_words.HOLD, prompts=(HOLD,))
    monkeypatch.setattr("voice.tts.worker_command", lambda *_: ("/nonexistent/python",))
    came: list[str] = []

    async def scene():
        voice = await Voice.start(given, (HOLD,))
        try:
            async for piece in voice.say(f"{call_words.HOLD}这一句从来没有说过。", USUAL, RATE):
                came.append(piece.text)
        finally:
            await voice.close()

    with pytest.raises(SpeakingUnavailable):
        asyncio.run(scene())
    assert came == [call_words.HOLD]


def test_an_engine_that_never_starts_is_told_at_once_and_recordings_still_come(tmp_path: Path):
    given = settings(tmp_path, TTS_DRIVER="no_such_driver")
    record(tmp_path / "prompts" / HOLD.file)
    assert spoken(given, call_words.HOLD, prompts=(HOLD,))
    with pytest.raises(SpeakingUnavailable):
        spoken(given, "这一句从来没有说过。", prompts=(HOLD,))


def test_only_fixed_sentences_are_written_to_the_disk(tmp_path: Path):
    spoken(settings(tmp_path), f"{call_words.HOLD}您的电话是幺三八零零。", prompts=(HOLD,))
    kept = list((tmp_path / "speech").glob("*.pcm"))
    assert len(kept) == 2  # the fixed one, at both rates


@pytest.mark.parametrize(("rate", "channels", "width"), [(44100, 2, 2), (48000, 1, 4), (8000, 1, 1)])
def test_a_studios_recording_is_played_instead(tmp_path: Path, rate: int, channels: int, width: int):
    record(tmp_path / "prompts" / HOLD.file, 2.0, rate, channels, width)
    (piece,) = spoken(settings(tmp_path), call_words.HOLD, prompts=(HOLD,))
    assert len(piece.pcm) / 2 / RATE == pytest.approx(2.35, abs=0.1)
    signal = np.frombuffer(piece.pcm, "<i2")[4000:12000]
    assert np.argmax(np.abs(np.fft.rfft(signal))) == pytest.approx(300, abs=3)


def test_a_recording_of_several_sentences_is_played_in_one_go_and_slower_on_request(tmp_path: Path):
    prompt = next(p for p in call_prompts("济南医保热线") if p.name == "greeting")
    record(tmp_path / "prompts" / prompt.file, 3.0)
    said = spoken(settings(tmp_path), prompt.text + call_words.HOLD, SpeechStyle(0.75), (prompt,))
    assert [piece.text for piece in said] == [prompt.text, call_words.HOLD]
    assert len(said[0].pcm) / 2 / RATE == pytest.approx(3.0 / 0.75 + 0.35 / 0.75, abs=0.2)


@given(st.text(alphabet=st.sampled_from("你好，。！？；、：\n 12a“”"), max_size=120))
def test_pieces_joined_are_the_text(text: str):
    assert "".join(pieces(text)) == text


def test_the_cache_is_bounded_and_forgets_what_was_unused_for_longest(tmp_path: Path):
    cache = SpeechCache(tmp_path, memory_bytes=4000, disk_bytes=40_000)
    keys = [key_of("sound", number) for number in range(60)]
    for key in keys:
        cache.remember(key, bytes(1000))
        cache.save(key, bytes(1000))
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 40_000
    assert cache.load(keys[-1]) == cache.recall(keys[-1]) == bytes(1000)
    assert cache.recall(keys[0]) is None
    assert any(cache.load(key) is None for key in keys)


def test_a_cut_off_file_of_the_cache_is_not_played(tmp_path: Path):
    key = key_of("sound")
    SpeechCache(tmp_path).save(key, bytes(1000))
    (tmp_path / f"{key}.pcm").write_bytes(bytes(333))
    assert SpeechCache(tmp_path).load(key) is None


def test_a_cache_that_cannot_be_written_costs_only_speed(tmp_path: Path):
    file = tmp_path / "file"
    file.write_text("in the way")
    cache = SpeechCache(file / "speech")
    cache.save("key", bytes(10))
    cache.remember("key", bytes(10))
    assert cache.load("key") is None
    assert cache.recall("key") == bytes(10)
