"""An agent's computer goes dark: the citizen returns to the queue, and the next agent reads everything."""

from __future__ import annotations

import pytest

from bot.bootstrap import add_agent
from tests.journeys.agent import Agent


@pytest.mark.parametrize("installation", ["postgresql"], indirect=True)
def test_the_conversation_goes_back_to_the_queue(house, meet, agent, eventually, answered_once):
    grandmother = meet()
    assert grandmother.says("转人工").act == "handoff"
    escalation_id, _ = house.records.escalation(grandmother.openid)
    agent.accepts(escalation_id)
    assert agent.replies(escalation_id, "您好，请讲。") == 200
    assert grandmother.says("我的药费报不了").outcome == "empty", "a person listens"
    eventually(lambda: house.records.escalation(grandmother.openid) == (escalation_id, "waiting"), 60)
    assert agent.replies(escalation_id, "还在吗？") == 409, "the one who vanished holds it no more"
    assert f"ticket-{escalation_id}" in agent.waiting()
    helped = grandmother.says("济南异地就医备案怎么办？")
    assert helped.act == "answer", "the assistant answers while nobody holds it"
    password = add_agent(house.settings, "second", "李老师", "agent")
    with Agent(house, "second", password) as second:
        second.chooses_password(password, "山上的梨花一年开了三次")
        second.accepts(escalation_id)
        assert second.replies(escalation_id, "您好，我接着帮您办。") == 200
        second.closes(escalation_id)
    answered_once(grandmother)
