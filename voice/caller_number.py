"""The caller's number as a citizen would write it, from what the network sends."""

from __future__ import annotations

import re

# ITU-T E.164: 86 is China. Networks send it as +86 or 0086 before a number that dials without it.
_COUNTRY = re.compile(r"^(?:\+|00)86")
_NUMBER = re.compile(r"\d{3,15}")


def caller_number(sent: str) -> str:
    """Digits of a number as dialled within China; empty where the network withholds it or sends no number.

    ``sent`` is a number, a SIP URI or a SIP address with a display name.
    """
    uri = re.search(r"sips?:([^@;>]*)", sent)
    user = uri[1] if uri else sent
    plain = re.sub(r"[\s\-().]", "", user)
    national = _COUNTRY.sub("", plain)
    if national != plain and not national.startswith(("1", "0")):
        national = f"0{national}"  # a landline loses the 0 before its area code when written with +86
    return national if _NUMBER.fullmatch(national) else ""
