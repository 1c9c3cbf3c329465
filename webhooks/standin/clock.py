"""The stand-in's time, which a test can move."""

from __future__ import annotations

import threading
import time


class Clock:
    """Seconds since 1970 (UTC). ``Clock()`` follows the machine's clock, ``Clock(start)`` stands still at start."""

    def __init__(self, start: float | None = None) -> None:
        self._frozen_at = start
        self._offset = 0.0
        self._lock = threading.Lock()

    def __call__(self) -> float:
        """The time now."""
        with self._lock:
            base = time.time() if self._frozen_at is None else self._frozen_at
            return base + self._offset

    def advance(self, seconds: float) -> None:
        """Let this many seconds pass at once."""
        with self._lock:
            self._offset += seconds
