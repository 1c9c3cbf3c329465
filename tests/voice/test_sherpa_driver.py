"""The driver for neural voices: which folders it knows, and what it does where it cannot speak."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from voice.drivers.sherpa import NoVoice, SherpaDriver, look_into
from voice.tts_worker import Speaker, SynthesisFailed


def folder(path: Path, *files: str) -> Path:
    """A model's folder with these (empty) files."""
    for file in files:
        (path / file).parent.mkdir(parents=True, exist_ok=True)
        (path / file).touch()
    return path


@pytest.mark.parametrize(
    ("files", "kind", "parameters"),
    [
        (
            ("model.onnx", "tokens.txt", "lexicon.txt", "date.fst", "number.fst"),
            "vits",
            {"model", "tokens", "lexicon"},
        ),
        (
            (
                "model-steps-3.onnx",
                "vocos-22khz-univ.onnx",
                "tokens.txt",
                "lexicon.txt",
                "dict/jieba.dict.utf8",
            ),
            "matcha",
            {"acoustic_model", "vocoder", "tokens", "lexicon", "dict_dir"},
        ),
        (
            ("model.onnx", "voices.bin", "tokens.txt", "lexicon-us-en.txt", "lexicon-zh.txt"),
            "kokoro",
            {"model", "voices", "tokens", "lexicon"},
        ),
    ],
)
def test_a_folder_tells_its_kind(tmp_path: Path, files, kind, parameters):
    found = look_into(folder(tmp_path, *files))
    assert (found.kind, set(found.files)) == (kind, parameters)
    assert [Path(rule).name for rule in found.rules] == [f for f in files if f.endswith(".fst")]


@pytest.mark.parametrize("files", [(), ("model.onnx",), ("tokens.txt",)])
def test_a_folder_without_a_model_is_no_voice(tmp_path: Path, files):
    with pytest.raises(NoVoice):
        look_into(folder(tmp_path, *files))
    with pytest.raises(NoVoice):
        look_into(tmp_path / "nowhere")


def test_a_folder_that_is_no_voice_makes_a_speaker_that_fails(tmp_path: Path):
    with pytest.raises(SynthesisFailed):
        Speaker("voice.drivers.sherpa", str(tmp_path / "nowhere"), tmp_path).speak("您好。", 180)


class Binding:
    """What the driver uses of sherpa-onnx, with a humming model: half a second a character at usual speed."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int, float]] = []
        for name in ("OfflineTtsVitsModelConfig", "OfflineTtsModelConfig"):
            setattr(self, name, SimpleNamespace)

    def OfflineTtsConfig(self, **given):
        return SimpleNamespace(validate=lambda: True, **given)

    OfflineTtsMatchaModelConfig = OfflineTtsKokoroModelConfig = None

    def OfflineTts(self, config):
        return self

    def generate(self, text: str, sid: int, speed: float):
        self.asked.append((text, sid, speed))
        count = round(8000 * len(text) / speed)
        return SimpleNamespace(samples=np.sin(np.arange(count) / 20) * 1.5, sample_rate=16000)


def test_speaker_rate_and_file_reach_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    binding, real = Binding(), importlib.import_module
    monkeypatch.setattr(
        importlib, "import_module", lambda name, *a: binding if name == "sherpa_onnx" else real(name, *a)
    )
    model = folder(tmp_path / "model", "model.onnx", "tokens.txt", "lexicon.txt")
    rate, pcm = Speaker("voice.drivers.sherpa", f"{model}#3", tmp_path).speak("您好", 362)
    assert binding.asked == [("您好", 3, 2.0)]
    assert (rate, len(pcm)) == (16000, 16000)
    assert np.abs(np.frombuffer(pcm, "<i2")).max() == 32767


def test_an_engine_that_fails_says_so_to_pyttsx3(tmp_path: Path):
    told: list[tuple[str, dict]] = []
    driver = SherpaDriver(
        SimpleNamespace(setBusy=lambda _: None, notify=lambda topic, **more: told.append((topic, more)))
    )
    driver._engine = SimpleNamespace(generate=lambda *_, **__: 1 / 0)
    driver.save_to_file("您好", str(tmp_path / "out.wav"))
    driver.startLoop()
    assert told[0][0] == "error"
    assert isinstance(told[0][1]["exception"], ZeroDivisionError)
    with pytest.raises(KeyError):
        driver.setProperty("colour", 1)
    assert not list(tmp_path.glob("*.wav"))
