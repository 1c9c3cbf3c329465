"""The database of one installation: SQLite in the state folder, or PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.orm import Session, sessionmaker

from bot.privacy import Vault

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
_BUSY_MILLISECONDS = 10_000
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

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine, for migrations and tests."""
        return self._engine

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """One unit of work: committed at the end, rolled back on an error."""
        with self._sessions.begin() as session:
            yield session

    def upgrade(self) -> None:
        """Bring the tables to this version's shape; several processes may call it at once."""
        with self._engine.begin() as connection:
            if not self._sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
            command.upgrade(alembic_config(connection), "head")

    def ping(self) -> None:
        """Raise whatever the database raises when it does not answer."""
        with self._engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()

    def _make_engine(self) -> Engine:
        if not self._sqlite:
            return create_engine(self._url, pool_size=10, max_overflow=20, pool_pre_ping=True)
        engine = create_engine(self._url, connect_args={"timeout": _BUSY_MILLISECONDS / 1000})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_immediate)
        return engine


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration for one open connection, without any file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def _prepare_sqlite(connection: sqlite3.Connection, _: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy's own BEGIN is used, not the driver's
    for pragma in (
        "journal_mode=WAL",
        "foreign_keys=ON",
        "synchronous=NORMAL",
        f"busy_timeout={_BUSY_MILLISECONDS}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
