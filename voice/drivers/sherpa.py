"""A pyttsx3 driver for sherpa-onnx: neural voices from a folder that the operator downloads.

``TTS_DRIVER=voice.drivers.sherpa TTS_VOICE=/path/to/vits-melo-tts-zh_en``; a number behind a # chooses the speaker
(``…/kokoro-multi-lang-v1_1#3``). Needs ``pip install sherpa-onnx``, which is not part of the product: without a model it is
of no use, and no good Mandarin model comes in a package. The kinds of folders are those of sherpa-onnx's own releases
(k2-fsa.github.io/sherpa/onnx/tts): VITS (MeloTTS, Piper), Matcha with a vocoder, Kokoro.
"""

from __future__ import annotations

import importlib
import wave
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

USUAL_RATE = 181  # words a minute at which these models' own tempo is left as it is
_THREADS = 2


class NoVoice(Exception):
    """The folder holds no model that this driver knows, or sherpa-onnx is not installed."""


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """What of a folder is handed to sherpa-onnx: the kind (vits | matcha | kokoro) and its files by parameter name."""

    kind: str
    files: dict[str, str] = field(default_factory=dict)
    rules: tuple[str, ...] = ()  # text rules (numbers, dates) that come with some models


def look_into(folder: Path) -> ModelFolder:
    """Which kind of model a folder holds. Raises NoVoice."""
    if not folder.is_dir():
        raise NoVoice(f"{folder} is no folder")
    tokens = folder / "tokens.txt"
    models = sorted(folder.glob("*.onnx"))
    if not tokens.is_file() or not models:
        raise NoVoice(f"{folder} holds no tokens.txt or no .onnx file")
    files = {"tokens": str(tokens)}
    lexicons = sorted(folder.glob("lexicon*.txt"))
    if lexicons:
        files["lexicon"] = ",".join(map(str, lexicons))
    if (folder / "dict").is_dir():
        files["dict_dir"] = str(folder / "dict")
    rules = tuple(map(str, sorted(folder.glob("*.fst"))))
    if (folder / "voices.bin").is_file():
        return ModelFolder(
            "kokoro", files | {"model": str(models[0]), "voices": str(folder / "voices.bin")}, rules
        )
    vocoders = [m for m in models if m.stem.startswith(("vocos", "hifigan"))]
    acoustic = [m for m in models if m not in vocoders]
    if vocoders and acoustic:
        return ModelFolder(
            "matcha", files | {"acoustic_model": str(acoustic[0]), "vocoder": str(vocoders[0])}, rules
        )
    return ModelFolder("vits", files | {"model": str(models[0])}, rules)


def buildDriver(proxy: Any) -> SherpaDriver:
    """What pyttsx3 calls."""
    return SherpaDriver(proxy)


class SherpaDriver:
    """pyttsx3's driver interface, as far as speaking into a file needs it."""

    def __init__(self, proxy: Any) -> None:
        self._proxy = proxy
        self._voice, self._speaker, self._rate, self._volume = "", 0, USUAL_RATE, 1.0
        self._engine: Any = None
        self._job: tuple[str, str] | None = None

    def destroy(self) -> None:
        """Nothing is held beyond memory."""
        self._engine = None

    def getProperty(self, name: str) -> Any:
        """voice, voices, rate, volume; raises KeyError for another."""
        return {"voice": self._voice, "voices": [], "rate": self._rate, "volume": self._volume}[name]

    def setProperty(self, name: str, value: Any) -> None:
        """A voice is a model's folder; another one is loaded at once. Raises NoVoice, KeyError."""
        if name == "voice":
            folder, _, speaker = str(value).partition("#")
            if folder != self._voice:
                self._engine = _load(look_into(Path(folder)))
                self._voice = folder
            self._speaker = int(speaker or 0)
        elif name == "rate":
            self._rate = int(value)
        elif name == "volume":
            self._volume = float(value)
        else:
            raise KeyError(name)

    def save_to_file(self, text: str, filename: str) -> None:
        """Keep the job for the run loop."""
        self._job = (text, filename)

    def startLoop(self) -> None:
        """Do the job; nothing is waited for."""
        self._proxy.setBusy(False)  # lets the commands of the queue through, the job among them
        job, self._job = self._job, None
        if job is None or self._engine is None:
            return
        text, filename = job
        try:
            made = self._engine.generate(text, sid=self._speaker, speed=self._rate / USUAL_RATE)
            _write(filename, made.samples, made.sample_rate)
        except Exception as error:  # the binding raises RuntimeError and what else C++ gives
            self._proxy.notify("error", exception=error)

    def endLoop(self) -> None:
        """Called by pyttsx3 when its queue is empty."""

    def stop(self) -> None:
        """A sentence cannot be stopped half-way; the process can."""


def _load(folder: ModelFolder) -> Any:
    """sherpa-onnx's engine with this model. Raises NoVoice."""
    try:
        sherpa: Any = importlib.import_module("sherpa_onnx")
    except ImportError as error:
        raise NoVoice("sherpa-onnx is not installed (pip install sherpa-onnx)") from error
    kinds = {
        "vits": sherpa.OfflineTtsVitsModelConfig,
        "matcha": sherpa.OfflineTtsMatchaModelConfig,
        "kokoro": sherpa.OfflineTtsKokoroModelConfig,
    }
    model = sherpa.OfflineTtsModelConfig(
        **{folder.kind: kinds[folder.kind](**folder.files)}, num_threads=_THREADS, provider="cpu"
    )
    config = sherpa.OfflineTtsConfig(model=model, rule_fsts=",".join(folder.rules))
    if not config.validate():
        raise NoVoice("sherpa-onnx does not take this model")
    return sherpa.OfflineTts(config)


def _write(filename: str, samples: Any, sample_rate: int) -> None:

    pcm = (np.clip(np.asarray(samples, dtype=np.float32), -1, 1) * 32767).astype("<i2")
    with wave.open(filename, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes(pcm.tobytes())
