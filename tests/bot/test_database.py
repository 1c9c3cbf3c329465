"""Units of work, migrations and moments on both databases."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, InternalError, StatementError

from bot.privacy import Vault
from bot.settings import TIME_ZONE
from bot.store.database import Database
from bot.store.models import Agent, AuditEntry, Base, Conversation
from bot.store.types import Moment, Sealed, SealedJson
from tests.bot.racing import in_processes, together
from tests.conftest import drop, drop_and_make


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path):
    """The address of a database in which nothing was made yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'deep' / 'down' / 'new.db'}"
        return
    server = request.getfixturevalue("postgres_url")
    yield drop_and_make(server, "yinling_empty")
    drop(server, "yinling_empty")


def upgrade(url, data_key):
    database = Database(url, Vault(data_key, "k"))
    try:
        database.upgrade()
        database.ping()
    finally:
        database.close()


def note(actor):
    return AuditEntry(at=datetime(2026, 11, 25, tzinfo=UTC), actor=actor, action="a", subject="s")


def actors(session):
    return [entry.actor for entry in session.query(AuditEntry).order_by(AuditEntry.id)]


def test_processes_that_start_together_all_find_the_tables(empty_url, data_key):
    assert in_processes(upgrade, [(empty_url, data_key)] * 3) == [None] * 3


def same_type(_context, _inspected, _column, found, wanted):
    """Whether the types differ; ours are compared by what they store."""
    if isinstance(wanted, Moment | Sealed | SealedJson):
        return not isinstance(found, type(wanted.impl)) and found._type_affinity is not wanted._type_affinity
    return None


def test_models_and_migrations_agree_in_types_too(database):
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": same_type})
        assert compare_metadata(context, Base.metadata) == []


def test_upgrading_keeps_foreign_keys(database):
    database.upgrade()
    moment = datetime(2026, 11, 25, tzinfo=UTC)
    orphan = Conversation(citizen_id=999, open_of=999, channel="wechat", opened_at=moment, last_at=moment)
    with pytest.raises(IntegrityError), database.begin() as session:
        session.add(orphan)


def test_an_error_undoes_the_unit_of_work(database):
    def fail():
        with database.begin() as session:
            session.add(note("a"))
            session.flush()
            raise KeyError("a")

    with pytest.raises(KeyError):
        fail()
    with database.begin() as session:
        assert actors(session) == []


def test_readers_see_one_moment_and_wait_for_no_writer(database):
    with database.begin() as session:
        session.add(note("before"))
    with database.begin() as writer:
        writer.add(note("during"))
        writer.flush()
        with database.read() as reader:
            assert actors(reader) == ["before"]
        database.ping()
    with database.read() as reader:
        assert actors(reader) == ["before", "during"]
        with database.begin() as writer:
            writer.add(note("after"))
        reader.expire_all()
        assert actors(reader) == ["before", "during"]


def test_what_a_reader_writes_does_not_stay(database):
    with suppress(InternalError), database.read() as session:  # PostgreSQL refuses at once
        session.add(note("a"))
        session.flush()
    with database.begin() as session:
        assert actors(session) == []


def test_many_writers_wait_for_each_other_and_none_fails(database):
    def write(number):
        for _ in range(10):
            with database.begin() as session:
                found = actors(session)  # reads first: the case in which a lazy transaction fails
                session.add(note(f"{number}-{len(found)}"))

    assert together([lambda n=n: write(n) for n in range(6)]) == [None] * 6
    with database.begin() as session:
        assert len(actors(session)) == 60


def test_a_reader_that_stays_does_not_stop_writers(database):
    entered, done = threading.Event(), threading.Event()

    def look():
        with database.read() as session:
            session.execute(text("SELECT 1"))
            entered.set()
            return done.wait(30)

    def write():
        assert entered.wait(30)
        with database.begin() as session:
            session.add(note("a"))
        done.set()
        return True

    assert together([look, write]) == [True, True]


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 25, 2, 0, 0, 123456, tzinfo=UTC),
        datetime(2026, 11, 25, 10, 0, 0, 123456, tzinfo=TIME_ZONE),
        datetime(2026, 11, 24, 21, 0, 0, 123456, tzinfo=timezone(timedelta(hours=-5))),
    ],
)
def test_a_moment_comes_back_the_same_and_in_utc(database, moment):
    with database.begin() as session:
        session.add(AuditEntry(at=moment, actor="a", action="a", subject="s"))
    with database.begin() as session:
        (stored,) = (entry.at for entry in session.query(AuditEntry))
        assert stored == moment
        assert stored.utcoffset() == timedelta(0)
        assert session.query(AuditEntry).where(AuditEntry.at <= moment).count() == 1
        assert session.query(AuditEntry).where(AuditEntry.at < moment).count() == 0


def test_a_moment_without_a_zone_is_refused(database):
    naive = datetime(2026, 11, 25)  # noqa: DTZ001
    with pytest.raises(StatementError, match="time zone"), database.begin() as session:
        session.add(Agent(username="a", display_name="a", password_hash="-", last_seen_at=naive))


def test_connections_that_make_the_same_new_file_wait_for_each_other(tmp_path, data_key):
    for number in range(10):
        url = f"sqlite:///{tmp_path / f'{number}.db'}"
        assert together([lambda u=url: upgrade(u, data_key)] * 6) == [None] * 6
