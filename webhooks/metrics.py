"""Numbers for Prometheus. One web process has many threads; several processes are scraped one by one."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from bot.store.database import Database
from bot.store.models import Escalation, OutboxMessage, Turn
from webhooks.trouble import report

log = logging.getLogger(__name__)

_SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0)


class Metrics:
    """The web process's own registry and what is counted in it."""

    def __init__(self, database: Database) -> None:
        self.registry = CollectorRegistry()
        self.messages = Counter(
            "yinling_wechat_messages",
            "Messages from WeChat by way of answer",
            ["way"],
            registry=self.registry,
        )
        self.refused = Counter(
            "yinling_wechat_refused", "Requests turned away", ["code"], registry=self.registry
        )
        self.seconds = Histogram(
            "yinling_wechat_seconds",
            "Seconds until WeChat's request is answered",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.under_way = Gauge(
            "yinling_wechat_under_way", "Messages being answered or queued", registry=self.registry
        )
        self.registry.register(_Stored(database))

    def page(self) -> bytes:
        """All numbers in Prometheus's text format."""
        return generate_latest(self.registry)


class _Stored(Collector):
    """What the database knows, read at each scrape."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """The names alone: registering must not ask the database."""
        yield from self._families()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Rows by status; nothing while the database is away."""
        outbox, turns, escalations = self._families()
        try:
            with self._database.read() as session:
                for family, model in ((outbox, OutboxMessage), (turns, Turn), (escalations, Escalation)):
                    query = select(model.status, func.count()).group_by(model.status)
                    if model is Turn:
                        query = query.where(Turn.status.in_(("received", "answered")))
                    for status, count in session.execute(query):
                        family.add_metric([status], count)
        except Exception as error:
            report(log, "metrics.database", error, logging.WARNING)
            return
        yield from (outbox, turns, escalations)

    @staticmethod
    def _families() -> tuple[GaugeMetricFamily, GaugeMetricFamily, GaugeMetricFamily]:
        return (
            GaugeMetricFamily("yinling_outbox_messages", "Outbox rows by status", labels=["status"]),
            GaugeMetricFamily("yinling_turns_unfinished", "Turns not yet delivered", labels=["status"]),
            GaugeMetricFamily("yinling_escalations", "Hand-offs by status", labels=["status"]),
        )
