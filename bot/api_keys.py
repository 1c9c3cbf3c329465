"""Keys with which other systems may read: shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.audit import Audit
from bot.ports import YinlingError
from bot.store.policy_rows import ApiKey

PREFIX = "yinling_"
_SHOWN = 12  # characters by which a key is recognised in a list
_TOUCH_EVERY = timedelta(minutes=1)


class ApiKeyTrouble(YinlingError):
    """A name that is taken or unknown."""

    code = "api_key.trouble"


class ApiKeys:
    """The verbs of one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, name: str, actor: str, now: datetime) -> str:
        """A new key for a system of this name; returned this once. Raises ApiKeyTrouble."""
        if not name.strip() or len(name) > 64:
            raise ApiKeyTrouble("a name has 1 to 64 characters")
        if self._session.scalar(select(ApiKey).filter_by(name=name)) is not None:
            raise ApiKeyTrouble(f"there is a key of the name {name} already")
        key = PREFIX + secrets.token_urlsafe(32)
        row = ApiKey(name=name, key_hash=_hashed(key), hint=key[:_SHOWN], created_at=now)
        self._session.add(row)
        self._session.flush()
        Audit(self._session).look(actor, "api_key_added", f"api_key:{row.id}", now)
        return key

    def all(self) -> list[ApiKey]:
        """All keys, the oldest first, the revoked ones too."""
        return list(self._session.scalars(select(ApiKey).order_by(ApiKey.id)))

    def revoke(self, name: str, actor: str, now: datetime) -> None:
        """Refuse a key from now on. Raises ApiKeyTrouble."""
        row = self._session.scalar(select(ApiKey).filter_by(name=name, revoked_at=None))
        if row is None:
            raise ApiKeyTrouble(f"there is no key of the name {name} in use")
        row.revoked_at = now
        Audit(self._session).look(actor, "api_key_revoked", f"api_key:{row.id}", now)

    def use(self, key: str, action: str, subject: str, now: datetime) -> ApiKey | None:
        """The key's row, and a line in the audit that it was used; None where it is unknown or revoked."""
        row = self._session.scalar(select(ApiKey).filter_by(key_hash=_hashed(key), revoked_at=None))
        if row is None:
            return None
        if row.last_used_at is None or now - row.last_used_at >= _TOUCH_EVERY:
            row.last_used_at = now
        Audit(self._session).look(f"api:{row.name}"[:64], action, subject, now)
        return row


def _hashed(key: str) -> str:
    """SHA-256 is enough: a key has 256 bits of chance, nobody can try them all."""
    return hashlib.sha256(key.encode()).hexdigest()
