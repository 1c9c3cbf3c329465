"""The whole way in two real browsers: a family member in the simulator, an agent at the desk.

With YINLING_PICTURES=1 the pictures in docs/pictures are taken anew.
"""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Page, expect

from bot.settings import ROOT

PICTURES = ROOT / "docs" / "pictures"
LI = "oStandinDaughterXiaoLi000001"  # the person whom the page offers first
QUESTION = "我爸在济宁，慢性病一次能开几个月的药？"
GREETING = "您好，我是值班员，您刚才问的我都看到了。您父亲是什么慢性病？"
REPLY = "高血压，天天要吃药。"
LAST_WORD = "好的。高血压能开长期处方，能开多少由医生定。您开药的时候，跟医生提一句就行。"
AFTERWARDS = "济宁异地就医备案怎么办？"
SECONDS = 30_000  # milliseconds that a browser waits for a line
_AT_END = """() => { const list = document.getElementById("chat");
    return list.scrollHeight - list.scrollTop - list.clientHeight < 2; }"""


def picture(page: Page, name: str) -> None:
    """Take a picture for the documentation, if it is wanted."""
    if os.environ.get("YINLING_PICTURES") == "1":
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png", animations="disabled", caret="hide")


def write(page: Page, text: str) -> None:
    """Type into the chat and press Enter."""
    page.locator("#text").fill(text)
    page.locator("#text").press("Enter")


def told(page: Page, text: str):
    """The account's line that holds these words."""
    return page.locator(".line:not(.mine)", has_text=text)


def log_in(page: Page, house) -> None:
    """As the installation said when it started."""
    page.goto(f"{house.desk}/")
    page.get_by_label("用户名").fill(house.username)
    page.get_by_label("密码").fill(house.password)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="排队等候")).to_be_visible()


@pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
def test_from_the_question_to_a_person_and_back(house, new_page):
    house.discretion.remember(LI, QUESTION, GREETING, REPLY, LAST_WORD, AFTERWARDS)
    phone, desk = new_page(390, 844), new_page(1280, 800)
    phone.goto(house.simulator)
    phone.get_by_role("button", name="关注公众号").click()
    expect(told(phone, "您好").first).to_be_visible(timeout=SECONDS)
    write(phone, QUESTION)
    expect(told(phone, "3个月")).to_be_visible(timeout=SECONDS)
    expect(told(phone, "济医保中心发〔2021〕1号")).to_be_visible()
    phone.wait_for_function(_AT_END)
    picture(phone, "simulator-phone")

    log_in(desk, house)
    tickets, address = desk.locator(".ticket"), desk.url
    waiting = tickets.count()
    write(phone, "转人工")
    expect(told(phone, "正在给您转人工")).to_be_visible(timeout=SECONDS)
    expect(tickets).to_have_count(waiting + 1, timeout=SECONDS)
    ticket = tickets.last
    expect(ticket).to_contain_text("要找人工")
    assert desk.url == address, "it appeared by itself"
    picture(desk, "desk-queue")

    ticket.get_by_role("button", name="接待").click()
    expect(desk.locator(".line.citizen", has_text=QUESTION)).to_be_visible()
    expect(desk.locator(".line.assistant .source").first).to_contain_text("依据")
    desk.locator("#reply-text").fill(GREETING)
    picture(desk, "desk-conversation")
    desk.locator("#reply-text").press("Enter")
    expect(told(phone, GREETING)).to_be_visible(timeout=SECONDS)

    write(phone, REPLY)
    expect(desk.locator(".line.citizen", has_text=REPLY)).to_be_visible(timeout=SECONDS)
    desk.locator("#reply-text").fill(LAST_WORD)
    desk.locator("#reply-text").press("Enter")
    expect(told(phone, LAST_WORD)).to_be_visible(timeout=SECONDS)
    expect(desk.locator(".line.agent .delivery.sent")).to_have_count(2, timeout=SECONDS)
    wide = new_page(1200, 760)
    wide.goto(house.simulator)
    expect(told(wide, LAST_WORD)).to_be_visible(timeout=SECONDS)
    wide.wait_for_function(_AT_END)
    picture(wide, "simulator-desktop")

    desk.get_by_text("结束或交回").click()
    desk.get_by_label("结果", exact=True).select_option("answered")
    desk.get_by_role("button", name="结束接待").click()
    expect(desk.get_by_text("已经结束。")).to_be_visible()
    assert house.records.escalation(LI)[1] == "closed"
    write(phone, AFTERWARDS)
    expect(told(phone, "异地安置备案")).to_be_visible(timeout=SECONDS)
    assert len(told(phone, GREETING).all()) == len(told(phone, LAST_WORD).all()) == 1
