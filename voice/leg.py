"""One caller's line, whatever carries it: AudioSocket from a PBX, the built-in SIP user agent, a browser.

Audio is 16-bit signed little-endian mono PCM in frames of 20 ms at the leg's sample rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.ports import YinlingError

FRAME_SECONDS = 0.02  # of one frame; what AudioSocket and RTP carry by default
SAMPLE_BYTES = 2


class LegKind(StrEnum):
    """What carries a call."""

    AUDIOSOCKET = "audiosocket"
    SIP = "sip"
    BROWSER = "browser"


@dataclass(frozen=True, slots=True)
class Frame:
    """20 ms of what the caller says (the last one of a line may be shorter)."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class Key:
    """A telephone key that the caller pressed: one of 0-9 * #."""

    key: str


@dataclass(frozen=True, slots=True)
class HungUp:
    """The line is gone; ``by`` is caller | us | fault. Nothing comes after it."""

    by: str = "caller"


LegEvent = Frame | Key | HungUp


class TransferRefused(YinlingError):
    """The line cannot be put through to that number, or the other side did not take it."""

    code = "leg.transfer_refused"
    spoken = "电话没有转过去。"


class CallLeg(Protocol):
    """A caller's line.

    ``call_id`` is unique in the world; ``caller`` and ``called`` are numbers as the network tells them, empty
    where withheld; ``sample_rate`` is in hertz (8000 or 16000).
    """

    call_id: str
    caller: str
    called: str
    sample_rate: int
    kind: LegKind

    async def read(self) -> LegEvent:
        """The next thing that happens on the line. After HungUp every further call gives HungUp again."""
        ...

    def write(self, pcm: bytes) -> None:
        """Send one frame (20 ms) to the caller now. Never blocks; the player paces. Ignored once hung up."""
        ...

    def flush(self) -> None:
        """Drop whatever was written and is still on its way inside this process."""
        ...

    async def transfer(self, target: str) -> None:
        """Put the caller through to another number and let go of the line. Raises TransferRefused."""
        ...

    async def hang_up(self) -> None:
        """End the line from our side; safe to repeat."""
        ...


def frame_bytes(sample_rate: int) -> int:
    """Bytes of one frame at a sample rate: 320 at 8000 Hz, 640 at 16000 Hz."""
    return round(sample_rate * FRAME_SECONDS) * SAMPLE_BYTES
