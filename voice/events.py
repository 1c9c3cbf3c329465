"""What a call's ears tell it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.messages import Transcript


@dataclass(frozen=True, slots=True)
class Heard:
    """An utterance is over. ``seconds`` of speech; ``cut``: the caller speaks on; ``ended_at``: when it was
    taken for ended, and ``took``: how many seconds its recognition took from then (of the event loop's clock); ``heard``: what of the assistant's speech it interrupted had been heard, None: it did not."""

    transcript: Transcript
    seconds: float
    cut: bool = False
    ended_at: float = 0.0
    took: float = 0.0
    heard: str | None = None


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key; ``heard`` as for Heard."""

    key: str
    heard: str | None = None


@dataclass(frozen=True, slots=True)
class Quiet:
    """Nothing was said for the time in which an answer was waited for."""


@dataclass(frozen=True, slots=True)
class Deaf:
    """The recogniser died or fell behind: nothing that is said is heard any more. Told once."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The line is gone."""

    by: str


Event = Heard | Pressed | Quiet | Deaf | Gone
