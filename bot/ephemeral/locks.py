"""One conversation at a time: a lock in Redis across processes, and one in this process in any case."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import redis
from redis.lock import Lock

from bot.ephemeral.connection import RedisConnection

log = logging.getLogger(__name__)

# A crashed holder's lock ends by itself, before the sweep looks for what the crash left behind. A turn that takes
# longer loses its place in the order, no more: the database lets only one unit of work at a conversation.
_LEASE_SECONDS = 10.0
_PREFIX = "yinling:lock:"


class RedisLocks:
    """bot.ports.Locks. Without Redis only this process is ordered; the database's unique keys guard the rest."""

    def __init__(self, connection: RedisConnection) -> None:
        self._connection = connection
        self._local: dict[str, tuple[threading.Lock, int]] = {}
        self._guard = threading.Lock()

    @contextmanager
    def hold(self, key: str, timeout_seconds: float) -> Iterator[bool]:
        """Hold a key; yields whether it was got in time."""
        until = time.monotonic() + timeout_seconds
        with self._in_process(key, timeout_seconds) as got:
            if not got:
                yield False
                return
            lock, ours = self._across(key, max(0.0, until - time.monotonic()))
            try:
                yield ours
            finally:
                if lock is not None:
                    with suppress(redis.RedisError, OSError):
                        lock.release()

    def _across(self, key: str, wait: float) -> tuple[Lock | None, bool]:
        """The lock in Redis and whether it was got; (None, True) where Redis is away."""
        client = self._connection.client
        if client is None:
            return None, True
        lock = client.lock(_PREFIX + key, timeout=_LEASE_SECONDS, sleep=0.02)
        try:
            got = lock.acquire(blocking_timeout=wait)
        except (redis.RedisError, OSError):
            self._connection.lost()
            return None, True
        return (lock, True) if got else (None, False)

    @contextmanager
    def _in_process(self, key: str, wait: float) -> Iterator[bool]:
        with self._guard:
            lock, users = self._local.get(key, (threading.Lock(), 0))
            self._local[key] = (lock, users + 1)
        got = lock.acquire(timeout=wait)
        try:
            yield got
        finally:
            if got:
                lock.release()
            with self._guard:
                lock, users = self._local[key]
                if users == 1:
                    del self._local[key]
                else:
                    self._local[key] = (lock, users - 1)
