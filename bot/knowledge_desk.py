"""What looks after the entries: the desk and the terminal call it, knowledge/ does it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from bot.entries import (
    Change,
    Choices,
    Content,
    Filter,
    Finding,
    Key,
    PackageReport,
    Page,
    Row,
    Version,
)


class KnowledgeDesk(Protocol):
    """Looking after the entries. Every verb is one unit of work; ``actor`` is a user name."""

    def topics(self) -> tuple[tuple[str, str], ...]:
        """All topics: id and Chinese name."""
        ...

    def regions(self) -> tuple[tuple[str | None, str], ...]:
        """The regions that entries may be of: code and name; None is the whole country."""
        ...

    def documents(self) -> tuple[tuple[str, str], ...]:
        """The source documents: number and title."""
        ...

    def rows(self, wanted: Filter, today: date) -> list[Row]:
        """The entries that fit a filter."""
        ...

    def page(self, entry_id: str, today: date) -> Page:
        """One entry. Raises NoSuchEntry."""
        ...

    def version(self, version_id: int) -> tuple[Version, Content, tuple[Change, ...]]:
        """One version, its content and what it changed against the version before. Raises WrongStep."""
        ...

    def yaml(self, entry_id: str) -> str:
        """What is told (or worked on) as the file that people edit. Raises NoSuchEntry."""
        ...

    def told(self) -> tuple[Content, ...]:
        """All that is told, by entry."""
        ...

    def inspect(self, content: Content, today: date) -> list[Finding]:
        """What is to be mended in fields that are being edited. Raises Malformed."""
        ...

    def save(self, content: Content, actor: str, now: datetime, *, seen: int | None, origin: str) -> int:
        """A new draft; its version's id. Raises Malformed, Overtaken."""
        ...

    def submit(self, version_id: int, actor: str, now: datetime) -> None:
        """Ask for a review. Raises WrongStep."""
        ...

    def approve(self, version_id: int, actor: str, now: datetime, note: str) -> None:
        """A second person agrees. Raises WrongStep, OwnWork, Unfit."""
        ...

    def reject(self, version_id: int, actor: str, now: datetime, note: str) -> None:
        """A second person sends it back. Raises WrongStep, OwnWork."""
        ...

    def publish(self, version_id: int, actor: str, now: datetime) -> None:
        """Tell it from now on. Raises WrongStep, Unfit, Overtaken."""
        ...

    def retire(self, entry_id: str, actor: str, now: datetime, note: str) -> None:
        """Tell it no longer. Raises WrongStep."""
        ...

    def drop(self, version_id: int, actor: str, now: datetime) -> None:
        """Throw away what is worked on. Raises WrongStep."""
        ...

    def settle_file(self, entry_id: str, *, take: bool, actor: str, now: datetime) -> None:
        """End a conflict with the file: its text becomes a draft, or is left. Raises NoSuchEntry, Malformed."""
        ...

    def look_into(self, text: str, *, unsigned: bool) -> PackageReport:
        """What taking a package would do. Raises BadPackage."""
        ...

    def take(
        self, text: str, choices: Choices, actor: str, now: datetime, *, unsigned: bool
    ) -> PackageReport:
        """Make drafts of a package's entries, all or none. Raises BadPackage (open conflicts included)."""
        ...

    def pack(self, now: datetime) -> str:
        """All that is told as a signed package."""
        ...

    def own_key(self) -> Key:
        """The key that this installation signs with."""
        ...

    def trusted(self) -> tuple[Key, ...]:
        """The installations whose packages are taken."""
        ...

    def trust(self, name: str, public_key: str, actor: str, now: datetime) -> None:
        """Take packages of one more installation. Raises BadPackage."""
        ...

    def distrust(self, name: str, actor: str, now: datetime) -> None:
        """Take no more packages of an installation. Raises BadPackage."""
        ...

    def training_examples(self, intent: str, texts: Sequence[str]) -> str:
        """Sentences in the format of the training files."""
        ...
