"""The NLU server is killed in mid-conversation: keywords take over, Rasa comes back, nothing is lost."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import understood_by_rasa

QUESTION = "济南异地就医备案怎么办？"
BACK_SECONDS = 90.0  # a model is loaded anew


@pytest.mark.parametrize(
    ("installation", "program"),
    [("sqlite", "rasa"), ("postgresql", "nlu")],  # the server; and its keeper, which takes the server along
    indirect=["installation"],
)
def test_the_next_question_is_answered_all_the_same(house, meet, eventually, answered_once, program):
    daughter = meet()
    daughter.says("我妈住院了，怎么报销？")
    house.kill(program)
    answer = daughter.says(QUESTION)
    assert (answer.outcome, answer.act, answer.notes["topic"]) == (
        "replied",
        "answer",
        "remote_medical_filing",
    )
    assert len(answer.attempts) == 1, "without a retry of WeChat's"
    assert house.records.turns(daughter.openid)[-1].source in ("keywords", "rasa")
    answered_once(daughter)
    eventually(house.is_whole, BACK_SECONDS)
    eventually(lambda: understood_by_rasa(house, meet()), BACK_SECONDS)
