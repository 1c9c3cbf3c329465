"""What only supervisors do: people, canned replies, audit, figures."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from flask import Flask

from bot.escalation import EscalationQueue
from bot.messages import Act, Reply
from bot.store.models import Agent, AuditEntry, CannedReply
from bot.workorders import Ratings
from desk.canned_views import FIRST_ONES, seed_canned
from tests.desk.conftest import LogIn
from tests.desk.house import PASSWORD, SmallHouse, call_for_help, say
from tests.desk.visitor import Visitor

_NEW_PASSWORD = re.compile(r'id="new-password">([^<]+)<')


@pytest.mark.parametrize("path", ["/agents", "/audit", "/reports"])
def test_agents_do_not_get_in(log_in: LogIn, path: str) -> None:
    wang = log_in("wang")
    refused = wang.get(path)
    assert refused.status_code == 403
    assert "主管" in refused.text
    assert f'href="{path}"' not in wang.get("/").text
    chief = log_in("chief")
    assert chief.get(path).status_code == 200
    assert f'href="{path}"' in chief.get("/").text


@pytest.mark.parametrize(
    "path", ["/agents", "/agents/1/reset", "/agents/1/disable", "/canned", "/canned/1", "/canned/1/remove"]
)
def test_agents_change_nothing(log_in: LogIn, house: SmallHouse, path: str) -> None:
    fields = {
        "username": "x1",
        "display_name": "甲",
        "role": "agent",
        "title": "甲",
        "text": "乙",
        "disabled": "1",
    }
    assert log_in("wang").post(path, **fields).status_code == 403
    with house.database.begin() as session:
        assert session.query(Agent).count() == 3
        assert session.query(Agent).filter_by(disabled=True).count() == 0
        assert session.query(CannedReply).count() == 0


def test_a_new_agent_gets_a_first_password_shown_once(app: Flask, log_in: LogIn) -> None:
    chief = log_in("chief")
    page = chief.post("/agents", username="sun", display_name="孙老师", role="agent").text
    found = _NEW_PASSWORD.search(page)
    assert found is not None
    assert "new-password" not in chief.get("/agents").text
    sun = Visitor(app)
    assert sun.login("sun", found[1]).status_code == 302
    assert sun.get("/").headers["Location"] == "/password"


def test_a_bad_or_taken_name_is_refused_in_plain_words(log_in: LogIn) -> None:
    chief = log_in("chief")
    taken = chief.post("/agents", username="wang", display_name="另一位", role="agent")
    assert taken.status_code == 400
    assert "已经有人用了" in taken.text
    assert 'value="另一位"' in taken.text


def test_a_reset_ends_the_sessions_and_gives_a_new_password(
    app: Flask, log_in: LogIn, staff: dict[str, int]
) -> None:
    wang, chief = log_in("wang"), log_in("chief")
    found = _NEW_PASSWORD.search(chief.post(f"/agents/{staff['wang']}/reset").text)
    assert found is not None
    assert wang.get("/").status_code == 302
    assert Visitor(app).login("wang", PASSWORD).status_code == 401
    assert Visitor(app).login("wang", found[1]).status_code == 302


def test_disabling_shuts_out_until_allowed_again(app: Flask, log_in: LogIn, staff: dict[str, int]) -> None:
    wang, chief = log_in("wang"), log_in("chief")
    chief.post(f"/agents/{staff['wang']}/disable", disabled="1")
    assert wang.get("/").status_code == 302
    assert "已停用" in chief.get("/agents").text
    assert Visitor(app).login("wang").status_code == 401
    chief.post(f"/agents/{staff['wang']}/disable", disabled="0")
    assert Visitor(app).login("wang").status_code == 302


def test_nobody_shuts_out_themselves(log_in: LogIn, staff: dict[str, int]) -> None:
    chief = log_in("chief")
    chief.post(f"/agents/{staff['chief']}/disable", disabled="1")
    assert "不能停用自己" in chief.get("/agents").text
    assert chief.post("/agents/99/disable", disabled="1").status_code == 404


def test_supervisors_write_the_canned_replies(log_in: LogIn, house: SmallHouse) -> None:
    chief = log_in("chief")
    chief.post("/canned", title="请稍等", text="请您稍等。")
    with house.database.begin() as session:
        canned = session.query(CannedReply).one()
    chief.post(f"/canned/{canned.id}", title="请稍等", text="请您稍等一下。")
    assert "请您稍等一下。" in log_in("wang").get("/canned").text
    chief.post("/canned", title="", text="没有标题")
    assert "标题和内容都要写" in chief.get("/canned").text
    chief.post(f"/canned/{canned.id}/remove")
    assert "还没有常用语" in chief.get("/canned").text
    assert chief.post(f"/canned/{canned.id}", title="甲", text="乙").status_code == 404


def test_canned_replies_to_begin_with_do_not_come_back_once_removed(log_in: LogIn, house: SmallHouse) -> None:
    for _ in range(2):
        with house.database.begin() as session:
            seed_canned(session)
    with house.database.begin() as session:
        ids = [reply.id for reply in session.query(CannedReply)]
    assert len(ids) == len(FIRST_ONES)
    chief = log_in("chief")
    for id_ in ids:
        chief.post(f"/canned/{id_}/remove")
    with house.database.begin() as session:
        seed_canned(session)
        assert session.query(CannedReply).count() == 0


def test_the_audit_is_readable_and_goes_back(log_in: LogIn, house: SmallHouse, now: datetime) -> None:
    with house.database.begin() as session:
        for number in range(150):
            session.add(AuditEntry(at=now, actor="wang", action="reveal", subject=f"escalation:{number}"))
    chief = log_in("chief")
    page = chief.get("/audit").text
    assert "查看完整个人信息" in page
    assert "人工接待 149" in page
    older = re.search(r'href="(/audit\?before=\d+)"', page)
    assert older is not None
    assert "人工接待 0<" in chief.get(older[1]).text


def test_the_figures_of_today(log_in: LogIn, house: SmallHouse, now: datetime, staff: dict[str, int]) -> None:
    answered = Reply("答", "答", Act.ANSWER)
    say(house, "old", "昨天的", now - timedelta(days=1), reply=answered)
    for number in range(3):
        say(house, f"bot{number}", "问", now, reply=answered)
    for number, waited in enumerate((60, 120, 600)):
        at = now - timedelta(seconds=waited)
        conversation = say(house, f"p{number}", "转人工", at)
        escalation = call_for_help(house, conversation, at)
        with house.database.begin() as session:
            queue = EscalationQueue(session, house.vault)
            queue.accept(escalation, staff["wang"], now)
            if number == 0:
                queue.close(escalation, staff["wang"], "answered", None, now)
            Ratings(session, house.vault).rate(conversation, conversation, 5 - number, now)
    call_for_help(house, say(house, "p9", "转人工", now), now, reason="no_match")
    page = re.sub(r"<[^>]+>|\s+", " ", log_in("chief").get("/reports").text)
    page = re.sub(r"\s+", " ", page)
    for words in (
        "对话 7 次", "机器人答完 3 次 · 43%", "转到人工 4 次", "现在排队 1 位", "等人工（中位数） 2分00秒",
        "好差评 4.0 分 · 3 人", "要找人工 3", "机器人没听懂 1", "王老师 3 1",
    ):  # fmt: skip
        assert words in page
