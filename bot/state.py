"""What the assistant remembers of one conversation from turn to turn."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class DialogueState:
    """The memory of one conversation; small, plain and stored as JSON.

    ``flow`` names the task under way (a module of bot.flows), ``slots`` what it has, ``expecting`` the slot that
    was asked for (or "confirm"). ``topic``/``entry_id`` are the last policy stated, ``region`` the one in effect.
    ``offer`` is what a bare 好 would accept: agent | more | topic:<id> | region:<code>. ``choices`` are values of
    the options last offered, in their order. ``more`` holds spoken turns not said yet. ``failures`` counts
    turns in a row that were not understood, ``silences`` those in which nothing was said, ``repeats`` those that
    were not caught. ``last_act`` is the act of the reply that ``last_text`` and ``last_speech`` are of: the one
    that is repeated on request; ``said`` is the speech of the reply just given, a repetition included. ``asked`` is
    the question that was last answered or asked back, in the citizen's words.
    """

    flow: str | None = None
    slots: dict[str, str] = field(default_factory=dict)
    expecting: str | None = None
    topic: str | None = None
    entry_id: str | None = None
    region: str | None = None
    offer: str | None = None
    choices: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    pending_topics: tuple[str, ...] = ()
    failures: int = 0
    silences: int = 0
    repeats: int = 0
    last_text: str = ""
    last_speech: str = ""
    last_act: str = ""
    said: str = ""
    asked: str = ""

    def with_(self, **changes: Any) -> Self:
        """A copy with some fields changed."""
        return replace(self, **changes)

    def fill(self, **slots: str) -> Self:
        """A copy with some slots filled."""
        return replace(self, slots={**self.slots, **slots})

    def without(self, *names: str) -> Self:
        """A copy with some slots emptied."""
        return replace(self, slots={k: v for k, v in self.slots.items() if k not in names})

    def idle(self) -> Self:
        """A copy with no task under way; what was talked about is kept."""
        return replace(self, flow=None, slots={}, expecting=None, offer=None, choices=(), pending_topics=())

    def as_json(self) -> dict[str, Any]:
        """A JSON object; from_json reads it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any] | None) -> Self:
        """A state from its JSON object; unknown keys of an older version are ignored."""
        known = {k: v for k, v in (data or {}).items() if k in cls.__dataclass_fields__}
        for name in ("choices", "more", "pending_topics"):
            if name in known:
                known[name] = tuple(known[name])
        return cls(**known)
