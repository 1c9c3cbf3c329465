"""The facts of the Yunnan, Sichuan and Putian documents, in writing and in speech, and how sure each is told."""

from __future__ import annotations

from datetime import date

import pytest

from knowledge.check import check
from knowledge.documents import load_documents
from knowledge.entry import Certainty, PolicyEntry
from knowledge.index import KnowledgeIndex

from .conftest import TODAY

# entry id → facts as (written, spoken)
FACTS: dict[str, list[tuple[str, str]]] = {
    "remote_medical_filing.530000": [("一部手机办事通", "手机上也能办"), ("2021年底前", "二零二一年底前")],
    "remote_medical_filing.510000": [
        ("乡镇、街道就能办", "乡镇、街道就能办"),
        ("一件事一次办", "一件事一次办"),
    ],
    "remote_medical_filing.350300": [("由那里的医保工作人员办", "那里有医保工作人员"), ("闽政通", "闽政通")],
    "remote_direct_settlement.530000": [("正在试点", "在试点"), ("2021年底前", "二零二一年底前")],
    "remote_direct_settlement.510000": [
        ("甘孜、阿坝、凉山50%以上的县市", "甘孜、阿坝、凉山是百分之五十以上的县市"),
        ("每个县至少有1家定点医院", "每个县至少要有一家定点医院"),
        ("不是到期就停", "不是到期就停"),
    ],
    "remote_direct_settlement.350300": [
        ("普通门诊也要一起开通", "普通门诊也要一起开通"),
        ("乡镇、工业区、开发区", "乡镇、工业区、开发区"),
    ],
    "chronic_disease_certification.510000": [("放到定点医院去办", "放到定点医院")],
    "two_diseases.510000": [("高血压、糖尿病", "高血压、糖尿病"), ("放到定点医院去办", "放到定点医院")],
    "two_diseases.530000": [("送药上门", "送药上门"), ("2021年6月底前", "二零二一年六月底前")],
    "manual_reimbursement.530000": [("到病床前、到家里来", "到病床前、到家里来")],
    "manual_reimbursement.510000": [("初审", "第一遍审核"), ("一张表", "一张表")],
    "manual_reimbursement.350300": [("初审", "第一遍审核"), ("2022年底前", "二零二二年底前")],
    "nearby_service.350300": [
        ("1到2名工作人员", "一到两名工作人员"),
        ("医保协理员", "医保协理员"),
        ("二级和二级以上的定点医院", "二级和二级以上的定点医院"),
    ],
    "nearby_service.510000": [
        ("网格员", "网格员"),
        ("便民服务室", "便民服务室"),
        ("自助服务区", "自助服务区"),
    ],
    "proxy_service.530000": [("应该依法接受申请", "应该依法接受申请"), ("来回开证明", "来回开证明")],
    "home_service.530000": [
        ("行动、语言、听力有困难的老人", "行动、语言、听力有困难的老人"),
        ("医保卡密码解锁", "医保卡密码解锁"),
        ("到病床前、到家里来", "到病床前、到家里来"),
    ],
    "priority_window.530000": [("绿色通道", "绿色通道"), ("2021年9月底前", "二零二一年九月底前")],
    "hotline_numbers.510000": [("12393", "幺二三九三"), ("12345", "幺二三四五")],
    "hotline_numbers.350300": [("12345-2", "打幺二三四五，再选二")],
    "hotline_numbers.general": [("12393", "幺二三九三"), ("双号并行", "双号并行")],
    "social_security_card.530000": [("保险公司和银行", "保险公司和银行"), ("补办医保卡", "补办医保卡")],
    "rights_info_query.530000": [("消费明细", "消费明细"), ("自助服务一体机", "自助机")],
    "elder_friendly_digital.530000": [("少数民族文字版", "少数民族文字版")],
    "family_account.general": [
        ("国家医保服务平台", "国家医保服务平台"),
        ("云南省、山东省", "云南省、山东省"),
    ],
    "one_stop_settlement.510000": [("基本医保、大病保险、医疗救助", "基本医保、大病保险、医疗救助")],
    "one_thing_package.510000": [("2022年6月底前", "二零二二年六月底前")],
    "one_thing_package.350300": [("退役士兵", "退役士兵"), ("企业职工退休", "企业职工退休")],
    "online_channels.510000": [("100%", "百分之一百"), ("85%", "百分之八十五")],
    "online_channels.350300": [("莆田医疗保障", "莆田医疗保障"), ("闽政通", "闽政通")],
    "online_channels.350000": [("这是莆田市的文件里说的", "这是莆田市的文件里说的")],
    "appointment_service.510000": [("县、区以上", "县、区以上"), ("延时服务", "延时服务")],
    "transfer_continuation.350300": [
        ("力争2022年底前", "力争二零二二年底前"),
        ("卡里自己的钱", "卡里自己的钱"),
    ],
    "payment_reform.510000": [("到2023年", "二零二三年"), ("按住的天数付钱", "按住的天数付钱")],
    "e_voucher.350300": [("建档、挂号、看病、检查检验", "建档、挂号、看病、检查"), ("扫码买药", "扫码买药")],
    "e_voucher.510000": [("由您自己选", "由您自己选")],
    "commitment_system.510000": [("一部分", "一部分")],
    "fund_fraud_report.510000": [("保命钱", "保命钱"), ("大数据", "大数据")],
    "digital_training.350300": [("医保协理员", "医保协理员"), ("带着您办", "带着您办")],
    "designated_institution.350300": [("药品双通道", "药品双通道"), ("把病人推出去不管", "把病人推出去不管")],
    "cross_province_service.510000": [("全省统一", "全省统一")],
    "proxy_service.350300": [("异地代收代办", "异地代收代办")],
    "health_code_alternative.530000": [("一般不查健康码", "一般不查健康码"), ("通信行程卡", "通信行程卡")],
}

# What is only tried or striven for, and the word that says so, in writing and in speech.
NOT_YET_SURE: dict[str, str] = {
    "video_service.510000": "试点",
    "video_service.350300": "探索",
    "one_stop_settlement.350300": "探索",
    "remote_direct_settlement.530000": "试点",
    "drug_delivery.510000": "试点",
    "payment_reform.510000": "试点",
    "transfer_continuation.350300": "力争",
    "transfer_continuation.350000": "力争",
}

WHOSE = ("云南省", "四川省", "山东省")
SOUTHERN = ("530000", "510000", "350300", "350000", None)


@pytest.fixture(scope="module")
def southern(entries: tuple[PolicyEntry, ...]) -> dict[str, PolicyEntry]:
    return {entry.id: entry for entry in entries if entry.region in SOUTHERN}


@pytest.mark.parametrize("key", FACTS)
def test_the_facts_are_written_and_spoken(southern, key):
    entry = southern[key]
    heard = "".join(entry.spoken)
    for written, spoken in FACTS[key]:
        assert written in entry.written
        assert spoken in heard


@pytest.mark.parametrize("key", NOT_YET_SURE)
def test_what_is_only_tried_is_told_as_such(southern, key):
    word = NOT_YET_SURE[key]
    assert word in southern[key].written
    assert word in "".join(southern[key].spoken)


def test_the_measure_of_the_epidemic_is_doubtful(southern, index):
    assert southern["health_code_alternative.530000"].validity.certainty is Certainty.DOUBTFUL
    told = index.lookup("health_code_alternative", "530000", TODAY)
    assert told is not None
    assert any("疫情期间" in caveat for caveat in told.caveats)


def test_all_that_putian_says_ends_with_its_document(southern, index: KnowledgeIndex):
    ends = load_documents()["莆政办规〔2022〕9号"].effective_until
    fujian = [entry for entry in southern.values() if (entry.region or "").startswith("35")]
    assert len(fujian) >= 27
    assert {entry.validity.effective_until for entry in fujian} == {ends} == {date(2027, 10, 30)}
    assert all(clause.effective_until == ends for entry in fujian for clause in entry.citations)
    assert all(entry.validity.review_by and entry.validity.review_by < ends for entry in fujian)
    last = index.lookup("e_voucher", "350300", date(2027, 10, 30))
    late = index.lookup("e_voucher", "350300", date(2027, 10, 31))
    assert last is not None
    assert late is not None
    assert all(citation.in_force for citation in last.citations)
    assert not any(citation.in_force for citation in late.citations)
    assert any("到期" in caveat for caveat in late.caveats)


def test_in_its_last_year_each_answer_of_putian_names_the_end(southern, index: KnowledgeIndex):
    fujian = [entry for entry in southern.values() if (entry.region or "").startswith("35")]
    for entry in fujian:
        told = index.lookup(entry.topic, entry.region, date(2026, 11, 28))
        assert told is not None
        assert told.caveats == ("这条规定到2027年10月30日到期。",)
        before = index.lookup(entry.topic, entry.region, date(2026, 10, 29))
        assert before is not None
        assert before.caveats == ()


def test_what_is_told_of_fujian_names_putian_as_its_source(southern):
    province = [entry for entry in southern.values() if entry.region == "350000"]
    assert len(province) == 3
    for entry in province:
        assert "莆田市的文件" in entry.written
        assert "莆田市的文件" in "".join(entry.spoken)


def test_a_general_entry_names_whose_document_says_it(southern):
    general = [entry for entry in southern.values() if entry.region is None]
    assert len(general) >= 8
    for entry in general:
        assert any(place in entry.written for place in WHOSE)
        assert any(place in "".join(entry.spoken) for place in WHOSE)


def test_no_office_deadline_is_taken_for_an_end(southern):
    ended = {entry.region for entry in southern.values() if entry.validity.effective_until}
    assert ended == {"350300", "350000"}


def test_the_entries_read_easily(southern):
    findings = [
        finding for finding in check(list(southern.values()), TODAY) if finding.code != "not_national"
    ]
    assert [str(finding) for finding in findings] == []


def test_each_place_has_the_most_asked_topics(southern):
    most_asked = {
        "remote_medical_filing",
        "remote_direct_settlement",
        "manual_reimbursement",
        "nearby_service",
    }
    for region in ("530000", "510000", "350300"):
        assert most_asked <= {entry.topic for entry in southern.values() if entry.region == region}
