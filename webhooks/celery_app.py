"""Celery, set up so that Redis may be emptied or restarted at any time and nothing a citizen said is logged."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from celery import Celery
from celery.schedules import crontab
from kombu.entity import Exchange, Queue

QUEUE = "yinling"
_EXPIRES = 10  # seconds; a chore that waited so long comes again anyway


def broker_url(redis_url: str) -> str:
    """Celery's address of a Redis: sockets are ``unix://`` to redis-py and ``redis+socket://`` to Celery."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    login = f":{parts.password}@" if parts.password else ""  # quoted as it came
    return f"redis+socket://{login}{parts.path}?virtual_host={database}"


def make_celery(redis_url: str, schedule: dict[str, Any]) -> Celery:
    """An app whose tasks take no arguments and leave no results."""
    app = Celery("yinling", broker=broker_url(redis_url), set_as_current=False)
    app.conf.update(
        # The nameless exchange goes straight to its queue: no binding lives in Redis that a FLUSHALL could take away.
        task_queues=[Queue(QUEUE, Exchange("", type="direct"), routing_key=QUEUE)],  # type: ignore[no-untyped-call]
        task_default_queue=QUEUE,
        task_default_exchange="",
        task_default_exchange_type="direct",
        task_default_routing_key=QUEUE,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_prefetch_multiplier=1,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={"socket_connect_timeout": 2, "socket_keepalive": True},
        timezone="Asia/Shanghai",
        beat_schedule=schedule,
        beat_max_loop_interval=1,
    )
    return app


def every(seconds: float, task: str) -> dict[str, Any]:
    """A schedule entry at a fixed interval."""
    return {"task": task, "schedule": timedelta(seconds=seconds), "options": {"expires": _EXPIRES}}


def nightly(hour: int, minute: int, task: str) -> dict[str, Any]:
    """A schedule entry once a night, Shanghai time."""
    return {"task": task, "schedule": crontab(hour=str(hour), minute=str(minute))}
