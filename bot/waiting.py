"""How long a caller is likely to wait. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

FEWEST_SAMPLES = 3  # handling times below which no wait is foretold


def expected_wait(position: int, ready: int, on_duty: int, handling: Sequence[float]) -> int | None:
    """Seconds until the caller at ``position`` (from 1) is taken; None where nobody can honestly say.

    ``ready`` agents are free now, ``on_duty`` are at the desk at all (the ready ones included), ``handling`` are
    the seconds that recent callers were spoken with. With all agents busy one comes free every
    median / on_duty seconds.
    """
    if on_duty <= 0:
        return None
    if position <= ready:
        return 0
    if len(handling) < FEWEST_SAMPLES:
        return None
    return round((position - ready) * median(handling) / on_duty)
