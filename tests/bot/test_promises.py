"""Call-backs, work orders, ratings and the audit."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bot import workorders
from bot.audit import Audit
from bot.callbacks import Callbacks, NoSuchCallback
from bot.messages import Channel, Utterance
from bot.ports import YinlingError
from bot.store.conversations import Conversations
from bot.store.models import Agent, AuditEntry, Callback, Rating, WorkOrder
from bot.workorders import Ratings, WorkOrders
from tests.bot.racing import together

HOUR = timedelta(hours=1)


@pytest.fixture
def conversation(database, vault, now):
    with database.begin() as session:
        return Conversations(session, vault).receive(
            Utterance(Channel.WECHAT, "openid", "你好", "m", now), HOUR
        )[0]


@pytest.fixture
def agent(database):
    with database.begin() as session:
        made = Agent(username="wang", display_name="王老师", password_hash="-")
        session.add(made)
        session.flush()
        return made.id


def promise(database, vault, conversation, now, after=HOUR):
    with database.begin() as session:
        return (
            Callbacks(session, vault)
            .book(
                conversation.citizen_id,
                conversation.id,
                "13812345678",
                "报销",
                now + after,
                now + after + HOUR,
                now,
            )
            .id
        )


def test_a_second_promise_replaces_the_first(database, vault, conversation, now):
    first = promise(database, vault, conversation, now)
    second = promise(database, vault, conversation, now, HOUR * 3)
    with database.begin() as session:
        (pending,) = Callbacks(session, vault).pending(now)
        assert (pending.id, pending.phone, pending.matter) == (second, "13812345678", "报销")
        assert pending.window_start == now + HOUR * 3
        assert session.get_one(Callback, first).status == "cancelled"


def test_of_two_agents_who_rang_one_writes_it_down(database, vault, conversation, agent, now):
    callback = promise(database, vault, conversation, now)

    def done(outcome):
        with database.begin() as session:
            return Callbacks(session, vault).done(callback, agent, outcome, now).outcome

    results = together([lambda n=n: done(f"打通了{n}") for n in range(4)])
    (outcome,) = [r for r in results if isinstance(r, str)]
    assert sum(isinstance(r, NoSuchCallback) for r in results) == 3
    with database.begin() as session:
        settled = session.get_one(Callback, callback)
        assert (settled.status, settled.outcome, settled.agent_id) == ("done", outcome, agent)
        assert Callbacks(session, vault).pending(now) == []
        with pytest.raises(NoSuchCallback):
            Callbacks(session, vault).cancel(callback, now)


def test_work_orders_have_numbers_of_the_day_in_shanghai(database, vault, conversation, now):
    midnight = now.replace(hour=0, minute=30)  # still the day before in UTC
    with database.begin() as session:
        orders = WorkOrders(session, vault)
        made = orders.open(conversation.citizen_id, conversation.id, "complaint", "等太久", midnight)
        assert re.fullmatch(r"261125\d{4}", made.number)
        assert [order.text for order in orders.unsettled()] == ["等太久"]
        orders.settle(made.id, now)
        assert orders.unsettled() == []


def test_a_number_that_is_taken_is_not_given_twice(database, vault, conversation, now, monkeypatch):
    drawn = iter([7, 7, 7, 8])
    monkeypatch.setattr(workorders.secrets, "randbelow", lambda _: next(drawn))
    with database.begin() as session:
        orders = WorkOrders(session, vault)
        numbers = [orders.open(conversation.citizen_id, None, "complaint", "", now).number for _ in range(2)]
    assert numbers == ["2611250007", "2611250008"]


def test_a_day_without_a_free_number_ends_in_a_named_error(database, vault, conversation, now, monkeypatch):
    monkeypatch.setattr(workorders.secrets, "randbelow", lambda _: 7)
    with database.begin() as session:
        orders = WorkOrders(session, vault)
        longest = {orders.open(conversation.citizen_id, None, "complaint", "", now).number for _ in range(2)}
        assert longest == {"2611250007", "261125000007"}
        with pytest.raises(YinlingError):
            orders.open(conversation.citizen_id, None, "complaint", "", now)
        assert session.query(WorkOrder).count() == 2


def test_the_last_stars_count(database, vault, conversation, now):
    with database.begin() as session:
        ratings = Ratings(session, vault)
        for stars in (2, 5):
            ratings.rate(conversation.citizen_id, conversation.id, stars, now)
        for stars in (0, 6):
            with pytest.raises(ValueError, match="one to five"):
                ratings.rate(conversation.citizen_id, conversation.id, stars, now)
        assert [rating.stars for rating in session.query(Rating)] == [5]


def test_the_audit_says_who_looked_at_what(database, now):
    with database.begin() as session:
        Audit(session).look("wang", "reveal_phone", "citizen:7", now)
    with database.begin() as session:
        entry = session.query(AuditEntry).one()
        assert (entry.at, entry.actor, entry.action, entry.subject) == (
            now,
            "wang",
            "reveal_phone",
            "citizen:7",
        )
