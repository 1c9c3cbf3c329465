"""Answer while WeChat still waits, or let the worker send it.

WeChat cuts the connection after five seconds and comes again, up to three times (developers.weixin.qq.com,
被动回复用户消息). So an answer that is not there within the budget goes out as a customer-service message: WeChat hears
"success" as soon as the message is stored, and never before.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from bot.messages import Reply
from webhooks.trouble import report

log = logging.getLogger(__name__)

_PACE_SHARE = 0.2  # of the newest answer in the running average of how long answers take
_AGAIN_SECONDS = 0.3  # between two attempts at a message while WeChat still waits
_CLAIM_SECONDS = 0.6  # that a reply which was there in time may take to be marked delivered


class NotKept(Exception):
    """Neither answered nor stored: WeChat must come again."""


class Job(Protocol):
    """One message on its way through the house. Every step may be repeated without a second effect."""

    key: str  # the message's external id: its second delivery joins the first
    owner: str  # who sent it: one person's messages are answered one after the other

    def answer(self) -> Reply:
        """The conversation's reply; raises whatever goes wrong."""
        ...

    def keep(self) -> None:
        """Store the message, so that it is answered even if this process dies."""
        ...

    def claim(self, reply: Reply) -> bool:
        """Mark the reply delivered; whether it is to be given passively (it may have gone out before)."""
        ...

    def send_later(self, reply: Reply) -> None:
        """Put the reply into the outbox."""
        ...


class Way(Enum):
    """How a message leaves the budget."""

    PASSIVE = "passive"
    LATE = "late"  # stored; the answer follows as a customer-service message
    NOTHING = "nothing"  # stored; no answer is due, or it went out before
    BROKEN = "broken"  # stored; answering failed, the worker tries again
    SHED = "shed"  # stored; too much to do here, the worker answers it


@dataclass
class _Flight:
    """One job under way."""

    job: Job
    lock: threading.Lock = field(default_factory=threading.Lock)
    settled: threading.Event = field(default_factory=threading.Event)
    asked: int = 0  # times that WeChat brought the message while this flight was under way
    late: bool = False  # WeChat was told not to wait
    claiming: bool = False  # the reply is being marked as passively delivered
    reply: Reply | None = None
    way: Way | None = None


class ReplyBudget:
    """A bounded pool that answers messages of one process.

    ``seconds``: how long a request may wait. ``workers``: messages answered at once. ``most``: messages under way
    or queued; ``patience``: requests that may wait at once, the rest are told success at once.
    """

    def __init__(self, seconds: float, *, workers: int = 8, most: int = 2000, patience: int = 48) -> None:
        self._seconds, self._most, self._workers = seconds, most, workers
        self._pace = 0.0  # seconds that an answer takes, running average
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="answer")
        self._patience = threading.BoundedSemaphore(patience)
        self._lock = threading.Lock()
        self._flights: dict[str, _Flight] = {}
        self._lines: dict[str, deque[_Flight]] = {}

    @property
    def under_way(self) -> int:
        """Messages being answered or queued."""
        return len(self._flights)

    def answer(self, job: Job, started: float | None = None) -> tuple[Way, Reply | None]:
        """How the message leaves, with its reply if that is there; ``started`` is time.monotonic() at its arrival.

        A message that comes again while it is being answered is answered there: WeChat has hung up on the earlier
        request. Raises NotKept where it could be neither answered in time nor stored, however often it was tried.
        """
        deadline = (time.monotonic() if started is None else started) + self._seconds
        patient = self._is_worth_waiting() and self._patience.acquire(blocking=False)
        try:
            return self._attempts(job, deadline if patient else 0.0)
        finally:
            if patient:
                self._patience.release()

    def close(self) -> None:
        """End what is under way; what still waits in the line was stored, or is sent again by WeChat."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _is_worth_waiting(self) -> bool:
        """Whether what is under way will probably be done within the budget."""
        return len(self._flights) * self._pace / self._workers <= self._seconds

    def _attempts(self, job: Job, deadline: float) -> tuple[Way, Reply | None]:
        """Until the deadline while nothing can be stored; once more where only the answer failed."""
        once_more = True
        while True:
            try:
                way, reply = self._attempt(job, deadline)
            except NotKept:
                if time.monotonic() + _AGAIN_SECONDS >= deadline:
                    raise
            else:
                if way is not Way.BROKEN or not once_more or time.monotonic() + _AGAIN_SECONDS >= deadline:
                    return way, reply
                once_more = False
            time.sleep(_AGAIN_SECONDS)

    def _attempt(self, job: Job, deadline: float) -> tuple[Way, Reply | None]:
        boarded = self._board(job)
        if boarded is None:
            self._keep(job)
            return Way.SHED, None
        flight, ticket = boarded
        flight.settled.wait(max(0.0, deadline - time.monotonic()))
        way, reply = self._leave(flight, job)
        return (way, reply) if ticket == flight.asked else (Way.NOTHING, None)

    def _board(self, job: Job) -> tuple[_Flight, int] | None:
        """The flight of this message, the one under way or a new one, and which request it is; None without room."""
        with self._lock:
            flight = self._flights.get(job.key)
            if flight is None:
                if len(self._flights) >= self._most:
                    return None
                flight = self._flights[job.key] = _Flight(job)
                line = self._lines.get(job.owner)
                if line is not None:
                    line.append(flight)
                else:
                    self._lines[job.owner] = deque()
                    self._start(flight)
            flight.asked += 1
            return flight, flight.asked

    def _start(self, flight: _Flight) -> None:
        try:
            self._pool.submit(self._fly, flight)
        except RuntimeError:  # the process is ending
            self._flights.pop(flight.job.key, None)
            self._lines.pop(flight.job.owner, None)
            flight.settled.set()

    def _leave(self, flight: _Flight, job: Job) -> tuple[Way, Reply | None]:
        with flight.lock:
            if not flight.settled.is_set() and not flight.claiming:
                flight.late = True
        if flight.late:
            self._keep(job)
            return Way.LATE, None
        if not flight.settled.wait(_CLAIM_SECONDS):
            raise NotKept  # marked delivered, but not by this answer: WeChat's next attempt gets it
        if flight.way is None:
            self._keep(job)
            return Way.BROKEN, None
        return flight.way, flight.reply

    def _keep(self, job: Job) -> None:
        try:
            job.keep()
        except Exception as error:
            report(log, "wechat.not_kept", error)
            raise NotKept from error

    def _fly(self, flight: _Flight) -> None:
        started = time.monotonic()
        try:
            self._answer(flight)
        except Exception as error:  # the worker's sweep answers it: the message is stored
            report(log, "wechat.not_answered", error)
        finally:
            with self._lock:
                self._pace += _PACE_SHARE * (time.monotonic() - started - self._pace)
                self._flights.pop(flight.job.key, None)
                line = self._lines.get(flight.job.owner)
                if line:
                    self._start(line.popleft())
                else:
                    self._lines.pop(flight.job.owner, None)
            flight.settled.set()

    def _answer(self, flight: _Flight) -> None:
        reply = flight.job.answer()
        with flight.lock:
            flight.claiming = not flight.late
        if reply.silent:
            flight.job.claim(reply)
            flight.way = Way.NOTHING
        elif flight.claiming:
            passive = flight.job.claim(reply)
            flight.reply, flight.way = (reply, Way.PASSIVE) if passive else (None, Way.NOTHING)
        else:
            flight.job.send_later(reply)
            flight.way = Way.LATE
