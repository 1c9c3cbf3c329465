"""The knowledge pages in a real browser: on a phone and on a wide screen, with the check that runs while one writes."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import WSGIRequestHandler, make_server

from bot.gaps import Gaps
from bot.store.database import Database
from tests.browser_fixture import NewPage
from tests.desk.entries import ID, entry, fill
from tests.desk.house import PASSWORD

SIZES = [(390, 844), (1280, 900)]


class Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def database(vault, tmp_path) -> Iterator[Database]:
    """SQLite only: the subject is the browser."""
    made = Database(f"sqlite:///{tmp_path / 'yinling.db'}", vault)
    made.upgrade()
    yield made
    made.close()


@pytest.fixture
def address(app, house, staff, tmp_path, now) -> Iterator[str]:
    fill(house, tmp_path / "entries", now, entry(), entry(topic="guide_service", title="济南：有人帮您办"))
    with house.database.begin() as session:
        Gaps(session, house.vault).note("种牙能报销吗", "fallback", None, "370100", None, 0.1, now)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


def log_in(page: Page, address: str, name: str) -> None:
    page.goto(f"{address}/login")
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("link", name="知识库")).to_be_visible()


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_no_page_is_wider_than_the_screen(address, new_page: NewPage, width, height):
    page = new_page(width, height)
    log_in(page, address, "chief")
    for path in ("", f"/{ID}", f"/{ID}/edit", "/new"):
        page.goto(f"{address}/knowledge{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    for path in ("/gaps", "/packages"):
        page.goto(f"{address}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_written_checked_reviewed_published(address, new_page: NewPage):
    writer = new_page(390, 844)
    log_in(writer, address, "wang")
    writer.goto(f"{address}/knowledge/{ID}/edit")
    expect(writer.locator("#findings")).to_contain_text("没有发现要改的")
    writer.get_by_label("电话里怎么说").fill("老人打12393就能先办。")
    expect(writer.locator("#findings")).to_contain_text("电话里读不出来：第1句：12393")
    writer.get_by_label("电话里怎么说").fill("老年人在优先窗口办事，原则上不用排队。\n至少有两个窗口。")
    expect(writer.locator("#findings")).to_contain_text("没有发现要改的")
    writer.get_by_label("标题", exact=True).fill("济南：老人先办")
    writer.get_by_role("button", name="存好，交给别人审核").click()
    expect(writer.get_by_text("要请另一个人审核")).to_be_visible()

    chief = new_page(1280, 900)
    chief.on("dialog", lambda dialog: dialog.accept())
    log_in(chief, address, "chief")
    chief.goto(f"{address}/knowledge?status=review")
    chief.get_by_role("link", name="济南：老年人优先窗口").click()
    chief.get_by_role("button", name="审核通过").click()
    chief.get_by_role("button", name="发布").click()
    expect(chief.get_by_role("heading", name="济南：老人先办")).to_be_visible()
    expect(chief.get_by_text("机器人就按这个回答")).to_be_visible()
