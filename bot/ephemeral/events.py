"""News for screens that are open now, by Redis pub/sub."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from queue import Empty, Queue

import redis

from bot.ephemeral.connection import RedisConnection

_PREFIX = "yinling:events:"
_CONFIRM_SECONDS = 1.0  # that Redis may take to say that it listens


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
        message = json.dumps({"name": event, "data": dict(data)}, default=str)
        heard = self._connection.ask(
            lambda client: client.publish(_PREFIX + channel, message), otherwise=None
        )
        if heard is None:
            with self._guard:
                listeners = list(self._listeners.get(channel, ()))
            for queue in listeners:
                queue.put(Event(event, dict(data)))

    def subscribe(self, channel: str, poll_seconds: float = 1.0) -> Subscription:
        """Listen from now on: whatever is published after this call is heard."""
        queue: Queue[Event] = Queue()
        with self._guard:
            self._listeners.setdefault(channel, []).append(queue)
        return Subscription(
            self._connection, _PREFIX + channel, queue, poll_seconds, lambda: self._forget(channel, queue)
        )

    def _forget(self, channel: str, queue: Queue[Event]) -> None:
        with self._guard:
            listeners = self._listeners.get(channel, [])
            if queue in listeners:
                listeners.remove(queue)


class Subscription:
    """News as it comes; None at least every ``poll_seconds``, so that the caller can look at the database.

    Never ends by itself; ``close`` it to stop listening. Survives Redis going away and coming back: None after
    a loss says that news may have been missed.
    """

    def __init__(
        self,
        connection: RedisConnection,
        channel: str,
        queue: Queue[Event],
        poll_seconds: float,
        forget: Callable[[], None],
    ) -> None:
        self._connection, self._channel, self._queue = connection, channel, queue
        self._poll_seconds, self._forget = poll_seconds, forget
        self._pubsub = self._open()
        self._closed = False

    def __iter__(self) -> Subscription:
        return self

    def __next__(self) -> Event | None:
        """The next news, or None. Raises StopIteration once closed."""
        if self._closed:
            raise StopIteration
        if self._pubsub is None:
            self._pubsub = self._open()
            return self._from_this_process(0.0 if self._pubsub else self._poll_seconds)
        waiting = self._from_this_process(0.0)
        return waiting or self._from_redis(self._pubsub)

    def close(self) -> None:
        """Stop listening; may be called twice."""
        self._closed = True
        self._forget()
        self._drop()

    def _from_redis(self, pubsub: redis.client.PubSub) -> Event | None:
        try:
            message = pubsub.get_message(ignore_subscribe_messages=True, timeout=self._poll_seconds)
        except (redis.RedisError, OSError):
            self._connection.lost()
            self._drop()
            return None
        return Event(**json.loads(message["data"])) if message else None

    def _from_this_process(self, seconds: float) -> Event | None:
        try:
            return self._queue.get(timeout=seconds) if seconds else self._queue.get_nowait()
        except Empty:
            return None

    def _open(self) -> redis.client.PubSub | None:
        client = self._connection.client
        if client is None:
            return None
        pubsub: redis.client.PubSub = client.pubsub()  # type: ignore[no-untyped-call]
        try:
            pubsub.subscribe(self._channel)  # type: ignore[no-untyped-call]
            confirmed = pubsub.get_message(timeout=_CONFIRM_SECONDS)
        except (redis.RedisError, OSError):
            confirmed = None
        if confirmed is None:
            self._connection.lost()
            pubsub.close()
        return pubsub if confirmed else None

    def _drop(self) -> None:
        pubsub, self._pubsub = self._pubsub, None
        if pubsub is not None:
            pubsub.close()
