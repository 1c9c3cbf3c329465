"""Several processes that work for one citizen at once, without Redis to order them."""

from __future__ import annotations

from datetime import timedelta

from bot.escalation import AlreadyTaken, EscalationQueue
from bot.messages import Act, Channel, Reply, Utterance
from bot.outbox import Outbox
from bot.privacy import Vault
from bot.store.conversations import Conversations
from bot.store.database import Database
from bot.store.models import Agent, Conversation, Escalation, Turn, WorkOrder
from bot.workorders import WorkOrders
from tests.bot.racing import in_processes, together

IDLE = timedelta(minutes=60)


def said(now, message="m1", user="openid-1", text="你好"):
    return Utterance(Channel.WECHAT, user, text, message, now)


def received(database, vault, now, message="m1", user="openid-1"):
    with database.begin() as session:
        return Conversations(session, vault).receive(said(now, message, user), IDLE)[1]


def agent(database, name, now):
    with database.begin() as session:
        made = Agent(username=name, display_name=name, password_hash="-", last_seen_at=now)
        session.add(made)
        session.flush()
        return made.id


def receive_in_a_process(url, data_key, now):
    vault = Vault(data_key, "index key of the tests")
    database = Database(url, vault)
    try:
        with database.begin() as session:
            _, turn, new = Conversations(session, vault).receive(said(now), IDLE)
            return turn.id, new
    finally:
        database.close()


def accept_in_a_process(url, data_key, escalation, agent_id, now):
    vault = Vault(data_key, "index key of the tests")
    database = Database(url, vault)
    try:
        with database.begin() as session:
            return EscalationQueue(session, vault).accept(escalation, agent_id, now).agent_id
    finally:
        database.close()


def test_two_processes_get_the_same_delivery(database, database_url, data_key, now):
    (one, new), (two, also_new) = in_processes(receive_in_a_process, [(database_url, data_key, now)] * 2)
    assert one == two
    assert sorted([new, also_new]) == [False, True]


def test_agents_in_two_processes_cannot_both_accept(database, database_url, data_key, vault, now):
    conversation = received(database, vault, now).conversation_id
    agents = [agent(database, f"a{n}", now) for n in range(2)]
    with database.begin() as session:
        waiting = EscalationQueue(session, vault).open(conversation, "request", 0, "转人工", now).id
    given = [(database_url, data_key, waiting, agent_id, now) for agent_id in agents]
    results = in_processes(accept_in_a_process, given)
    (winner,) = [r for r in results if r != "AlreadyTaken"]
    with database.begin() as session:
        held = session.get_one(Conversation, conversation)
        assert (held.held_by, held.agent_id) == ("agent", winner)


def test_one_message_handled_by_many_has_one_effect(database, vault, now):
    received(database, vault, now)

    def handle():
        with database.begin() as session:
            conversations = Conversations(session, vault)
            conversation, turn, _ = conversations.receive(said(now), IDLE)
            if turn.reply is not None:
                return "stored"
            WorkOrders(session, vault).open(
                conversation.citizen_id, conversation.id, "complaint", "等太久", now
            )
            conversations.answer(turn, None, Reply("好", "好", Act.COMPLAINT), {}, now)
            return "answered"

    assert sorted(together([handle] * 6)) == ["answered"] + ["stored"] * 5
    with database.begin() as session:
        assert session.query(WorkOrder).count() == 1


def test_messages_of_one_citizen_see_each_others_state(database, vault, now):
    for number in range(6):
        received(database, vault, now, f"m{number}")

    def handle(number):
        with database.begin() as session:
            conversations = Conversations(session, vault)
            conversation, turn, _ = conversations.receive(said(now, f"m{number}"), IDLE)
            count = (conversation.state or {}).get("count", 0)
            conversations.answer(turn, None, Reply("好", "好", Act.GREET), {"count": count + 1}, now)

    assert together([lambda n=n: handle(n) for n in range(6)]) == [None] * 6
    with database.begin() as session:
        assert session.query(Conversation).one().state == {"count": 6}


def test_a_citizen_who_writes_while_agents_accept_and_release_stops_nothing(database, vault, now):
    """A turn that raises the urgency and agents that accept take the same rows: none may deadlock."""
    conversation = received(database, vault, now).conversation_id
    agents = [agent(database, f"a{n}", now) for n in range(2)]

    def write(number):
        for step in range(8):
            with database.begin() as session:
                conversations = Conversations(session, vault)
                _, turn, _ = conversations.receive(said(now, f"w{number}-{step}"), IDLE)
                EscalationQueue(session, vault).open(conversation, "emergency", step, "胸口疼", now)
                conversations.answer(turn, None, Reply("好", "好", Act.HANDOFF), {}, now)

    def serve(agent_id):
        for _ in range(8):
            with database.begin() as session:
                waiting = [e.id for e in EscalationQueue(session, vault).waiting()]
            for escalation in waiting:
                try:
                    with database.begin() as session:
                        queue = EscalationQueue(session, vault)
                        queue.accept(escalation, agent_id, now)
                        queue.reply(escalation, agent_id, "您好", now)
                        queue.hand_back(escalation, agent_id, now)
                except AlreadyTaken:
                    continue

    jobs = [lambda n=n: write(n) for n in range(2)] + [lambda a=a: serve(a) for a in agents]
    assert together(jobs) == [None] * 4
    with database.begin() as session:
        assert session.query(Turn).filter_by(speaker="citizen").count() == 17
        assert session.query(Escalation).filter(Escalation.open_for.is_not(None)).count() <= 1


def test_a_citizen_who_waits_for_a_person_stays_in_the_same_conversation(database, vault, now):
    first = received(database, vault, now)
    with database.begin() as session:
        EscalationQueue(session, vault).open(first.conversation_id, "request", 0, "转人工", now)
    later = received(database, vault, now + IDLE * 3, "m2")
    assert later.conversation_id == first.conversation_id
    held_by = agent(database, "a1", now)
    with database.begin() as session:
        queue = EscalationQueue(session, vault)
        (waiting,) = queue.waiting()
        queue.accept(waiting.id, held_by, now)
        queue.close(waiting.id, held_by, "solved", None, now)
    assert received(database, vault, now + IDLE * 6, "m3").conversation_id != first.conversation_id


def test_the_sweeper_sees_turns_of_wechat_that_stood_too_long(database, vault, now):
    def turn(message, channel, reply):
        with database.begin() as session:
            conversations = Conversations(session, vault)
            utterance = Utterance(channel, message, "你好", message, now)
            _, made, _ = conversations.receive(utterance, IDLE)
            if reply:
                conversations.answer(made, None, Reply("好", "好", Act.GREET), {}, now)
            return made.id

    unanswered, answered = (turn(f"w{n}", Channel.WECHAT, bool(n)) for n in range(2))
    late, passive = (turn(f"d{n}", Channel.WECHAT, True) for n in range(2))
    for number in range(2):
        turn(f"p{number}", Channel.PHONE, bool(number))
    later = now + timedelta(seconds=20)
    with database.begin() as session:
        conversations = Conversations(session, vault)
        assert Outbox(session, vault).put_late_reply(late, now)
        assert conversations.mark_delivered(passive, now)
        assert conversations.unfinished(now, now) == []
        assert conversations.unfinished(later, now) == [unanswered]
        assert conversations.unfinished(later, later) == [unanswered, answered]
