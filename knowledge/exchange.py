"""Entries as one JSON document, to be carried between installations (12393 and 12345 side by side)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, ValidationError

from knowledge.entry import PolicyEntry, Strict
from knowledge.loader import InvalidKnowledge, Problem

SCHEMA = "yinling.knowledge"
SCHEMA_VERSION = 1


class Package(Strict):
    """What travels: the entries, which shape they have, and when they were packed."""

    schema_name: Literal["yinling.knowledge"] = "yinling.knowledge"
    schema_version: Literal[1] = 1
    exported_at: AwareDatetime
    entries: tuple[PolicyEntry, ...]


def pack(entries: Iterable[PolicyEntry], exported_at: datetime) -> str:
    """The entries as JSON text, sorted by id, so that equal knowledge gives equal text. The time is aware."""
    package = Package(exported_at=exported_at, entries=tuple(sorted(entries, key=lambda e: e.id)))
    content = package.model_dump(mode="json", exclude_none=True)
    for entry in content["entries"]:
        entry.setdefault("region", None)  # a general entry says so
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def unpack(text: str, source: str) -> Package:
    """The package in a JSON text; ``source`` names it in errors. Raises InvalidKnowledge with every fault."""
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidKnowledge((Problem(source, error.lineno, f"not JSON: {error.msg}"),)) from None
    if not isinstance(content, dict) or content.get("schema_name") != SCHEMA:
        raise InvalidKnowledge((Problem(source, 1, f"not a package of {SCHEMA}"),))
    if content.get("schema_version") != SCHEMA_VERSION:
        message = f"schema version {content.get('schema_version')!r}; this program reads {SCHEMA_VERSION}"
        raise InvalidKnowledge((Problem(source, 1, message),))
    try:
        package = Package.model_validate_json(text)
    except ValidationError as error:
        faults = (Problem(source, 1, f"{_where(e['loc'], content)}: {e['msg']}") for e in error.errors())
        raise InvalidKnowledge(tuple(faults)) from None
    counted = Counter(entry.id for entry in package.entries)
    twice = [key for key, count in counted.items() if count > 1]
    if twice:
        raise InvalidKnowledge(tuple(Problem(source, 1, f"id {key!r} is used twice") for key in twice))
    return package


def _where(place: tuple[int | str, ...], content: dict[str, Any]) -> str:
    """entries.3.title becomes entries.<its id>.title: a place that a person finds again."""
    match place:
        case ("entries", int(number), *rest):
            entry = content["entries"][number]
            name = entry.get("id", number) if isinstance(entry, dict) else number
            return ".".join(str(part) for part in ("entries", name, *rest))
        case _:
            return ".".join(str(part) for part in place)
