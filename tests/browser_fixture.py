"""A real browser for tests: Debian's Chromium, headless, driven by Playwright.

Use it from a room's conftest.py or a test module::

    from tests.browser_fixture import browser, new_page  # noqa: F401

    def test_it(new_page):
        page = new_page(390, 844)
        page.goto("http://127.0.0.1:8000/simulator")

``browser`` lives for one test module: Playwright's synchronous interface keeps an event loop in its thread,
and a longer life would disturb tests that use asyncio. A page that throws an uncaught error, or asks any host
but this machine for anything, fails its test.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

NewPage = Callable[..., Page]

LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    # A microphone for voice messages, without a person to ask and without a device.
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    # No name but this machine's is ever looked up.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
]


def chromium_path() -> str | None:
    """Where Chromium is installed (CHROMIUM wins), or None."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One headless Chromium for a test module."""
    path = chromium_path()
    if path is None:
        pytest.fail("Chromium is missing: apt-get install chromium (or set CHROMIUM to its path)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGS)
        yield chromium
        chromium.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[NewPage]:
    """Opens pages: ``new_page(width=390, height=844, **context_options)``, each with its own storage."""
    contexts: list[BrowserContext] = []
    trouble: list[str] = []

    def watch(request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme in {"http", "https", "ws", "wss"} and url.hostname not in LOCAL_HOSTS:
            trouble.append(f"the page asked an outside host: {request.url}")

    def open_page(width: int = 390, height: int = 844, **options: object) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            **options,  # type: ignore[arg-type]
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("request", watch)
        page.on("pageerror", lambda error: trouble.append(f"uncaught error on the page: {error}"))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not trouble, "; ".join(trouble)
