"""What the checks catch, one fault at a time; and that the entries of the product are without errors."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from knowledge.check import Severity, check, load_contacts
from knowledge.plainness import half_width, long_sentences, numbers, tells_number, unspeakable

from .conftest import TODAY


def codes(entry, today: date = TODAY) -> list[str]:
    return [finding.code for finding in check([entry], today)]


def cited(**changes) -> list[dict[str, object]]:
    return [{"document": "济医保发〔2021〕1号", "clause": "二(一)", "issued": date(2021, 1, 13)} | changes]


def validity(**changes) -> dict[str, object]:
    return {"effective_from": date(2021, 1, 13), "review_by": date(2027, 1, 31)} | changes


def test_the_published_entries_have_no_error(entries):
    assert [str(f) for f in check(entries, TODAY) if f.severity is Severity.ERROR] == []


def test_the_shandong_entries_have_not_even_a_warning(entries):
    shandong = [entry for entry in entries if (entry.region or "").startswith("37")]
    assert len(shandong) >= 65
    assert [str(finding) for finding in check(shandong, TODAY)] == []


def test_an_entry_without_fault_has_no_finding(make_entry):
    assert codes(make_entry()) == []


def test_an_unknown_document_and_a_wrong_date_of_issue(make_entry):
    assert codes(make_entry(citations=cited(document="济医保发〔2021〕2号"))) == ["unknown_document"]
    assert codes(make_entry(citations=cited(issued=date(2021, 1, 14)))) == ["too_early", "wrong_date"]


def test_a_document_that_ends_must_be_cited_with_its_end(make_entry):
    putian = {"document": "莆政办规〔2022〕9号", "issued": date(2022, 10, 31)}
    later = validity(effective_from=date(2022, 10, 31))
    assert codes(make_entry(citations=cited(**putian), validity=later)) == ["wrong_end"]
    ended = cited(**putian, effective_until=date(2027, 10, 30))
    assert codes(make_entry(citations=ended, validity=later)) == []


def test_a_published_entry_needs_a_second_person(make_entry):
    assert codes(make_entry(review={"author": "甲"})) == ["no_reviewer"]
    assert codes(make_entry(review={"author": "甲"}, status="draft")) == []
    same = {"author": "甲", "reviewer": "甲", "reviewed_on": TODAY}
    assert codes(make_entry(review=same)) == ["own_reviewer"]


def test_a_retired_entry_is_left_alone(make_entry):
    assert codes(make_entry(status="retired", review={"author": "甲"})) == []


def test_dates_are_watched(make_entry):
    ends = make_entry(validity=validity(effective_until=date(2026, 12, 31)))
    assert codes(ends) == ["ends_soon"]
    assert codes(ends, date(2026, 12, 31)) == ["ends_soon"]
    assert codes(ends, date(2027, 1, 1)) == ["expired", "review_soon"]
    assert codes(make_entry(), date(2027, 1, 31)) == ["review_soon"]
    assert codes(make_entry(), date(2027, 2, 1)) == ["review_due"]
    assert codes(make_entry(), date(2027, 1, 31) - timedelta(days=31)) == []
    assert codes(make_entry(validity={"effective_from": date(2021, 1, 13)})) == ["no_review_date"]


@pytest.mark.parametrize(
    ("turn", "what"),
    [
        ("请看https://ybj.example.cn的说明。", "a web address"),
        ("打开App就行。", "Latin letters"),
        ("要20个工作日。", "figures"),
        ("打12393问。", "figures"),
        ("一卡（码）通行。", "brackets"),
        ("〔二零二一〕一号。", "brackets"),
        ("· 带身份证", "a sign"),
    ],
)
def test_what_a_voice_cannot_read(make_entry, turn, what):
    assert any(trouble.startswith(what) for trouble in unspeakable(turn))
    found = check([make_entry(spoken=[turn, "至少有两个窗口。"])], TODAY)
    assert {f.code for f in found} == {"unspeakable"}


def test_plain_chinese_can_be_read():
    assert unspeakable("请打幺二三九三，说“转人工”。二零二一年六月底前，要两个工作日！好吗？") == ()


def test_hard_words_need_their_gloss(make_entry):
    plain = "至少有2个窗口。"
    assert codes(make_entry(written=plain + "去外地看病要备案。")) == ["hard_word"]
    assert codes(make_entry(written=plain + "去外地看病要备案，就是先登记一下。")) == []
    assert codes(make_entry(written=plain + "经办服务下沉。")) == ["hard_word", "hard_word"]


def test_long_sentences_and_breathless_clauses():
    assert long_sentences("好" * 33 + "。")
    assert long_sentences(("好" * 20 + "，") * 3)
    assert not long_sentences(("好" * 20 + "。") * 5)


def test_a_number_that_is_only_written_is_found(make_entry):
    silent = make_entry(spoken=["老年人在优先窗口办事，原则上不用排队。"])
    assert codes(silent) == ["number_not_told"]
    assert codes(make_entry(spoken=silent.spoken, channels=["大厅的2个窗口"])) == []


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("20", "二十个工作日"),
        ("12393", "请打幺二三九三"),
        ("2021", "二零二一年"),
        ("2", "两个窗口"),
        ("3", "三个月"),
        ("1.5", "一点五倍"),
        ("120", "一百二十元"),
    ],
)
def test_numbers_read_out_in_the_usual_ways(number, told):
    assert tells_number(told, number)


def test_a_different_number_does_not_count():
    assert not tells_number("三十个工作日", "20")
    assert not tells_number("要120元", "12")
    assert numbers("4种，20天，再说4种，1.5倍") == ("4", "20", "1.5")


# Made up, but shaped like the contacts that stand in the source documents.
@pytest.mark.parametrize(
    "contact",
    [
        "13900000000",
        "0531-55550000",
        "0531—55550000",
        "053155550000",
        "55550000",
        "5550000",
        "someone@example.gov.cn",
        "联系人",
        *load_contacts().persons,
    ],
)
@pytest.mark.parametrize("field", ["written", "unknowns", "title", "time_limit"])
def test_internal_contacts_are_caught_wherever_they_stand(make_entry, contact, field):
    text = f"至少有2个窗口。可以找{contact}。"
    found = [f for f in check([make_entry(**{field: text})], TODAY) if f.code == "internal_contact"]
    assert found
    assert all(f.severity is Severity.ERROR for f in found)
    assert not any(contact in f.message for f in found)


def test_the_public_hotlines_may_be_told(make_entry):
    text = "至少有2个窗口。可以打12393或者12345。急病打120。"
    told = ["至少有两个窗口。", "可以打幺二三九三，或者幺二三四五。急病打幺二零。"]
    assert codes(make_entry(written=text, spoken=told)) == []


def test_no_entry_holds_a_phone_an_address_or_a_person_of_the_documents(entries):
    contacts = load_contacts()
    for entry in entries:
        text = entry.model_dump_json(exclude={"id", "region", "citations", "validity", "review"})
        assert "@" not in text, entry.id
        assert not any(person in text for person in contacts.persons), entry.id
        long = [number for number in numbers(text) if len(number) >= 5]
        assert set(long) <= set(contacts.public_numbers), entry.id


def test_a_question_that_points_at_two_topics(make_entry):
    first, second = make_entry(), make_entry(topic="guide_service")
    found = check([first, second], TODAY)
    assert {f.code for f in found} == {"shared_question"}
    assert len(found) == 5


def test_a_question_that_stands_twice_in_one_entry(make_entry):
    assert codes(make_entry(questions=["要排队吗"] * 2 + ["一", "二", "三"])) == ["repeated_question"]


def test_few_questions_and_half_width_punctuation(make_entry):
    assert codes(make_entry(questions=["一", "二", "三", "四"])) == ["few_questions"]
    assert codes(make_entry(unknowns="不知道,请问。")) == ["half_width"]
    assert half_width("早上10:30，去") == ()


def test_a_general_entry_on_a_local_matter(make_entry):
    assert codes(make_entry(region=None)) == ["not_national"]
    assert codes(make_entry(region=None, topic="family_account")) == []


def test_errors_stand_before_warnings(make_entry):
    found = check([make_entry(review={"author": "甲"}, questions=["一", "二", "三"])], TODAY)
    assert [f.severity for f in found] == [Severity.ERROR, Severity.WARNING]
    assert str(found[0]).startswith("error: priority_window.370100: no_reviewer: ")


def test_more_than_anybody_listens_to(make_entry):
    turn = "老年人在优先窗口办事，原则上不用排队。至少有两个窗口。"
    assert "much_to_say" in codes(make_entry(spoken=[turn] * 12))
    assert "much_to_say" not in codes(make_entry(spoken=[turn] * 11))
