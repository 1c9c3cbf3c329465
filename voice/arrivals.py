"""What the PBX tells of a call before its sound arrives, and what it shall do once the sound has ended."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

_Value = TypeVar("_Value")
_KEPT = 2000  # calls remembered; a call that never asks "what next" must not stay for ever


class NextStep(StrEnum):
    """Where the dialplan goes on."""

    AGENT = "agent"  # to the agents' queue, or to the number given with it
    HANGUP = "hangup"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A call as the PBX sees it; ``channel`` is the PBX's name of the line, needed to redirect it."""

    caller: str
    called: str
    channel: str


class Arrivals:
    """Calls by the UUID under which the PBX sends their sound."""

    def __init__(self) -> None:
        self._arrivals: OrderedDict[str, Arrival] = OrderedDict()
        self._next: OrderedDict[str, tuple[NextStep, str]] = OrderedDict()

    def arrive(self, uuid: str, arrival: Arrival) -> None:
        """Note a call before its sound comes."""
        _keep(self._arrivals, uuid.lower(), arrival)

    def lookup(self, uuid: str) -> Arrival:
        """Who calls under a UUID; an Arrival of empty strings where the PBX has not told."""
        return self._arrivals.get(uuid.lower(), Arrival("", "", ""))

    def go_next(self, uuid: str, step: NextStep, target: str = "") -> None:
        """Decide what the dialplan does when the sound ends; ``target``: a number for AGENT, empty for the queue."""
        _keep(self._next, uuid.lower(), (step, target))

    def take_next(self, uuid: str) -> tuple[NextStep, str]:
        """The step decided for a call, and forget the call. A call that broke off undecided goes to the agents."""
        self._arrivals.pop(uuid.lower(), None)
        return self._next.pop(uuid.lower(), (NextStep.AGENT, ""))


def _keep(kept: OrderedDict[str, _Value], key: str, value: _Value) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > _KEPT:
        kept.popitem(last=False)
