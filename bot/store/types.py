"""Column types: moments that stay aware, text that is sealed at rest."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator

from bot.privacy import Vault


class Moment(TypeDecorator[datetime]):
    """A point in time: aware in, stored as UTC, aware (UTC) out, on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuses naive moments: a time without a zone is a bug."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment must carry its time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """SQLite hands back naive UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Sealed(TypeDecorator[str]):
    """Text encrypted at rest with the vault of the engine it is stored through (see Database)."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Seal on the way in."""
        return None if value is None else _vault(dialect).seal(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Open on the way out."""
        return None if value is None else _vault(dialect).open(value)


class SealedJson(TypeDecorator[dict[str, Any]]):
    """A JSON object encrypted at rest."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> str | None:
        """Seal on the way in."""
        return None if value is None else _vault(dialect).seal(json.dumps(value, ensure_ascii=False))

    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, Any] | None:
        """Open on the way out."""
        if value is None:
            return None
        opened: dict[str, Any] = json.loads(_vault(dialect).open(value))
        return opened


def _vault(dialect: Dialect) -> Vault:
    """The vault that Database gave to its engine's dialect: no global state, one vault an engine."""
    vault: Vault = dialect.vault  # type: ignore[attr-defined]
    return vault
