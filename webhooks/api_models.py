"""What goes in and out of the read interface for other systems."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bot.messages import PolicyAnswer

Region = Annotated[str, StringConstraints(pattern=r"^\d{6}$"), Field(description="GB/T 2260 code, as 370100")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
MOST_FOUND = 10
MOST_LISTED = 100


class Model(BaseModel):
    """Refuses what it does not know, so that a misspelt parameter is found at once."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class EntriesQuery(Model):
    """Which entries are listed, and from where on."""

    topic: str | None = None
    region: Region | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = MOST_LISTED
    offset: Annotated[int, Field(ge=0)] = 0


class SearchQuery(Model):
    """A question or some words of it."""

    q: Words
    region: Region | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_FOUND)] = 3


class Question(Model):
    """A citizen's question."""

    question: Words
    region: Region | None = None


class Citation(Model):
    """Where a statement stands, and whether that is in force today."""

    document: str = Field(description="document number, as 济医保发〔2021〕1号")
    clause: str
    issued: date
    in_force: bool


class Entry(Model):
    """A policy entry as it may be told today. Say the caveats with it, and whose rule it is."""

    id: str
    topic: str
    topic_name: str
    region: str | None = Field(description="whose rule it is; null: the whole country")
    region_name: str
    authority: str
    source: str | None = Field(description="whose document says it, where that is another place")
    title: str
    written: str
    spoken: tuple[str, ...] = Field(
        description="the same for the telephone, turn by turn, at most 80 characters"
    )
    aspects: dict[str, str] = Field(description="materials, where, how, time_limit, cost, eligibility")
    unknowns: str | None = Field(description="what the documents do not say, and who knows")
    caveats: tuple[str, ...] = Field(description="sentences that must be said with it")
    citations: tuple[Citation, ...]


class EntryHead(Model):
    """A policy entry in a list."""

    id: str
    topic: str
    region: str | None
    title: str
    in_force: bool


class EntryList(Model):
    """Entries, ``total`` of them, from ``offset`` on."""

    total: int
    offset: int
    entries: tuple[EntryHead, ...]


class Hit(Model):
    """An entry that fits the words, with a score from 0 to 1."""

    score: float
    entry: Entry


class SearchResult(Model):
    """What was found, the best first."""

    results: tuple[Hit, ...]


class Answer(Model):
    """The answer to a question. ``act`` tells what it is: only an ``answer`` states a policy."""

    act: str = Field(
        description="answer | clarify | out_of_scope | fallback | another act: not to be done here"
    )
    text: str
    spoken: str
    topic: str | None
    region: str | None = Field(description="whose rule is stated; null for a general one or none")
    confidence: float
    citations: tuple[Citation, ...]
    entry: Entry | None


class Topic(Model):
    """A topic and the regions that have an entry of their own on it."""

    id: str
    name: str
    regions: tuple[str | None, ...]


class TopicList(Model):
    """All topics."""

    topics: tuple[Topic, ...]


class Problem(BaseModel):
    """An error as RFC 9457 tells it (application/problem+json)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str


def entry_of(answer: PolicyAnswer, topic_name: str, region_name: str) -> Entry:
    """A policy answer as it leaves the house."""
    return Entry(
        id=answer.entry_id,
        topic=answer.topic,
        topic_name=topic_name,
        region=answer.region,
        region_name=region_name,
        authority=answer.authority,
        source=answer.source,
        title=answer.title,
        written=answer.written,
        spoken=answer.spoken,
        aspects=dict(answer.aspects),
        unknowns=answer.unknowns,
        caveats=answer.caveats,
        citations=citations_of(answer),
    )


def head_of(answer: PolicyAnswer) -> EntryHead:
    """A policy answer in a list."""
    holds = all(citation.in_force for citation in answer.citations)
    return EntryHead(
        id=answer.entry_id, topic=answer.topic, region=answer.region, title=answer.title, in_force=holds
    )


def citations_of(answer: PolicyAnswer) -> tuple[Citation, ...]:
    """A policy answer's sources."""
    return tuple(
        Citation(
            document=c.document, clause=c.clause, issued=date.fromisoformat(c.issued), in_force=c.in_force
        )
        for c in answer.citations
    )
