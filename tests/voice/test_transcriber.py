"""Voice messages heard by Vosk, as WeChat's AMR brings them; what was heard reaches the understanding right."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from bot.ports import TranscriptionUnavailable
from bot.settings import load_settings
from nlu import entities
from nlu.normalize import normalize
from tests.voice.recordings import FOLDER, recordings
from voice.asr import SpeechModel
from voice.evaluate import distance
from voice.models import TRIAL_MODEL
from voice.transcriber import VoskTranscriber, voice_transcriber
from webhooks.media import SAMPLE_RATE, decode_amr
from webhooks.standin.audio import to_amr

BY_NAME = {r.name: r for r in recordings()}


def test_a_voice_message_is_heard() -> None:
    said = BY_NAME["038e.wav"]  # 济宁市任城区的服务大厅几点钟开门
    heard = VoskTranscriber(TRIAL_MODEL).transcribe(
        decode_amr(to_amr((FOLDER / said.name).read_bytes())), SAMPLE_RATE
    )
    assert distance(said.text, heard.text) <= 2
    assert heard.confidence > 0.5


def test_a_broken_model_is_an_honest_no(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    listener = VoskTranscriber(tmp_path)
    for _ in range(2):
        with pytest.raises(TranscriptionUnavailable):
            listener.transcribe(bytes(640), SAMPLE_RATE)
    assert caplog.text.count("asr.bad_model") == 1


def test_the_trial_model_never_hears_citizens_messages(tmp_path: Path) -> None:
    settings = load_settings({"YINLING_STATE": str(tmp_path)})
    assert voice_transcriber(settings) is None
    shutil.copytree(TRIAL_MODEL, tmp_path / "models" / "vosk-model-small-cn-0.22")
    assert voice_transcriber(settings) is not None
    forced = replace(settings, voice=replace(settings.voice, model="trial"))
    assert voice_transcriber(forced) is None


def test_what_vosk_hears_is_understood(trial_model: SpeechModel, now: datetime) -> None:
    def understood(name: str) -> dict[str, str]:
        recogniser = trial_model.recogniser(8000)
        recogniser.feed(BY_NAME[name].pcm)
        text = normalize(recogniser.finish().text)
        return {e.type: e.value for e in entities.extract(text, now)}

    visit = understood("020e.wav")  # 我预约的是下周四上午十点半
    assert (visit["date"], visit["time"]) == ("2026-12-03", "10:30")
    number = understood("028e.wav")  # 身份证号三七零八二幺幺九四七零六幺五, digit by digit, too short
    assert number["bad_id_number"].endswith("四七零六幺五")
    assert understood("000e.wav")["topic"] == "remote_medical_filing"


def test_repair_by_sound_makes_nothing_worse(trial_model: SpeechModel) -> None:
    before = after = 0
    for one in recordings():
        recogniser = trial_model.recogniser(one.sample_rate)
        recogniser.feed(one.pcm)
        heard = recogniser.finish().text
        meant = normalize(one.text)
        before += distance(meant, heard)
        after += distance(meant, normalize(heard))
    assert after <= before
