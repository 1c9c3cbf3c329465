"""Policy entries as the desk and the terminal see them: plain values, and why a step is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from bot.ports import YinlingError

Content = Mapping[str, Any]  # an entry's fields as JSON values


class Severity(StrEnum):
    """ERROR: must not be published so. WARNING: an editor should look."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend.

    ``code`` is stable, for filters and translation; ``message`` is one clear English sentence; ``detail`` is what it
    is about (a word, a sentence, a day, another entry), to be shown in any language.
    """

    entry_id: str
    code: str
    severity: Severity
    message: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.severity.value}: {self.entry_id}: {self.code}: {self.message}"


class WrongStep(YinlingError):
    """The version is not where this step begins, or there is no such version."""

    code = "knowledge.wrong_step"


class OwnWork(YinlingError):
    """Somebody wants to review what they had a hand in."""

    code = "knowledge.own_work"


class Overtaken(YinlingError):
    """Somebody else changed the entry since it was opened."""

    code = "knowledge.overtaken"


class Unfit(YinlingError):
    """The entry has faults with which it may not be told; ``findings`` names them."""

    code = "knowledge.unfit"

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("；".join(finding.message for finding in findings))
        self.findings = tuple(findings)


class Malformed(YinlingError):
    """The fields make no entry; ``problems`` are (field, what is wrong)."""

    code = "knowledge.malformed"

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{name}: {wrong}" for name, wrong in problems))
        self.problems = tuple(problems)


class BadPackage(YinlingError):
    """A package that is not taken; ``code`` says why."""

    code = "knowledge.bad_package"

    def __init__(self, message: str, code: str = "knowledge.bad_package") -> None:
        super().__init__(message)
        self.code = code


class NoSuchEntry(YinlingError):
    """There is no entry of this id."""

    code = "knowledge.no_such_entry"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries a list shows; None and empty: all."""

    topic: str | None = None
    region: str | None = None  # "general" for entries without a region
    status: str | None = None  # published | draft | review | approved | retired | conflict
    due: str | None = None  # any | expired | ends_soon | review_due | review_soon
    words: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """Why an entry must be looked at, and the day it is about."""

    kind: str  # expired | ends_soon | review_due | review_soon
    day: date


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as a list shows it."""

    entry_id: str
    topic: str
    topic_name: str
    region: str | None
    region_name: str
    title: str
    told: bool  # whether citizens hear it
    open_status: str | None  # draft | review | approved
    due: Due | None
    conflict: bool  # its file and the desk both changed
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """One version as its history shows it."""

    id: int
    number: int
    status: str
    origin: str
    author: str
    editors: tuple[str, ...]
    created_at: datetime
    reviewer: str | None
    reviewed_at: datetime | None
    note: str | None
    published_by: str | None
    published_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Change:
    """One field that two versions say differently, as text, one item a line; None: the field is empty."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """All that the page of one entry shows. ``seen`` is to be handed back when it is saved."""

    row: Row
    told: Content | None
    open: Version | None
    open_content: Content | None
    history: tuple[Version, ...]
    changes: tuple[Change, ...]  # from what is told to what is worked on
    findings: tuple[Finding, ...]
    file_changes: tuple[Change, ...]  # from what is told to what the file says, where both changed
    outdated: bool  # what is worked on was begun before what is told now
    seen: int


@dataclass(frozen=True, slots=True)
class Incoming:
    """What becomes of one entry of a package.

    ``state``: new | same | older | theirs (only they changed) | merged (both changed, in other fields) | conflict.
    """

    entry_id: str
    title: str
    state: str
    changes: tuple[Change, ...] = ()  # from ours to what would be taken; for a conflict, from ours to theirs
    clashes: tuple[str, ...] = ()  # fields that both changed


@dataclass(frozen=True, slots=True)
class PackageReport:
    """What a package holds and what taking it would do, or did."""

    issuer: str
    signer: str | None  # the trusted name of its key; None: taken although nobody known signed it
    exported_at: datetime
    entries: tuple[Incoming, ...]
    taken: tuple[str, ...] = ()

    @property
    def conflicts(self) -> tuple[Incoming, ...]:
        """The entries that both sides changed in the same fields."""
        return tuple(one for one in self.entries if one.state == "conflict")


@dataclass(frozen=True, slots=True)
class Choices:
    """What is decided about a package's conflicts: entry ids whose incoming text is taken or left."""

    theirs: frozenset[str] = field(default_factory=frozenset)
    ours: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Key:
    """A public key that packages are signed with, and whose it is."""

    name: str
    public_key: str
    added_at: datetime | None = None
    added_by: str | None = None
