"""Callers' stories through a real Asterisk with the dialplan of deploy/asterisk, the production way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import free_port
from tests.voice.recordings import FOLDER
from tests.voice.telephony.asterisk import FOLDER as ASTERISK
from tests.voice.telephony.asterisk import SECRET, Asterisk
from tests.voice.telephony.hotline import Hotline
from tests.voice.telephony.telephone import Telephone, hears, loud_seconds

GREETED = "随时按零"
_MISSING = ASTERISK.with_name("asterisk-missing")


@dataclass(frozen=True)
class Exchange:
    """The PBX, the hotline behind it and the only agent's telephone, which hums 440 Hz."""

    pbx: Asterisk
    hotline: Hotline
    agent: Telephone


@pytest.fixture(scope="module")
def exchange(nlu: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    """Everything between a caller and an agent."""
    if not ASTERISK.is_dir():
        reason = _MISSING.read_text() if _MISSING.exists() else "make test puts it there"
        pytest.skip(f"no Asterisk on this machine: {reason}")
    folder = tmp_path_factory.mktemp("exchange")
    agent = Telephone(folder / "agent", "8001", hum=440, answers=True)
    ports = {"AUDIOSOCKET_PORT": str(free_port()), "FASTAGI_PORT": str(free_port())}
    pbx = Asterisk("exchange", agent.uri, *(int(port) for port in ports.values()))
    manager = {"AMI_HOST": "127.0.0.1", "AMI_PORT": str(pbx.manager_port), "AMI_SECRET": SECRET}
    hotline = Hotline(folder / "hotline", nlu, **ports, **manager, SIP="0", VOICE_MAX_CALLS="1")
    try:
        yield Exchange(pbx, hotline, agent)
        hotline.close()
    finally:
        hotline.kill()
        pbx.close()
        agent.close()


@pytest.fixture
def caller(phone: Telephone, exchange: Exchange) -> Iterator[Telephone]:
    """A caller who has heard the greeting."""
    phone.dial(exchange.pbx.hotline)
    exchange.hotline.until_said(phone.number, GREETED)
    yield phone
    phone.hang_up()


def test_a_question_is_answered_and_the_number_is_known(caller: Telephone, exchange: Exchange) -> None:
    hotline = exchange.hotline
    caller.say(FOLDER / "000e.wav")  # 喂你好我是曲靖的我想办异地就医备案
    hotline.until_said(caller.number, "按云南省的规定")
    call = hotline.call(caller.number)
    assert (call.leg_kind, call.called) == ("audiosocket", "12393")
    assert loud_seconds(caller.heard_so_far()) > 10


def test_zero_brings_a_person_whose_voice_is_heard(caller: Telephone, exchange: Exchange) -> None:
    caller.press("0")
    exchange.hotline.until(lambda: "queued" in exchange.hotline.kinds(caller.number), "a place in the queue")
    exchange.hotline.agent_takes(caller.number, "8001")
    caller.until(lambda: hears(caller, 440), 60, f"the agent's voice\n{exchange.pbx.log()[-3000:]}")
    exchange.hotline.until(
        lambda: exchange.hotline.call(caller.number).end_reason == "transferred", "the transfer"
    )
    assert "yinling-transfer" in exchange.pbx.log()


def test_who_hangs_up_in_mid_sentence_is_let_go(phone: Telephone, exchange: Exchange) -> None:
    phone.dial(exchange.pbx.hotline)
    phone.until(lambda: loud_seconds(phone.heard_so_far()) > 1, 30, "the greeting")
    phone.hang_up()
    exchange.hotline.until(lambda: exchange.hotline.call(phone.number).end_reason == "caller", "the end", 10)


def test_one_call_too_many_is_told_so_and_goes_to_people(
    caller: Telephone, exchange: Exchange, tmp_path: Path
) -> None:
    second = Telephone(tmp_path / "second", "053799000001")
    try:
        second.dial(exchange.pbx.hotline)
        second.until(lambda: hears(second, 440), 60, "the agent's voice")
        assert loud_seconds(second.heard_so_far()) > 3  # the busy sentence came first
        assert exchange.hotline.timeline(caller.number)  # and the first caller still speaks with the bot
        assert "ended" not in exchange.hotline.kinds(caller.number)
    finally:
        second.close()


def test_a_bot_killed_in_mid_call_leaves_the_caller_with_people(
    caller: Telephone, exchange: Exchange
) -> None:
    exchange.hotline.kill()
    try:
        caller.until(lambda: hears(caller, 440), 60, f"the agent's voice\n{exchange.pbx.log()[-3000:]}")
    finally:
        exchange.hotline.start()


def test_while_the_bot_is_away_people_answer(phone: Telephone, exchange: Exchange) -> None:
    exchange.hotline.kill()
    try:
        phone.dial(exchange.pbx.hotline)
        phone.until(lambda: hears(phone, 440), 60, f"the agent's voice\n{exchange.pbx.log()[-3000:]}")
    finally:
        exchange.hotline.start()
