"""The tables of the knowledge desk: versions of entries, what citizens asked in vain, who may ask from outside."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.store.models import Base
from bot.store.types import Sealed


class PolicyVersion(Base):
    """One state of one entry, never changed afterwards; what becomes of it is."""

    __tablename__ = "policy_version"
    __table_args__ = (
        UniqueConstraint("entry_id", "number"),
        # One version an entry is told, one is worked on: two people at once cannot make two.
        UniqueConstraint("published_of"),
        UniqueConstraint("open_of"),
        Index("ix_policy_version_hash", "entry_id", "content_hash"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[str] = mapped_column(String(96))
    number: Mapped[int]  # 1, 2, 3 … within the entry
    topic: Mapped[str] = mapped_column(String(64), index=True)
    region: Mapped[str | None] = mapped_column(String(6))
    status: Mapped[str] = mapped_column(
        String(12)
    )  # draft | review | approved | published | replaced | retired | dropped
    published_of: Mapped[str | None] = mapped_column(String(96))  # the entry's id while published
    open_of: Mapped[str | None] = mapped_column(String(96))  # the entry's id while draft, review or approved
    body: Mapped[dict[str, Any]] = mapped_column(JSON)  # the entry as JSON
    content_hash: Mapped[str] = mapped_column(String(64))
    base_hash: Mapped[str | None] = mapped_column(String(64))  # the content it was made from
    origin: Mapped[str] = mapped_column(String(96))  # files | desk | gap | package:<who made it>
    author: Mapped[str] = mapped_column(String(64))
    editors: Mapped[list[str]] = mapped_column(JSON)  # all who had a hand in it: none of them may review it
    created_at: Mapped[datetime]
    reviewer: Mapped[str | None] = mapped_column(String(64))
    reviewed_at: Mapped[datetime | None]
    note: Mapped[str | None] = mapped_column(Text)  # the reviewer's, or why it was retired
    published_by: Mapped[str | None] = mapped_column(String(64))
    published_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]  # replaced, retired or dropped


class PolicyFile(Base):
    """What the file of an entry last said: tells a change in the files from a change at the desk."""

    __tablename__ = "policy_file"

    entry_id: Mapped[str] = mapped_column(String(96), primary_key=True)
    content_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(12))
    # The file's text while both it and the desk changed since they last agreed; None: no conflict.
    conflict: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    seen_at: Mapped[datetime]


class PolicyRevision(Base):
    """One row: counts what changed in the published entries, so that every process notices."""

    __tablename__ = "policy_revision"

    id: Mapped[int] = mapped_column(primary_key=True)
    revision: Mapped[int]
    changed_at: Mapped[datetime]


class GapGroup(Base):
    """Questions of one kind that could not be answered."""

    __tablename__ = "gap_group"
    __table_args__ = (Index("ix_gap_group_status", "status", "last_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sample: Mapped[str] = mapped_column(Sealed)  # the first question, masked
    reason: Mapped[str] = mapped_column(String(24))
    topic: Mapped[str | None] = mapped_column(String(64))
    region: Mapped[str | None] = mapped_column(String(6))
    count: Mapped[int] = mapped_column(default=0)  # outlives the questions themselves
    status: Mapped[str] = mapped_column(String(12), default="open")  # open | drafted | trained | dismissed
    entry_id: Mapped[str | None] = mapped_column(String(96))  # the draft made of it
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(64))
    decided_at: Mapped[datetime | None]


class KnowledgeGap(Base):
    """One question that could not be answered, or was answered wrongly."""

    __tablename__ = "knowledge_gap"
    __table_args__ = (Index("ix_knowledge_gap_group", "group_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int | None] = mapped_column(ForeignKey("gap_group.id"))
    text: Mapped[str] = mapped_column(Sealed)  # masked before it was sealed
    reason: Mapped[str] = mapped_column(String(24))
    topic: Mapped[str | None] = mapped_column(String(64))
    region: Mapped[str | None] = mapped_column(String(6))
    intent: Mapped[str | None] = mapped_column(String(64))
    confidence: Mapped[float | None]
    at: Mapped[datetime] = mapped_column(index=True)

    group: Mapped[GapGroup | None] = relationship()


class ApiKey(Base):
    """A key with which another system may read; only its hash is known here."""

    __tablename__ = "api_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    hint: Mapped[str] = mapped_column(String(12))  # the key's first characters
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class TrustedKey(Base):
    """Another installation whose packages are taken."""

    __tablename__ = "trusted_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    public_key: Mapped[str] = mapped_column(String(64), unique=True)  # Ed25519, URL-safe base64
    added_at: Mapped[datetime]
    added_by: Mapped[str] = mapped_column(String(64))
    revoked_at: Mapped[datetime | None]
