"""Access tokens as WeChat gives them out.

Source: 获取接口调用凭据 and 获取稳定版接口调用凭据: 7,200 seconds of life; after a refresh the old token works for five
more minutes; the stable token is kept apart, is renewed five minutes before its end, and may be forced at most
20 times a day, 30 seconds apart.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from webhooks.standin.errors import ApiError

LIFE = 7200.0  # seconds
OVERLAP = 300.0  # seconds in which the old and the new token work
FORCED_A_DAY = 20
FORCED_APART = 30.0  # seconds
DAY = 86_400.0


@dataclass
class _Token:
    value: str
    expires_at: float
    dropped_at: float | None = None  # replaced by a newer one: from then on "not latest"


class AccessTokens:
    """All tokens of one account; not thread-safe by itself."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._tokens: dict[str, _Token] = {}
        self._latest: _Token | None = None
        self._stable: _Token | None = None
        self._forced: list[float] = []
        self.issued = 0  # tokens given out so far

    def refresh(self) -> tuple[str, int]:
        """cgi-bin/token: always a new token; the one before works five minutes more."""
        old, now = self._latest, self._clock()
        if old is not None:
            old.dropped_at = now + OVERLAP
        self._latest = self._new(now)
        return self._latest.value, int(LIFE)

    def stable(self, force: bool) -> tuple[str, int]:
        """cgi-bin/stable_token: the same token until five minutes before its end, or a forced new one."""
        now, current = self._clock(), self._stable
        if force and current is not None:
            self._forced = [at for at in self._forced if now - at < DAY]
            if len(self._forced) >= FORCED_A_DAY:
                raise ApiError(45009)
            if not self._forced or now - self._forced[-1] >= FORCED_APART:
                self._forced.append(now)
                current.dropped_at = now
                current = None
        elif current is not None and current.expires_at - now < OVERLAP:
            current = None
        if current is None:
            current = self._stable = self._new(now)
        return current.value, int(current.expires_at - now)

    def check(self, value: str | None) -> None:
        """Raises ApiError 41001 (missing), 40001 (unknown or replaced) or 42001 (expired)."""
        if not value:
            raise ApiError(41001)
        token, now = self._tokens.get(value), self._clock()
        if token is None:
            raise ApiError(40001)
        if now >= token.expires_at:
            raise ApiError(42001)
        if token.dropped_at is not None and now >= token.dropped_at:
            raise ApiError(40001)

    def expire(self) -> None:
        """Let every token given out so far be at its end."""
        for token in self._tokens.values():
            token.expires_at = min(token.expires_at, self._clock())

    def _new(self, now: float) -> _Token:
        self._tokens = {v: t for v, t in self._tokens.items() if now - t.expires_at < DAY}
        token = _Token(f"{secrets.randbelow(90) + 10}_{secrets.token_urlsafe(96)}", now + LIFE)
        self._tokens[token.value] = token
        self.issued += 1
        return token
