"""The outbox with several workers: order, reminders, back-off, lost leases, late replies."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.messages import Act, Channel, Reply, Utterance
from bot.outbox import Outbox
from bot.privacy import Vault
from bot.store.conversations import Conversations
from bot.store.database import Database
from bot.store.models import OutboxMessage, Turn
from tests.bot.racing import in_processes

LEASE = timedelta(seconds=30)
IDLE = timedelta(hours=1)


@pytest.fixture
def citizen(database, vault, now):
    with database.begin() as session:
        said = Utterance(Channel.WECHAT, "openid", "你好", "first", now)
        return Conversations(session, vault).receive(said, IDLE)[0].citizen_id


def put(database, vault, citizen, key, now, due_at=None):
    with database.begin() as session:
        message = Outbox(session, vault).put("wechat_text", citizen, {"text": key}, key, now, due_at)
        return None if message is None else message.id


def claim(database, vault, at, limit=20):
    with database.begin() as session:
        return [m.dedupe_key for m in Outbox(session, vault).claim(at, LEASE, limit)]


def settle(database, vault, verb, key, *given):
    with database.begin() as session:
        message = session.query(OutboxMessage).filter_by(dedupe_key=key).one()
        getattr(Outbox(session, vault), verb)(message.id, *given)


def claim_in_a_process(url, data_key, at):
    vault = Vault(data_key, "index key of the tests")
    database = Database(url, vault)
    try:
        return claim(database, vault, at)
    finally:
        database.close()


def test_two_worker_processes_claim_a_message_once(database, database_url, data_key, vault, citizen, now):
    put(database, vault, citizen, "a", now)
    claimed = in_processes(claim_in_a_process, [(database_url, data_key, now)] * 2)
    assert sorted(claimed) == [[], ["a"]]


def test_a_message_written_twice_in_one_unit_of_work_goes_out_once(database, vault, citizen, now):
    with database.begin() as session:
        outbox = Outbox(session, vault)
        assert outbox.put("wechat_text", citizen, {"text": "一"}, "k", now)
        assert outbox.put("wechat_text", citizen, {"text": "二"}, "k", now) is None
    assert claim(database, vault, now) == ["k"]
    with database.begin() as session:
        assert session.query(OutboxMessage).one().payload == {"text": "一"}


def test_a_message_is_gone_with_what_caused_it(database, vault, citizen, now):
    def write_and_fail():
        with database.begin() as session:
            Outbox(session, vault).put("wechat_text", citizen, {"text": "一"}, "k", now)
            raise KeyError("k")

    with pytest.raises(KeyError):
        write_and_fail()
    assert claim(database, vault, now) == []


def test_a_later_message_waits_for_the_earlier_one_that_failed(database, vault, citizen, now):
    for key in "ab":
        put(database, vault, citizen, key, now)
    assert claim(database, vault, now) == ["a"]
    assert claim(database, vault, now) == []
    tomorrow = now + timedelta(days=1)
    settle(database, vault, "retry", "a", "wechat.45047", now, tomorrow)
    assert claim(database, vault, now + timedelta(hours=1)) == []
    assert claim(database, vault, tomorrow) == ["a"]
    settle(database, vault, "sent", "a", tomorrow)
    assert claim(database, vault, tomorrow) == ["b"]


def test_a_dead_message_holds_nobody_up_and_can_be_revived(database, vault, citizen, now):
    for key in "ab":
        put(database, vault, citizen, key, now)
    claim(database, vault, now)
    settle(database, vault, "dead", "a", "wechat.45015", now)
    assert claim(database, vault, now) == ["b"]
    with database.begin() as session:
        assert Outbox(session, vault).revive(citizen, ("wechat.40003",), now) == 0
        assert Outbox(session, vault).revive(citizen, ("wechat.45015",), now) == 1
    settle(database, vault, "sent", "b", now)
    assert claim(database, vault, now) == ["a"]


def test_a_reminder_for_tomorrow_holds_up_nothing_of_today(database, vault, citizen, now):
    put(database, vault, citizen, "reminder", now, now + timedelta(days=1))
    put(database, vault, citizen, "today", now)
    assert claim(database, vault, now) == ["today"]
    settle(database, vault, "sent", "today", now)
    assert claim(database, vault, now + timedelta(days=1)) == ["reminder"]


def test_pieces_of_one_answer_keep_their_order_though_they_are_due_a_little_later(
    database, vault, citizen, now
):
    soon = now + timedelta(seconds=2)
    put(database, vault, citizen, "piece-2", now, soon)
    put(database, vault, citizen, "agent", now)
    assert claim(database, vault, now) == []
    assert claim(database, vault, soon) == ["piece-2"]


def test_back_off_grows_to_five_minutes(database, vault, citizen, now):
    put(database, vault, citizen, "a", now)
    clock, waits = now, []
    for _ in range(10):
        assert claim(database, vault, clock) == ["a"]
        settle(database, vault, "retry", "a", "-1", clock)
        with database.begin() as session:
            due = session.query(OutboxMessage).one().due_at
        waits.append((due - clock).total_seconds())
        assert claim(database, vault, due - timedelta(seconds=1)) == []
        clock = due
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_a_worker_that_comes_back_late_cannot_undo_what_another_sent(database, vault, citizen, now):
    put(database, vault, citizen, "a", now)
    assert claim(database, vault, now) == ["a"]
    late = now + LEASE + timedelta(seconds=1)
    assert claim(database, vault, late) == ["a"]
    settle(database, vault, "sent", "a", late)
    settle(database, vault, "retry", "a", "-1", late)
    settle(database, vault, "dead", "a", "-1", late)
    assert claim(database, vault, late + timedelta(hours=1)) == []


def answered(database, vault, now, channel, message, reply):
    with database.begin() as session:
        conversations = Conversations(session, vault)
        _, turn, _ = conversations.receive(Utterance(channel, "user", "你好", message, now), IDLE)
        conversations.answer(turn, None, reply, {}, now)
        return turn.id


@pytest.mark.parametrize(
    ("channel", "reply", "goes"),
    [
        (Channel.WECHAT, Reply("好", "好", Act.GREET), True),
        (Channel.PHONE, Reply("好", "好", Act.GREET), False),
        (Channel.WECHAT, Reply("", "", Act.HANDOFF, silent=True), False),
    ],
)
def test_a_late_reply_is_a_message_of_wechat_unless_it_is_silent(database, vault, now, channel, reply, goes):
    turn = answered(database, vault, now, channel, "m", reply)
    for expected in (goes, False):
        with database.begin() as session:
            assert Outbox(session, vault).put_late_reply(turn, now) is expected
    assert claim(database, vault, now) == ([f"turn:{turn}"] if goes else [])
    with database.begin() as session:
        assert (session.get_one(Turn, turn).status == "late") is goes
