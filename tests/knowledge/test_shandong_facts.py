"""The facts of the Shandong documents, each in writing and in speech, each under the right authority."""

from __future__ import annotations

import pytest

from knowledge.entry import PolicyEntry

# entry id → facts as (written, spoken)
FACTS: dict[str, list[tuple[str, str]]] = {
    "priority_window.370100": [("不用排队", "不用排队"), ("2个窗口", "两个窗口")],
    "priority_window.370800": [("先给老年人办", "先给老人办"), ("另一个人顶上", "另一个人顶上")],
    "guide_service.370100": [("老年人服务帮办专员", "老年人服务帮办专员"), ("一对一", "一对一")],
    "guide_service.370800": [("一次把要带的材料说全", "一次把要带的材料说全")],
    "hall_facilities.370100": [
        ("老花镜：每个窗口都有", "每个窗口有老花镜"),
        ("爱心专座", "爱心专座"),
        ("轮椅", "轮椅"),
    ],
    "hall_facilities.370800": [("宣传折页", "宣传折页")],
    "chronic_disease_certification.370100": [
        ("高血压、糖尿病、冠心病、脑血管病后遗症这4种", "高血压、糖尿病、冠心病、脑血管病后遗症这四种"),
        ("不超过20个工作日", "最多二十个工作日"),
        ("在医院随时申报，当天审核", "在医院随时申报，当天就审核"),
        ("恶性肿瘤、肾透析、器官移植抗排异，马上办", "恶性肿瘤、肾透析、器官移植抗排异，马上就办"),
        ("每月审核一次", "每个月审核一次"),
        ("定点变更", "定点变更"),
        ("跑错腿", "跑错腿"),
    ],
    "chronic_disease_certification.370000": [
        ("每季度至少办一次", "每季度至少办一次"),
        ("恶性肿瘤、肾透析、器官移植抗排异", "恶性肿瘤、肾透析、器官移植抗排异"),
        ("随时申报", "随时申报"),
        ("定点医院", "定点医院"),
    ],
    "chronic_disease_certification.370800": [
        ("每季度至少办一次", "每季度至少办一次"),
        ("鼓励每月办一次", "鼓励每个月办一次"),
        ("恶性肿瘤、尿毒症、器官移植", "恶性肿瘤、尿毒症、器官移植"),
    ],
    "elder_friendly_digital.370000": [("鲁医保", "鲁医保"), ("大字版、语音版", "大字版、语音版")],
    "online_channels.370100": [("支付宝小程序", "支付宝小程序"), ("济南医保", "济南医保")],
    "online_channels.370800": [("济宁医保", "济宁医保小程序")],
    "family_account.370000": [("国家医保服务平台", "国家医保服务平台"), ("授权", "授权")],
    "nearby_service.370000": [
        ("参保登记", "参保登记"),
        ("医疗费手工报销", "医疗费手工报销"),
        ("异地就医备案", "异地就医备案"),
    ],
    "nearby_service.370800": [("异地安置备案", "异地安置备案"), ("转诊转院备案", "转诊转院备案")],
    "nearby_service.370100": [("医保+银行", "医保加银行"), ("门诊慢特病认定", "门诊慢特病认定")],
    "remote_direct_settlement.370000": [
        ("济南、青岛、淄博、东营、滨州和省直", "济南、青岛、淄博、东营、滨州和省直"),
        ("2021年12月底前", "二零二一年十二月底前"),
    ],
    "remote_direct_settlement.370100": [("按国家医保局定的时间", "按国家医保局定的时间")],
    "drug_delivery.370100": [("12家互联网医院", "十二家互联网医院"), ("送到家", "送到家")],
    "drug_delivery.370800": [("有条件的县、市、区", "有条件的县市区"), ("家庭医生", "家庭医生")],
    "personal_account_remote_payment.370100": [
        ("2021年6月30日前", "二零二一年六月三十日前"),
        ("社保卡", "社保卡"),
        ("医保码", "医保码"),
    ],
    "personal_account_remote_payment.370800": [("2021年12月底前", "二零二一年十二月底前")],
    "long_prescription.370100": [("3个月", "三个月"), ("疫情期间", "疫情期间"), ("仍在执行", "仍在执行")],
    "long_prescription.370000": [("3个月", "三个月")],
    "long_prescription.370800": [("3个月", "三个月")],
    "chronic_disease_zone.370100": [
        ("济南市中心医院", "济南市中心医院"),
        ("济南市传染病医院", "济南市传染病医院"),
    ],
    "cross_province_service.370000": [
        ("改参保信息", "改参保信息"),
        ("居民医保参保登记", "居民医保参保登记"),
        ("异地就医结算备案", "异地就医结算备案"),
    ],
    "cross_province_service.370100": [("邮寄办", "邮寄办"), ("打电话办", "电话办")],
    "hall_emergency_plan.370100": [
        ("医药箱、止血带、氧气瓶", "医药箱、止血带、氧气瓶"),
        ("至少演练2次", "至少演练两次"),
    ],
    "service_rating_complaint.370100": [("当月不能评先进", "当月不能评先进")],
    "service_rating_complaint.370000": [
        ("不许态度冷漠", "不许态度冷漠"),
        ("2021年1月底前", "二零二一年一月底前"),
    ],
    "service_rating_complaint.370800": [("坚决不许态度冷漠", "坚决不许态度冷漠"), ("负责到底", "负责到底")],
    "manual_reimbursement.370000": [("当场就报", "当场就报")],
    "manual_reimbursement.370800": [("当场就报", "当场就报")],
}


@pytest.mark.parametrize("entry_id", FACTS)
def test_facts_are_written_and_spoken(entries: tuple[PolicyEntry, ...], entry_id: str):
    entry = next(entry for entry in entries if entry.id == entry_id)
    speech = "".join(entry.spoken)
    for written, spoken in FACTS[entry_id]:
        assert written in entry.written
        assert spoken in speech


def test_each_regions_entries_cite_its_own_document(entries):
    own = {
        "370000": "鲁医保发〔2021〕1号",
        "370100": "济医保发〔2021〕1号",
        "370800": "济医保中心发〔2021〕1号",
    }
    for entry in entries:
        if entry.region in own:
            assert entry.citations[0].document == own[entry.region], entry.id


def test_a_citys_entry_that_cites_the_province_says_whose_words_they_are(entries):
    for entry in entries:
        documents = {citation.document for citation in entry.citations}
        if entry.region == "370100" and "鲁医保发〔2021〕1号" in documents:
            assert "山东省的文件" in entry.written, entry.id
            assert "山东省的文件" in "".join(entry.spoken), entry.id


def test_what_the_documents_do_not_say_stays_unsaid(entries):
    for entry in entries:
        if (entry.region or "").startswith("37"):
            assert "%" not in entry.written, entry.id
            assert "元" not in entry.written, entry.id
            assert entry.cost is None, entry.id
