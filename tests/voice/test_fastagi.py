"""The dialplan's two questions, over real sockets."""

from __future__ import annotations

import asyncio

import pytest

from voice.arrivals import Arrival, Arrivals, NextStep
from voice.fastagi import BadAgiRequest, FastAgi, answer

UUID = "4d7ca6ab-6a51-42e5-8c60-68d87fd0a630"


def ask(arrivals: Arrivals, *lines: str, ended: bool = True) -> bytes:
    """Send a request as Asterisk does, confirm each command, and give back what came."""

    async def exchange() -> bytes:
        server = FastAgi(arrivals, "127.0.0.1", 0)
        await server.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write("".join(f"{line}\n" for line in lines).encode() + (b"\n" if ended else b""))
        if not ended:
            writer.write_eof()
        came = b""
        while line := await reader.readline():
            came += line
            writer.write(b"200 result=1\n")
        writer.close()
        await server.stop()
        return came

    return asyncio.run(exchange())


def test_an_arriving_call_is_known_by_number_and_channel() -> None:
    arrivals = Arrivals()
    came = ask(
        arrivals,
        "agi_network: yes",
        f"agi_request: agi://127.0.0.1/arrive?uuid={UUID}&called=12393",
        "agi_channel: PJSIP/trunk-00000007",
        "agi_callerid: +8613812345678",
    )
    assert b"YINLING" in came
    assert arrivals.lookup(UUID.upper()) == Arrival("13812345678", "12393", "PJSIP/trunk-00000007")


def test_a_call_that_broke_off_goes_to_the_agents() -> None:
    came = ask(Arrivals(), f"agi_request: agi://h/next?uuid={UUID}")
    assert b'SET VARIABLE NEXT "agent"' in came
    assert b'SET VARIABLE AGENT_NUMBER ""' in came


def test_what_was_decided_is_told_once() -> None:
    arrivals = Arrivals()
    arrivals.go_next(UUID, NextStep.HANGUP)
    assert b'NEXT "hangup"' in ask(arrivals, f"agi_request: agi://h/next?uuid={UUID}")
    assert b'NEXT "agent"' in ask(arrivals, f"agi_request: agi://h/next?uuid={UUID}")


def test_a_transfer_names_the_agents_number() -> None:
    arrivals = Arrivals()
    arrivals.go_next(UUID, NextStep.AGENT, "8001")
    came = ask(arrivals, f"agi_request: agi://h/next?uuid={UUID}")
    assert b'NEXT "agent"' in came
    assert b'AGENT_NUMBER "8001"' in came


@pytest.mark.parametrize(
    "lines",
    [
        ("GET / HTTP/1.1",),
        ("agi_request: agi://h/next",),
        ("agi_request: agi://h/else?uuid=1",),
        ("agi_request: http://[",),
        ("x" * 10_000,),
        tuple(f"agi_arg_{i}: x" for i in range(300)),
    ],
    ids=["web", "no uuid", "no such question", "broken address", "endless line", "endless lines"],
)
def test_strangers_are_sent_away(lines: tuple[str, ...]) -> None:
    assert ask(Arrivals(), *lines) == b""


def test_a_request_cut_short_is_no_request() -> None:
    assert ask(Arrivals(), "agi_request: agi://h/", ended=False) == b""


def test_an_unknown_question_says_so() -> None:
    with pytest.raises(BadAgiRequest, match="no such question"):
        answer({"request": f"agi://h/else?uuid={UUID}"}, Arrivals())


def test_calls_that_never_ask_what_next_are_forgotten() -> None:
    arrivals = Arrivals()
    for number in range(3000):
        arrivals.arrive(str(number), Arrival("1", "2", "3"))
    assert arrivals.lookup("0") == Arrival("", "", "")
    assert arrivals.lookup("2999").caller == "1"
