"""The simulator page: its calls are passed on, and in a real browser it behaves like a chat."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response
from playwright.sync_api import Page, expect
from wechatpy.replies import TextReply
from werkzeug.serving import make_server

from bot.settings import load_settings
from tests.browser_fixture import browser, new_page  # noqa: F401
from tests.webhooks.standin.test_delivery import encrypted
from webhooks.simulator import simulator_blueprint
from webhooks.standin import StandIn
from webhooks.standin.delivery import FAILURE_NOTICE

LI = "oStandinDaughterXiaoLi000001"
HEADERS = {"X-Simulator": "1"}
MENU = [
    {"type": "click", "name": "问政策", "key": "ASK"},
    {
        "name": "办事",
        "sub_button": [
            {"type": "click", "name": "预约大厅", "key": "BOOK"},
            {"type": "click", "name": "我的预约", "key": "MINE"},
        ],
    },
    {"type": "click", "name": "转人工", "key": "HUMAN"},
]
LONG = (
    "异地就医备案，济南市的规定是这样的：\n"
    "1. 长期住外地的，备案一次长期有效；\n"
    "2. 临时去外地看病的，备案一次管6个月。\n"
    "依据：《山东省异地就医办法》第五条。详情看 https://example.invalid/guide 。"
)


@dataclass
class Site:
    """The page's address, the stand-in behind it and what the account answers."""

    url: str
    wechat: StandIn
    account_server: Any
    custom: Callable[[str, str], int]


@pytest.fixture
def site(make_standin: Any, account_server: Any, make_api: Any, tmp_path: Path) -> Iterator[Site]:
    """The blueprint on a real server, in front of a stand-in with a menu."""
    wechat = make_standin()
    api = make_api(wechat)
    assert api.post("cgi-bin/menu/create", {"button": MENU})["errcode"] == 0
    settings = load_settings({"YINLING_STATE": str(tmp_path), "WECHAT_API_URL": wechat.url})
    app = Flask("web")
    app.register_blueprint(simulator_blueprint(settings))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    account_server.answer = answer
    yield Site(f"http://127.0.0.1:{server.port}/simulator", wechat, account_server, api.text)
    server.shutdown()
    thread.join()
    server.server_close()


def answer(message: Any) -> Any:
    """What the small account says; headers tell the panel what was understood."""
    if message.type == "event":
        texts = {
            "subscribe": "您好，我是银龄医保通。您可以直接打字问我。",
            "click": f"您点了 {message._data.get('EventKey')}",
        }
        text = texts.get(message.event)
        return encrypted(TextReply(content=text, message=message)) if text else "success"
    if message.type != "text":
        return encrypted(TextReply(content=f"收到{message.type}", message=message))
    if message.content == "稍等":
        return "success"
    text = {
        "异地就医备案怎么办": LONG,
        "备案": "您问的是哪里的规定？\n1. 济南市\n2. 济宁市",
        "2": "好的，济宁市。",
        "菜单": '请点：<a href="weixin://bizmsgmenu?msgmenucontent=济南市&msgmenuid=7">济南市</a>',
        "坏": "<b>不是标签</b><script>window.hacked = 1</script>",
    }.get(message.content, f"您说：{message.content}")
    return Response(
        encrypted(TextReply(content=text, message=message)),
        headers={
            "X-Yinling-Intent": "ask_policy",
            "X-Yinling-Citation": "%E6%B5%8E%E5%8C%BB%E4%BF%9D%E5%8F%91",
        },
    )


# -- the blueprint --------------------------------------------------------------------------------------------


def test_calls_are_passed_on(site, http):
    sent = http.post(
        f"{site.url}/send", params={"user": LI}, json={"kind": "text", "text": "你好"}, headers=HEADERS
    )
    assert sent.status_code == 200
    site.wechat.wait_for(LI, lambda lines: len(lines) == 2)
    chat = http.get(f"{site.url}/messages", params={"user": LI, "after": 0}).json()
    assert [line["text"] for line in chat["messages"]] == ["你好", "您说：你好"]
    assert http.get(f"{site.url}/menu").json()["button"][1]["name"] == "办事"
    wav = http.post(
        f"{site.url}/upload",
        params={"user": LI, "kind": "image"},
        files={"media": b"\x89PNG\r\n\x1a\nx"},
        headers=HEADERS,
    )
    assert wav.status_code == 200
    line = site.wechat.wait_for(LI, lambda lines: any(x["kind"] == "image" for x in lines))[2]
    assert http.get(f"{site.url}/media/{line['media_id']}").content == b"\x89PNG\r\n\x1a\nx"


def test_a_voice_can_be_played(site, http):
    sent = http.post(f"{site.url}/send", params={"user": LI}, json={"kind": "voice"}, headers=HEADERS)
    assert sent.status_code == 200
    media_id = site.wechat.messages(LI)[0]["media_id"]
    sound = http.get(f"{site.url}/media/{media_id}", params={"as": "wav"})
    assert sound.headers["Content-Type"] == "audio/wav"
    assert sound.content.startswith(b"RIFF")
    assert len(sound.content) > 2 * 8000 * 1.9


@pytest.mark.parametrize(
    ("path", "params", "body", "headers", "status"),
    [
        ("send", {"user": LI}, {"kind": "text", "text": "x"}, {}, 403),
        ("send", {"user": "../faults"}, {"kind": "text", "text": "x"}, HEADERS, 400),
        ("send", {}, {"kind": "text", "text": "x"}, HEADERS, 400),
        ("send", {"user": LI}, {"kind": "event", "event": "any"}, HEADERS, 400),
        ("send", {"user": LI}, ["x"], HEADERS, 400),
        ("send", {"user": LI}, {"kind": "text", "text": ""}, HEADERS, 400),
        ("upload", {"user": LI}, None, HEADERS, 400),
    ],
)
def test_wrong_calls_get_a_chinese_sentence(path, params, body, headers, status, site, http):
    answer = http.post(f"{site.url}/{path}", params=params, json=body, headers=headers)
    assert answer.status_code == status
    assert re.search(r"[\u4e00-\u9fff]", answer.json()["error"])


def test_a_bad_picture_is_refused(site, http):
    answer = http.post(f"{site.url}/upload", params={"user": LI}, files={"media": b"text"}, headers=HEADERS)
    assert answer.status_code == 400
    assert "JPG" in answer.json()["error"]


def test_the_stand_in_is_away(tmp_path):
    settings = load_settings({"YINLING_STATE": str(tmp_path), "WECHAT_API_URL": "http://127.0.0.1:1/"})
    app = Flask("web")
    app.register_blueprint(simulator_blueprint(settings))
    answer = app.test_client().get("/simulator/menu")
    assert answer.status_code == 502
    assert "微信的替身" in answer.json["error"]


def test_the_page_loads_nothing_from_outside(site, http):
    page = http.get(site.url)
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    for address in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert address.startswith("/simulator/static/")
        assert http.get(site.url.removesuffix("/simulator") + address).status_code == 200


# -- in a browser ---------------------------------------------------------------------------------------------


def opened(new_page: Any, site: Site, *size: int) -> Page:  # noqa: F811
    page: Page = new_page(*size)
    page.goto(site.url)
    page.get_by_role("button", name="关注公众号").click()
    expect(page.locator(".bubble").first).to_contain_text("银龄医保通")
    return page


def ask(page: Page, text: str) -> None:
    page.get_by_label("打字问我").fill(text)
    page.get_by_label("打字问我").press("Enter")


def test_a_chat_on_the_phone(new_page, site):  # noqa: F811
    page = opened(new_page, site)
    ask(page, "异地就医备案怎么办")
    reply = page.locator(".line:not(.mine) .bubble").last
    expect(reply).to_contain_text("备案一次管6个月")
    expect(reply.locator("a")).to_have_attribute("href", "https://example.invalid/guide")
    expect(reply.locator(".choice")).to_have_count(0)
    box = page.get_by_label("打字问我")
    expect(box).to_have_value("")
    box.fill("坏")
    page.get_by_role("button", name="发送").click()
    expect(page.locator(".bubble").last).to_contain_text("<b>不是标签</b>")
    assert page.evaluate("window.hacked") is None
    sizes = page.evaluate(
        "[...document.querySelectorAll('.phone *')].filter(e => e.innerText && e.offsetParent)"
        ".map(e => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(sizes) >= 18
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_late_messages_appear_by_themselves(new_page, site):  # noqa: F811
    page = opened(new_page, site)
    ask(page, "稍等")
    expect(page.locator(".mine .bubble").last).to_have_text("稍等")
    assert site.custom(LI, "这是人工小赵，请讲。") == 0
    expect(page.locator(".bubble").last).to_have_text("这是人工小赵，请讲。")
    expect(page.get_by_role("log")).to_have_attribute("aria-live", "polite")


def test_the_newest_line_is_seen_when_the_page_opens(new_page, site):  # noqa: F811
    for number in range(8):
        site.wechat.send(LI, text=f"第{number}句，异地就医备案怎么办")
    site.wechat.wait_for(LI, lambda lines: sum(line["from"] == "account" for line in lines) == 8)
    page, held = new_page(390, 844), []
    page.route("**/simulator/menu", lambda route: held.append(route))  # noqa: PLW0108 (Playwright marks handlers)
    page.goto(site.url)
    expect(page.locator(".line").last).to_be_in_viewport()
    held[0].continue_()
    expect(page.locator("#menu button").first).to_be_visible()  # it takes room from the chat
    page.wait_for_function(
        "() => { const c = document.getElementById('chat'); return c.scrollHeight - c.scrollTop - c.clientHeight < 2; }"
    )


def test_choices_can_be_tapped_once(new_page, site):  # noqa: F811
    page = opened(new_page, site)
    ask(page, "备案")
    page.get_by_role("button", name="2. 济宁市").click()
    expect(page.locator(".bubble").last).to_have_text("好的，济宁市。")
    expect(page.locator(".mine .bubble").last).to_have_text("2")
    expect(page.get_by_role("button", name="1. 济南市")).to_be_disabled()
    ask(page, "菜单")
    page.get_by_role("button", name="济南市", exact=True).click()
    expect(page.locator(".bubble").last).to_have_text("您说：济南市")
    assert site.account_server.received[-1]._data["bizmsgmenuid"] == "7"


def test_the_menu(new_page, site):  # noqa: F811
    page = opened(new_page, site)
    page.get_by_role("button", name="问政策").click()
    expect(page.locator(".bubble").last).to_have_text("您点了 ASK")
    page.get_by_role("button", name="办事").click()
    expect(page.get_by_role("button", name="预约大厅")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="预约大厅")).to_be_hidden()
    expect(page.get_by_role("button", name="办事")).to_be_focused()
    page.get_by_role("button", name="办事").press("Enter")
    page.get_by_role("button", name="我的预约").press("Enter")
    expect(page.locator(".bubble").last).to_have_text("您点了 MINE")


def test_place_picture_and_voice(new_page, site):  # noqa: F811
    page = opened(new_page, site)
    page.get_by_role("button", name="发照片、位置").click()
    page.get_by_role("button", name="位置", exact=True).click()
    page.get_by_role("button", name="济南市历下区").click()
    expect(page.locator(".bubble").last).to_have_text("收到location")
    png = bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000"
        "0500017a5eab3f0000000049454e44ae426082"
    )
    page.locator("#file").set_input_files({"name": "card.png", "mimeType": "image/png", "buffer": png})
    expect(page.locator(".bubble").last).to_have_text("收到image")
    page.get_by_role("button", name="改用语音").click()
    talk = page.locator("#talk")
    talk.dispatch_event("pointerdown", {"pointerId": 1, "button": 0})
    expect(talk).to_have_text("松开 发送 1″")
    talk.dispatch_event("pointerup", {"pointerId": 1})
    expect(page.locator(".bubble").last).to_have_text("收到voice")
    assert page.locator(".mine .voice").last.inner_text() in {"1″", "2″"}


def test_failure_is_shown_as_wechat_shows_it(new_page, site):  # noqa: F811
    page = opened(new_page, site)
    site.account_server.answer = lambda message: Response("broken", 500)
    ask(page, "在吗")
    expect(page.locator(".notice")).to_have_text(FAILURE_NOTICE)
    site.account_server.answer = answer
    page.get_by_role("button", name="没有送到，点一下再发").click()
    expect(page.locator(".bubble").last).to_have_text("您说：在吗")


def test_people_and_following(new_page, site, eventually):  # noqa: F811
    page = opened(new_page, site)
    ask(page, "我是小李")
    expect(page.locator(".bubble").last).to_have_text("您说：我是小李")
    page.get_by_role("button", name="更多：换人、关注").click()
    page.get_by_role("dialog").get_by_role("button", name="王大爷").click()
    expect(page.get_by_text("我是小李")).to_have_count(0)
    page.get_by_role("button", name="关注公众号").click()
    ask(page, "我是老王")
    expect(page.locator(".bubble").last).to_have_text("您说：我是老王")
    page.reload()
    expect(page.locator(".bubble").last).to_have_text("您说：我是老王")
    page.get_by_role("button", name="更多：换人、关注").click()
    page.get_by_role("button", name="换一个新用户").click()
    expect(page.get_by_role("button", name="关注公众号")).to_be_visible()
    eventually(lambda: len(site.wechat.account.users) == 2)
    page.get_by_role("button", name="更多：换人、关注").click()
    page.get_by_role("dialog").get_by_role("button", name="女儿小李").click()
    expect(page.locator(".bubble").last).to_have_text("您说：我是小李")
    page.get_by_role("button", name="更多：换人、关注").click()
    page.get_by_role("button", name="取消关注").click()
    expect(page.get_by_role("button", name="关注公众号")).to_be_visible()
    eventually(lambda: getattr(site.account_server.received[-1], "event", "") == "unsubscribe")


def test_behind_the_scenes_on_a_wide_screen(new_page, site):  # noqa: F811
    page = opened(new_page, site, 1280, 800)
    page.get_by_role("button", name="门诊慢特病要带什么材料？").click()
    step = page.locator(".step").first
    expect(step).to_contain_text("当场回答")
    expect(step).to_contain_text("ask_policy")
    expect(step).to_contain_text("济医保发")
    expect(page.locator("#quota")).to_contain_text("还可以主动发")


def test_the_server_comes_back(new_page, site):  # noqa: F811
    page = opened(new_page, site)
    page.route("**/simulator/messages*", lambda route: route.abort())
    expect(page.get_by_role("alert")).to_contain_text("连不上")
    page.unroute("**/simulator/messages*")
    expect(page.get_by_role("alert")).to_be_hidden()
    page.get_by_role("button", name="放大文字").click()
    assert page.evaluate("getComputedStyle(document.body).fontSize") == "24px"
