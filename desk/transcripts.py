"""A conversation's lines as the desk shows them: who, what, what was understood, which rule, how far it got."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from bot.messages import Citation, PolicyAnswer
from bot.ports import KnowledgeBase
from bot.privacy import mask_text
from bot.store.conversations import Conversations, TranscriptLine
from bot.store.desk_reads import Delivery, DeskReads
from desk import words
from desk.call_words import SPOKEN
from desk.house import house

_SPEAKERS = {"citizen": "市民", "assistant": "机器人", "agent": "坐席", "system": "系统"}


@dataclass(frozen=True, slots=True)
class Source:
    """The knowledge entry that an answer came from; ``authority`` is whose rule it is."""

    title: str
    authority: str | None


@dataclass(frozen=True, slots=True)
class DeliveryNote:
    """How far a reply got, in plain words."""

    state: str
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page. ``id`` is unique on the page and stays the same."""

    id: str
    at: datetime
    speaker: str
    who: str
    text: str
    understood: str | None
    confidence: float | None
    source: Source | None
    citations: tuple[Citation, ...]
    delivery: DeliveryNote | None


def read_lines(session: Session, conversation_id: int, *, masked: bool = True) -> list[Line]:
    """The lines of a conversation; numbers in them are masked unless a reveal was asked for."""
    told = Conversations(session, house().vault).transcript(conversation_id)
    replies = [line.id for line in told if line.speaker == "agent"]
    reads = DeskReads(session)
    notes = {id_: _delivery(delivery) for id_, delivery in reads.deliveries(replies).items()}
    notes |= {id_: DeliveryNote(*SPOKEN[state]) for id_, state in reads.spoken(replies).items()}
    return _shown(told, notes, masked)


def _shown(told: Iterable[TranscriptLine], notes: dict[int, DeliveryNote], masked: bool) -> list[Line]:
    knowledge = house().knowledge
    return [
        Line(
            id=f"{line.id}-{line.speaker}",
            at=line.at,
            speaker=line.speaker,
            who=_who(line),
            text=mask_text(line.text) if masked else line.text,
            understood=words.intent_name(line.intent, knowledge) if line.speaker == "citizen" else None,
            confidence=line.confidence if line.speaker == "citizen" else None,
            source=entry_source(knowledge, line) if line.speaker == "assistant" else None,
            citations=tuple(line.citations) if line.speaker == "assistant" else (),
            delivery=notes.get(line.id) if line.speaker == "agent" else None,
        )
        for line in told
    ]


def _who(line: TranscriptLine) -> str:
    name = _SPEAKERS.get(line.speaker, line.speaker)
    return f"{name} {line.agent_name}" if line.agent_name else name


def entry_source(knowledge: KnowledgeBase, line: TranscriptLine) -> Source | None:
    """The title of the entry that a line states, and whose rule it is; the id where it is no longer there."""
    if not line.entry_id:
        return None
    entry = _entry(knowledge, line.entry_id, words.local(line.at).date())
    return Source(entry.title, entry.authority) if entry else Source(line.entry_id, None)


def _entry(knowledge: KnowledgeBase, entry_id: str, on: date) -> PolicyAnswer | None:
    topic, _, region = entry_id.rpartition(".")
    try:
        found = knowledge.lookup(topic, None if region == "general" else region, on)
    except KeyError:
        return None
    return found if found is not None and found.entry_id == entry_id else None


def _delivery(delivery: Delivery) -> DeliveryNote:
    if delivery.state == "failed":
        return DeliveryNote("failed", "没有送到：" + words.delivery_failure(delivery.code))
    return DeliveryNote(delivery.state, words.DELIVERY_STATES[delivery.state])
