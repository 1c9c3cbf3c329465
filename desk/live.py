"""News for open pages, and signs of life from them.

A page that listens gets, by server-sent events, the version of the queue and of its own conversation whenever
they change, and fetches what it needs. The database is always asked: an event in Redis only makes that happen
at once, so a lost event, or a Redis that is away, delays news by seconds and loses none.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from flask import Blueprint, Response, jsonify, request, stream_with_context
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from bot.ephemeral.events import Event
from bot.escalation import EscalationQueue
from bot.store.call_reads import CallReads
from bot.store.desk_reads import DeskReads
from bot.store.staff import Staff
from desk.auth import COOKIE, ends, me, still_good, token_hash, touch
from desk.house import fresh_now, house, now

LONGEST_STREAM = timedelta(minutes=10)  # then the page opens a new one: no thread is held for ever
LOOK_EVERY = timedelta(seconds=3)  # at the database, events or none
MOST_STREAMS = 40  # of one process; further pages ask every few seconds instead

blueprint = Blueprint("live", __name__)
_places = threading.BoundedSemaphore(MOST_STREAMS)

News = dict[str, dict[str, object]]


@dataclass(frozen=True, slots=True)
class Watched:
    """What a page shows besides the queue: a conversation and a call, by their numbers; the list of calls."""

    escalation_id: int | None = None
    conversation_id: int | None = None
    call_row: int | None = None
    all_calls: bool = False


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Whether the desk can answer: the database does."""
    house().database.ping()
    return jsonify(status="ok")


@blueprint.post("/heartbeat")
def heartbeat() -> ResponseReturnValue:
    """An open page says that its agent is there; with active=1, that a person did something."""
    agent = me()
    with house().database.begin() as session:
        staff = Staff(session)
        opened = staff.find_session(token_hash(request.cookies[COOKIE]))
        if opened is not None and request.form.get("active") == "1":
            touch(session, opened)
        EscalationQueue(session, house().vault).seen(agent.id, now())
        row = staff.get(agent.id)
        state = row.state if row is not None else agent.state
        ends_at = ends(opened) if opened is not None else now()
    left = (ends_at - now()).total_seconds()
    return jsonify(state=state, seconds_left=int(left))


@blueprint.get("/live/now")
def current() -> ResponseReturnValue:
    """The present versions, for pages that cannot listen."""
    with house().database.begin() as session:
        return jsonify(_news(session, _watched()))


@blueprint.get("/live")
def stream() -> ResponseReturnValue:
    """The versions as server-sent events, whenever they change."""
    if not _places.acquire(blocking=False):
        return jsonify(message="听消息的页面太多，改为每几秒问一次。"), 503
    try:
        events = _events(_watched(), token_hash(request.cookies[COOKIE]))
        response = Response(stream_with_context(events), mimetype="text/event-stream")
    except BaseException:
        _places.release()
        raise
    response.call_on_close(_places.release)
    response.headers["X-Accel-Buffering"] = "no"  # nginx passes each event on at once
    return response


def _watched() -> Watched:
    """What the asking page shows."""
    escalation_id, row = request.args.get("escalation", type=int), request.args.get("call", type=int)
    with house().database.begin() as session:
        ticket = DeskReads(session).ticket(escalation_id) if escalation_id is not None else None
        conversation_id = ticket.conversation_id if ticket else None
        if row is None and conversation_id is not None:
            latest = CallReads(session).of_conversation(conversation_id)
            row = latest.id if latest else None
    return Watched(escalation_id, conversation_id, row, request.args.get("calls") == "1")


def _events(watched: Watched, token: str) -> Iterator[str]:
    told: dict[str, object] = {}
    ends_at = fresh_now() + LONGEST_STREAM
    looked_at = datetime.min.replace(tzinfo=UTC)
    yield "retry: 3000\n\n"
    listening = house().events.subscribe("desk", LOOK_EVERY.total_seconds())
    wakes = cast("Generator[Event | None]", listening)
    try:
        while fresh_now() < ends_at:
            with house().database.begin() as session:
                opened = Staff(session).find_session(token)
                if opened is None or not still_good(opened, fresh_now()):
                    return  # the page asks again and is sent to the log-in
                news = _news(session, watched)
            looked_at = fresh_now()
            fresh = [(name, data) for name, data in news.items() if told.get(name) != data["version"]]
            for name, data in fresh:
                told[name] = data["version"]
                yield f"event: {name}\ndata: {json.dumps(data)}\n\n"
            if not fresh:
                yield ":\n\n"  # finds out whether the page is still there
            for event in wakes:
                if concerns(event, watched) or fresh_now() - looked_at >= LOOK_EVERY:
                    break
        yield "event: bye\ndata: {}\n\n"
    finally:
        wakes.close()


def concerns(event: Event | None, watched: Watched) -> bool:
    """Whether news can change what a page shows; None is the regular look at the database."""
    if event is not None and event.name == "turn":
        return watched.conversation_id is not None and (
            event.data.get("conversation_id") == watched.conversation_id
        )
    if event is not None and event.name == "call":
        return watched.call_row is not None and event.data.get("call") == watched.call_row
    return True


def _news(session: Session, watched: Watched) -> News:
    reads, calls = DeskReads(session), CallReads(session)
    waiting = reads.waiting_ids()
    ids = [id_ for id_, _ in waiting]
    urgent = [id_ for id_, is_urgent in waiting if is_urgent]
    news: News = {"queue": {"version": _version(waiting), "waiting": ids, "urgent": urgent}}
    if watched.all_calls:
        news["calls"] = {"version": _version(calls.live_version())}
    if watched.escalation_id is not None:
        conversation = reads.conversation_version(watched.escalation_id)
        if conversation is not None:
            news["conversation"] = {"version": conversation}
    if watched.call_row is not None:
        news["call"] = {"version": _version(calls.row_version(watched.call_row))}
    return news


def _version(seen: object) -> str:
    """A short text that changes with what was seen."""
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]
