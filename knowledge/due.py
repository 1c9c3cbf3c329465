"""Which entries must be looked at: expired, ending soon, or not looked at for long."""

from __future__ import annotations

from datetime import date

from bot.entries import Due
from knowledge.check import ENDS_SOON, REVIEW_SOON
from knowledge.entry import PolicyEntry
from knowledge.statement import last_day

ORDER = ("expired", "review_due", "ends_soon", "review_soon")  # the most pressing first


def due(entry: PolicyEntry, today: date) -> Due | None:
    """The most pressing reason to look at an entry on a day; None where there is none."""
    end, review_by = last_day(entry), entry.validity.review_by
    if end is not None and today > end:
        return Due("expired", end)
    if review_by is not None and today > review_by:
        return Due("review_due", review_by)
    if end is not None and end - today <= ENDS_SOON:
        return Due("ends_soon", end)
    if review_by is not None and review_by - today <= REVIEW_SOON:
        return Due("review_soon", review_by)
    return None
