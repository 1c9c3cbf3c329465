"""Voice messages to words: the port Transcriber with the hotline's recogniser."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from bot.messages import Transcript
from bot.ports import Transcriber, TranscriptionUnavailable
from bot.settings import Settings
from voice.models import is_trial, model_folder
from voice.recogniser import BadSpeechModel, SpeechModel

log = logging.getLogger(__name__)


class VoskTranscriber:
    """Hears messages with the model in a folder, which is loaded when the first one comes and then kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._model: SpeechModel | None = None
        self._broken = False
        self._loading = threading.Lock()

    def transcribe(self, pcm: bytes, sample_rate: int) -> Transcript:
        """16-bit little-endian mono samples to text. Raises TranscriptionUnavailable."""
        recogniser = self._loaded().recogniser(sample_rate)
        try:
            recogniser.feed(pcm)
            return recogniser.finish()
        finally:
            recogniser.close()

    def _loaded(self) -> SpeechModel:
        with self._loading:
            if self._broken:
                raise TranscriptionUnavailable
            if self._model is None:
                try:
                    self._model = SpeechModel.load(self._folder)
                except BadSpeechModel as error:
                    self._broken = True
                    log.error("asr.bad_model %s", error)
                    raise TranscriptionUnavailable from error
            return self._model


def voice_transcriber(settings: Settings) -> Transcriber | None:
    """What hears voice messages; None where only the trial model is there, which understands no people."""
    folder = model_folder(settings.voice.model, settings.state_dir / "models")
    return None if is_trial(folder) else VoskTranscriber(folder)
