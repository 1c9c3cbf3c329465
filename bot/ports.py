"""What the conversation needs from outside, and the errors it may meet there.

Each port has one real class, one honest fake in tests/fakes.py and one contract test over both.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Protocol

from bot.messages import Parse, PolicyAnswer, Transcript


class YinlingError(Exception):
    """Any failure with a designed behaviour. ``code`` names stage and cause; ``spoken`` can be said to a citizen."""

    code = "internal.error"
    spoken = "系统刚才出了点小问题。请您再说一遍，或者说转人工。"


class UnderstandingUnavailable(YinlingError):
    """The NLU server did not answer in time; the keyword rules take over."""

    code = "nlu.unavailable"


class TranscriptionUnavailable(YinlingError):
    """No recogniser can turn this voice message into text."""

    code = "asr.unavailable"
    spoken = "我现在还听不了语音消息。请您打字，或者拨打12393。"


class Understanding(Protocol):
    """Text to intent and entities."""

    def parse(self, text: str, now: datetime) -> Parse:
        """Understand one utterance; ``now`` (aware) anchors words like 后天. Never raises for odd input.

        An empty or unintelligible text gives intent ``nlu_fallback`` with confidence 0.
        """
        ...


class KnowledgeBase(Protocol):
    """Curated policy, readable by topic and region or by words."""

    def lookup(self, topic: str, region: str | None, on: date) -> PolicyAnswer | None:
        """The entry of a topic for a region: district → city → province → general; None where nothing is said."""
        ...

    def regions(self, topic: str) -> tuple[str | None, ...]:
        """The regions with an entry of their own on a topic; None stands for the general entry."""
        ...

    def search(
        self, text: str, region: str | None, on: date, limit: int = 3
    ) -> tuple[tuple[PolicyAnswer, float], ...]:
        """Entries whose words or question variants fit a text, best first, each with a score 0..1."""
        ...

    def topic_name(self, topic: str) -> str:
        """A topic's Chinese name as a citizen would say it; raises KeyError for an unknown id."""
        ...

    def region_name(self, region: str | None) -> str:
        """A region's name (370100 → 济南市; a district gives its own name; None → 全国)."""
        ...


class Locks(Protocol):
    """One conversation at a time, across processes."""

    def hold(self, key: str, timeout_seconds: float) -> AbstractContextManager[bool]:
        """Hold a key; yields whether it was got in time. Yields True too when the lock server is away:
        the database's unique keys are the second line of defence."""
        ...


class Events(Protocol):
    """News for screens that are open now. May be lost: every screen can read the database instead."""

    def publish(self, channel: str, event: str, data: Mapping[str, object]) -> None:
        """Tell whoever listens; never raises."""
        ...


class Transcriber(Protocol):
    """Speech to text, for voice messages."""

    def transcribe(self, pcm: bytes, sample_rate: int) -> Transcript:
        """16-bit little-endian mono samples to text. Raises TranscriptionUnavailable."""
        ...


class Calendar(Protocol):
    """Working days and office hours."""

    def is_working_day(self, day: date) -> bool:
        """Whether offices work on this day (public holidays and make-up working days counted)."""
        ...

    def holiday_name(self, day: date) -> str | None:
        """The public holiday that closes a day, as 国庆节; None on any other day."""
        ...
