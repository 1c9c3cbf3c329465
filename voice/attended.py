"""The words of an agent's part in a call: what it needs, how patient it is, how it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.calls import Calls
from voice.agent_line import AgentLines
from voice.asr import SpeechModel
from voice.leg import LegEvent
from voice.ticker import Ticker


class Outcome(StrEnum):
    """How an agent's part in a call ended, and what the call does next."""

    HUNG_UP = "hung_up"  # the caller is gone: end the call
    FINISHED = "finished"  # the agent ended the talk: say AGENT_DONE and hang up
    TO_ASSISTANT = "to_assistant"  # handed back or closed at the desk: say BACK_TO_ASSISTANT, go on as before
    TO_QUEUE = "to_queue"  # the agent is away, the conversation waits again: say BACK_TO_QUEUE, wait on
    TRANSFERRED = "transferred"  # the caller was put through to ``target``: the line is no longer ours


@dataclass(frozen=True, slots=True)
class Attended:
    """An outcome; ``by`` is HungUp's, ``target`` a telephone number."""

    outcome: Outcome
    by: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: until the agent's browser must have come, until one that broke off must be back, between looks
    at the desk, between two sentences on hold."""

    coming: float = 60.0
    returning: float = 15.0
    look: float = 1.0
    hold: float = 25.0


class CallerLine(Protocol):
    """The part of CallLeg that is needed here; a call may hand in something of its own instead of its leg."""

    sample_rate: int

    async def read(self) -> LegEvent: ...
    def write(self, pcm: bytes) -> None: ...
    async def transfer(self, target: str) -> None: ...


class Piece(Protocol):
    """A sentence or clause and its sound, as voice.tts.Spoken."""

    @property
    def text(self) -> str: ...
    @property
    def pcm(self) -> bytes: ...


Speak = Callable[
    [str], AsyncIterator[Piece]
]  # a text as this caller wants to hear it, at the line's sample rate


@dataclass(slots=True)
class Room:
    """What all agents' parts share. ``model`` None: nobody listens (the recogniser is out), people speak all the same."""

    calls: Calls
    lines: AgentLines
    model: SpeechModel | None
    ticker: Ticker
    clock: Callable[[], datetime]
    patience: Patience
