"""The edit form: an entry's fields to boxes that are filled in, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from bot.entries import Content
from desk.knowledge_words import LINES, TEXTS

VALIDITY = ("effective_from", "effective_until", "review_by", "certainty", "caveat")


def to_boxes(content: Content) -> dict[str, str]:
    """What stands in the boxes for an entry's fields."""
    boxes = {name: str(content.get(name) or "") for name in (*TEXTS, "written", "topic")}
    boxes["region"] = str(content.get("region") or "general")
    boxes |= {name: "\n".join(content.get(name, ())) for name in LINES}
    cited = content.get("citations", ())
    boxes["citations"] = "\n".join(f"{one['document']} {one['clause']}" for one in cited)
    validity: Mapping[str, Any] = content.get("validity", {})
    return boxes | {name: str(validity.get(name) or "") for name in VALIDITY}


def from_boxes(form: MultiDict[str, str]) -> dict[str, Any]:
    """The fields of an entry that a filled form makes; what is empty is left out."""
    content: dict[str, Any] = {name: _text(form, name) for name in (*TEXTS, "written", "topic")}
    region = form.get("region", "general")
    content["region"] = None if region == "general" else region
    content |= {name: _lines(form, name) for name in LINES}
    content["citations"] = [_citation(line) for line in _lines(form, "citations")]
    validity = {name: _text(form, name) for name in VALIDITY}
    content["validity"] = {name: value for name, value in validity.items() if value}
    return content


def _text(form: MultiDict[str, str], name: str) -> str:
    return form.get(name, "").replace("\r\n", "\n").strip()


def _lines(form: MultiDict[str, str], name: str) -> list[str]:
    return [line.strip() for line in _text(form, name).split("\n") if line.strip()]


def _citation(line: str) -> dict[str, str]:
    document, _, clause = line.replace("\u3000", " ").partition(" ")
    return {"document": document, "clause": clause.strip()}
