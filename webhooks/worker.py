"""``python -m webhooks.worker``: sends the outbox, finishes what was left behind, watches over agents and retention.

One process: Celery's thread pool, its beat in a thread (a forked beat would outlive a killed worker), and a lookout
that hears when something was put into the outbox. While Redis is away Celery stands still; the lookout then does the
urgent chores itself.
"""

from __future__ import annotations

import importlib
import logging
import sys
import threading
import time
import warnings
from typing import Any

from celery import Celery
from celery.beat import EmbeddedService, Scheduler
from celery.platforms import SecurityWarning
from celery.signals import setup_logging, worker_ready, worker_shutdown

from bot.ephemeral.connection import RedisConnection
from bot.ephemeral.events import RedisEvents
from bot.ephemeral.locks import RedisLocks
from bot.ephemeral.tokens import Tokens
from bot.messages import Reply, Utterance
from bot.privacy import Vault
from bot.settings import Settings, load_settings
from bot.store.database import Database
from webhooks.celery_app import every, make_celery, nightly
from webhooks.deliveries import OUTBOX
from webhooks.house import Answers, WebHouse
from webhooks.tasks import Chores
from webhooks.trouble import report
from webhooks.weixin import Weixin

log = logging.getLogger(__name__)

_THREADS = 4
_STANDSTILL = 6.0  # seconds without a drain: Celery does not get through to Redis

_SCHEDULE = {
    "drain": every(2, "drain_outbox"),
    "sweep": every(5, "sweep"),
    "release": every(15, "release_vanished"),
    "forget": nightly(3, 20, "forget"),
}
_TRYOUT = {"menu": every(30, "show_menu")}


class LateAssistant:
    """The conversation, loaded with its hundred megabytes when the first message was left unanswered: seldom."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loading = threading.Lock()
        self._assistant: Answers | None = None

    def handle(self, utterance: Utterance) -> Reply:
        """See bot.assistant.Assistant."""
        with self._loading:
            if self._assistant is None:
                bootstrap = importlib.import_module("bot.bootstrap").bootstrap
                self._assistant = bootstrap(self._settings).assistant
                log.warning("worker.assistant_loaded")
        return self._assistant.handle(utterance)


class WorkerHouse:
    """The parts that the worker always needs."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.vault = Vault(settings.data_key, settings.index_key)
        self.database = Database(settings.database_url, self.vault)
        connection = RedisConnection(settings.redis_url)
        self.events = RedisEvents(connection)
        self.tokens = Tokens(connection, RedisLocks(connection))
        self.assistant: Answers = LateAssistant(settings)


class Lookout(threading.Thread):
    """Hears the pokes of those who wrote into the outbox, and notices when Celery stands still."""

    def __init__(self, house: WebHouse, chores: Chores, app: Celery) -> None:
        super().__init__(name="lookout", daemon=True)
        self._house, self._chores, self._app = house, chores, app

    def run(self) -> None:
        """Until the process ends."""
        for event in self._house.events.subscribe(OUTBOX):
            try:
                if time.monotonic() - self._chores.last_drained > _STANDSTILL:
                    self._chores.drain_outbox()
                    self._chores.sweep()
                elif event is not None:
                    self._chores.drain_outbox()
            except Exception as error:
                report(log, "lookout.failed", error)


def run_worker(house: WebHouse) -> int:
    """Work until SIGTERM or Ctrl-C; the exit status."""
    weixin = Weixin(house.settings, house.tokens)
    chores = Chores(house, weixin)
    tryout = house.settings.tryout
    app = make_celery(house.settings.redis_url, _SCHEDULE | (_TRYOUT if tryout else {}))
    for chore in (
        chores.drain_outbox,
        chores.sweep,
        chores.release_vanished,
        chores.forget,
        chores.show_menu,
    ):
        app.task(_guarded(chore), name=chore.__name__)
    beat = EmbeddedService(app, thread=True, scheduler_cls=Scheduler)

    def ready(**_: Any) -> None:
        beat.start()
        Lookout(house, chores, app).start()
        log.warning("worker.ready")

    def stopping(**_: Any) -> None:
        beat.service.stop(wait=False)  # while Redis is away it would never end by itself

    setup_logging.connect(_keep_logging, weak=False)
    worker_ready.connect(ready, weak=False)
    worker_shutdown.connect(stopping, weak=False)
    worker = app.Worker(
        pool="threads",
        concurrency=_THREADS,
        loglevel="WARNING",
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        quiet=True,
    )
    worker.start()
    weixin.close()
    return int(worker.exitcode or 0)


def main() -> int:
    """The worker of this installation."""
    # Whether root is fit to run it is the operator's business; the tasks take JSON without arguments only.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("celery").setLevel(logging.WARNING)
    return run_worker(WorkerHouse(load_settings()))


def _guarded(chore: Any) -> Any:
    """Celery would log an error with its text, which may quote a citizen."""

    def task() -> None:
        try:
            chore()
        except Exception as error:
            report(log, f"chore.failed name={chore.__name__}", error)

    return task


def _keep_logging(**_: Any) -> None:
    """Connected so that Celery leaves logging as it is."""


if __name__ == "__main__":
    sys.exit(main())
