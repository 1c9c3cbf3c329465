"""News for screens that are open now, by Redis pub/sub."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from queue import Empty, Queue

import redis

from bot.ephemeral.connection import RedisConnection

_PREFIX = "yinling:events:"


@dataclass(frozen=True, slots=True)
class Event:
    """One piece of news: its name and plain data (ids and codes, never a citizen's words)."""

    name: str
    data: dict[str, object] = field(default_factory=dict)


class RedisEvents:
    """bot.ports.Events. Without Redis, listeners of this process still hear what this process publishes."""

    def __init__(self, connection: RedisConnection) -> None:
        self._connection = connection
        self._listeners: dict[str, list[Queue[Event]]] = {}
        self._guard = threading.Lock()

    def publish(self, channel: str, event: str, data: Mapping[str, object]) -> None:
        """Tell whoever listens; never raises."""
        message = json.dumps({"name": event, "data": dict(data)})
        heard = self._connection.ask(
            lambda client: client.publish(_PREFIX + channel, message), otherwise=None
        )
        if heard is None:
            with self._guard:
                listeners = list(self._listeners.get(channel, ()))
            for queue in listeners:
                queue.put(Event(event, dict(data)))

    def subscribe(self, channel: str, poll_seconds: float = 1.0) -> Iterator[Event | None]:
        """News as it comes; None at least every ``poll_seconds``, so that the caller can look at the database.

        Ends never; close the iterator to stop listening. Survives Redis going away and coming back.
        """
        queue: Queue[Event] = Queue()
        with self._guard:
            self._listeners.setdefault(channel, []).append(queue)
        pubsub: redis.client.PubSub | None = None
        try:
            while True:
                pubsub = pubsub or self._open(channel)
                if pubsub is None:
                    yield self._from_queue(queue, poll_seconds)
                    continue
                try:
                    message = pubsub.get_message(ignore_subscribe_messages=True, timeout=poll_seconds)
                except (redis.RedisError, OSError):
                    self._connection.lost()
                    pubsub = None
                    yield None
                    continue
                yield Event(**json.loads(message["data"])) if message else None
        finally:
            with self._guard:
                self._listeners[channel].remove(queue)
            if pubsub is not None:
                pubsub.close()

    def _open(self, channel: str) -> redis.client.PubSub | None:
        client = self._connection.client
        if client is None:
            return None
        pubsub: redis.client.PubSub = client.pubsub()  # type: ignore[no-untyped-call]
        try:
            pubsub.subscribe(_PREFIX + channel)  # type: ignore[no-untyped-call]
        except (redis.RedisError, OSError):
            self._connection.lost()
            return None
        return pubsub

    @staticmethod
    def _from_queue(queue: Queue[Event], seconds: float) -> Event | None:
        try:
            return queue.get(timeout=seconds)
        except Empty:
            return None
