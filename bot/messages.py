"""The words that travel between the rooms: what a citizen said, what was understood, what is answered.

This module imports nothing of the project. All values are immutable.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Channel(StrEnum):
    """The way a citizen reaches the assistant."""

    WECHAT = "wechat"
    PHONE = "phone"


class UtteranceKind(StrEnum):
    """What kind of message an utterance came as."""

    TEXT = "text"
    VOICE = "voice"
    IMAGE = "image"
    LOCATION = "location"
    OTHER = "other"
    MENU = "menu"  # a click on the Official Account's menu; text holds the menu key's question
    FOLLOW = "follow"  # the citizen followed the account or scanned its code
    UNFOLLOW = "unfollow"
    KEY = "key"  # a telephone key; text is one of 0-9 * #
    SILENCE = "silence"  # the caller said nothing for the no-input time; text is empty


class Act(StrEnum):
    """What a reply does. The names are part of the outside contract."""

    ANSWER = "answer"
    CLARIFY = "clarify"
    ASK_SLOT = "ask_slot"
    CONFIRM = "confirm"
    BOOKED = "booked"
    RESCHEDULED = "rescheduled"
    CANCELLED = "cancelled"
    BOOKING_STATUS = "booking_status"
    HANDOFF = "handoff"
    CALLBACK = "callback"
    CALLBACK_BOOKED = "callback_booked"
    EMERGENCY = "emergency"
    FRAUD_WARNING = "fraud_warning"
    COMPLAINT = "complaint"
    RATE = "rate"
    BIND = "bind"
    REPEAT = "repeat"
    SLOWER = "slower"
    LOUDER = "louder"
    CONTINUE = "continue"
    GREET = "greet"
    CHITCHAT = "chitchat"
    AFFIRM = "affirm"
    GOODBYE = "goodbye"
    OUT_OF_SCOPE = "out_of_scope"
    FALLBACK = "fallback"


@dataclass(frozen=True, slots=True)
class Utterance:
    """What a person said once.

    ``external_id`` is unique in its channel (WeChat's MsgId, or FromUserName + CreateTime of an event; a
    call's id and turn number): a second delivery of it is the same utterance. ``at`` is timezone-aware.
    ``region_hint`` is a GB/T 2260 code known from outside (area code, account's city), or None.
    ``latitude``/``longitude`` are degrees (GCJ-02), for LOCATION only. ``heard`` is the beginning of the previous
    reply's speech that the caller had heard before this was said; None: all of it. The rest counts as not said.
    """

    channel: Channel
    user_id: str
    text: str
    external_id: str
    at: datetime
    kind: UtteranceKind = UtteranceKind.TEXT
    region_hint: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    heard: str | None = None


@dataclass(frozen=True, slots=True)
class Intent:
    """What the citizen wants, by name, with a confidence 0..1."""

    name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Entity:
    """A piece of the text with a meaning; ``start``/``end`` index the normalised text.

    Types and their values:
    ``date`` YYYY-MM-DD · ``date_range`` YYYY-MM-DD/YYYY-MM-DD · ``time`` HH:MM · ``day_part`` morning |
    afternoon | evening · ``phone`` digits only · ``id_number`` 18 characters, checksum good ·
    ``bad_id_number`` as said · ``bad_phone`` as said · ``region`` six-digit GB/T 2260 code · ``name`` a
    person's name · ``matter`` what a visit is for, as said · ``visit_kind`` hall | home | video · ``aspect``
    materials | where | how | time_limit | cost | eligibility | phone | hours · ``reference`` an appointment's
    number · ``rating`` 1..5 · ``topic`` a topic id named by a word of the text.
    """

    type: str
    value: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Parse:
    """What understanding made of one utterance.

    ``text`` is the normalised text; ``ranking`` holds the best intents, best first, ``intent`` included.
    ``source`` is "rules", "rasa" or "keywords" (the last while the NLU server cannot be reached).
    """

    text: str
    intent: Intent
    ranking: tuple[Intent, ...] = ()
    entities: tuple[Entity, ...] = ()
    source: str = "rasa"

    def values(self, type_: str) -> tuple[str, ...]:
        """All values of the entities of one type, in text order."""
        return tuple(e.value for e in self.entities if e.type == type_)

    def first(self, type_: str) -> str | None:
        """The first value of one type, or None."""
        return next(iter(self.values(type_)), None)


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a stated policy stands: document number, clause, date of issue (YYYY-MM-DD), still in force?"""

    document: str
    clause: str
    issued: str
    in_force: bool


@dataclass(frozen=True, slots=True)
class PolicyAnswer:
    """A knowledge entry as it may be stated on a given day.

    ``region`` is the region whose rule it is (None: a general rule), ``authority`` that region's name as a
    citizen says it ("济南市", "山东省", "国家"). ``spoken`` holds the turns for the telephone, each at most 80
    characters. ``caveats`` are sentences that must be said with it (expired, doubtful, epidemic-only).
    ``asked_region`` is the region that was asked for; ``is_fallback`` tells that a wider region's rule
    answers for it. ``aspects`` maps materials | where | how | time_limit | cost | eligibility | phone to the
    sentences that answer a follow-up, only where the entry says something of it.
    """

    entry_id: str
    topic: str
    title: str
    region: str | None
    authority: str
    asked_region: str | None
    is_fallback: bool
    written: str
    spoken: tuple[str, ...]
    citations: tuple[Citation, ...]
    caveats: tuple[str, ...] = ()
    aspects: tuple[tuple[str, str], ...] = ()
    unknowns: str | None = None  # what the documents do not say, and who knows
    source: str | None = None  # whose document says it, where that is not the region whose rule it is

    def aspect(self, name: str) -> str | None:
        """The sentences on one follow-up aspect, or None where the entry is silent."""
        return dict(self.aspects).get(name)


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered to one utterance, in writing and in speech.

    ``text`` is for WeChat; ``speech`` for the telephone: speakable, at most 80 characters before it asks
    whether to go on. ``choices`` are up to three short options that an edge may offer as buttons or keys.
    ``silent`` means that an agent holds the conversation: the edge sends nothing. ``uninterruptible`` marks a
    read-back that must be heard to its end. ``turn_id`` names the stored Turn. ``speech_rate`` and
    ``speech_volume`` are how this citizen wants to be spoken to, as shares of the default.
    """

    text: str
    speech: str
    act: Act
    intent: str = ""
    confidence: float = 0.0
    topic: str | None = None
    region: str | None = None
    entry_id: str | None = None
    citations: tuple[Citation, ...] = ()
    slots: dict[str, str] = field(default_factory=dict)
    choices: tuple[str, ...] = ()
    silent: bool = False
    uninterruptible: bool = False
    turn_id: int | None = None
    speech_rate: float = 1.0
    speech_volume: float = 1.0

    def as_json(self) -> dict[str, object]:
        """The reply in the shape of the outside contract."""
        return {
            "text": self.text,
            "speech": self.speech,
            "act": self.act.value,
            "intent": self.intent,
            "confidence": round(self.confidence, 4),
            "topic": self.topic,
            "region": self.region,
            "entry_id": self.entry_id,
            "citations": [
                {"document": c.document, "clause": c.clause, "issued": c.issued, "in_force": c.in_force}
                for c in self.citations
            ],
            "slots": self.slots,
        }


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a recogniser heard; ``confidence`` 0..1."""

    text: str
    confidence: float
