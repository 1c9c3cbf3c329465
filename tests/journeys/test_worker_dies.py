"""The worker is killed between the commit and the send: what an agent wrote arrives, once."""

from __future__ import annotations

import signal

WORDS = "您好，我是值班员，您的事我来办。"


def test_between_commit_and_send(house, meet, agent, eventually, answered_once):
    son = meet()
    assert son.says("转人工").act == "handoff"
    escalation_id, _ = house.records.escalation(son.openid)
    agent.accepts(escalation_id)
    house.signal("worker", signal.SIGSTOP)
    assert agent.replies(escalation_id, WORDS) == 200
    assert house.records.outbox(son.openid) == ["pending"], "committed"
    assert WORDS not in son.heard(), "and not sent"
    house.kill("worker")
    eventually(lambda: WORDS in son.heard(), 60)
    agent.closes(escalation_id)
    answered_once(son)
