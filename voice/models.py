"""The speech models this product knows: where they lie and what they are worth."""

from __future__ import annotations

from pathlib import Path

TRIAL_MODEL = Path(__file__).resolve().parent / "trial_model" / "model"
