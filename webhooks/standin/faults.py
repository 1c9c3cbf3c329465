"""Faults a test can order. Each counts down and then is over."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class ApiFault:
    """The next ``times`` calls of an API path fail: with an errcode, an HTTP status, or by hanging for seconds.

    ``after`` lets the call do its work first and loses only the answer. ``path`` is what follows cgi-bin/, or
    "*" for any.
    """

    path: str = "*"
    errcode: int | None = None
    status: int | None = None
    hang: float = 0.0
    times: int = 1
    after: bool = False


@dataclass
class Faults:
    """What goes wrong next.

    ``delay`` seconds before each delivery · ``drop_replies`` webhook answers that get lost on their way back (the
    delivery counts as timed out) · ``duplicates`` messages that arrive twice, the second time while the first is
    under way · ``reorder`` messages that are held until all of them are there and then arrive last first ·
    ``api`` failing API calls.
    """

    delay: float = 0.0
    drop_replies: int = 0
    duplicates: int = 0
    reorder: int = 0
    api: list[ApiFault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def set(self, **order: Any) -> None:
        """Order faults by name; raises ValueError for a name or a type that does not exist."""
        with self._lock:
            for name, value in order.items():
                if name == "api":
                    self.api = [_api_fault(f) for f in value]
                elif name == "delay" and isinstance(value, (int, float)):
                    self.delay = float(value)
                elif name in {"drop_replies", "duplicates", "reorder"} and isinstance(value, int):
                    setattr(self, name, value)
                else:
                    raise ValueError(f"no such fault: {name}={value!r}")

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self.set(delay=0, drop_replies=0, duplicates=0, reorder=0, api=[])

    def take(self, name: str) -> bool:
        """Use up one of drop_replies | duplicates; False when there is none."""
        with self._lock:
            left: int = getattr(self, name)
            if left > 0:
                setattr(self, name, left - 1)
            return left > 0

    def take_api(self, path: str) -> ApiFault | None:
        """Use up one failure of an API path."""
        with self._lock:
            for fault in self.api:
                if fault.times > 0 and fault.path in ("*", path):
                    fault.times -= 1
                    return fault
            return None

    def as_json(self) -> dict[str, Any]:
        """What is still ordered."""
        with self._lock:
            return {
                "delay": self.delay,
                "drop_replies": self.drop_replies,
                "duplicates": self.duplicates,
                "reorder": self.reorder,
                "api": [asdict(f) for f in self.api if f.times > 0],
            }


def _api_fault(order: ApiFault | dict[str, Any]) -> ApiFault:
    try:
        return order if isinstance(order, ApiFault) else ApiFault(**order)
    except TypeError as error:
        raise ValueError(str(error)) from error
