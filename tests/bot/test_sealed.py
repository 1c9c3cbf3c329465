"""Nothing that a citizen said, and nothing that says who they are, can be read in the database as it is stored."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from bot.appointments import AppointmentBook, seed_service_points
from bot.calendar import ChineseCalendar
from bot.callbacks import Callbacks
from bot.escalation import EscalationQueue
from bot.messages import Act, Channel, Entity, Intent, Parse, Reply, Utterance
from bot.outbox import Outbox
from bot.settings import TIME_ZONE
from bot.store.conversations import Conversations
from bot.store.database import Database
from bot.store.models import Agent, Base, ServicePoint
from bot.workorders import WorkOrders

OPENID, NAME, PHONE, MATTER = "o-Secret-1", "张秀英", "13812345678", "胰岛素报销"
WORDS, ANSWER, NOTE = "我胸口疼得厉害", "张秀英您先别着急", "已经打了120"
SECRETS = (OPENID, NAME, PHONE, MATTER, WORDS, ANSWER, NOTE)


def tell_everything(database, vault, now):
    with database.begin() as session:
        conversations = Conversations(session, vault)
        said = Utterance(Channel.WECHAT, OPENID, WORDS, "m1", now)
        conversation, turn, _ = conversations.receive(said, timedelta(hours=1))
        citizen = conversation.citizen
        citizen.name, citizen.phone = NAME, PHONE
        parse = Parse(WORDS, Intent("emergency", 1.0), (), (Entity("name", NAME, NAME, 0, 3),))
        reply = Reply(ANSWER, ANSWER, Act.EMERGENCY, slots={"name": NAME, "phone": PHONE})
        conversations.answer(turn, parse, reply, {"slots": {"matter": MATTER}}, now)
        Outbox(session, vault).put_late_reply(turn.id, now)
        point = session.query(ServicePoint).filter_by(code="jinan").one()
        AppointmentBook(session, vault, ChineseCalendar()).book(
            citizen.id,
            point.id,
            now.astimezone(TIME_ZONE) + timedelta(days=1),
            "hall",
            MATTER,
            NAME,
            PHONE,
            now,
        )
        agent = Agent(username="wang", display_name="王老师", password_hash="-")
        session.add(agent)
        session.flush()
        queue = EscalationQueue(session, vault)
        escalation = queue.open(conversation.id, "emergency", 3, WORDS, now)
        queue.accept(escalation.id, agent.id, now)
        queue.reply(escalation.id, agent.id, ANSWER, now)
        queue.close(escalation.id, agent.id, "solved", NOTE, now)
        callbacks = Callbacks(session, vault)
        callback = callbacks.book(citizen.id, conversation.id, PHONE, MATTER, now, now, now)
        callbacks.done(callback.id, agent.id, NOTE, now)
        WorkOrders(session, vault).open(citizen.id, conversation.id, "complaint", WORDS, now)


def test_no_column_holds_it_in_the_clear(database, vault, now):
    tell_everything(database, vault, now)
    with database.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for row in connection.execute(text(f"SELECT * FROM {table.name}")).mappings():
                for column, value in row.items():
                    found = [secret for secret in SECRETS if secret in str(value)]
                    assert not found, f"{table.name}.{column}"


def test_no_file_holds_it_in_the_clear(vault, now, tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'yinling.db'}", vault)
    database.upgrade()
    with database.begin() as session:
        seed_service_points(session)
    tell_everything(database, vault, now)
    raw = b"".join(file.read_bytes() for file in Path(tmp_path).glob("yinling.db*"))
    database.close()
    assert b"wang" in raw
    for secret in SECRETS:
        assert secret.encode() not in raw
        assert secret.encode("unicode_escape") not in raw


def test_it_can_be_read_with_the_key(database, vault, now):
    tell_everything(database, vault, now)
    with database.begin() as session:
        lines = Conversations(session, vault).transcript(1)
        assert [(line.speaker, line.text) for line in lines if line.speaker != "system"] == [
            ("citizen", WORDS),
            ("assistant", ANSWER),
            ("agent", ANSWER),
        ]
        assert lines[0].intent == "emergency"
        assert next(line.agent_name for line in lines if line.speaker == "agent") == "王老师"
        (message, *_) = Outbox(session, vault).claim(now, timedelta(seconds=30))
        assert (message.payload["text"], message.citizen.user_id) == (ANSWER, OPENID)
