"""What is older than configured is gone; what is not, stays."""

from __future__ import annotations

from datetime import timedelta

from bot.audit import Audit
from bot.callbacks import Callbacks
from bot.messages import Channel, Utterance
from bot.outbox import Outbox
from bot.retention import AUDIT_DAYS, forget_expired
from bot.store.conversations import Conversations
from bot.store.models import (
    Agent,
    AgentSession,
    Appointment,
    AppointmentSlot,
    AuditEntry,
    Citizen,
    Conversation,
    OutboxMessage,
    ServicePoint,
    Turn,
)
from bot.workorders import Ratings, WorkOrders

IDLE = timedelta(minutes=60)


def test_old_conversations_and_their_citizens_are_forgotten(database, vault, now):
    long_ago = now - timedelta(days=200)
    with database.begin() as session:
        for user, when in (("old", long_ago), ("new", now)):
            utterance = Utterance(Channel.WECHAT, user, "你好", user, when)
            conversation, _, _ = Conversations(session, vault).receive(utterance, IDLE)
            citizen = conversation.citizen_id
            Ratings(session, vault).rate(citizen, conversation.id, 5, when)
            WorkOrders(session, vault).open(citizen, conversation.id, "complaint", "等太久", when)
            Callbacks(session, vault).book(citizen, conversation.id, "13812345678", "报销", when, when, when)
    with database.begin() as session:
        assert forget_expired(session, now, 180) == 1
    with database.begin() as session:
        assert [c.user_id for c in session.query(Citizen)] == ["new"]
        assert session.query(Conversation).count() == session.query(Turn).count() == 1


def test_a_citizen_who_came_back_keeps_only_what_is_recent(database, vault, now):
    with database.begin() as session:
        for message, when in (("m1", now - timedelta(days=200)), ("m2", now)):
            Conversations(session, vault).receive(Utterance(Channel.WECHAT, "u", "你好", message, when), IDLE)
    with database.begin() as session:
        assert forget_expired(session, now, 180) == 1
    with database.begin() as session:
        assert session.query(Citizen).count() == 1
        assert [turn.external_id for turn in session.query(Turn)] == ["m2"]


def test_visits_messages_logins_and_looks_go_by_their_own_time(database, vault, now):
    past, soon = now - timedelta(days=181), now - timedelta(days=179)
    with database.begin() as session:
        utterance = Utterance(Channel.WECHAT, "u", "你好", "m", now)
        citizen = Conversations(session, vault).receive(utterance, IDLE)[0].citizen_id
        agent = Agent(username="a", display_name="a", password_hash="-")
        point = session.query(ServicePoint).first()
        session.add(agent)
        session.flush()
        for key, when in (("past", past), ("soon", soon)):
            slot = AppointmentSlot(service_point_id=point.id, starts_at=when, capacity=1, booked=1)
            session.add(slot)
            session.flush()
            session.add(
                Appointment(
                    reference=key, citizen_id=citizen, slot_id=slot.id, kind="hall", matter=key, name=key,
                    phone=key, created_at=past, changed_at=past,
                )
            )  # fmt: skip
            Outbox(session, vault).put("wechat_text", citizen, {"text": key}, key, when)
            session.add(
                AgentSession(
                    token_hash=key, agent_id=agent.id, created_at=when, last_seen_at=when, expires_at=when
                )
            )
        for days in (AUDIT_DAYS - 1, AUDIT_DAYS + 1):
            Audit(session).look("a", "reveal_phone", f"{days}", now - timedelta(days=days))
    with database.begin() as session:
        assert forget_expired(session, now, 180) == 0
    with database.begin() as session:
        assert [row.matter for row in session.query(Appointment)] == ["soon"]
        assert session.query(AppointmentSlot).count() == 1
        assert [row.dedupe_key for row in session.query(OutboxMessage)] == ["soon"]
        assert [row.token_hash for row in session.query(AgentSession)] == ["soon"]
        assert [row.subject for row in session.query(AuditEntry)] == [f"{AUDIT_DAYS - 1}"]


def test_a_promise_for_later_outlives_the_conversation_it_was_given_in(database, vault, now):
    long_ago = now - timedelta(days=200)
    with database.begin() as session:
        said = Utterance(Channel.WECHAT, "u", "你好", "m", long_ago)
        conversation = Conversations(session, vault).receive(said, IDLE)[0]
        Callbacks(session, vault).book(
            conversation.citizen_id, conversation.id, "13812345678", "报销", now, now + IDLE, long_ago
        )
    with database.begin() as session:
        assert forget_expired(session, now, 180) == 1
    with database.begin() as session:
        (callback,) = Callbacks(session, vault).pending(now)
        assert (callback.conversation_id, callback.citizen.user_id) == (None, "u")


def test_more_than_fit_into_one_statement(database, vault, now, monkeypatch):
    monkeypatch.setattr("bot.retention._AT_ONCE", 3)
    with database.begin() as session:
        for number in range(8):
            said = Utterance(Channel.WECHAT, f"u{number}", "你好", f"m{number}", now - timedelta(days=200))
            conversation = Conversations(session, vault).receive(said, IDLE)[0]
        conversation.held_by = "agent"
    with database.begin() as session:
        assert forget_expired(session, now, 180) == 7
    with database.begin() as session:
        assert [c.user_id for c in session.query(Citizen)] == ["u7"]
        assert session.query(Turn).count() == 1
