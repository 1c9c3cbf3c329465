"""What an editor fills in becomes an entry; what can be looked up is looked up."""

from __future__ import annotations

from datetime import date

import pytest

from bot.entries import Malformed
from knowledge.content import to_body
from knowledge.documents import load_documents
from knowledge.form import entry_of
from knowledge.topics import load_topics

TOPICS, DOCUMENTS = load_topics(), load_documents()


def fields(make_entry, **changes):
    """An entry's fields as the form sends them: no id, no status, citations without dates."""
    body = to_body(make_entry())
    content = {name: value for name, value in body.items() if name not in ("id", "status", "review")}
    content["citations"] = [
        {"document": one["document"], "clause": one["clause"]} for one in body["citations"]
    ]
    return content | changes


def problems(content):
    with pytest.raises(Malformed) as caught:
        entry_of(content, TOPICS, DOCUMENTS)
    return dict(caught.value.problems)


def test_the_dates_of_a_document_come_from_the_table(make_entry):
    putian = [{"document": "莆政办规〔2022〕9号", "clause": "一"}]
    entry = entry_of(fields(make_entry, region="350300", citations=putian), TOPICS, DOCUMENTS)
    document = DOCUMENTS["莆政办规〔2022〕9号"]
    (cited,) = entry.citations
    assert (cited.issued, cited.effective_until) == (document.issued, document.effective_until)
    assert cited.effective_until is not None
    assert entry.id == "priority_window.350300"
    assert (entry.status, entry.region) == ("draft", "350300")


def test_what_was_known_of_a_clause_is_kept(make_entry):
    known = {"document": "济医保发〔2021〕1号", "clause": "二(一)", "issued": date(2021, 1, 13)}
    before = make_entry(citations=[known | {"effective_from": date(2021, 2, 1)}])
    entry = entry_of(fields(make_entry), TOPICS, DOCUMENTS, before)
    assert entry.citations[0].effective_from == date(2021, 2, 1)


def test_empty_boxes_are_no_fields(make_entry):
    entry = entry_of(fields(make_entry, cost="", steps=[], unknowns=None), TOPICS, DOCUMENTS)
    assert (entry.cost, entry.steps, entry.unknowns) == (None, (), None)


def test_a_general_entry_has_no_region(make_entry):
    assert entry_of(fields(make_entry, region=None), TOPICS, DOCUMENTS).id == "priority_window.general"


def test_every_fault_is_told_at_once(make_entry):
    found = problems(
        fields(
            make_entry,
            topic="nonsense",
            title="",
            spoken=["长" * 81],
            citations=[{"document": "无此文", "clause": "一"}],
            questions=["一"],
        )
    )
    assert set(found) == {"topic", "title", "spoken.0", "citations", "questions"}
    assert found["citations"] == "无此文 is not in the table of documents"


@pytest.mark.parametrize("content", [{}, {"citations": [{}]}, {"topic": None, "region": "x"}])
def test_whatever_comes_is_refused_with_its_faults(content):
    assert problems(content)
