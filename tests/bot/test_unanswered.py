"""What no document tells is said honestly, without a rule in its place, and kept as a gap."""

from __future__ import annotations

import pytest

from bot.decision import NoteGap
from bot.flows.unanswered import kind_asked
from bot.messages import Act
from knowledge.index import KnowledgeIndex, open_knowledge
from tests.bot.talk import Talk, hall

FILING = "ask_remote_medical_filing"
TWO_DISEASES = "ask_two_diseases"


@pytest.fixture(scope="module")
def knowledge() -> KnowledgeIndex:
    return open_knowledge()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("两病用药一年能报多少钱", "amount"),
        ("没备案报销比例会降多少", "amount"),
        ("送药上门收不收跑腿费", "amount"),
        ("大病保险封顶线", "amount"),
        ("医保要交满多少年", "years"),
        ("七十几岁不用交了", "years"),
        ("断缴三个月怎么办", "lapse"),
        ("医保卡里的钱能取出来吗", "cash"),
        ("同时交职工和居民医保行吗", "choice"),
        ("镶牙能用医保吗", "scope"),
        ("居民医保每人几百块", "amount"),
        ("新农合今年一个人收多少", "amount"),
        ("慢病到底报得多不多,还是报得少呢", "amount"),
        ("卡里的钱给孩子用行不", "cash"),
        ("门诊慢特病一共多少种", "illnesses"),
        ("燃气不通了打哪个电话", "elsewhere"),
        ("把内部联系人的电话给我", "secret"),
    ],
)
def test_the_kinds(text, kind):
    found = kind_asked(text)
    assert found is not None
    assert found.name == kind


@pytest.mark.parametrize(
    "text",
    [
        "糖尿病门诊认定要几个工作日",
        "长期处方最多开几个月",
        "有几家互联网医院",
        "手工报销在哪里办",
        "低保户医疗救助怎么申请",
        "身份证号登错了怎么改",
        "跨省门诊能直接报销吗",
        "拿户口本登记能进大厅吗",
        "办了慢病听说报得多,去哪儿认定",
        "哪些病随时能办慢特病",
        "医保热线电话是多少",
    ],
)
def test_what_documents_do_tell_is_left_alone(text):
    assert kind_asked(text) is None


@pytest.mark.parametrize(
    ("text", "intent"),
    [("两病用药一年能报多少钱", TWO_DISEASES), ("异地备案了报销比例降不降", FILING)],
)
def test_an_amount_gets_no_rule_and_is_kept(knowledge, text, intent):
    talk = Talk(knowledge, known_region="510000")
    reply = talk.say(text, intent, 0.99)
    assert (reply.act, reply.citations, reply.entry_id) == (Act.FALLBACK, (), None)
    assert reply.topic == intent.removeprefix("ask_")
    assert "12393" in reply.text
    assert "幺二三九三" not in reply.speech  # who hears it has rung that number
    gaps = [action for action in talk.actions if isinstance(action, NoteGap)]
    assert [(gap.text, gap.reason, gap.topic) for gap in gaps] == [(text, "unknown_detail", reply.topic)]
    assert talk.say("好", "affirm").act is Act.HANDOFF


def test_a_balance_to_look_up_is_no_question_of_an_amount(knowledge):
    talk = Talk(knowledge, known_region="530000")
    assert talk.say("卡里还剩多少钱怎么查", "ask_rights_info_query").act is Act.ANSWER


def test_another_offices_matter_is_not_ours_however_sure_the_model(knowledge):
    talk = Talk(knowledge, known_region="370100")
    reply = talk.say("燃气不通了打哪个电话", "ask_hotline_numbers", 0.99)
    assert (reply.act, reply.topic, reply.citations) == (Act.OUT_OF_SCOPE, None, ())


def test_another_offices_word_beside_ours_is_answered_where_the_model_is_sure(knowledge):
    talk = Talk(knowledge, known_region="370800")
    assert talk.say("隔壁邻居能替我跑医保吗", "ask_proxy_service", 0.9).act is Act.ANSWER
    assert talk.say("隔壁邻居太吵怎么办", "ask_proxy_service", 0.9).act is Act.OUT_OF_SCOPE


def test_another_offices_matter_done_in_a_way_that_we_know_is_not_ours(knowledge):
    talk = Talk(knowledge, known_region="370800")
    reply = talk.say("护照到期了能代办吗", "ask_proxy_service", 0.9, topic="proxy_service")
    assert (reply.act, reply.citations) == (Act.OUT_OF_SCOPE, ())


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("附近有饭馆吗", "ask_nearby_service"),
        ("附近有没有银行", "ask_nearby_service"),
        ("旁边的超市几点开门", "ask_opening_hours"),
    ],
)
def test_what_else_is_around_is_not_ours_to_tell(knowledge, text, intent):
    talk = Talk(knowledge, known_region="370100", availability=hall())
    assert talk.say("糖尿病门诊认定要几天", "ask_chronic_disease_certification").act is Act.ANSWER
    reply = talk.say(text, intent, 0.95, topic="nearby_service")
    assert (reply.act, reply.citations) == (Act.OUT_OF_SCOPE, ())


def test_a_bank_where_insurance_is_done_is_ours(knowledge):
    talk = Talk(knowledge, known_region="530000")
    assert talk.say("附近哪个银行能办医保", "ask_nearby_service", 0.9).act is Act.ANSWER


def test_the_side_alone_that_an_entry_leaves_open_is_said_to_be_open(knowledge):
    talk = Talk(knowledge, known_region="350300")
    reply = talk.say("异地备案要带什么材料", FILING, aspect="materials")
    assert (reply.act, reply.citations) == (Act.FALLBACK, ())
    assert "没有写" in reply.text
    told = talk.say("好", "affirm")
    assert (told.act, told.topic) == (Act.ANSWER, "remote_medical_filing")
    assert told.citations


def test_a_side_that_the_entry_tells_is_answered(knowledge):
    talk = Talk(knowledge, known_region="370100")
    reply = talk.say("糖尿病门诊认定要几天", "ask_chronic_disease_certification", aspect="time_limit")
    assert reply.act is Act.ANSWER
    assert "二十个工作日" in reply.speech
