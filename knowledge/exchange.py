"""Entries as one JSON document, to be carried between installations (12393 and 12345 side by side).

Each entry travels with the hashes of what it said before, so that the other side finds what both had in common. The
JSON Schema is docs/knowledge-package.schema.json.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, StringConstraints, ValidationError

from bot.entries import BadPackage
from knowledge.content import canonical, content_hash, to_body
from knowledge.entry import NonEmpty, PolicyEntry, Strict
from knowledge.loader import InvalidKnowledge, Problem
from knowledge.signing import ALGORITHM, Signer, is_signed

SCHEMA = "yinling.knowledge"
SCHEMA_VERSION = 2

Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Parcel(Strict):
    """One entry, the SHA-256 of its content, and those of its earlier contents, the newest first."""

    entry: PolicyEntry
    content_hash: Hash
    history: tuple[Hash, ...] = ()


class Signature(Strict):
    """Who vouches for the package: the signature is over the canonical JSON of everything else in it."""

    algorithm: Literal["Ed25519"] = "Ed25519"
    public_key: NonEmpty
    value: NonEmpty


class Package(Strict):
    """What travels: the entries, which shape they have, when and by whom they were packed."""

    schema_name: Literal["yinling.knowledge"] = "yinling.knowledge"
    schema_version: Literal[2] = 2
    issuer: NonEmpty
    exported_at: AwareDatetime
    entries: tuple[Parcel, ...]
    signature: Signature | None = None


def pack(
    entries: Iterable[tuple[PolicyEntry, tuple[str, ...]]], exported_at: datetime, signer: Signer
) -> str:
    """Entries and their histories as signed JSON text, sorted by id: equal knowledge gives equal text."""
    parcels = sorted(entries, key=lambda pair: pair[0].id)
    package: dict[str, Any] = {
        "schema_name": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "issuer": signer.name,
        "exported_at": exported_at.isoformat(),
        "entries": [
            {"entry": to_body(entry), "content_hash": content_hash(entry), "history": list(history)}
            for entry, history in parcels
        ],
    }
    package["signature"] = {
        "algorithm": ALGORITHM,
        "public_key": signer.public_key,
        "value": signer.sign(canonical(package)),
    }
    return json.dumps(package, ensure_ascii=False, indent=1) + "\n"


def unpack(text: str, source: str) -> Package:
    """The package in a JSON text; ``source`` names it in errors.

    Raises InvalidKnowledge with every fault, and BadPackage where it was altered after it was signed.
    """
    try:
        content = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        line, message = getattr(error, "lineno", 1), getattr(error, "msg", "nested too deeply")
        raise InvalidKnowledge((Problem(source, line, f"not JSON: {message}"),)) from None
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
    counted = Counter(parcel.entry.id for parcel in package.entries)
    twice = [key for key, count in counted.items() if count > 1]
    if twice:
        raise InvalidKnowledge(tuple(Problem(source, 1, f"id {key!r} is used twice") for key in twice))
    _unaltered(package, content)
    return package


def _unaltered(package: Package, content: dict[str, Any]) -> None:
    signature = package.signature
    if signature is not None:
        message = canonical({key: value for key, value in content.items() if key != "signature"})
        if not is_signed(message, signature.public_key, signature.value):
            raise BadPackage("the package was altered after it was signed", "package.altered")
    wrong = [one.entry.id for one in package.entries if content_hash(one.entry) != one.content_hash]
    if wrong:
        raise BadPackage(f"the content does not fit its hash: {', '.join(wrong)}", "package.altered")


def _where(place: tuple[int | str, ...], content: dict[str, Any]) -> str:
    """entries.3.entry.title becomes entries.<its id>.title: a place that a person finds again."""
    match place:
        case ("entries", int(number), *rest):
            parcel = content["entries"][number]
            entry = parcel.get("entry") if isinstance(parcel, dict) else None
            name = entry.get("id", number) if isinstance(entry, dict) else number
            inside = rest[1:] if rest[:1] == ["entry"] else rest
            return ".".join(str(part) for part in ("entries", name, *inside))
        case _:
            return ".".join(str(part) for part in place)
