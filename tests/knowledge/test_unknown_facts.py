"""What callers ask next and no document says: told as unknown, with who knows it; nothing of it is made up."""

from __future__ import annotations

import re

import pytest

from knowledge.entry import PolicyEntry
from knowledge.topics import load_topics

# topic → what its callers ask next, one of which words each of its entries must call unknown
ASKED_NEXT: dict[str, tuple[str, ...]] = {
    "remote_medical_filing": ("报销比例", "起付线", "材料"),
    "remote_direct_settlement": ("报销比例", "起付线", "封顶线", "目录"),
    "chronic_disease_certification": ("报销比例", "起付线", "封顶线", "材料"),
    "chronic_disease_zone": ("报多少",),
    "two_diseases": ("报销比例", "封顶线", "目录"),
    "long_prescription": ("报销比例", "封顶线"),
    "drug_delivery": ("报销比例", "要不要钱"),
    "manual_reimbursement": ("报销比例", "起付线", "封顶线", "目录", "单据", "多久到账"),
    "one_stop_settlement": ("报销比例", "起付线", "封顶线"),
    "medical_aid": ("救助多少", "申请", "材料"),
    "enrollment_registration": ("缴费标准", "要交多少年", "什么时候能报"),
    "contribution_payment": ("缴费标准", "要交多少年", "断了怎么补", "能报多少"),
    "transfer_continuation": ("缴费年限", "多久转好", "材料"),
    "personal_account_remote_payment": ("每个月往卡里打多少钱",),
    "social_security_card": ("要不要钱",),
    "home_service": ("要不要钱", "多久能来"),
    "proxy_service": ("证件", "委托书"),
    "payment_reform": ("报销比例",),
}
OWN_WAY = {  # told in other words: the assistant itself takes complaints, an emergency asks nobody
    "service_rating_complaint",
    "hall_emergency_plan",
    "hotline_numbers",
}
WHO_KNOWS = ("12393", "12345")


@pytest.mark.parametrize("topic", ASKED_NEXT)
def test_what_callers_ask_next_is_called_unknown(entries: tuple[PolicyEntry, ...], topic: str):
    told = [entry for entry in entries if entry.topic == topic]
    assert told
    for entry in told:
        missing = [word for word in ASKED_NEXT[topic] if word not in (entry.unknowns or "")]
        hidden = [word for word in missing if word not in entry.written + "".join(entry.materials)]
        assert hidden == [], entry.id


def test_every_entry_calls_something_unknown_and_says_who_knows(entries):
    for entry in entries:
        assert entry.unknowns, entry.id
        assert "没有写" in entry.unknowns, entry.id
        if entry.topic not in OWN_WAY:
            assert any(number in entry.unknowns for number in WHO_KNOWS), entry.id
            assert "参保地的医保窗口" in entry.unknowns, entry.id
            assert "转人工" in entry.unknowns, entry.id


def test_no_entry_states_money_a_ratio_or_years_of_contribution(entries):
    """The documents hold none; the two shares of Sichuan are of online matters and of counties."""
    allowed = {"online_channels.510000": {"100%", "85%"}, "remote_direct_settlement.510000": {"50%"}}
    for entry in entries:
        text = "\n".join(
            (entry.written, *entry.steps, *entry.channels, entry.time_limit or "", entry.cost or "")
        )
        assert set(re.findall(r"\d+%", text)) == allowed.get(entry.id, set()), entry.id
        assert not re.search(r"\d+(?:块|元|万)", text), entry.id
        assert not re.search(r"(?:交|缴)(?:满|够)?\d+年", text), entry.id
        assert entry.cost is None, entry.id


def test_every_topic_of_the_contract_has_an_entry(entries):
    assert {entry.topic for entry in entries} == set(load_topics())


def test_no_question_variant_is_shared_or_only_a_name(entries):
    owner: dict[str, str] = {}
    for entry in entries:
        assert len(entry.questions) >= 5, entry.id
        for question in entry.questions:
            plain = re.sub(r"\W", "", question)
            assert len(plain) >= 5, question
            assert owner.setdefault(plain, entry.topic) == entry.topic, question
