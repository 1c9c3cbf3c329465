"""The table of what became of each clause."""

from __future__ import annotations

import pytest

from knowledge.coverage import Clause, gaps, load_coverage
from knowledge.documents import load_documents

TWELVE = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"]


def test_the_table_and_the_entries_agree(entries):
    assert gaps(load_coverage(), entries, load_documents()) == []


@pytest.mark.parametrize(
    ("document", "pattern"),
    [
        ("鲁医保发〔2021〕1号", "第{}条"),
        ("济医保中心发〔2021〕1号", "第{}条"),
        ("济医保发〔2021〕1号", "二({})"),
    ],
)
def test_each_of_the_twelve_measures_ends_in_an_entry(document, pattern):
    told = {clause.clause: clause.entries for clause in load_coverage()[document]}
    assert all(told[pattern.format(number)] for number in TWELVE)


def test_a_clause_is_told_or_explained_never_both_or_neither():
    with pytest.raises(ValueError, match="name either"):
        Clause(clause="一", says="某事")
    with pytest.raises(ValueError, match="name either"):
        Clause(clause="一", says="某事", entries=("a.b",), not_for_citizens="内部")


def test_disagreements_are_told(make_entry):
    documents = load_documents()
    wrong = {
        "济医保发〔2021〕1号": (Clause(clause="二(二)", says="引导", entries=("priority_window.370100",)),),
        "鲁医保发〔2021〕1号": (Clause(clause="第一条", says="窗口", entries=("no_such.370000",)),),
        "某文〔2021〕1号": (Clause(clause="一", says="某事", not_for_citizens="内部"),),
    }
    found = "\n".join(gaps(wrong, [make_entry()], documents))
    assert "某文〔2021〕1号 is not in the table of documents" in found
    assert "there is no entry no_such.370000" in found
    assert "二(二): priority_window.370100 does not cite it" in found
    assert "priority_window.370100 cites 济医保发〔2021〕1号 二(一), which the table does not list" in found
