"""What two versions of an entry say differently, and what three of them make together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.entries import Change, Content
from knowledge.content import NOT_CONTENT
from knowledge.entry import PolicyEntry

FIELDS = tuple(name for name in PolicyEntry.model_fields if name not in NOT_CONTENT)


@dataclass(frozen=True, slots=True)
class Merged:
    """The fields of both sides together, and those that both changed, each in another way."""

    content: Content
    clashes: tuple[str, ...]


def changes(before: Content | None, after: Content | None) -> tuple[Change, ...]:
    """The fields that differ, as text, in reading order."""
    one, other = before or {}, after or {}
    return tuple(
        Change(name, _text(one.get(name)), _text(other.get(name)))
        for name in FIELDS
        if one.get(name) != other.get(name)
    )


def merge(base: Content, ours: Content, theirs: Content) -> Merged:
    """Ours, with what only theirs changed since ``base``. Where both changed a field alike, that is no clash."""
    content: dict[str, Any] = dict(ours)
    clashes: list[str] = []
    for name in FIELDS:
        was, here, there = base.get(name), ours.get(name), theirs.get(name)
        if there in (was, here):
            continue
        if here == was:
            content[name] = there
        else:
            clashes.append(name)
    return Merged(
        {key: value for key, value in content.items() if value is not None or key == "region"}, tuple(clashes)
    )


def _text(value: Any) -> str | None:
    """A field as lines."""
    if value in (None, [], {}):
        return None
    if isinstance(value, list):
        return "\n".join(_text(item) or "" for item in value)
    if isinstance(value, Mapping):
        return "；".join(f"{key}：{item}" for key, item in value.items())
    return str(value)
