"""The truth on SQLite and PostgreSQL: migrations, sealing, turns, races."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from bot.appointments import AlreadyBooked, AppointmentBook, SlotClosed, SlotFull
from bot.calendar import ChineseCalendar
from bot.escalation import AlreadyTaken, EscalationQueue, NotYours
from bot.messages import Act, Channel, Intent, Parse, Reply, Utterance
from bot.outbox import Outbox
from bot.privacy import Vault
from bot.settings import TIME_ZONE
from bot.store.conversations import Conversations, stored_reply, stored_utterance
from bot.store.database import Database
from bot.store.models import Agent, AppointmentSlot, Base, ServicePoint, Turn

IDLE = timedelta(minutes=60)
CALENDAR = ChineseCalendar()


def said(text: str, now: datetime, user: str = "openid-1", message: str = "m1") -> Utterance:
    return Utterance(Channel.WECHAT, user, text, message, now)


def received(
    database: Database, vault: Vault, now: datetime, user: str = "openid-1", message: str = "m1"
) -> Turn:
    with database.begin() as session:
        return Conversations(session, vault).receive(said("你好", now, user, message), IDLE)[1]


def together(jobs: list[Callable[[], Any]]) -> list[Any]:
    """Run jobs at the same moment; each one's result, or the exception it ended with."""
    barrier = threading.Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> Any:
        barrier.wait(10)
        try:
            return job()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def test_models_and_migrations_agree(database):
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, Base.metadata) == []


def test_upgrade_may_be_called_by_several_processes_at_once(vault, tmp_path):
    url = f"sqlite:///{tmp_path / 'new.db'}"
    results = together([lambda: _upgrade(url, vault) for _ in range(3)])
    assert results == [None] * 3


def _upgrade(url: str, vault: Vault) -> None:
    database = Database(url, vault)
    database.upgrade()
    database.close()


def test_personal_words_cannot_be_read_in_the_file(vault, tmp_path, now):
    path = tmp_path / "sealed.db"
    database = Database(f"sqlite:///{path}", vault)
    database.upgrade()
    with database.begin() as session:
        turn = Conversations(session, vault).receive(
            said("我叫张秀英，电话13812345678", now, "o-secret"), IDLE
        )[1]
        turn.conversation.citizen.phone = "13812345678"
    database.close()
    raw = b"".join(file.read_bytes() for file in Path(tmp_path).glob("sealed.db*"))
    for secret in ("13812345678", "张秀英", "o-secret"):
        assert secret.encode() not in raw


def test_a_second_delivery_finds_the_first_turn(database, vault, now):
    with database.begin() as session:
        conversations = Conversations(session, vault)
        conversation, turn, new = conversations.receive(said("你好", now), IDLE)
        assert new
        reply = Reply("您好", "您好", Act.GREET, choices=("一", "二"))
        conversations.answer(turn, Parse("你好", Intent("greet", 0.9)), reply, {"failures": 1}, now)
    with database.begin() as session:
        again, same, new = Conversations(session, vault).receive(said("你好", now), IDLE)
        assert (again.id, same.id, new) == (conversation.id, turn.id, False)
        assert stored_reply(same).text == "您好"
        assert stored_reply(same).choices == ("一", "二")
        assert stored_utterance(same) == said("你好", now)
        assert again.state == {"failures": 1}


def test_two_deliveries_at_the_same_moment_make_one_turn(database, vault, now):
    def job() -> tuple[int, bool]:
        with database.begin() as session:
            _, turn, new = Conversations(session, vault).receive(said("你好", now), IDLE)
            return turn.id, new

    results = together([job] * 6)
    assert not [r for r in results if isinstance(r, Exception)]
    assert len({turn_id for turn_id, _ in results}) == 1
    assert sum(new for _, new in results) == 1


def test_a_long_silence_opens_a_new_conversation_unless_a_person_holds_it(database, vault, now):
    first = received(database, vault, now)
    with database.begin() as session:
        later, _, _ = Conversations(session, vault).receive(said("在吗", now + IDLE * 2, message="m2"), IDLE)
        assert later.id != first.conversation_id
        later.held_by = "agent"
    with database.begin() as session:
        held, _, _ = Conversations(session, vault).receive(said("在吗", now + IDLE * 9, message="m3"), IDLE)
        assert held.id == later.id


def _point(database: Database, capacity: int | None = None) -> int:
    with database.begin() as session:
        point = session.query(ServicePoint).filter_by(region="370100").one()
        if capacity is not None:
            point.capacity = capacity
        return point.id


def _book(database: Database, vault: Vault, citizen: int, point: int, start: datetime, now: datetime) -> str:
    with database.begin() as session:
        book = AppointmentBook(session, vault, CALENDAR)
        return book.book(citizen, point, start, "hall", "报销", "张秀英", "13812345678", now).reference


def test_the_last_place_goes_to_exactly_one(database, vault, now):
    point = _point(database, capacity=1)
    start = datetime(2026, 11, 26, 9, 0, tzinfo=TIME_ZONE)
    citizens = [
        received(database, vault, now, f"openid-{n}", f"m{n}").conversation.citizen_id for n in range(6)
    ]
    jobs = [lambda c=c: _book(database, vault, c, point, start, now) for c in citizens]
    results = together(jobs)
    assert sum(isinstance(r, str) for r in results) == 1
    assert sum(isinstance(r, SlotFull) for r in results) == 5
    with database.begin() as session:
        slot = session.query(AppointmentSlot).one()
        assert (slot.booked, slot.status) == (1, "busy")
        free = AppointmentBook(session, vault, CALENDAR).free_times(point, start.date(), now)
        assert start not in {time.starts_at for time in free}


def test_the_database_itself_refuses_one_too_many(database, vault, now):
    point = _point(database, capacity=1)
    start = datetime(2026, 11, 26, 9, 0, tzinfo=TIME_ZONE)
    citizen = received(database, vault, now).conversation.citizen_id
    _book(database, vault, citizen, point, start, now)
    with pytest.raises(Exception, match=r"(?i)check"), database.begin() as session:
        session.query(AppointmentSlot).one().booked = 2


def test_moving_frees_the_old_place_and_cancelling_the_new_one(database, vault, now):
    point = _point(database, capacity=1)
    nine, ten = (datetime(2026, 11, 26, hour, 0, tzinfo=TIME_ZONE) for hour in (9, 10))
    one, two = (received(database, vault, now, f"o{n}", f"m{n}").conversation.citizen_id for n in range(2))
    _book(database, vault, one, point, nine, now)
    with database.begin() as session:
        book = AppointmentBook(session, vault, CALENDAR)
        visit = book.upcoming(one, now)[0]
        assert book.reschedule(visit.id, ten, now).slot.starts_at == ten
    assert _book(database, vault, two, point, nine, now)
    with database.begin() as session:
        book = AppointmentBook(session, vault, CALENDAR)
        book.cancel(book.upcoming(one, now)[0].id, now)
        assert book.upcoming(one, now) == []
        assert ten in {time.starts_at for time in book.free_times(point, ten.date(), now)}


def test_nobody_books_twice_at_the_same_time_nor_when_it_is_closed(database, vault, now):
    point = _point(database)
    citizen = received(database, vault, now).conversation.citizen_id
    start = datetime(2026, 11, 26, 9, 0, tzinfo=TIME_ZONE)
    _book(database, vault, citizen, point, start, now)
    with pytest.raises(AlreadyBooked):
        _book(database, vault, citizen, point, start, now)
    for closed in (
        "2026-11-28T09:00",
        "2026-11-26T12:30",
        "2026-11-24T09:00",
        "2027-03-01T09:00",
        "2026-11-26T09:10",
    ):
        with pytest.raises(SlotClosed):
            _book(
                database, vault, citizen, point, datetime.fromisoformat(closed).replace(tzinfo=TIME_ZONE), now
            )
    with database.begin() as session:
        assert [s.booked for s in session.query(AppointmentSlot)] == [1]


def _agent(database: Database, name: str, now: datetime) -> int:
    with database.begin() as session:
        agent = Agent(username=name, display_name=name, password_hash="-", last_seen_at=now)
        session.add(agent)
        session.flush()
        return agent.id


def test_two_agents_can_never_both_accept(database, vault, now):
    turn = received(database, vault, now)
    agents = [_agent(database, f"a{n}", now) for n in range(5)]
    with database.begin() as session:
        escalation = (
            EscalationQueue(session, vault).open(turn.conversation_id, "request", 0, "转人工", now).id
        )

    def accept(agent: int) -> int:
        with database.begin() as session:
            return EscalationQueue(session, vault).accept(escalation, agent, now).agent_id

    results = together([lambda a=a: accept(a) for a in agents])
    assert sum(isinstance(r, int) for r in results) == 1
    assert sum(isinstance(r, AlreadyTaken) for r in results) == 4


def test_a_vanished_agent_gives_the_conversation_back(database, vault, now):
    turn = received(database, vault, now)
    agent = _agent(database, "a1", now)
    with database.begin() as session:
        queue = EscalationQueue(session, vault)
        escalation = queue.open(turn.conversation_id, "request", 0, "转人工", now)
        queue.accept(escalation.id, agent, now)
    later = now + timedelta(minutes=5)
    with database.begin() as session:
        queue = EscalationQueue(session, vault)
        assert queue.release_vanished(later - timedelta(seconds=90), later) == [escalation.id]
        assert [e.id for e in queue.waiting()] == [escalation.id]
    with pytest.raises(NotYours), database.begin() as session:
        EscalationQueue(session, vault).reply(escalation.id, agent, "您好", later)


def test_the_queue_puts_the_urgent_first_and_opens_once(database, vault, now):
    turns = [received(database, vault, now, f"o{n}", f"m{n}") for n in range(3)]
    with database.begin() as session:
        queue = EscalationQueue(session, vault)
        ids = [
            queue.open(t.conversation_id, "request", 0, "", now + timedelta(seconds=n)).id
            for n, t in enumerate(turns)
        ]
        assert queue.open(turns[2].conversation_id, "emergency", 3, "胸口疼", now).id == ids[2]
        assert [e.id for e in queue.waiting()] == [ids[2], ids[0], ids[1]]
        assert queue.position(ids[0]) == 2


def test_a_turn_is_delivered_passively_or_late_never_both(database, vault, now):
    turn = received(database, vault, now)
    with database.begin() as session:
        conversations = Conversations(session, vault)
        row = session.get_one(Turn, turn.id)
        conversations.answer(row, None, Reply("好", "好", Act.GREET), {}, now)

    def passive() -> bool:
        with database.begin() as session:
            return Conversations(session, vault).mark_delivered(turn.id, now)

    def late() -> bool:
        with database.begin() as session:
            return Outbox(session, vault).put_late_reply(turn.id, now)

    assert sorted(together([passive, late, passive, late])) == [False, False, False, True]


def test_two_workers_never_claim_the_same_message_and_keep_a_citizens_order(database, vault, now):
    citizens = [received(database, vault, now, f"o{n}", f"m{n}").conversation.citizen_id for n in range(4)]
    with database.begin() as session:
        outbox = Outbox(session, vault)
        for citizen in citizens:
            outbox.put("wechat_text", citizen, {"text": "一"}, f"{citizen}:1", now)
            outbox.put("wechat_text", citizen, {"text": "二"}, f"{citizen}:2", now)
        assert outbox.put("wechat_text", citizens[0], {"text": "一"}, f"{citizens[0]}:1", now) is None

    def claim() -> list[int]:
        with database.begin() as session:
            return [m.id for m in Outbox(session, vault).claim(now, timedelta(seconds=30), 3)]

    claimed = [n for part in together([claim, claim, claim]) for n in part]
    assert len(claimed) == len(set(claimed)) == 4
    with database.begin() as session:
        outbox = Outbox(session, vault)
        outbox.sent(claimed[0], now)
        assert len(outbox.claim(now, timedelta(seconds=30))) == 1


def test_a_failed_message_waits_longer_each_time_and_a_lost_lease_comes_back(database, vault, now):
    citizen = received(database, vault, now).conversation.citizen_id
    with database.begin() as session:
        Outbox(session, vault).put("wechat_text", citizen, {"text": "一"}, "k", now)
    clock, waits = now, []
    for _ in range(4):
        with database.begin() as session:
            outbox = Outbox(session, vault)
            (message,) = outbox.claim(clock, timedelta(seconds=30))
            outbox.retry(message.id, "-1", clock)
        with database.begin() as session:
            message = session.get_one(type(message), message.id)
            waits.append((message.due_at - clock).total_seconds())
            clock = message.due_at
    assert waits == [2, 4, 8, 16]
    with database.begin() as session:
        assert len(Outbox(session, vault).claim(clock, timedelta(seconds=30))) == 1
    with database.begin() as session:
        assert Outbox(session, vault).claim(clock + timedelta(seconds=29), timedelta(seconds=30)) == []
    with database.begin() as session:
        assert len(Outbox(session, vault).claim(clock + timedelta(seconds=31), timedelta(seconds=30))) == 1
