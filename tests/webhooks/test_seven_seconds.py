"""A conversation that takes seven seconds, against WeChat's real limit of five."""

from __future__ import annotations

import threading

import pytest

from tests.webhooks.line import LI


@pytest.mark.parametrize("line", [{"PASSIVE_REPLY_BUDGET": "4.2"}], indirect=True)
def test_seven_seconds_of_thinking(line, eventually):
    line.house.assistant.gate.clear()
    seven = threading.Timer(7.0, line.house.assistant.gate.set)
    seven.start()
    delivery = line.wechat.send(LI, text="报销")
    assert delivery.wait(20)
    assert (delivery.outcome, len(delivery.attempts)) == ("empty", 1)
    assert 4 < delivery.attempts[0]["seconds"] < 5
    assert not line.house.assistant.gate.is_set()
    line.until(eventually, "late")
    seven.join()
    line.deliver_late()
    assert line.told() == [("custom", "您说:报销")]
