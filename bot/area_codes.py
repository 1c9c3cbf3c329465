"""Where a landline stands, by its area code; a mobile number does not tell where its owner is insured."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml

_TABLE = Path(__file__).with_name("config") / "area_codes.yaml"
_LANDLINE = re.compile(r"0\d{9,11}")  # area code of three or four digits and a number of seven or eight


def region_of_number(number: str) -> str | None:
    """The GB/T 2260 code of a landline's city, or of its province; None for all other numbers.

    ``number`` is as dialled within China, digits only: 053186655000.
    """
    if not _LANDLINE.fullmatch(number):
        return None
    table = _table()
    return table.get(number[:3]) or table.get(number[:4])


@cache
def _table() -> dict[str, str]:
    read: dict[str, str] = yaml.safe_load(_TABLE.read_text(encoding="utf-8"))
    return read
