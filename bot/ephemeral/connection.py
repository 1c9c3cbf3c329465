"""One Redis connection pool with a circuit breaker: away means "use the stand-by", never an exception."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import redis

log = logging.getLogger(__name__)

_RETRY_SECONDS = 5.0  # after a failure Redis is not asked again for so long
_SOCKET_SECONDS = 1.0

Result = TypeVar("Result")


class RedisConnection:
    """Redis at a URL, or nothing at all where the URL is empty."""

    def __init__(self, url: str) -> None:
        self._client: redis.Redis | None = None
        if url:
            self._client = redis.Redis.from_url(
                url,
                socket_connect_timeout=_SOCKET_SECONDS,
                socket_timeout=_SOCKET_SECONDS,
                decode_responses=True,
            )
        self._away_until = 0.0
        self._away = False
        self._guard = threading.Lock()

    @property
    def client(self) -> redis.Redis | None:
        """The client itself, for long-lived subscriptions; None where Redis is not used or known to be away."""
        return self._client if time.monotonic() >= self._away_until else None

    def ask(self, question: Callable[[redis.Redis], Result], otherwise: Result) -> Result:
        """The answer of Redis, or ``otherwise`` where it is away."""
        client = self.client
        if client is None:
            return otherwise
        try:
            answer = question(client)
        except (redis.RedisError, OSError):
            self.lost()
            return otherwise
        self._back()
        return answer

    def lost(self) -> None:
        """Note that Redis did not answer; logged once per outage."""
        with self._guard:
            self._away_until = time.monotonic() + _RETRY_SECONDS
            before, self._away = self._away, True
        if not before:
            log.warning("redis.away")

    def _back(self) -> None:
        if not self._away:
            return
        with self._guard:
            before, self._away = self._away, False
        if before:
            log.warning("redis.back")

    def ping(self) -> bool:
        """Whether Redis answers now."""
        return self.ask(lambda client: bool(client.ping()), otherwise=False)

    def close(self) -> None:
        """Let go of the connections."""
        if self._client is not None:
            self._client.close()
