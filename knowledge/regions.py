"""Regions by their GB/T 2260 code: names, and the way from a district up to the whole country.

Source of the codes: GB/T 2260 (six digits: province, city, district; trailing zeros mean "the whole of it").
"""

from __future__ import annotations

from collections.abc import Callable

RegionNamer = Callable[[str], str | None]

# The regions of the first knowledge base, and the names citizens use.
REGION_NAMES: dict[str, str] = {
    "350000": "福建省",
    "350300": "莆田市",
    "370000": "山东省",
    "370100": "济南市",
    "370800": "济宁市",
    "510000": "四川省",
    "530000": "云南省",
}
NATION = "全国"


def chain(region: str | None) -> tuple[str | None, ...]:
    """The region itself and the wider ones whose rule may answer for it, nearest first, None (general) last.

    370102 → 370102, 370100, 370000, None.
    """
    if region is None:
        return (None,)
    wider = (region, region[:4] + "00", region[:2] + "0000")
    return (*dict.fromkeys(wider), None)


class RegionNames:
    """Names of regions: the built-in ones first, then whatever a fuller table (injected by wiring) knows."""

    def __init__(self, others: RegionNamer | None = None) -> None:
        self._others = others

    def name(self, region: str | None) -> str:
        """A region's name; an unknown code is named after the nearest wider region that is known."""
        if region is None:
            return NATION
        for code in chain(region):
            if code is None:
                break
            found = REGION_NAMES.get(code) or (self._others(code) if self._others else None)
            if found:
                return found
        return "您那里"
