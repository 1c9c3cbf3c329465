"""Honest stand-ins for ports whose real part runs in a process of its own. Contract tests hold them to the real ones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.messages import Entity, Intent, Parse


class FakeUnderstanding:
    """bot.ports.Understanding by a table of sentences; whatever is not in it is not understood."""

    def __init__(self, table: Mapping[str, tuple[str, Mapping[str, str]]]) -> None:
        self._table = dict(table)

    def parse(self, text: str, now: datetime) -> Parse:
        """The intent and entities written down for this sentence."""
        plain = text.strip()
        intent, values = self._table.get(plain, ("nlu_fallback", {}))
        confidence = 0.0 if intent == "nlu_fallback" else 0.95
        entities = tuple(Entity(kind, value, value, 0, len(plain)) for kind, value in values.items())
        best = Intent(intent, confidence)
        return Parse(plain, best, (best,), entities)
