"""What is older than configured is gone; what is not, stays."""

from __future__ import annotations

from datetime import timedelta

from bot.callbacks import Callbacks
from bot.messages import Channel, Utterance
from bot.retention import forget_expired
from bot.store.conversations import Conversations
from bot.store.models import Citizen, Conversation, Turn
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
