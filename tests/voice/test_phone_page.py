"""The browser phone in a real Chromium, whose microphone is a recording: the page, the line, the recogniser."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from queue import Queue

import numpy as np
import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from bot.messages import Transcript
from bot.passes import Passes
from bot.settings import Settings, load_settings
from bot.sockets import sockets_url
from tests.browser_fixture import NewPage, new_page  # noqa: F401
from tests.microphone_fixture import WORDS, browser, microphone  # noqa: F401
from voice.agent_line import AgentLines
from voice.asr import SpeechModel
from voice.browser_leg import BrowserLeg
from voice.leg import Frame, HungUp, Key
from voice.player import Player
from voice.scribe import Scribe
from voice.ticker import Ticker
from voice.websocket import ModelNotice, SocketSettings, VoiceSockets
from webhooks.phone import phone_blueprint

ANSWER = "好的，我听见了。"


class Hotline:
    """A short hotline in a thread: writes along what it hears, and answers with a tone."""

    def __init__(self, model: SpeechModel, secret: str, web_port: int) -> None:
        self._model, self._secret, self._web_port = model, secret, web_port
        self.keys: list[str] = []
        self.callers: list[str] = []
        self.ends: Queue[str] = Queue()  # why each call ended
        self.port = 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(30)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(30)

    async def _run(self) -> None:
        self._loop, self._over, self._ticker = asyncio.get_running_loop(), asyncio.Event(), Ticker()
        sockets = VoiceSockets(
            SocketSettings("127.0.0.1", 0, (self._web_port,)),
            Passes(self._secret),
            self._call,
            AgentLines(),
            ModelNotice("试用模型", "只听得懂合成语音。"),
        )
        await sockets.start()
        self.port = sockets.port
        ticking = asyncio.create_task(self._ticker.run())
        self._ready.set()
        await self._over.wait()
        ticking.cancel()
        await sockets.close()

    async def _call(self, leg: BrowserLeg) -> None:
        self.callers.append(leg.caller)
        player = Player(leg.sample_rate, leg.write)
        stop = self._ticker.every_tick(player.tick)

        async def answer(heard: Transcript) -> None:
            leg.caption("caller", heard.text, final=True)
            leg.caption("machine", ANSWER, final=True)
            player.begin()
            tone = 8000 * np.sin(2 * np.pi * 440 * np.arange(8000) / 16000)
            player.put(ANSWER, tone.astype("<i2").tobytes())
            player.end()

        def partial(words: str) -> None:
            leg.caption("caller", words, final=False)

        scribe = Scribe(self._model, 16_000, self._ticker, partial, answer, lambda: None)
        writing = asyncio.create_task(scribe.run())
        while not isinstance(event := await leg.read(), HungUp):
            if isinstance(event, Frame):
                scribe.feed(event.pcm)
            elif isinstance(event, Key):
                self.keys.append(event.key)
                if event.key == "#":
                    await leg.hang_up()
        self.ends.put(event.by)
        stop()
        writing.cancel()
        await scribe.close()


@pytest.fixture(scope="module")
def place(
    trial_model: SpeechModel, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Hotline]]:
    """The page's address, and the hotline behind it."""
    settings = load_settings({"YINLING_STATE": str(tmp_path_factory.mktemp("state"))})
    app = Flask("phone of the tests")
    web = make_server("127.0.0.1", 0, app, threaded=True)
    hotline = Hotline(trial_model, settings.session_secret, web.server_port)
    hotline.start()
    app.register_blueprint(phone_blueprint(replace(settings, voice_ws_port=hotline.port)))
    serving = threading.Thread(target=web.serve_forever, daemon=True)
    serving.start()
    yield f"http://127.0.0.1:{web.server_port}/phone", hotline
    hotline.stop()
    web.shutdown()
    serving.join(10)
    web.server_close()


def ring(page: Page, address: str, caller: str = "") -> None:
    """Open the page and ring."""
    page.goto(address)
    if caller:
        page.get_by_text("试用设置", exact=True).click()
        page.get_by_label("假装从这个号码打来").fill(caller)
    page.get_by_role("button", name="拨打").click()
    expect(page.locator("#state")).to_have_text("接通了，请说话。")


def test_a_caller_speaks_reads_along_presses_keys_and_hangs_up(
    new_page: NewPage,  # noqa: F811
    place: tuple[str, Hotline],
) -> None:
    address, hotline = place
    page = new_page(390, 844)
    ring(page, address, "053712345678")
    assert hotline.callers[-1] == "053712345678"
    expect(page.locator("#model")).to_contain_text("试用模型。只听得懂合成语音。")
    expect(page.locator("li.caller:not(.partial) span").first).to_have_text(WORDS, timeout=30_000)
    expect(page.locator("li.machine span").first).to_have_text(ANSWER)
    page.locator("[data-key='0']").click()
    page.keyboard.press("7")
    expect(page.locator("#trouble")).to_be_hidden()
    page.get_by_role("button", name="挂断").click()
    expect(page.locator("#state")).to_contain_text("挂断了")
    expect(page.locator("#trouble")).to_be_hidden()
    assert hotline.ends.get(timeout=10) == "caller"
    assert hotline.keys[-2:] == ["0", "7"]


def test_the_answer_sounds(new_page: NewPage, place: tuple[str, Hotline]) -> None:  # noqa: F811
    address, hotline = place
    page = new_page(1280, 800)
    page.add_init_script(
        """const connect = AudioNode.prototype.connect;
        AudioNode.prototype.connect = function (to, ...rest) {
          if (to instanceof AudioDestinationNode && this instanceof AudioWorkletNode) {
            const meter = new AnalyserNode(this.context, { fftSize: 2048 });
            connect.call(this, meter);
            setInterval(() => {
              const wave = new Float32Array(2048);
              meter.getFloatTimeDomainData(wave);
              if (Math.max(...wave.map(Math.abs)) > 0.2) document.documentElement.dataset.loud = "1";
            }, 20);
          }
          return connect.call(this, to, ...rest);
        };"""
    )
    ring(page, address)
    expect(page.locator("html[data-loud]")).to_have_count(1, timeout=30_000)
    page.get_by_role("button", name="挂断").click()
    assert hotline.ends.get(timeout=10) == "caller"


def test_without_a_microphone_keys_and_recordings_still_work(
    new_page: NewPage,  # noqa: F811
    place: tuple[str, Hotline],
    microphone: Path,  # noqa: F811
) -> None:
    address, hotline = place
    page = new_page(390, 844)
    page.add_init_script("navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error('none'))")
    ring(page, address)
    expect(page.locator("#trouble")).to_contain_text("用不了麦克风")
    page.get_by_text("试用设置", exact=True).click()
    page.get_by_label("放一段录音代替说话").set_input_files(microphone)
    page.get_by_role("button", name="把录音放给对方听").click()
    expect(page.locator("li.caller:not(.partial) span").first).to_have_text(WORDS, timeout=30_000)
    page.get_by_role("button", name="井号").click()
    expect(page.locator("#state")).to_contain_text("挂断了")
    assert hotline.ends.get(timeout=10) == "us"


def test_when_nobody_answers_the_page_says_so(new_page: NewPage, place: tuple[str, Hotline]) -> None:  # noqa: F811
    address, hotline = place
    page = new_page(390, 844)
    nowhere = f'{{"pass": "x", "url": "ws://127.0.0.1:{hotline.port}/nowhere"}}'
    page.route("**/phone/pass", lambda route: route.fulfill(body=nowhere, content_type="application/json"))
    page.goto(address)
    page.get_by_role("button", name="拨打").click()
    expect(page.locator("#trouble")).to_contain_text("连不上热线")
    expect(page.locator("#dial")).to_contain_text("拨打")


def test_passes_are_given_to_our_page_only(settings: Settings) -> None:
    app = Flask("phone")
    app.register_blueprint(phone_blueprint(settings))
    client = app.test_client()
    assert client.post("/phone/pass", json={}).status_code == 403
    ours = {"X-Phone": "1"}
    for wrong in ({"caller": "12"}, {"caller": "138-1234"}, {"caller": 7}, [1]):
        assert client.post("/phone/pass", json=wrong, headers=ours).status_code == 400
    given = client.post("/phone/pass", json={"caller": "13812345678"}, headers=ours).get_json()
    assert Passes(settings.session_secret).phone(given["pass"]).caller == "13812345678"
    with client.get("/phone") as page:
        policy = page.headers["Content-Security-Policy"]
    assert "connect-src 'self' ws://localhost:8003" in policy


def test_the_line_is_where_it_is_configured_or_on_the_pages_own_host(settings: Settings) -> None:
    assert sockets_url(settings, "http://10.0.0.5:8000/") == "ws://10.0.0.5:8003"
    assert sockets_url(settings, "https://[::1]:8000/") == "wss://[::1]:8003"
    assert sockets_url(settings, "http://a b;/") == "ws://127.0.0.1:8003"
    proxied = replace(settings, voice_ws_url="wss://desk.example/voice")
    assert sockets_url(proxied, "http://10.0.0.5/") == "wss://desk.example/voice"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"YINLING_STATE": str(tmp_path)})
