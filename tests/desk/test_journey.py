"""The desk as agents meet it: the real process under gunicorn, in a real browser, on both databases."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from bot.appointments import seed_service_points
from bot.calendar import ChineseCalendar
from bot.ephemeral.connection import RedisConnection
from bot.ephemeral.events import RedisEvents
from bot.escalation import EscalationQueue
from bot.messages import Act, Reply
from bot.outbox import Outbox
from bot.ports import KnowledgeBase
from bot.privacy import Vault
from bot.settings import ROOT, load_settings
from bot.store.database import Database
from bot.store.models import AuditEntry, Escalation, OutboxMessage
from knowledge.desk_side import EntryDesk
from knowledge.signing import Signer
from nlu.regions import region_name
from tests.browser_fixture import NewPage
from tests.conftest import drop_and_make, free_port
from tests.desk.house import PASSWORD, SmallHouse, call_for_help, hire, introduce, say

ONE_DATABASE = pytest.mark.parametrize("desk", ["sqlite"], indirect=True)  # where only the browser matters
PAGES = (
    "/", "/appointments", "/callbacks", "/work-orders", "/canned", "/reports", "/agents", "/audit", "/password",
    "/calls", "/me",
)  # fmt: skip


@dataclass(frozen=True)
class RunningDesk:
    """A desk process and the house it works in."""

    url: str
    house: SmallHouse


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    redis_url: str,
    knowledge: KnowledgeBase,
    eventually: Callable[..., None],
) -> Iterator[RunningDesk]:
    if request.param == "sqlite":
        database_url = f"sqlite:///{tmp_path / 'yinling.db'}"
    else:
        database_url = drop_and_make(request.getfixturevalue("postgres_url"), "desk_journey")
    port = free_port()
    environment = {
        "YINLING_STATE": str(tmp_path / "state"),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "DESK_PORT": str(port),
        "YINLING_HOST": "127.0.0.1",
    }
    settings = load_settings(environment)
    vault = Vault(settings.data_key, settings.index_key)
    database = Database(settings.database_url, vault)
    database.upgrade()
    with database.begin() as session:
        seed_service_points(session)
    events = RedisEvents(RedisConnection(redis_url))
    desk = EntryDesk(database, Signer(settings.package_key, settings.installation), region_name)
    house = SmallHouse(settings, database, vault, knowledge, ChineseCalendar(), events, desk)
    command = [
        sys.executable, "-m", "gunicorn", "-c", "desk/gunicorn.conf.py", "desk.wsgi:app",
    ]  # fmt: skip
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | environment) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            eventually(lambda: _answers(url, process), 60)
            yield RunningDesk(url, house)
        finally:
            process.terminate()
            process.wait(20)
    database.close()


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, "the desk process ended"
    try:
        return httpx.get(f"{url}/healthz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def log_in(page: Page, desk: RunningDesk, username: str, password: str = PASSWORD) -> None:
    page.goto(desk.url)
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()


def enqueue(desk: RunningDesk, user: str, question: str) -> tuple[int, int]:
    """A citizen who asked and waits: conversation's and escalation's ids."""
    now = datetime.now(UTC)
    entry = desk.house.knowledge.lookup("remote_medical_filing", "370800", now.date())
    assert entry is not None
    policy = Reply(
        entry.written, entry.spoken[0], Act.ANSWER, topic=entry.topic, region=entry.region,
        entry_id=entry.entry_id, citations=entry.citations,
    )  # fmt: skip
    conversation = say(desk.house, user, question, now, reply=policy)
    introduce(desk.house, conversation, "赵国强", "13812345678", "370800")
    escalation = call_for_help(desk.house, conversation, now)
    desk.house.events.publish("desk", "queue", {"escalation_id": escalation})
    return conversation, escalation


def test_an_agent_helps_a_citizen(desk: RunningDesk, new_page: NewPage) -> None:
    house = desk.house
    wang_id = hire(house, "wang", "王老师")
    hire(house, "li", "李老师")
    wang, li = new_page(1280, 800), new_page(1280, 800)
    trouble: list[str] = []
    wang.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)

    log_in(wang, desk, "wang", "wrong password")
    expect(wang.get_by_role("alert")).to_contain_text("用户名或密码不对")
    trouble.clear()  # Chromium reports the refused form
    wang.get_by_label("密码").fill(PASSWORD)
    wang.get_by_role("button", name="登录").click()
    log_in(li, desk, "li")
    for page in (wang, li):
        expect(page.get_by_text("现在没有市民排队")).to_be_visible()

    # A new citizen appears on both screens by themselves, in the title too.
    conversation, escalation = enqueue(desk, "o1", "异地备案怎么办 <b>急</b>")
    for page in (wang, li):
        expect(page.locator(f"#ticket-{escalation}")).to_contain_text("异地备案怎么办 <b>急</b>")
        expect(page).to_have_title("(1位等候) 排队 · 银龄医保通")
    wang.get_by_role("button", name="接待赵**").click()
    expect(wang.get_by_role("heading", name="赵**")).to_be_visible()
    expect(li.get_by_text("现在没有市民排队")).to_be_visible()

    # What the citizen writes appears by itself; markup is only text.
    say(house, "o1", "在吗 <img src=x onerror=alert(1)>", datetime.now(UTC))
    house.events.publish("desk", "turn", {"conversation_id": conversation})
    expect(wang.locator(".line.citizen .bubble").last).to_have_text("在吗 <img src=x onerror=alert(1)>")

    # Enter sends, but not while an input method composes; Shift+Enter makes a new line.
    box = wang.get_by_label("回复赵**")
    box.fill("您好")
    box.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    expect(box).to_have_value("您好")
    box.press("Shift+Enter")
    box.press_sequentially("我来帮您")
    box.press("Enter")
    expect(wang.locator(".line.agent .bubble")).to_have_text("您好\n我来帮您")
    expect(wang.locator(".line.agent .delivery")).to_have_text("正在发送")
    expect(box).to_have_value("")
    with house.database.begin() as session:
        (message,) = session.query(OutboxMessage).all()
        assert message.payload["text"] == "您好\n我来帮您"
        Outbox(session, house.vault).sent(message.id, datetime.now(UTC))
    expect(wang.locator(".line.agent .delivery")).to_have_text("已送到微信")

    # Policy and canned replies go into the box; a draft outlives a reload.
    wang.get_by_label("要查的内容").fill("异地备案要带什么")
    wang.get_by_role("button", name="查", exact=True).click()
    wang.get_by_role("button", name="放进回复（带依据）").first.click()
    expect(box).to_have_value(re.compile("的规定，依据："))
    box.fill("")
    wang.get_by_role("button", name="再见").click()
    expect(box).to_have_value("不客气，祝您身体健康。有事随时来找我们。")
    wang.reload()
    expect(box).to_have_value("不客气，祝您身体健康。有事随时来找我们。")

    expect(wang.locator("#fact-phone")).to_have_text("138****5678")
    wang.get_by_role("button", name="显示完整信息").click()
    expect(wang.locator("#fact-phone")).to_have_text("13812345678")
    expect(wang.locator("#fact-name")).to_have_text("赵国强")

    wang.get_by_text("结束或交回").click()
    wang.get_by_label("结果").select_option("answered")
    wang.get_by_label("备注（可以不填）").fill("备案已讲清")
    wang.get_by_role("button", name="结束接待").click()
    expect(wang.get_by_text("已经结束。")).to_be_visible()
    expect(wang.get_by_text("我今天接待过的（1）")).to_be_visible()
    with house.database.begin() as session:
        row = session.get_one(Escalation, escalation)
        assert (row.status, row.agent_id, row.note) == ("closed", wang_id, "备案已讲清")
        assert session.query(AuditEntry).filter_by(action="reveal", actor="wang").count() == 1
    assert trouble == []


def test_a_page_tells_its_agent_that_the_citizen_is_lost(desk: RunningDesk, new_page: NewPage) -> None:
    house = desk.house
    hire(house, "wang", "王老师")
    page = new_page(390, 844)
    log_in(page, desk, "wang")
    _, escalation = enqueue(desk, "o1", "转人工")
    page.get_by_role("button", name="接待赵**").click()
    expect(page.get_by_role("button", name="发送")).to_be_visible()
    later = datetime.now(UTC) + timedelta(hours=1)
    with house.database.begin() as session:
        assert EscalationQueue(session, house.vault).release_vanished(later, later) == [escalation]
    expect(page.get_by_role("alert").filter(has_text="离线太久")).to_be_visible()
    expect(page.get_by_role("button", name="发送")).to_be_hidden()


@ONE_DATABASE
def test_where_listening_is_impossible_the_page_asks(desk: RunningDesk, new_page: NewPage) -> None:
    hire(desk.house, "wang", "王老师")
    page = new_page(1280, 800)
    page.route("**/live", lambda route: route.abort())
    log_in(page, desk, "wang")
    expect(page.get_by_text("现在没有市民排队")).to_be_visible()
    _, escalation = enqueue(desk, "o1", "转人工")
    expect(page.locator(f"#ticket-{escalation}")).to_be_visible()


@ONE_DATABASE
def test_many_tabs_of_one_browser_all_hear_the_news(desk: RunningDesk, new_page: NewPage) -> None:
    hire(desk.house, "wang", "王老师")
    first = new_page(1280, 800)
    log_in(first, desk, "wang")
    expect(first.get_by_text("现在没有市民排队")).to_be_visible()
    tabs = [first.context.new_page() for _ in range(7)]
    for tab in tabs:
        tab.goto(desk.url)
        expect(tab.get_by_text("现在没有市民排队")).to_be_visible()
    _, escalation = enqueue(desk, "o1", "转人工")
    for tab in (first, *tabs):
        expect(tab.locator(f"#ticket-{escalation}")).to_be_visible()


@ONE_DATABASE
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_every_page_fits_its_screen(desk: RunningDesk, new_page: NewPage, width: int, height: int) -> None:
    hire(desk.house, "chief", "陈主管", "supervisor")
    _, escalation = enqueue(desk, "o1", "异地备案" * 30 + "https://example.org/" + "x" * 120)
    page = new_page(width, height)
    log_in(page, desk, "chief")
    page.get_by_role("button", name="接待赵**").click()
    page.wait_for_url("**/conversations/*")
    for path in (f"/conversations/{escalation}", *PAGES):
        page.goto(desk.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        unnamed = page.evaluate(
            """[...document.querySelectorAll("input:not([type=hidden]), select, textarea")]
               .filter((field) => !field.labels.length).map((field) => field.outerHTML)"""
        )
        assert unnamed == [], path
