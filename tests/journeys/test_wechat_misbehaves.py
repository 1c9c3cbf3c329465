"""WeChat brings a message twice, in the wrong order, or loses the answer; or the answer takes longer than it waits."""

from __future__ import annotations

import signal

import pytest

from tests.journeys.crowd import all_write, crowd


@pytest.mark.usefixtures("rasa_listens")
def test_a_message_that_comes_twice_is_answered_once(house, meet, answered_once):
    daughter = meet()
    house.faults(duplicates=1)
    house.signal("rasa", signal.SIGSTOP)  # both are there before the first is answered
    assert daughter.says("济南异地就医备案怎么办？").outcome in ("replied", "empty")
    house.signal("rasa", signal.SIGCONT)
    answered_once(daughter)


def test_answers_lost_on_their_way_are_given_again(house, meet, answered_once):
    daughter = meet()
    house.faults(drop_replies=2)
    answer = daughter.says("济南异地就医备案怎么办？")
    assert [attempt["outcome"] for attempt in answer.attempts] == ["lost", "lost", "replied"]
    answered_once(daughter)


def test_messages_in_the_wrong_order(house, meet, answered_once):
    asking = crowd(meet, 6)
    house.faults(reorder=6)
    all_write(asking)
    answered_once(*asking)


def test_an_agents_words_arrive_when_wechat_is_back_in_order(house, meet, agent, eventually, answered_once):
    """A send fails; the words arrive when WeChat is back."""
    son = meet()
    assert son.says("转人工").act == "handoff"
    escalation_id, _ = house.records.escalation(son.openid)
    agent.accepts(escalation_id)
    house.faults(api=[{"path": "message/custom/send", "errcode": -1}])
    assert agent.replies(escalation_id, "您好，请问有什么可以帮您？") == 200
    answered_once(son)
    agent.closes(escalation_id)


@pytest.mark.usefixtures("rasa_listens")
@pytest.mark.parametrize("installation", ["postgresql"], indirect=True)
def test_an_answer_that_takes_longer_than_wechat_waits(house, meet, eventually, answered_once):
    daughter = meet()
    (rasa,) = house.signal("rasa", signal.SIGSTOP)
    slow = daughter.says("济南异地就医备案怎么办？")
    assert (slow.outcome, slow.text, len(slow.attempts)) == ("empty", "", 1)
    assert 3.5 < slow.attempts[0]["seconds"] < 5, "as long as WeChat waits, and no longer"
    rasa.send_signal(signal.SIGCONT)
    answered_once(daughter)
    (line,) = [line for line in daughter.lines() if line["from"] == "account"]
    assert line["via"] == "custom"
    assert [turn.status for turn in house.records.turns(daughter.openid)] == ["late"]
