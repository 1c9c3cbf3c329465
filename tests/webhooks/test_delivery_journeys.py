"""Messages through WeChat's stand-in: late, lost, twice, out of order: one effect and one answer each."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from bot.store.models import Conversation, Turn

LI = "oDaughterLi"


@pytest.fixture
def house_url(database_url):
    """On both databases."""
    return database_url


SHORT = pytest.mark.parametrize("line", [{"PASSIVE_REPLY_BUDGET": "0.2"}], indirect=True)


def test_answer_in_time_is_passive_and_final(line):
    delivery = line.wechat.send(LI, text="报销")
    assert delivery.wait(10)
    assert line.told() == [("passive", "您说:报销")]
    assert line.statuses() == ["delivered"]
    assert line.deliver_late() == 0
    assert line.sweep_later(minutes=5) == 0


@SHORT
def test_answer_that_takes_long_comes_as_a_message(line, eventually):
    line.house.assistant.gate.clear()
    delivery = line.wechat.send(LI, text="报销")
    assert delivery.wait(10)
    assert (delivery.outcome, len(delivery.attempts)) == ("empty", 1)
    assert line.statuses() == ["received"], "stored before WeChat heard success"
    line.house.assistant.gate.set()
    line.until(eventually, "late")
    assert line.deliver_late() == 1
    assert line.told() == [("custom", "您说:报销")]
    assert len(line.house.assistant.heard) == 1
    assert line.deliver_late() == line.sweep_later(minutes=5) == 0


@SHORT
def test_retry_of_a_late_one_is_taken_and_not_answered_twice(line, eventually):
    line.house.assistant.gate.clear()
    line.wechat.faults.set(drop_replies=2)
    delivery = line.wechat.send(LI, text="报销")
    assert delivery.wait(10)
    assert [a["outcome"] for a in delivery.attempts] == ["lost", "lost", "empty"]
    line.house.assistant.gate.set()
    line.until(eventually, "late")
    assert line.deliver_late() == 1
    assert line.told() == [("custom", "您说:报销")]


def test_lost_passive_reply_is_given_again(line):
    line.wechat.faults.set(drop_replies=2)
    delivery = line.wechat.send(LI, text="报销")
    assert delivery.wait(10)
    assert [a["outcome"] for a in delivery.attempts] == ["lost", "lost", "replied"]
    assert line.told() == [("passive", "您说:报销")]
    assert len(line.house.assistant.heard) == 1


def test_twin_deliveries_have_one_effect(line):
    line.house.assistant.gate.clear()
    line.wechat.faults.set(duplicates=1)
    delivery = line.wechat.send(LI, text="报销")
    assert line.house.assistant.entered.wait(10)
    line.house.assistant.gate.set()
    assert delivery.wait(10)
    assert set(line.told()) == {("passive", "您说:报销")}
    assert len(line.house.assistant.heard) == 1
    assert line.statuses() == ["delivered"]


def test_first_messages_of_one_person_in_any_order(line):
    line.wechat.faults.set(reorder=5)
    deliveries = [line.wechat.send(LI, text=f"第{n}句") for n in range(5)]
    assert all(d.wait(20) for d in deliveries)
    assert sorted(text for _, text in line.told()) == [f"您说:第{n}句" for n in range(5)]
    with line.house.database.begin() as session:
        assert session.scalar(select(func.count()).select_from(Conversation)) == 1


def test_conversation_that_breaks_is_not_a_lost_message(line):
    line.house.assistant.broken = True
    delivery = line.wechat.send(LI, text="报销")
    assert delivery.wait(10)
    assert delivery.outcome == "empty"
    assert line.statuses() == ["received"]
    assert line.sweep_later(seconds=30) == 0, "still broken, still within patience"
    line.house.assistant.broken = False
    assert line.sweep_later(seconds=60) == 1
    assert line.deliver_late(seconds=61) == 1
    assert line.told() == [("custom", "您说:报销")]


def test_what_stays_broken_ends_in_an_apology(line):
    line.house.assistant.broken = True
    assert line.wechat.send(LI, text="报销").wait(10)
    assert line.sweep_later(minutes=4) == 1
    line.deliver_late(minutes=5)
    ((via, text),) = line.told()
    assert via == "custom"
    assert "小问题" in text
    line.house.assistant.broken = False
    assert line.sweep_later(minutes=9) == 0


@pytest.fixture
def twice_without_database(line, monkeypatch):
    """The database is away for two attempts, each of which tries to answer and then to store."""
    real, failures = line.house.database.begin, []

    def begin():
        if len(failures) < 4:
            failures.append(1)
            raise OSError
        return real()

    monkeypatch.setattr(line.house.database, "begin", begin)


@pytest.mark.usefixtures("twice_without_database")
def test_database_away_for_a_moment_is_waited_for(line):
    delivery = line.wechat.send(LI, text="报销")
    assert delivery.wait(10)
    assert [(a["outcome"], a["status"]) for a in delivery.attempts] == [("replied", 200)]
    assert line.told() == [("passive", "您说:报销")]


@SHORT
@pytest.mark.usefixtures("twice_without_database")
def test_database_away_for_longer_makes_wechat_come_again(line):
    delivery = line.wechat.send(LI, text="报销")
    assert delivery.wait(10)
    assert [(a["outcome"], a["status"]) for a in delivery.attempts] == [
        ("status", 503), ("status", 503), ("replied", 200),
    ]  # fmt: skip
    assert line.told() == [("passive", "您说:报销")]


def test_answered_turn_of_a_process_that_died(line):
    said = line.wechat.send(LI, text="报销")
    assert said.wait(10)
    with line.house.database.begin() as session:
        session.scalars(
            select(Turn)
        ).one().status = "answered"  # as a crash between commit and reply leaves it
    assert line.sweep_later(seconds=10) == 0
    assert line.sweep_later(seconds=30) == 1
    assert line.deliver_late(seconds=31) == 1


def test_long_answer_starts_passively_and_goes_on(line):
    assert line.wechat.send(LI, text="长").wait(10)
    assert line.deliver_late() == 0, "not before the passive reply is there"
    assert line.deliver_late(seconds=2) == 4
    assert [via for via, _ in line.told()] == ["passive", *["custom"] * 4]
    whole = "".join(text for _, text in line.told())
    assert whole.startswith("第1句")
    assert whole.endswith("第199句说的是医疗保障的办理。")
    assert all(len(text.encode()) <= 2048 for _, text in line.told())


@SHORT
def test_long_late_answer(line, eventually):
    line.house.assistant.gate.clear()
    assert line.wechat.send(LI, text="长").wait(10)
    line.house.assistant.gate.set()
    line.until(eventually, "late")
    line.deliver_late()
    assert [via for via, _ in line.told()] == ["custom"] * 5


def test_an_agent_holds_the_conversation(line):
    assert line.wechat.send(LI, text="转人工").wait(10)
    with line.house.database.begin() as session:
        session.scalars(select(Conversation)).one().held_by = "agent"
    delivery = line.wechat.send(LI, text="我的药费")
    assert delivery.wait(10)
    assert delivery.outcome == "empty"
    assert line.statuses() == ["delivered", "delivered"]
    assert line.sweep_later(minutes=5) == line.deliver_late() == 0
