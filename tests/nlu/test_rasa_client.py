"""The client against real servers: the real Rasa, a silent one, one that drops calls, one that talks nonsense."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from bot.ports import UnderstandingUnavailable
from nlu.circuit import CircuitBreaker
from nlu.intents import FALLBACK, INTENTS
from nlu.rasa_client import LONGEST, RasaUnderstanding
from nlu.server import RasaServer
from tests.rasa_fixture import RASA_TOKEN


@contextmanager
def silent_server() -> Iterator[str]:
    """Takes calls and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def answering(status: int, body: bytes) -> Iterator[tuple[str, list[int]]]:
    """Answers every call the same; yields its URL and the list that grows with each call."""
    calls: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            calls.append(1)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", calls
        finally:
            server.shutdown()
            thread.join()


def test_understands_a_question(rasa: RasaServer, now: datetime) -> None:
    with RasaUnderstanding(rasa.url, RASA_TOKEN, 10) as understanding:
        parse = understanding.parse("去北京住院要怎么备案", now)
    assert parse.intent.name == "ask_remote_medical_filing"
    assert parse.intent == parse.ranking[0]
    assert parse.source == "rasa"
    assert [i.confidence for i in parse.ranking] == sorted(
        (i.confidence for i in parse.ranking), reverse=True
    )
    assert {i.name for i in parse.ranking} <= set(INTENTS)


def test_finds_name_and_matter(rasa: RasaServer, now: datetime) -> None:
    text = "我叫卢桂香,想约个号办异地备案"
    with RasaUnderstanding(rasa.url, RASA_TOKEN, 10) as understanding:
        parse = understanding.parse(text, now)
    assert parse.first("name") == "卢桂香"
    assert parse.first("matter") == "异地备案"
    assert all(text[e.start : e.end] == e.text for e in parse.entities)


@pytest.mark.parametrize(
    "text", ["", "   ", "\n", "12345", "13812345678", "😀😀", "。。。", "/", "/ /", "*#06#", "?!"]
)
def test_never_sends_what_says_nothing(text: str, now: datetime) -> None:
    with answering(200, b"{}") as (url, calls), RasaUnderstanding(url, "t") as understanding:
        parse = understanding.parse(text, now)
    assert (parse.intent.name, parse.intent.confidence, calls) == (FALLBACK, 0.0, [])


@pytest.mark.parametrize("text", ["/restart", "/out_of_scope", "//affirm", " /affirm{}", "/greet@1.0"])
def test_a_slash_is_no_command(rasa: RasaServer, now: datetime, text: str) -> None:
    with RasaUnderstanding(rasa.url, RASA_TOKEN, 10) as understanding:
        parse = understanding.parse(text, now)
    assert parse.intent.confidence < 0.999
    assert parse.text == text


def test_a_story_is_shortened_and_its_places_still_fit(rasa: RasaServer, now: datetime) -> None:
    text = "我叫卢桂香,想约个号。" + "那天下着雨路上很滑," * 600 + "所以想约个号,就写尹志强这个名字"
    with RasaUnderstanding(rasa.url, RASA_TOKEN, 10) as understanding:
        started = time.monotonic()
        parse = understanding.parse(text, now)
        taken = time.monotonic() - started
    assert len(text) > 10 * LONGEST
    assert taken < 5  # unshortened it takes 9 s
    assert parse.text == text
    assert "卢桂香" in parse.values("name")
    assert all(text[e.start : e.end] == e.text for e in parse.entities)


def test_a_silent_server_costs_the_timeout_and_no_more(now: datetime) -> None:
    with silent_server() as url, RasaUnderstanding(url, "t", timeout=0.3) as understanding:
        started = time.monotonic()
        with pytest.raises(UnderstandingUnavailable):
            understanding.parse("怎么备案", now)
        assert 0.2 < time.monotonic() - started < 2


def test_nobody_listens(now: datetime) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with RasaUnderstanding(url, "t") as understanding, pytest.raises(UnderstandingUnavailable):
        understanding.parse("怎么备案", now)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b"{}"),
        (401, b"{}"),
        (200, b""),
        (200, b"[]"),
        (200, b"not json"),
        (200, b'{"intent_ranking": [], "entities": []}'),
        (200, b'{"intent_ranking": [{"name": "greet"}], "entities": []}'),
        (200, b'{"intent_ranking": [{"name": "greet", "confidence": 1}], "entities": [{"entity": "name"}]}'),
    ],
)
def test_an_answer_that_makes_no_sense_is_an_outage(status: int, body: bytes, now: datetime) -> None:
    with (
        answering(status, body) as (url, _),
        RasaUnderstanding(url, "t") as understanding,
        pytest.raises(UnderstandingUnavailable),
    ):
        understanding.parse("怎么备案", now)


def test_a_wrong_token_is_refused(rasa: RasaServer, now: datetime) -> None:
    with RasaUnderstanding(rasa.url, "guess", 10) as understanding, pytest.raises(UnderstandingUnavailable):
        understanding.parse("怎么备案", now)


def test_after_three_failures_nobody_waits_until_a_pause_has_passed(now: datetime) -> None:
    seconds = [0.0]
    breaker = CircuitBreaker(failures=3, pause=5.0, clock=lambda: seconds[0])
    with answering(500, b"") as (url, calls), RasaUnderstanding(url, "t", breaker=breaker) as understanding:

        def ask() -> None:
            with pytest.raises(UnderstandingUnavailable):
                understanding.parse("怎么备案", now)

        for _ in range(10):
            ask()
        assert len(calls) == 3
        seconds[0] = 5.1
        ask()
        ask()
        assert len(calls) == 4  # one probe


def test_a_probe_that_goes_well_opens_the_way_again(rasa: RasaServer, now: datetime) -> None:
    seconds = [0.0]
    breaker = CircuitBreaker(failures=1, pause=5.0, clock=lambda: seconds[0])
    breaker.failed()
    with RasaUnderstanding(rasa.url, RASA_TOKEN, 10, breaker) as understanding:
        with pytest.raises(UnderstandingUnavailable):
            understanding.parse("你好", now)
        seconds[0] = 6.0
        for _ in range(3):
            assert understanding.parse("你好", now).source == "rasa"


def test_many_callers_at_once(rasa: RasaServer, now: datetime) -> None:
    with RasaUnderstanding(rasa.url, RASA_TOKEN, 60) as understanding, ThreadPoolExecutor(12) as pool:
        texts = [f"社保卡丢了怎么补办{'啊' * (n % 3)}" for n in range(36)]
        parses = list(pool.map(lambda text: understanding.parse(text, now), texts))
    assert [parse.text for parse in parses] == texts
    assert {parse.intent.name for parse in parses} == {"ask_social_security_card"}


def test_only_parsing_is_served(rasa: RasaServer) -> None:
    with httpx.Client(base_url=rasa.url, params={"token": RASA_TOKEN}, trust_env=False) as client:
        assert client.get("/status").status_code == 200
        assert client.post("/model/train", content="x").status_code == 404
        assert client.put("/model", json={"model_file": "/etc/passwd"}).status_code == 404
        assert client.get("/conversations/x/tracker").status_code == 404
    assert httpx.get(f"{rasa.url}/status", trust_env=False).status_code == 401
