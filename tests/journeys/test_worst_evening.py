"""The worker dies while it sends, then the whole web process while it answers: everything arrives, once."""

from __future__ import annotations

import signal

import pytest

from tests.journeys.crowd import crowd
from tests.journeys.test_web_dies import in_hand

WORDS = "您好，我是值班员，请您放心。"


@pytest.mark.usefixtures("rasa_listens")
@pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
def test_everything_arrives_once(house, meet, agent, eventually, answered_once):
    widower = meet()
    assert widower.says("转人工").act == "handoff"
    escalation_id, _ = house.records.escalation(widower.openid)
    agent.accepts(escalation_id)
    house.faults(api=[{"path": "message/custom/send", "hang": 4.0, "status": 502}])
    assert agent.replies(escalation_id, WORDS) == 200
    eventually(lambda: not house.faults_left()["api"], 20)  # the call hangs at WeChat's
    house.kill("worker")
    assert house.records.outbox(widower.openid) == ["sending"]
    asking = crowd(meet, 4)
    in_hand(house, asking, eventually)
    house.kill("web")
    house.signal("rasa", signal.SIGCONT)
    answered_once(widower, *asking)
    assert widower.heard().count(WORDS) == 1
    agent.closes(escalation_id)
