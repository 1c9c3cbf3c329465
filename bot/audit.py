"""Who looked at, or changed, what: kept with the data it speaks of."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bot.store.models import AuditEntry


class Audit:
    """The verbs of one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def look(self, actor: str, action: str, subject: str, now: datetime) -> AuditEntry:
        """Note that ``actor`` (a user name) did ``action`` (as reveal_phone) to ``subject`` (as citizen:7)."""
        entry = AuditEntry(at=now, actor=actor, action=action, subject=subject)
        self._session.add(entry)
        return entry
