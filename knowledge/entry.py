"""A curated policy entry as it stands in knowledge/entries/<topic>/<region>.yaml."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

NonEmpty = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
SpokenTurn = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
RegionCode = Annotated[str, StringConstraints(pattern=r"^\d{6}$")]


class Strict(BaseModel):
    """A frozen model that refuses unknown fields, so that a misspelt key is found at load time."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Status(StrEnum):
    """Where an entry stands on its way to the public."""

    DRAFT = "draft"
    REVIEW = "review"
    PUBLISHED = "published"
    RETIRED = "retired"


class Certainty(StrEnum):
    """How sure it is that the rule still holds."""

    CERTAIN = "certain"
    DOUBTFUL = "doubtful"


class CitedClause(Strict):
    """A place in a source document that carries a statement of the entry."""

    document: NonEmpty  # the document's number, as 济医保发〔2021〕1号
    clause: NonEmpty  # as 二(四), 第八条, 三(二)8
    issued: date
    effective_from: date | None = None
    effective_until: date | None = None  # the last day in force, where the document names one


class Validity(Strict):
    """When the entry may be stated as in force."""

    effective_from: date
    effective_until: date | None = None
    review_by: date | None = None
    certainty: Certainty = Certainty.CERTAIN
    caveat: NonEmpty | None = (
        None  # said with the answer, as: 这条是疫情期间定的,现在是否还执行请先打电话问清楚
    )


class Review(Strict):
    """Who wrote and who checked the entry, and when."""

    author: NonEmpty
    reviewer: NonEmpty | None = None
    reviewed_on: date | None = None


class PolicyEntry(Strict):
    """One topic's rule in one region (None: general)."""

    id: NonEmpty  # <topic>.<region or "general">
    topic: NonEmpty
    region: RegionCode | None
    title: NonEmpty  # a citizen's headline, as 济南:门诊慢特病怎么认定
    written: NonEmpty  # the answer on WeChat, plain words, short paragraphs
    spoken: Annotated[tuple[SpokenTurn, ...], Field(min_length=1)]  # the same, turn by turn, speakable
    steps: tuple[NonEmpty, ...] = ()
    materials: tuple[NonEmpty, ...] = ()  # what to bring (一次性告知); empty where the documents are silent
    channels: tuple[NonEmpty, ...] = ()  # where and how it can be done
    time_limit: NonEmpty | None = None
    eligibility: NonEmpty | None = None
    cost: NonEmpty | None = None
    unknowns: NonEmpty | None = None  # what callers ask next and no document says, and who knows
    citations: Annotated[tuple[CitedClause, ...], Field(min_length=1)]
    validity: Validity
    status: Status
    review: Review
    questions: Annotated[tuple[NonEmpty, ...], Field(min_length=3)]  # variants, as people ask

    @model_validator(mode="after")
    def _id_names_topic_and_region(self) -> PolicyEntry:
        expected = f"{self.topic}.{self.region or 'general'}"
        if self.id != expected:
            raise ValueError(f"id must be {expected!r}")
        return self
