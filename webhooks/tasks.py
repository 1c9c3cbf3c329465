"""What the worker does, apart from Celery: each chore looks at the database and leaves it finished."""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta

from bot.calls import LOST_AFTER, Calls
from bot.escalation import EscalationQueue
from bot.ports import YinlingError
from bot.recordings import Recordings
from bot.retention import forget_expired, forget_recordings
from webhooks.house import Clock, WebHouse, utc_now
from webhooks.menu import menu
from webhooks.sending import Sender
from webhooks.sweeping import Sweeper
from webhooks.trouble import report
from webhooks.weixin import Weixin

log = logging.getLogger(__name__)


class Chores:
    """The worker's chores over one house."""

    def __init__(self, house: WebHouse, weixin: Weixin, clock: Clock = utc_now) -> None:
        self._house, self._weixin, self._clock = house, weixin, clock
        self._sender = Sender(house, weixin, clock)
        self._sweeper = Sweeper(house, clock)
        self._sweeping = threading.Lock()
        self.last_drained = time.monotonic()

    def drain_outbox(self) -> int:
        """Send what is due."""
        self.last_drained = time.monotonic()
        return self._sender.drain()

    def sweep(self) -> int:
        """Finish turns that were left behind; one look at a time."""
        if not self._sweeping.acquire(blocking=False):
            return 0
        try:
            finished = self._sweeper.sweep()
        finally:
            self._sweeping.release()
        if finished:
            self.drain_outbox()
        return finished

    def release_vanished(self) -> int:
        """Give conversations of agents who are not seen any more back to the queue; end calls whose process died."""
        now = self._clock()
        unseen_since = now - timedelta(seconds=self._house.settings.agent_silence_limit)
        with self._house.database.begin() as session:
            released = EscalationQueue(session, self._house.vault).release_vanished(unseen_since, now)
        calls = Calls(self._house.database, self._house.vault, self._house.events)
        calls.end_lost(now - LOST_AFTER, now)
        for escalation_id in released:
            self._house.events.publish("desk", "queue", {"escalation_id": escalation_id})
        return len(released)

    def forget(self) -> int:
        """Delete what is older than it may be kept."""
        settings = self._house.settings
        with self._house.database.begin() as session:
            forgotten = forget_expired(session, self._clock(), settings.retention_days)
            recordings = Recordings(settings.recordings_dir, settings.data_key)
            forget_recordings(session, recordings, self._clock(), settings.recording_days)
        log.info("retention.forgotten conversations=%d", forgotten)
        return forgotten

    def show_menu(self) -> None:
        """While trying out: put the menu on the stand-in, which forgets it when it ends."""
        try:
            self._weixin.post("cgi-bin/menu/create", menu())
        except YinlingError as error:
            report(log, "menu.not_published", error, logging.WARNING)
