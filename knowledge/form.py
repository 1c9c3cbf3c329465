"""Fields as an editor fills them in, made into an entry: what can be looked up is not typed in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from bot.entries import Content, Malformed
from knowledge.content import from_body
from knowledge.documents import DocumentTable
from knowledge.entry import PolicyEntry
from knowledge.loader import GENERAL
from knowledge.topics import TopicTable

_FILLED_IN = {"status": "draft", "review": {"author": "草稿"}}


def entry_of(
    content: Content, topics: TopicTable, documents: DocumentTable, before: PolicyEntry | None = None
) -> PolicyEntry:
    """The draft entry of an editor's fields; ``before`` is the entry it changes.

    A citation needs document and clause only: its dates come from the table of documents, or from the same clause in
    ``before``. Raises Malformed with every fault.
    """
    body: dict[str, Any] = {name: value for name, value in content.items() if value not in (None, "", [], ())}
    region = body.get("region")
    problems: list[tuple[str, str]] = []
    if body.get("topic") not in topics:
        problems.append(("topic", "not in the table of topics"))
    body["region"] = region
    body["id"] = f"{body.get('topic')}.{region or GENERAL}"
    cited = list(body.get("citations", ()))
    problems.extend(_unknown(cited, documents))
    known = {(c.document, c.clause): c.model_dump(mode="json", exclude_none=True) for c in _cited(before)}
    body["citations"] = [_dated(one, documents, known) for one in cited]
    try:
        entry = from_body(body | _FILLED_IN)
    except ValidationError as error:
        faults = [(_place(e["loc"]), e["msg"]) for e in error.errors()]
        # A list of which an item is wrong counts as too short too; that would only mislead.
        inside = {place.rpartition(".")[0] for place, _ in faults}
        problems.extend((place, wrong) for place, wrong in faults if place not in inside)
    if problems:
        raise Malformed(tuple(dict.fromkeys(problems)))
    return entry


def _cited(before: PolicyEntry | None) -> tuple[Any, ...]:
    return before.citations if before else ()


def _unknown(cited: list[Mapping[str, Any]], documents: DocumentTable) -> Iterator[tuple[str, str]]:
    for one in cited:
        if one.get("document") not in documents:
            yield "citations", f"{one.get('document')} is not in the table of documents"


def _dated(
    one: Mapping[str, Any], documents: DocumentTable, known: Mapping[tuple[str, str], dict[str, Any]]
) -> dict[str, Any]:
    place = (str(one.get("document", "")), str(one.get("clause", "")))
    if place in known:
        return known[place] | dict(one)
    document = documents.get(place[0])
    if document is None:
        return {"issued": "1970-01-01", **one}  # the fault is told of the document, not of its date
    dated: dict[str, Any] = {"issued": document.issued.isoformat(), **one}
    if document.effective_until:
        dated.setdefault("effective_until", document.effective_until.isoformat())
    return dated


def _place(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in loc) or "id"
