"""Calls: their record, their place in the queue, what people say in them, what is left when they end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.callbacks import Callbacks
from bot.calls import Calls, QueueState
from bot.ephemeral.connection import RedisConnection
from bot.ephemeral.events import RedisEvents
from bot.escalation import EscalationQueue, NotYours
from bot.messages import Act, Channel, Intent, Parse, Reply, Utterance
from bot.retention import forget_expired
from bot.store.call_reads import CallReads
from bot.store.conversations import Conversations
from bot.store.models import Agent, Call, CallEvent, Escalation, Turn
from bot.store.staff import Staff
from bot.waiting import expected_wait

CALLER = "13812345678"


@pytest.fixture
def events():
    """News within this process."""
    return RedisEvents(RedisConnection(""))


@pytest.fixture
def calls(database, vault, events):
    return Calls(database, vault, events)


@pytest.fixture
def hire(database, now):
    """Add agents who are there: hire("wang", state="ready")."""

    def add(name, state="ready", phone=None, seen=now):
        with database.begin() as session:
            agent = Staff(session).add(name, f"{name}老师", "agent", "-", must_change=False)
            agent.state, agent.last_seen_at, agent.phone = state, seen, phone
            return agent.id

    return add


@pytest.fixture
def ring(calls, database, vault, now):
    """A caller who said something: ring("c1") gives the call's row and its conversation."""

    def make(call_id, caller=CALLER, at=now, words="异地备案怎么办"):
        row = calls.begin(call_id, "sip", caller, "12393", at, "370100")
        calls.answered(row, at)
        with database.begin() as session:
            conversations = Conversations(session, vault)
            utterance = Utterance(Channel.PHONE, caller, words, f"{call_id}:1", at)
            _, turn, _ = conversations.receive(utterance, timedelta(hours=1))
            conversations.answer(turn, Parse(words, Intent("x", 0.9)), Reply("好", "好", Act.ANSWER), {}, at)
            turn_id = turn.id
        return row, calls.attach(row, turn_id)

    return make


@pytest.fixture
def queue_up(database, vault, now):
    """Put conversations into the queue."""

    def put(conversation_id, at=now, priority=0):
        with database.begin() as session:
            queue = EscalationQueue(session, vault)
            return queue.open(conversation_id, "request", priority, "想找人工", at).id

    return put


@pytest.fixture
def accept(database, vault, now):
    def take(escalation_id, agent_id, line="browser", at=now):
        with database.begin() as session:
            EscalationQueue(session, vault).accept(escalation_id, agent_id, at, line)

    return take


@pytest.fixture
def handled(ring, queue_up, accept, database, vault, now, hire):
    """Callers whom agents have spoken with, each for so many seconds."""

    def make(*seconds):
        agent = hire("past", state="offline")
        for number, length in enumerate(seconds):
            row_at = now - timedelta(hours=2)
            _, conversation = ring(f"past{number}", caller=f"1390000{number:04}", at=row_at)
            escalation = queue_up(conversation, at=row_at)
            accept(escalation, agent, at=row_at)
            with database.begin() as session:
                queue = EscalationQueue(session, vault)
                queue.close(escalation, agent, "answered", None, row_at + timedelta(seconds=length))
                session.get_one(Agent, agent).state = "offline"

    return make


def test_the_wait_is_foretold_from_what_is_known_and_never_guessed():
    assert expected_wait(1, ready=0, on_duty=0, handling=[60, 60, 60]) is None
    assert expected_wait(2, ready=2, on_duty=2, handling=[]) == 0
    assert expected_wait(1, ready=0, on_duty=3, handling=[100, 100]) is None
    assert expected_wait(1, ready=0, on_duty=2, handling=[60, 300, 120]) == 60
    assert expected_wait(4, ready=1, on_duty=3, handling=[90, 90, 90]) == 90


def test_a_call_is_sealed_at_rest_and_comes_back(calls, database, now):
    row = calls.begin("c1", "sip", CALLER, "12393", now)
    landline = calls.begin("c2", "sip", "053712345678", "12393", now)
    calls.note(row, "heard", now, 1800, f"我电话{CALLER}", {"confidence": 0.8})
    assert calls.begin("c1", "sip", CALLER, "12393", now) == row
    with database.begin() as session:
        for table, columns in (("call", "caller || caller_index"), ("call_event", "text || data")):
            for (raw,) in session.execute(text(f'SELECT {columns} FROM "{table}"')):
                assert CALLER not in raw
                assert "confidence" not in raw
        (event,) = CallReads(session).timeline(row)
        view = CallReads(session).view(row)
        assert CallReads(session).view(landline).region == "370800"
    assert (event.text, event.duration_ms, event.data) == ("我电话138****5678", 1800, {"confidence": 0.8})
    assert (view.caller, view.phase) == ("138****5678", "ringing")


def test_only_known_things_happen_in_a_call(calls, now):
    row = calls.begin("c1", "sip", "", "12393", now)
    with pytest.raises(ValueError, match="sneezed"):
        calls.note(row, "sneezed", now)


def test_who_waits_knows_place_and_time(calls, ring, queue_up, hire, handled, now):
    handled(120, 180, 240)
    _, first = ring("c1", "13811110001")
    _, second = ring("c2", "13811110002")
    assert calls.queue_state(first, now) == QueueState(None, None, "bot")
    one, two = queue_up(first, now - timedelta(minutes=2)), queue_up(second, now - timedelta(minutes=1))
    assert calls.queue_state(second, now) == QueueState(2, None, "bot", escalation_id=two)  # nobody there
    hire("wang", state="on_contact")
    hire("away", state="ready", seen=now - timedelta(minutes=10))
    assert calls.queue_state(first, now) == QueueState(1, 180, "bot", escalation_id=one)
    assert calls.queue_state(second, now).expected_wait_seconds == 360
    hire("li", state="ready")
    assert calls.queue_state(first, now).expected_wait_seconds == 0
    assert calls.queue_state(second, now).expected_wait_seconds == 90


def test_an_agent_takes_a_call_at_the_desk_or_by_telephone(
    calls, ring, queue_up, accept, hire, database, now
):
    row, conversation = ring("c1")
    wang = hire("wang", phone="053112345678")
    escalation = queue_up(conversation)
    accept(escalation, wang)
    state = calls.queue_state(conversation, now)
    assert (state.held_by, state.agent_name, state.agent_phone) == ("agent", "wang老师", None)
    assert not state.waiting
    assert calls.take_back(conversation, now)
    with database.begin() as session:
        assert session.get_one(Agent, wang).state == "wrap_up"
    accept(escalation, wang, "phone")
    assert calls.queue_state(conversation, now).agent_phone == "053112345678"
    calls.transferred(row, "053112345678", now)
    with database.begin() as session:
        view = CallReads(session).view(row)
    assert (view.agent_name, view.transferred_to) == ("wang老师", "**********78")


def test_when_the_agent_vanishes_the_caller_is_back_at_the_old_place(
    calls, ring, queue_up, accept, hire, now
):
    _, first = ring("c1", "13811110001")
    _, second = ring("c2", "13811110002")
    one = queue_up(first, now - timedelta(minutes=2))
    queue_up(second, now - timedelta(minutes=1))
    accept(one, hire("wang"))
    assert calls.queue_state(second, now).position == 1
    assert calls.take_back(first, now)
    assert not calls.take_back(first, now)
    assert calls.queue_state(first, now).position == 1
    assert calls.queue_state(second, now).position == 2
    assert calls.queue_state(first, now).held_by == "bot"


def test_who_hangs_up_waiting_becomes_a_missed_call(calls, ring, queue_up, database, now):
    row, conversation = ring("c1")
    escalation = queue_up(conversation)
    calls.end(row, now, "caller")
    calls.end(row, now + timedelta(hours=1), "us")
    with database.begin() as session:
        kept = session.get_one(Escalation, escalation)
        assert (kept.status, kept.open_for, kept.closed_at) == ("missed", None, now)
        assert EscalationQueue(session, calls._vault).waiting() == []
        (missed,) = CallReads(session).missed(now - timedelta(hours=1))
        assert (missed.id, missed.end_reason, missed.escalation_id) == (row, "caller", escalation)


def test_a_missed_caller_who_is_rung_back_or_answered_is_missed_no_more(
    calls, ring, queue_up, accept, hire, database, vault, now
):
    row, conversation = ring("c1")
    queue_up(conversation)
    calls.end(row, now, "caller")
    with database.begin() as session:
        citizen = session.get_one(Call, row).conversation.citizen_id
        booked = Callbacks(session, vault).book(citizen, conversation, CALLER, "备案", now, now, now)
        assert CallReads(session).missed(now - timedelta(hours=1)) == []
        Callbacks(session, vault).cancel(booked.id, now)
    again, _ = ring("c2", at=now + timedelta(minutes=5))
    escalation = queue_up(conversation, now + timedelta(minutes=5))
    accept(escalation, hire("wang"))
    calls.end(again, now + timedelta(minutes=9), "caller")
    with database.begin() as session:
        assert CallReads(session).missed(now - timedelta(hours=1)) == []


def test_one_of_two_lines_ending_leaves_the_other_in_the_queue(calls, ring, queue_up, now):
    first, conversation = ring("c1")
    second, same = ring("c2")
    assert same == conversation
    queue_up(conversation)
    calls.end(first, now, "caller")
    assert calls.queue_state(conversation, now).position == 1
    calls.end(second, now, "caller")
    assert calls.queue_state(conversation, now).position is None


def test_who_prefers_a_callback_leaves_the_queue(calls, ring, queue_up, database, vault, now):
    _, conversation = ring("c1")
    escalation = queue_up(conversation)
    with database.begin() as session:
        citizen = session.get_one(Escalation, escalation).conversation.citizen_id
        Callbacks(session, vault).book(citizen, conversation, CALLER, "备案", now, now, now)
    assert not calls.queue_state(conversation, now).waiting
    with database.begin() as session:
        kept = session.get_one(Escalation, escalation)
        assert (kept.status, kept.disposition) == ("closed", "callback")


def test_typed_replies_are_spoken_once_and_what_came_too_late_says_so(
    calls, ring, queue_up, accept, hire, database, vault, now
):
    row, conversation = ring("c1")
    wang, escalation = hire("wang"), queue_up(conversation)
    accept(escalation, wang)

    def type_(words):
        with database.begin() as session:
            return EscalationQueue(session, vault).reply(escalation, wang, words, now).id

    first, second = type_("您好。"), type_("请带身份证。")
    assert calls.unspoken_replies(conversation) == [(first, "您好。"), (second, "请带身份证。")]
    calls.spoken(first, now)
    assert calls.unspoken_replies(conversation) == [(second, "请带身份证。")]
    calls.end(row, now, "caller")
    assert calls.unspoken_replies(conversation) == []
    with database.begin() as session:
        assert session.get_one(Turn, first).status == "delivered"
        assert session.get_one(Turn, second).status == "late"


def test_what_is_said_aloud_stands_in_the_transcript_and_is_not_said_again(
    calls, ring, queue_up, accept, hire, database, vault, events, now
):
    _, conversation = ring("c1")
    wang = hire("wang")
    accept(queue_up(conversation), wang)
    listening = events.subscribe("desk", 0.01)
    calls.add_line(conversation, "我想问备案", now, confidence=0.7)
    calls.add_line(conversation, "您说", now, agent_id=wang)
    news = [next(listening), next(listening)]
    listening.close()
    assert [event.name for event in news] == ["turn", "turn"]
    with database.begin() as session:
        lines = Conversations(session, vault).transcript(conversation)[-2:]
    assert [(line.speaker, line.text, line.agent_name) for line in lines] == [
        ("citizen", "我想问备案", None),
        ("agent", "您说", "wang老师"),
    ]
    assert calls.unspoken_replies(conversation) == []


def test_a_call_whose_process_died_ends_and_a_live_one_does_not(calls, ring, now):
    lost, _ = ring("c1", "13811110001")
    alive, _ = ring("c2", "13811110002")
    calls.seen([alive], now + timedelta(seconds=50))
    later = now + timedelta(minutes=1)
    assert calls.end_lost(later - timedelta(seconds=30), later) == [lost]
    assert calls.end_lost(later - timedelta(seconds=30), later) == []


def test_the_timeline_goes_with_the_conversation(calls, ring, queue_up, database, now):
    row, _ = ring("c1")
    silent = calls.begin("c2", "sip", "", "12393", now)
    for call in (row, silent):
        calls.note(call, "said", now, 900, "您好")
        calls.end(call, now, "caller")
    with database.begin() as session:
        forget_expired(session, now + timedelta(days=9), retention_days=10)
        assert session.query(Call).count() == 2
    with database.begin() as session:
        forget_expired(session, now + timedelta(days=11), retention_days=10)
        assert (session.query(Call).count(), session.query(CallEvent).count()) == (0, 0)


def test_figures_of_a_day(calls, ring, queue_up, accept, hire, database, vault, now):
    answered, conversation = ring("c1", "13811110001")
    for kind, length in (("heard", 900), ("understood", 40), ("understood", 60), ("barge_in", None)):
        calls.note(answered, kind, now, length)
    wang, escalation = hire("wang"), queue_up(conversation)
    accept(escalation, wang)
    calls.connected(answered, wang, now)
    calls.end(answered, now + timedelta(seconds=80), "caller")
    missed, other = ring("c2", "13811110002")
    queue_up(other)
    calls.end(missed, now + timedelta(seconds=40), "caller")
    calls.end(calls.begin("c3", "sip", "", "12393", now), now, "refused")
    with database.begin() as session:
        figures = CallReads(session).figures(now - timedelta(hours=1), now + timedelta(hours=1))
        assert session.get_one(Call, answered).agent_id == wang
        with pytest.raises(NotYours):
            EscalationQueue(session, vault).reply(escalation, wang + 1, "x", now)
    assert (figures.calls, figures.refused, figures.handed_over, figures.missed) == (3, 1, 2, 1)
    assert (figures.median_seconds, figures.median_answer_ms, figures.barge_ins) == (40, 50, 1)
