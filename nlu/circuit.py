"""Spares citizens the wait for a server that is known to be down."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class CircuitBreaker:
    """After ``failures`` failed calls in a row, calls are refused for ``pause`` seconds; then one may try.

    Thread-safe. ``clock`` gives seconds that only go forward.
    """

    def __init__(
        self, failures: int = 3, pause: float = 5.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit, self._pause, self._clock = failures, pause, clock
        self._lock = threading.Lock()
        self._failed = 0
        self._closed_until = 0.0

    def allows(self) -> bool:
        """Whether a call may be tried now. During an outage, one caller for each pause is let through."""
        with self._lock:
            if self._failed < self._limit:
                return True
            if self._clock() < self._closed_until:
                return False
            self._closed_until = self._clock() + self._pause
            return True

    def succeeded(self) -> None:
        """A call went well: all calls are let through again."""
        with self._lock:
            self._failed = 0

    def failed(self) -> None:
        """A call failed."""
        with self._lock:
            self._failed += 1
            if self._failed >= self._limit:
                self._closed_until = self._clock() + self._pause
