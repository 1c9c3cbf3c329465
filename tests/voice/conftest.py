"""What the hotline's tests share."""

from __future__ import annotations

import pytest

from voice.asr import SpeechModel
from voice.models import TRIAL_MODEL


@pytest.fixture(scope="session")
def trial_model() -> SpeechModel:
    """The trial model, loaded once: real Vosk, synthetic speech."""
    return SpeechModel.load(TRIAL_MODEL)
