"""One citizen's conversation at the desk."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.escalation import EscalationQueue
from bot.messages import Act, Channel, Reply
from bot.outbox import Outbox
from bot.store.models import Agent, AuditEntry, CannedReply, Conversation, Escalation, OutboxMessage
from tests.desk.conftest import LogIn
from tests.desk.house import Clock, SmallHouse, call_for_help, introduce, say
from tests.desk.visitor import Visitor


@pytest.fixture
def escalation(house: SmallHouse, now: datetime) -> int:
    """A citizen from Jining who asked about filing, got Jining's rule, and wants a person."""
    entry = house.knowledge.lookup("remote_medical_filing", "370800", now.date())
    assert entry is not None
    policy = Reply(
        entry.written, entry.spoken[0], Act.ANSWER, topic=entry.topic, region=entry.region,
        entry_id=entry.entry_id, citations=entry.citations,
    )  # fmt: skip
    at = now - timedelta(minutes=10)
    conversation = say(house, "o1", "异地就医备案怎么办", at, reply=policy)
    introduce(house, conversation, "赵国强", "13812345678", "370800")
    at += timedelta(minutes=1)
    say(house, "o1", "我是13812345678，身份证370802195001011234", at, intent="inform")
    return call_for_help(house, conversation, at, summary="问异地备案，留了电话13812345678")


@pytest.fixture
def wang(log_in: LogIn, escalation: int) -> Visitor:
    """Wang, who accepted."""
    visitor = log_in("wang")
    visitor.post(f"/queue/{escalation}/accept")
    return visitor


def outbox(house: SmallHouse) -> list[OutboxMessage]:
    with house.database.begin() as session:
        return list(session.query(OutboxMessage).order_by(OutboxMessage.id))


def test_the_page_tells_what_was_asked_understood_and_answered(
    wang: Visitor, house: SmallHouse, escalation: int, now: datetime
) -> None:
    page = wang.get(f"/conversations/{escalation}").text
    entry = house.knowledge.lookup("remote_medical_filing", "370800", now.date())
    assert entry is not None
    name = house.knowledge.topic_name("remote_medical_filing")
    for words in (
        "异地就医备案怎么办", f"听懂为：问：{name} · 把握 93%", "在回答机器人的问题",
        f"用的是：{entry.title}（{entry.authority}的规定）", entry.citations[0].document, "济宁市",
        "王老师开始接待", "问异地备案，留了电话138****5678",
    ):  # fmt: skip
        assert words in page
    assert "13812345678" not in page
    assert "370802195001011234" not in page


def test_a_reply_is_a_line_and_an_outgoing_message(wang: Visitor, house: SmallHouse, escalation: int) -> None:
    answer = wang.post(f"/conversations/{escalation}/reply", script=True, text=" 您好\r\n带身份证。 ")
    assert answer.status_code == 200
    sent = outbox(house)
    assert [(m.kind, m.payload["text"]) for m in sent] == [("wechat_text", "您好\n带身份证。")]
    lines = wang.get(f"/conversations/{escalation}/lines", script=True).text
    assert "您好\n带身份证。" in lines
    assert "正在发送" in lines


@pytest.mark.parametrize("text", ["", "  \n ", "长" * 1001])
def test_an_empty_or_endless_reply_is_not_sent(
    wang: Visitor, house: SmallHouse, escalation: int, text: str
) -> None:
    assert wang.post(f"/conversations/{escalation}/reply", script=True, text=text).status_code == 400
    assert outbox(house) == []


def test_the_agent_sees_how_far_a_reply_got(
    wang: Visitor, house: SmallHouse, escalation: int, now: datetime
) -> None:
    def shown() -> str:
        return wang.get(f"/conversations/{escalation}/lines", script=True).text

    wang.post(f"/conversations/{escalation}/reply", script=True, text="您好")
    with house.database.begin() as session:
        claimed = Outbox(session, house.vault).claim(now, timedelta(seconds=30))
        Outbox(session, house.vault).retry(claimed[0].id, "timeout", now)
    assert "还没送到，正在重试" in shown()
    with house.database.begin() as session:
        Outbox(session, house.vault).sent(claimed[0].id, now)
    assert "已送到微信" in shown()
    wang.post(f"/conversations/{escalation}/reply", script=True, text="还在吗")
    with house.database.begin() as session:
        (last,) = Outbox(session, house.vault).claim(now, timedelta(seconds=30))
        Outbox(session, house.vault).dead(last.id, "wechat.45015", now)
    assert "没有送到：微信要等市民再来消息才让发" in shown()


def test_revealing_is_written_into_the_audit(
    wang: Visitor, house: SmallHouse, escalation: int, staff: dict[str, int]
) -> None:
    answer = wang.post(f"/conversations/{escalation}/reveal", script=True).json
    assert answer is not None
    assert answer["fields"] == {"fact-name": "赵国强", "fact-phone": "13812345678"}
    assert "我是13812345678，身份证370802195001011234" in answer["lines"].values()
    with house.database.begin() as session:
        entry = session.query(AuditEntry).filter_by(action="reveal").one()
        assert (entry.actor, entry.subject) == ("wang", f"escalation:{escalation}")


def test_another_agent_sees_nothing_of_it(
    log_in: LogIn, wang: Visitor, house: SmallHouse, escalation: int
) -> None:
    li = log_in("li")
    for path in ("", "/lines", "/knowledge?q=备案"):
        assert li.get(f"/conversations/{escalation}{path}").headers["Location"] == "/"
        hidden = li.get(f"/conversations/{escalation}{path}", script=True)
        assert hidden.status_code == 409
        assert hidden.json == {"message": "这位市民现在由坐席王老师接待。"}
    assert li.post(f"/conversations/{escalation}/reveal", script=True).status_code == 409
    assert li.post(f"/conversations/{escalation}/reply", script=True, text="我来").status_code == 409
    li.post(f"/conversations/{escalation}/close", disposition="answered")
    li.post(f"/conversations/{escalation}/hand-back")
    assert outbox(house) == []
    with house.database.begin() as session:
        assert session.get_one(Escalation, escalation).status == "accepted"
        assert session.query(AuditEntry).filter_by(action="reveal").count() == 0


def test_nobody_reads_who_has_not_accepted_but_a_supervisor_may_and_it_is_noted(
    log_in: LogIn, house: SmallHouse, escalation: int
) -> None:
    assert log_in("li").get(f"/conversations/{escalation}").status_code == 302
    assert log_in("chief").get(f"/conversations/{escalation}").status_code == 200
    with house.database.begin() as session:
        entry = session.query(AuditEntry).filter_by(action="view_conversation").one()
        assert entry.actor == "chief"


def test_an_unknown_conversation_is_not_found(log_in: LogIn) -> None:
    assert log_in("wang").get("/conversations/4711").status_code == 404


def test_closing_keeps_result_and_note_and_gives_the_bot_its_voice_back(
    wang: Visitor, house: SmallHouse, escalation: int, staff: dict[str, int]
) -> None:
    refused = wang.post(f"/conversations/{escalation}/close", disposition="nonsense")
    assert refused.headers["Location"] == f"/conversations/{escalation}"
    assert "请先选一个结果" in wang.get(f"/conversations/{escalation}").text
    wang.post(f"/conversations/{escalation}/close", disposition="answered", note=" 备案已讲清 ")
    with house.database.begin() as session:
        row = session.get_one(Escalation, escalation)
        assert (row.status, row.disposition, row.note) == ("closed", "answered", "备案已讲清")
        assert session.get_one(Conversation, row.conversation_id).held_by == "bot"
        assert session.get_one(Agent, staff["wang"]).state == "wrap_up"
    page = wang.get("/").text
    assert "我今天接待过的（1）" in page
    assert "已经答复清楚" in page
    old = wang.get(f"/conversations/{escalation}").text
    assert "备案已讲清" in old
    assert 'id="reply"' not in old
    late = wang.post(f"/conversations/{escalation}/reply", script=True, text="还有一句")
    assert (late.status_code, late.json) == (409, {"message": "这次接待已经结束。"})


def test_handing_back_lets_the_bot_go_on(wang: Visitor, house: SmallHouse, escalation: int) -> None:
    wang.post(f"/conversations/{escalation}/hand-back")
    with house.database.begin() as session:
        row = session.get_one(Escalation, escalation)
        assert row.status == "handed_back"
        assert session.get_one(Conversation, row.conversation_id).held_by == "bot"


def test_who_vanished_has_lost_it_and_is_told(
    wang: Visitor, house: SmallHouse, escalation: int, clock: Clock, log_in: LogIn
) -> None:
    limit = timedelta(seconds=house.settings.agent_silence_limit)
    token = wang.token("/password")
    clock.forward(seconds=limit.total_seconds() - 5)
    beat = wang.client.post("/heartbeat", data={"active": "0"}, headers={"X-CSRFToken": token, "X-Desk": "1"})
    assert beat.status_code == 200
    clock.forward(seconds=30)
    with house.database.begin() as session:
        queue = EscalationQueue(session, house.vault)
        assert queue.release_vanished(clock.now - limit, clock.now) == []
    clock.forward(seconds=limit.total_seconds())
    with house.database.begin() as session:
        queue = EscalationQueue(session, house.vault)
        assert queue.release_vanished(clock.now - limit, clock.now) == [escalation]
    late = wang.post(f"/conversations/{escalation}/reply", script=True, text="我回来了")
    assert late.status_code == 409
    assert late.json is not None
    assert "离线太久" in late.json["message"]
    assert wang.get(f"/conversations/{escalation}/lines", script=True).status_code == 409
    assert outbox(house) == []
    li = log_in("li")
    queue = li.get("/").text
    assert f'id="ticket-{escalation}"' in queue
    assert "坐席掉线，退回来的" in queue
    assert li.post(f"/queue/{escalation}/accept").headers["Location"] == f"/conversations/{escalation}"


def test_knowledge_is_searched_for_the_citizens_region(wang: Visitor, escalation: int) -> None:
    found = wang.get(f"/conversations/{escalation}/knowledge?q=异地就医备案", script=True).text
    assert "济宁" in found
    assert 'data-insert="' in found
    assert "的规定，依据：" in found
    nothing = wang.get(f"/conversations/{escalation}/knowledge?q=", script=True).text
    assert "没有找到" in nothing


def test_canned_replies_can_be_inserted(wang: Visitor, house: SmallHouse, escalation: int) -> None:
    with house.database.begin() as session:
        session.add(CannedReply(title="请稍等", text='请"稍"等 <b>'))
    page = wang.get(f"/conversations/{escalation}").text
    assert 'data-insert="请&#34;稍&#34;等 &lt;b&gt;"' in page


def test_leaving_with_a_citizen_in_hand_is_asked_twice(wang: Visitor, escalation: int) -> None:
    asked = wang.post("/logout")
    assert asked.status_code == 200
    assert "还有 1 位市民没有接待完" in asked.text
    assert wang.get("/").status_code == 200
    assert wang.post("/logout", sure="1").status_code == 302
    assert wang.get("/").status_code == 302


def test_a_caller_has_no_wechat_and_the_page_says_so(log_in: LogIn, house: SmallHouse, now: datetime) -> None:
    conversation = say(house, "13900001111", "转人工", now, channel=Channel.PHONE, intent="request_agent")
    escalation = call_for_help(house, conversation, now)
    wang = log_in("wang")
    wang.post(f"/queue/{escalation}/accept")
    page = wang.get(f"/conversations/{escalation}").text
    assert "会在电话里念给市民听" in page
