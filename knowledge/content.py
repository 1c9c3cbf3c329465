"""What an entry says, apart from who wrote it and how far it got: the part that is compared, hashed and merged."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from knowledge.entry import PolicyEntry

NOT_CONTENT = ("status", "review")


def to_body(entry: PolicyEntry) -> dict[str, Any]:
    """The whole entry as JSON values, without what is empty; a general entry keeps ``region: null``."""
    body = entry.model_dump(mode="json", exclude_none=True)
    body["region"] = entry.region
    return {key: value for key, value in body.items() if value != [] or key == "region"}


def from_body(body: dict[str, Any]) -> PolicyEntry:
    """The entry of JSON values. Raises pydantic.ValidationError."""
    return PolicyEntry.model_validate_json(json.dumps(body, ensure_ascii=False))


def content(entry: PolicyEntry) -> dict[str, Any]:
    """What the entry says, as JSON values."""
    return {key: value for key, value in to_body(entry).items() if key not in NOT_CONTENT}


def content_hash(entry: PolicyEntry) -> str:
    """SHA-256 of what the entry says, in hexadecimal: equal for equal content, whoever wrote and reviewed it."""
    return hashlib.sha256(canonical(content(entry))).hexdigest()


def canonical(value: Any) -> bytes:
    """JSON values as the one text that is hashed and signed: keys sorted, no spaces, UTF-8 (as RFC 8785, no floats)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def differences(one: PolicyEntry, other: PolicyEntry) -> tuple[str, ...]:
    """The fields in which two entries say something else, in reading order."""
    return tuple(
        name
        for name in PolicyEntry.model_fields
        if name not in NOT_CONTENT and getattr(one, name) != getattr(other, name)
    )
