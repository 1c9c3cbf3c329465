"""An agent at the desk's page speaks with a caller: real browser, real desk, real line, real recogniser.

The agent's microphone is a recording; the caller is a WebSocket that listens and speaks.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from wsgiref.simple_server import demo_app

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from websockets.asyncio.client import ClientConnection, connect
from werkzeug.serving import make_server

from bot.calls import Calls
from bot.messages import Act, Channel, Reply
from bot.passes import Passes
from bot.settings import ROOT, TIME_ZONE, load_settings
from bot.store.models import Call, Escalation
from desk.app import create_desk
from tests.browser_fixture import NewPage, new_page  # noqa: F401
from tests.desk.house import PASSWORD, SmallHouse, call_for_help, hire, introduce, say
from tests.microphone_fixture import WORDS, browser, microphone  # noqa: F401
from tests.voice.browsers import say as tell
from tests.voice.browsers import told
from tests.voice.recordings import recordings
from voice.agent_audio import AgentAudio, Attended, Outcome, Patience
from voice.agent_line import AgentLines
from voice.asr import SpeechModel
from voice.browser_leg import BrowserLeg
from voice.models import TRIAL_MODEL
from voice.resample import Resampler
from voice.ticker import Ticker
from voice.websocket import ModelNotice, SocketSettings, VoiceSockets

CALLER = "053712345678"
CALLER_SAYS = "不是我说错了"
PICTURES = ROOT / "docs" / "pictures"


@dataclass(frozen=True, slots=True)
class Hush:
    """A sentence of the machine, as a moment of silence: these tests are about people's voices."""

    text: str
    pcm: bytes = bytes(6400)


async def hush(text: str) -> AsyncIterator[Hush]:
    yield Hush(text)


class Line:
    """The voice process, as far as this story goes, and its one caller; in a thread."""

    def __init__(self, house: SmallHouse, page_port: int) -> None:
        self._house, self._page_port = house, page_port
        self._settings = house.settings
        self.attended: list[Attended] = []
        self.heard = 0  # loud frames that reached the caller
        self.captions: list[str] = []
        self.row = 0
        self.port = 0
        self.escalation = 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(30)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(30)

    def ring(self) -> None:
        """The caller rings, asks something, and wants a person."""
        asyncio.run_coroutine_threadsafe(self._ring(), self._loop).result(30)

    def speak(self) -> None:
        """The caller says a sentence."""
        asyncio.run_coroutine_threadsafe(self._speak(), self._loop).result(30)

    async def _run(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        self._ticker, lines = Ticker(), AgentLines()
        self.calls = Calls(self._house.database, self._house.vault, self._house.events)
        model = SpeechModel.load(TRIAL_MODEL)
        patience = Patience(coming=60, returning=20, look=0.2)
        self._audio = AgentAudio(self.calls, lines, model, self._ticker, _now, patience)
        sockets = VoiceSockets(
            SocketSettings("127.0.0.1", 0, (self._page_port,)),
            Passes(self._settings.session_secret),
            self._call,
            lines,
            ModelNotice("试用模型", ""),
        )
        await sockets.start()
        self.port = sockets.port
        ticking = asyncio.create_task(self._ticker.run())
        self._ready.set()
        await self._over.wait()
        ticking.cancel()
        await sockets.close()

    async def _call(self, leg: BrowserLeg) -> None:
        self.row = self.calls.begin(leg.call_id, "browser", leg.caller, "12393", _now(), "370800")
        self.calls.answered(self.row, _now())
        reply = Reply("要带身份证和社保卡。", "", Act.ANSWER)
        conversation = say(
            self._house, CALLER, "异地备案要带什么？", _now(), reply=reply, channel=Channel.PHONE
        )
        introduce(self._house, conversation, "赵国强", CALLER, "370800")
        with self._house.database.begin() as session:
            session.get_one(Call, self.row).conversation_id = conversation
        self.calls.note(self.row, "heard", _now(), 2100, "异地备案要带什么？", {"confidence": 0.91})
        self.calls.note(
            self.row,
            "understood",
            _now(),
            38,
            data={"intent": "ask_remote_medical_filing", "confidence": 0.93},
        )
        self.calls.note(self.row, "said", _now(), 3300, "要带身份证和社保卡。")
        self.calls.note(self.row, "key", _now(), text="0")
        self.escalation = call_for_help(self._house, conversation, _now(), summary="异地备案要带什么？")
        self.calls.note(self.row, "queued", _now(), data={"position": 1})
        while (state := self.calls.queue_state(conversation, _now())).held_by != "agent":
            await self._ticker.sleep(0.2)
        attended = await self._audio.attend(leg, self.row, conversation, state, hush)
        self.attended.append(attended)
        if attended.outcome is not Outcome.TO_QUEUE:
            self.calls.end(self.row, _now(), "us")

    async def _ring(self) -> None:
        self._caller: ClientConnection = await connect(
            f"ws://127.0.0.1:{self.port}/phone",
            origin=f"http://127.0.0.1:{self._page_port}",  # type: ignore[arg-type]
            max_queue=None,
        )
        await tell(
            self._caller, type="ring", **{"pass": Passes(self._settings.session_secret).for_phone(CALLER)}
        )
        await told(self._caller, "welcome")
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for message in self._caller:
            if isinstance(message, bytes):
                self.heard += int(np.abs(np.frombuffer(message, "<i2")).max() > 1500)
            else:
                self.captions.append(message)

    async def _speak(self) -> None:
        recording = next(r for r in recordings() if r.text == CALLER_SAYS)
        up = Resampler(recording.sample_rate, 16_000)
        pcm = up.feed(recording.pcm) + up.finish() + bytes(32_000)
        for start in range(0, len(pcm), 640):
            await self._caller.send(pcm[start : start + 640])
            await asyncio.sleep(0.01)


def _now() -> datetime:
    return datetime.now(TIME_ZONE)


@dataclass(frozen=True)
class Place:
    """The desk's address, its house and the line."""

    url: str
    house: SmallHouse
    line: Line


@pytest.fixture
def place(tmp_path: Path, redis_url: str, house: SmallHouse) -> Iterator[Place]:
    settings = load_settings({"YINLING_STATE": str(tmp_path / "state"), "REDIS_URL": redis_url})
    web = make_server("127.0.0.1", 0, demo_app, threaded=True)
    line = Line(replace(house, settings=settings), web.server_port)
    line.start()
    whole = replace(house, settings=replace(settings, voice_ws_port=line.port))
    web.app = create_desk(whole)
    serving = threading.Thread(target=web.serve_forever, daemon=True)
    serving.start()
    hire(whole, "wang", "王老师")
    hire(whole, "chief", "陈主管", "supervisor")
    yield Place(f"http://127.0.0.1:{web.server_port}", whole, line)
    line.stop()
    web.shutdown()
    serving.join(10)
    web.server_close()


def log_in(page: Page, place: Place, name: str = "wang") -> None:
    page.goto(f"{place.url}/login")
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.locator("#queue-title")).to_be_visible()


def picture(page: Page, name: str) -> None:
    """Take a picture for the documentation, if it is wanted."""
    if os.environ.get("YINLING_PICTURES") == "1":
        page.screenshot(path=PICTURES / f"{name}.png")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_agent_and_a_caller_speak_with_each_other(
    new_page: NewPage,  # noqa: F811
    place: Place,
    eventually: Callable[..., None],
) -> None:
    page, line = new_page(1280, 900), place.line
    page.on("dialog", lambda dialog: dialog.accept())
    log_in(page, place)
    line.ring()
    page.get_by_role("button", name="接待赵**").click()
    panel = page.locator("#phone-call")
    expect(panel).to_contain_text("电话 · **********78")
    expect(page.locator("#lines")).to_contain_text("异地备案要带什么？")
    expect(page.locator("#lines")).to_contain_text("要带身份证和社保卡。")
    page.get_by_role("button", name="接通").click()
    expect(page.locator("#line-state")).to_have_text("接通了，请讲。")
    eventually(lambda: line.heard > 20, 30)  # the agent's voice reaches the caller
    line.speak()
    expect(page.locator(".line.citizen", has_text=CALLER_SAYS)).to_be_visible(timeout=30_000)
    expect(page.locator(".line.agent", has_text=WORDS).first).to_be_visible(timeout=30_000)
    picture(page, "desk-call")
    page.get_by_role("button", name="请市民稍等").click()
    expect(page.locator("#line-state")).to_contain_text("听不到您说话")
    page.get_by_role("button", name="接着谈").click()
    expect(page.locator("#line-state")).to_have_text("接通了，请讲。")
    page.get_by_label("回复").fill("请带上身份证。")
    page.get_by_role("button", name="发送").click()
    expect(page.locator(".delivery", has_text="已念给市民听")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="挂断").click()
    expect(page.locator("#line-state")).to_have_text("通话结束了。")
    eventually(lambda: [a.outcome for a in line.attended] == ["finished"])
    expect(page.locator("#call-phase")).to_have_text("已挂断", timeout=30_000)
    page.get_by_role("link", name="看通话经过").click()
    for words in ("听到", "排在第1位", "人工接通", "请来电人稍等", "接着谈"):
        expect(page.locator("#timeline")).to_contain_text(words)
    picture(page, "desk-call-timeline")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_agent_whose_page_is_closed_gives_the_caller_back(
    new_page: NewPage,  # noqa: F811
    place: Place,
    eventually: Callable[..., None],
) -> None:
    page, line = new_page(390, 844), place.line
    log_in(page, place)
    line.ring()
    page.get_by_role("button", name="接待赵**").click()
    expect(page.get_by_role("button", name="接通")).to_be_in_viewport()
    page.get_by_role("button", name="接通").click()
    expect(page.locator("#line-state")).to_have_text("接通了，请讲。")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    line._audio.room.patience = Patience(returning=0.5, look=0.2)
    page.close()
    eventually(lambda: [a.outcome for a in line.attended] == ["to_queue"], 30)
    with place.house.database.begin() as session:
        assert session.get_one(Escalation, line.escalation).status == "waiting"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_list_of_calls_keeps_up_by_itself(
    new_page: NewPage,  # noqa: F811
    place: Place,
) -> None:
    page, line = new_page(390, 844), place.line
    log_in(page, place, "chief")
    page.goto(f"{place.url}/calls")
    expect(page.locator("#calls")).to_contain_text("现在没有电话。")
    line.ring()
    expect(page.locator("#live-title")).to_have_text("正在通话（1）", timeout=30_000)
    expect(page.locator(".ticket")).to_contain_text("在排队", timeout=30_000)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    line.calls.end(line.row, _now() + timedelta(seconds=1), "caller")
    expect(page.locator("#missed-title")).to_have_text("没等到人工的来电（1）", timeout=30_000)
    page.get_by_role("button", name="安排回电").click()
    expect(page.locator("#messages")).to_contain_text("已经安排")
