"""转人工: a person at the desk answers in the same chat, even when the desk's messenger dies meanwhile."""

from __future__ import annotations


def brought_to(house, citizen, agent, eventually):
    """The citizen's escalation, accepted by the agent."""
    assert citizen.says("转人工").act == "handoff"
    escalation_id, state = house.records.escalation(citizen.openid)
    assert state == "waiting"
    agent.accepts(escalation_id)
    return escalation_id


def test_a_person_answers_in_the_same_chat(house, meet, agent, eventually, answered_once):
    daughter = meet()
    assert daughter.says("济宁的家庭医生怎么签约，要不要钱？").outcome == "replied"
    escalation_id = brought_to(house, daughter, agent, eventually)
    silent = daughter.says("我妈八十了，走不动路")
    assert (silent.outcome, silent.text) == ("empty", ""), "the assistant is silent while a person is there"
    assert agent.replies(escalation_id, "您好，我是值班员，请问老人家住在哪个区？") == 200
    eventually(lambda: "您好，我是值班员，请问老人家住在哪个区？" in daughter.heard(), 30)
    agent.closes(escalation_id, note="已告知可以申请上门服务")
    back = daughter.says("谢谢，济南异地就医备案怎么办？")
    assert back.act == "answer"
    answered_once(daughter)
    assert house.records.escalation(daughter.openid) == (escalation_id, "closed")


def test_only_one_agent_gets_the_citizen(house, meet, agent, eventually):
    grandfather = meet()
    escalation_id = brought_to(house, grandfather, agent, eventually)
    assert f"ticket-{escalation_id}" not in agent.waiting()
    agent.closes(escalation_id)
