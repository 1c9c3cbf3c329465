"""WeChat's access token: one for all processes, refreshed by one of them at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from bot.ephemeral.connection import RedisConnection
from bot.ephemeral.locks import RedisLocks

_PREFIX = "yinling:token:"
_EARLY_SECONDS = 300  # a token is renewed so long before it ends
_REFRESH_WAIT = 10.0


class Tokens:
    """Named tokens with an end. Without Redis each process keeps its own."""

    def __init__(self, connection: RedisConnection, locks: RedisLocks) -> None:
        self._connection, self._locks = connection, locks
        self._local: dict[str, tuple[str, float]] = {}
        self._guard = threading.Lock()

    def get(self, name: str, fetch: Callable[[], tuple[str, int]]) -> str:
        """The token; ``fetch`` gets a new one with its life in seconds where none is at hand.

        Whatever ``fetch`` raises is passed on.
        """
        return self._known(name) or self._refresh(name, fetch)

    def forget(self, name: str, token: str) -> None:
        """A token turned out to be invalid: the next ``get`` fetches a new one. A newer token is kept."""
        with self._guard:
            if self._local.get(name, ("", 0.0))[0] == token:
                del self._local[name]
        if self._connection.ask(lambda client: client.get(_PREFIX + name), otherwise=None) == token:
            self._connection.ask(lambda client: bool(client.delete(_PREFIX + name)), otherwise=False)

    def _known(self, name: str) -> str | None:
        shared = self._connection.ask(lambda client: client.get(_PREFIX + name), otherwise=None)
        if shared:
            return str(shared)
        if self._connection.client is not None:
            return None  # Redis is there and was emptied: fetch anew, so that all processes share one again
        with self._guard:
            token, ends = self._local.get(name, ("", 0.0))
        return token if token and time.monotonic() < ends else None

    def _refresh(self, name: str, fetch: Callable[[], tuple[str, int]]) -> str:
        with self._locks.hold(f"token:{name}", _REFRESH_WAIT):
            known = self._known(name)
            if known:
                return known
            token, seconds = fetch()
            life = max(1, seconds - _EARLY_SECONDS)
            with self._guard:
                self._local[name] = (token, time.monotonic() + life)
            self._connection.ask(lambda client: client.set(_PREFIX + name, token, ex=life), otherwise=None)
            return token
