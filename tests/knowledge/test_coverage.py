"""The table of what became of each clause."""

from __future__ import annotations

import pytest

from knowledge.coverage import Clause, Fact, gaps, load_coverage
from knowledge.coverage_page import COVERAGE_PAGE, page, write_page
from knowledge.documents import load_documents
from knowledge.topics import load_topics

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
    assert "济医保发〔2021〕1号 二(一) stands 0 times in the table" in found
    assert "鲁医保发〔2021〕1号 第二条 stands 0 times in the table" in found
    assert "某文〔2021〕1号 is not in the table of documents" in found
    assert "there is no entry no_such.370000" in found
    assert "二(二): priority_window.370100 does not cite it" in found
    assert "priority_window.370100 cites 济医保发〔2021〕1号 二(一), which the table does not list" in found


def test_a_clause_that_stands_twice_or_that_no_document_has(make_entry):
    documents = {
        "济医保发〔2021〕1号": load_documents()["济医保发〔2021〕1号"].model_copy(
            update={"clauses": ("二(一)",)}
        )
    }
    told = Clause(clause="二(一)", says="窗口", entries=("priority_window.370100",))
    other = Clause(clause="二(九)", says="某事", not_for_citizens="内部")
    assert gaps({"济医保发〔2021〕1号": (told,)}, [make_entry()], documents) == []
    found = gaps({"济医保发〔2021〕1号": (told, told, other)}, [make_entry()], documents)
    assert found == [
        "济医保发〔2021〕1号 二(一) stands 2 times in the table",
        "济医保发〔2021〕1号 has no clause 二(九)",
    ]


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        ("不用排队", True),
        ("2个窗口", True),
        (["至少有2个", "至少有两个"], True),
        ("3个窗口", False),
        ("绿色通道", False),
        (["不用排队", "不用等"], False),
    ],
)
def test_a_fact_must_be_written_and_said(make_entry, fact, told):
    clause = Clause(clause="二(一)", says="窗口", entries=("priority_window.370100",), facts=(fact,))
    assert clause.facts[0].told_by(make_entry()) is told


def test_a_number_counts_in_any_usual_reading(make_entry):
    entry = make_entry(written="2021年12月底前，打12393。", spoken=["二零二一年十二月底前，打幺二三九三。"])
    assert Fact(written="2021年12月底前").told_by(entry)
    assert Fact(written="12393").told_by(entry)
    assert not Fact(written="2021年12月底前").told_by(
        make_entry(written="2021年12月底前", spoken=["年底前。"])
    )


def test_an_untold_fact_is_a_gap(make_entry):
    documents = {
        "济医保发〔2021〕1号": load_documents()["济医保发〔2021〕1号"].model_copy(update={"clauses": ()})
    }
    clause = Clause(
        clause="二(一)", says="窗口", entries=("priority_window.370100",), facts=("2个窗口", "5个窗口")
    )
    found = gaps({"济医保发〔2021〕1号": (clause,)}, [make_entry()], documents)
    assert found == ["济医保发〔2021〕1号 二(一): no entry both writes and says 5个窗口"]


def test_facts_need_an_entry():
    with pytest.raises(ValueError, match="facts are told by entries"):
        Clause(clause="一", says="某事", not_for_citizens="内部", facts=("2个窗口",))


def test_each_told_clause_names_its_facts():
    bare = [
        f"{document} {clause.clause}"
        for document, clauses in load_coverage().items()
        for clause in clauses
        if clause.entries and not clause.facts
    ]
    assert bare == []


def test_the_page_is_what_the_command_writes(tmp_path, capsys):
    assert write_page(tmp_path / "coverage.md") == 0
    assert (tmp_path / "coverage.md").read_text(encoding="utf-8") == COVERAGE_PAGE.read_text(encoding="utf-8")
    capsys.readouterr()
    assert write_page("-") == 0
    assert capsys.readouterr().out == COVERAGE_PAGE.read_text(encoding="utf-8")


def test_a_page_that_cannot_be_written_fails_in_one_sentence(tmp_path, capsys):
    assert write_page(tmp_path / "no/such/folder.md") == 1
    assert capsys.readouterr().err.startswith("cannot write ")


def test_every_clause_stands_on_the_page(entries):
    documents = load_documents()
    rows = page(load_coverage(), documents, entries, load_topics()).splitlines()
    for document in documents.values():
        assert document.clauses
        for clause in document.clauses:
            assert any(row.startswith(f"| {clause} | ") for row in rows), clause


def test_the_page_tells_where_each_region_answers_from(make_entry):
    entries = [
        make_entry(),
        make_entry(region="370000"),
        make_entry(region="370800", topic="guide_service"),
        make_entry(region=None, topic="e_voucher"),
    ]
    rows = page({}, {}, entries, load_topics()).splitlines()
    assert "| topic | 370000 | 370100 | 370800 | general |" in rows
    assert "| priority_window | ● | ● | 370000 |  |" in rows
    assert "| guide_service |  |  | ● |  |" in rows
    assert "| e_voucher | general | general | general | ● |" in rows
