"""The waiting list and who gets whom."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from flask import Flask

from bot.store.models import Agent, Conversation, Escalation
from desk.app import create_desk
from tests.desk.conftest import LogIn
from tests.desk.house import Clock, SmallHouse, call_for_help, hire, introduce, say
from tests.desk.visitor import Visitor


def waiting(house: SmallHouse, now: datetime) -> tuple[int, int, int]:
    """Three citizens wait: an ordinary one first, then a distressed one, then an emergency."""
    asked = say(house, "o1", "异地备案要带什么？我电话13812345678", now - timedelta(minutes=9))
    introduce(house, asked, "赵国强", "13812345678", "370800")
    say(house, "o1", "转人工", now - timedelta(minutes=8), intent="request_agent")
    first = call_for_help(house, asked, now - timedelta(minutes=8), summary="电话13812345678，问备案")
    upset = say(house, "o2", "我实在是没办法了", now - timedelta(minutes=3), intent="distress")
    second = call_for_help(house, upset, now - timedelta(minutes=3), reason="distress", priority=2)
    alarm = say(house, "o3", "有人晕倒了", now - timedelta(minutes=1), intent="emergency")
    third = call_for_help(house, alarm, now - timedelta(minutes=1), reason="emergency", priority=3)
    return first, second, third


def test_the_most_urgent_stands_on_top_and_is_marked(log_in: LogIn, house: SmallHouse, now: datetime) -> None:
    first, second, third = waiting(house, now)
    page = log_in("wang").get("/").text
    places = [page.index(f'id="ticket-{id_}"') for id_ in (third, second, first)]
    assert places == sorted(places)
    assert page.count('class="ticket urgent"') == 2
    for words in (
        "紧急求助",
        "情绪着急",
        "要找人工",
        "已等",
        "8分00秒",
        "济宁市",
        "赵**",
        "异地备案要带什么",
    ):
        assert words in page
    assert "退回来的" not in page


def test_names_and_numbers_are_masked_in_the_list(log_in: LogIn, house: SmallHouse, now: datetime) -> None:
    waiting(house, now)
    page = log_in("wang").get("/").text
    assert "138****5678" in page
    assert "13812345678" not in page
    assert "赵国强" not in page


def test_a_citizens_markup_is_only_text(log_in: LogIn, house: SmallHouse, now: datetime) -> None:
    evil = '<script>alert(1)</script><img src=x onerror="alert(2)">'
    conversation = say(house, "o1", evil, now)
    introduce(house, conversation, "<b>王", "13812345678", "370800")
    escalation = call_for_help(house, conversation, now, summary=evil)
    wang = log_in("wang")
    pages = [wang.get("/").text, wang.get("/queue", script=True).text]
    wang.post(f"/queue/{escalation}/accept")
    pages += [
        wang.get(f"/conversations/{escalation}").text,
        wang.get(f"/conversations/{escalation}/lines").text,
    ]
    for page in pages:
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "<b>" not in page


def test_accepting_opens_the_conversation_and_silences_the_bot(
    log_in: LogIn, house: SmallHouse, now: datetime, staff: dict[str, int]
) -> None:
    first, _, _ = waiting(house, now)
    wang = log_in("wang")
    assert wang.post(f"/queue/{first}/accept").headers["Location"] == f"/conversations/{first}"
    with house.database.begin() as session:
        escalation = session.get_one(Escalation, first)
        assert (escalation.status, escalation.agent_id) == ("accepted", staff["wang"])
        assert session.get_one(Conversation, escalation.conversation_id).held_by == "agent"
        assert session.get_one(Agent, staff["wang"]).state == "on_contact"
    page = wang.get("/").text
    assert "我正在接待" in page
    assert f'id="ticket-{first}"' not in page


def test_who_comes_second_is_told_so(log_in: LogIn, house: SmallHouse, now: datetime) -> None:
    first, _, _ = waiting(house, now)
    log_in("wang").post(f"/queue/{first}/accept")
    li = log_in("li")
    assert li.post(f"/queue/{first}/accept").headers["Location"] == "/"
    assert "刚刚被别的坐席接走了" in li.get("/").text


def test_of_many_agents_who_accept_at_once_one_gets_it(
    house: SmallHouse, clock: Clock, app: Flask, now: datetime
) -> None:
    conversation = say(house, "o1", "转人工", now, intent="request_agent")
    escalation = call_for_help(house, conversation, now)
    visitors = []
    for number in range(6):
        hire(house, f"agent{number}", f"坐席{number}")
        # A desk process of its own for every second agent.
        visitor = Visitor(app if number % 2 else create_desk(house, clock), f"10.0.1.{number}")
        visitor.login(f"agent{number}")
        visitors.append((visitor, visitor.token("/password")))
    start = threading.Barrier(len(visitors))
    places: list[str] = []

    def accept(visitor: Visitor, token: str) -> None:
        start.wait(30)
        answer = visitor.client.post(f"/queue/{escalation}/accept", headers={"X-CSRFToken": token})
        places.append(answer.headers["Location"])

    racers = [threading.Thread(target=accept, args=pair) for pair in visitors]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(60)
    assert sorted(places) == ["/"] * 5 + [f"/conversations/{escalation}"]
    with house.database.begin() as session:
        row = session.get_one(Escalation, escalation)
        assert row.status == "accepted"
        told = session.query(Agent).filter_by(state="on_contact").all()
        assert [agent.id for agent in told] == [row.agent_id]


def test_an_agent_says_how_they_are(log_in: LogIn, house: SmallHouse, staff: dict[str, int]) -> None:
    wang = log_in("wang")
    for state, words in (("offline", "离开"), ("wrap_up", "整理中"), ("ready", "准备好")):
        answer = wang.post("/state", script=True, state=state)
        assert answer.json is not None
        assert words in answer.json["message"]
        with house.database.begin() as session:
            assert session.get_one(Agent, staff["wang"]).state == state
    assert wang.post("/state", script=True, state="on_contact").status_code == 400


def test_an_empty_queue_says_so(log_in: LogIn) -> None:
    assert "现在没有市民排队" in log_in("wang").get("/").text
