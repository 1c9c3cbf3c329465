"""What is looked at to decide a turn, and what a decision is. No I/O here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.messages import Channel, Parse, Reply, Utterance
from bot.ports import KnowledgeBase
from bot.state import DialogueState


@dataclass(frozen=True, slots=True)
class AppointmentView:
    """A citizen's coming visit; ``starts_at`` in local time."""

    id: int
    reference: str
    starts_at: datetime
    place: str
    address: str | None
    kind: str
    matter: str
    name: str
    service_point_id: int


@dataclass(frozen=True, slots=True)
class Availability:
    """One service point's free times: per day the local starts still free, or why the day is closed."""

    service_point_id: int
    name: str
    address: str | None
    region: str
    hours: str  # as said: 周一到周五 9:00–12:00、13:30–17:00
    days: Mapping[date, tuple[datetime, ...]]
    closed: Mapping[date, str]  # reason: weekend | holiday | past | too_far | full
    holidays: Mapping[date, str] = field(default_factory=dict)

    def earliest(
        self, limit: int = 3, part: str | None = None, after: datetime | None = None
    ) -> list[datetime]:
        """The first free starts, optionally only morning or afternoon ones, or those after a moment."""
        found = [
            start
            for day in sorted(self.days)
            for start in self.days[day]
            if fits_part(start, part) and (after is None or start > after)
        ]
        return found[:limit]

    def nearest(self, wanted: datetime, limit: int = 3) -> list[datetime]:
        """The free starts closest to the one wanted, in order of time."""
        every = [start for day in self.days.values() for start in day]
        closest = sorted(every, key=lambda start: abs((start - wanted).total_seconds()))[:limit]
        return sorted(closest)


def fits_part(start: datetime, part: str | None) -> bool:
    """Whether a start lies in a part of the day (morning | afternoon); None fits always."""
    return part is None or (part == "morning") == (start.hour < 12)


@dataclass(frozen=True, slots=True)
class Context:
    """All that a decision may look at. ``now`` is local time; ``knowledge`` is an in-memory index."""

    now: datetime
    utterance: Utterance
    parse: Parse
    state: DialogueState
    knowledge: KnowledgeBase
    known_region: str | None = None
    caller_phone: str | None = None
    office_open: bool = True
    next_opening: datetime | None = None
    office_hours: str = "工作日8点半到17点半"  # when agents are there, as said
    upcoming: tuple[AppointmentView, ...] = ()
    availability: Availability | None = None
    waiting_position: int | None = None
    speech_rate: float = 1.0  # how this citizen is spoken to, as shares of the default
    speech_volume: float = 1.0

    @property
    def intent(self) -> str:
        """The name of the understood intent."""
        return self.parse.intent.name

    @property
    def on_phone(self) -> bool:
        """Whether the citizen hears the answer instead of reading it."""
        return self.utterance.channel is Channel.PHONE

    @property
    def today(self) -> date:
        """The local date."""
        return self.now.date()


@dataclass(frozen=True, slots=True)
class Book:
    """Book a visit; ``starts_at`` local."""

    service_point_id: int
    starts_at: datetime
    kind: str
    matter: str
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Reschedule:
    """Move a visit to another start."""

    appointment_id: int
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel a visit."""

    appointment_id: int


@dataclass(frozen=True, slots=True)
class Escalate:
    """Bring a person; ``summary`` is what the agent reads first."""

    reason: str
    priority: int
    summary: str


@dataclass(frozen=True, slots=True)
class BookCallback:
    """Promise to ring back within a window of local time."""

    phone: str
    matter: str
    window_start: datetime
    window_end: datetime


@dataclass(frozen=True, slots=True)
class OpenWorkOrder:
    """Write down a complaint, a fraud report or an emergency; ``text`` in the citizen's words."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Rate:
    """A rating of one to five stars."""

    stars: int


@dataclass(frozen=True, slots=True)
class RememberRegion:
    """Keep the citizen's region for next time."""

    region: str


@dataclass(frozen=True, slots=True)
class RememberSpeech:
    """Keep how this citizen wants to be spoken to: ``change`` is slower | faster | louder | softer."""

    change: str


@dataclass(frozen=True, slots=True)
class NoteGap:
    """Keep a question that was answered badly; fields as of bot.gaps.Gaps.note."""

    text: str
    reason: str
    topic: str | None
    region: str | None
    intent: str | None
    confidence: float | None
    names: tuple[str, ...] = ()


Action = (
    Book
    | Reschedule
    | Cancel
    | Escalate
    | BookCallback
    | OpenWorkOrder
    | Rate
    | RememberRegion
    | RememberSpeech
    | NoteGap
)


@dataclass(frozen=True, slots=True)
class Done:
    """An action's result: what its follow-up sentence needs, by name."""

    action: Action
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """An action that could not be done; ``code`` as of the error (appointment.full …)."""

    action: Action
    code: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What to answer, what to do, what to remember.

    Where the reply depends on how an action went (``deciding`` is set), ``reply`` is what is said if nothing
    more is known; the flow's ``after`` replaces it.
    """

    state: DialogueState
    reply: Reply
    actions: tuple[Action, ...] = ()
    deciding: Action | None = None
