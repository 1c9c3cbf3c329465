"""The database of one installation: SQLite in the state folder, or PostgreSQL."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.orm import Session, sessionmaker

from bot.privacy import Vault
from bot.store import policy_rows  # noqa: F401  (its tables belong to the installation too)

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
_BUSY_SECONDS = 10.0  # that a writer waits for another
_DEFERRED = "yinling_deferred"
_READ: dict[str, dict[str, Any]] = {  # execution options under which all that is read is of one moment
    "sqlite": {_DEFERRED: True},
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}
_UPGRADE_LOCK = 7_406_512  # any number that only the upgrade uses (PostgreSQL's advisory lock)


class Database:
    """Units of work over one engine.

    SQLite runs in WAL mode with foreign keys on; every unit of work begins IMMEDIATE, so that two writers wait
    for each other instead of failing when a reader turns writer.
    """

    def __init__(self, url: str, vault: Vault) -> None:
        self._url = make_url(url)
        self._sqlite = self._url.get_backend_name() == "sqlite"
        if self._sqlite and self._url.database:
            Path(self._url.database).parent.mkdir(parents=True, exist_ok=True)
        self._engine = self._make_engine()
        self._engine.dialect.vault = vault  # type: ignore[attr-defined]  # read by the sealed column types
        self._sessions = sessionmaker(self._engine, expire_on_commit=False)
        reading = self._engine.execution_options(**_READ[self._url.get_backend_name()])
        self._readers = sessionmaker(reading, expire_on_commit=False)

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine, for migrations and tests."""
        return self._engine

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """One unit of work: committed at the end, rolled back on an error."""
        with self._sessions.begin() as session:
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One look at the database, all of it at the same moment, that waits for no writer and writes nothing."""
        with self._readers() as session:
            yield session
            session.rollback()

    def upgrade(self) -> None:
        """Bring the tables to this version's shape; several processes may call it at once."""
        with self._engine.connect() as connection:
            if self._sqlite:
                # A migration that rebuilds a table drops the old one, which foreign keys would forbid.
                _pragma(connection, "foreign_keys=OFF")
            try:
                with connection.begin():
                    if not self._sqlite:
                        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
                    command.upgrade(alembic_config(connection), "head")
            finally:
                if self._sqlite:
                    _pragma(connection, "foreign_keys=ON")

    def ping(self) -> None:
        """Raise whatever the database raises when it does not answer."""
        with self.read() as session:
            session.execute(text("SELECT 1"))

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()

    def _make_engine(self) -> Engine:
        if not self._sqlite:
            return create_engine(self._url, pool_size=10, max_overflow=20, pool_pre_ping=True)
        engine = create_engine(self._url, connect_args={"timeout": _BUSY_SECONDS})
        event.listen(engine, "connect", _prepare_sqlite)
        turnstile = _Turnstile()
        event.listen(engine, "begin", turnstile.begin)
        event.listen(engine, "commit", turnstile.end)
        event.listen(engine, "rollback", turnstile.end)
        return engine


class _Turnstile:
    """Lets this process's writers to SQLite in one by one, in the order they came.

    SQLite's own waiting polls: under load some writers are overtaken for seconds. Other processes still wait so.
    """

    _INSIDE = "yinling_writes"

    def __init__(self) -> None:
        self._gate = threading.Lock()

    def begin(self, connection: Connection) -> None:
        """BEGIN, for writers once it is their turn."""
        if connection.get_execution_options().get(_DEFERRED, False):
            connection.exec_driver_sql("BEGIN DEFERRED")
            return
        held = self._gate.acquire(timeout=_BUSY_SECONDS)  # then SQLite itself says that it is busy
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except BaseException:
            if held:
                self._gate.release()
            raise
        connection.info[self._INSIDE] = held

    def end(self, connection: Connection) -> None:
        """The next one's turn."""
        if connection.info.pop(self._INSIDE, False):
            self._gate.release()


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration for one open connection, without any file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def _prepare_sqlite(connection: sqlite3.Connection, _: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy's own BEGIN is used, not the driver's
    _use_wal(connection)
    for pragma in ("foreign_keys=ON", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {pragma}")


def _use_wal(connection: sqlite3.Connection) -> None:
    """Turn a new file to WAL; SQLite doesn't wait here by itself when several connections do so at once."""
    ends = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.02)


def _pragma(connection: Connection, setting: str) -> None:
    """Set it outside any transaction, where SQLite heeds it."""
    cursor = connection.connection.cursor()
    cursor.execute(f"PRAGMA {setting}")
    cursor.close()
