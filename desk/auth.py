"""Who may come in: sessions in the database, roles, and the gate before every page."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import cast

from flask import Flask, Response, abort, g, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from bot.escalation import EscalationQueue
from bot.store.models import AgentSession
from bot.store.staff import Staff
from desk.house import house, now

COOKIE = "yinling_desk"
IDLE_LIMIT = timedelta(minutes=30)
ABSOLUTE_LIMIT = timedelta(hours=12)
TOUCH_EVERY = timedelta(seconds=30)  # how often a use of the session is written down

_PUBLIC = {"door.login", "static", "live.healthz"}
# Asked by the page on its own: an open page does not mean that somebody sits before it.
_BY_ITSELF = {
    "live.stream",
    "live.current",
    "live.heartbeat",
    "queue.waiting",
    "conversation.lines",
    "call.lists",
    "call.events",
    "call.phase",
}
_WITH_FIRST_PASSWORD = {"door.password", "door.logout", "live.stream", "live.current", "live.heartbeat"}


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The agent of this request."""

    id: int
    username: str
    display_name: str
    role: str
    state: str
    session_id: int
    must_change_password: bool

    @property
    def supervisor(self) -> bool:
        """Whether this person leads the others."""
        return self.role == "supervisor"


def me() -> SignedIn:
    """The agent of this request; only for pages behind the gate."""
    return cast(SignedIn, g.agent)


def supervisors_only(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    """A view that answers 403 to an agent who is no supervisor."""

    @wraps(view)
    def guarded(*args: object, **kwargs: object) -> ResponseReturnValue:
        if not me().supervisor:
            abort(403)
        return view(*args, **kwargs)

    return guarded


def add_gate(app: Flask) -> None:
    """Let nobody past who is not logged in, except to the door itself."""

    @app.before_request
    def gate() -> ResponseReturnValue | None:
        if request.endpoint in _PUBLIC:
            return None
        g.agent = recognised(keep_alive=request.endpoint not in _BY_ITSELF)
        if g.agent is None:
            return _sent_away()
        if g.agent.must_change_password and request.endpoint not in _WITH_FIRST_PASSWORD:
            return redirect(url_for("door.password"))
        return None


def _sent_away() -> ResponseReturnValue:
    if "X-Desk" in request.headers or request.accept_mimetypes.best == "text/event-stream":
        return jsonify(message="登录已经过期，请重新登录。"), 401
    wanted = request.full_path.rstrip("?") if request.method == "GET" and request.path != "/" else None
    ended = 1 if request.cookies.get(COOKIE) else None
    return redirect(url_for("door.login", next=wanted, ended=ended))


def recognised(*, keep_alive: bool) -> SignedIn | None:
    """Who sends this request, or None; ``keep_alive`` notes that a person did something."""
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    with house().database.begin() as session:
        opened = Staff(session).find_session(token_hash(token))
        if opened is None or not still_good(opened, now()):
            return None
        if keep_alive:
            touch(session, opened)
        agent = opened.agent
        return SignedIn(
            id=agent.id,
            username=agent.username,
            display_name=agent.display_name,
            role=agent.role,
            state=agent.state,
            session_id=opened.id,
            must_change_password=agent.must_change_password,
        )


def touch(session: Session, opened: AgentSession) -> None:
    """Note that a person uses this session now; written at most every TOUCH_EVERY."""
    if now() - opened.last_seen_at >= TOUCH_EVERY:
        opened.last_seen_at = now()
    EscalationQueue(session, house().vault).seen(opened.agent_id, now())


def still_good(opened: AgentSession, at: datetime) -> bool:
    """Whether a session may still be used."""
    return not opened.revoked and not opened.agent.disabled and at < ends(opened)


def ends(opened: AgentSession) -> datetime:
    """When a session ends if nothing more is done in it."""
    return min(opened.expires_at, opened.last_seen_at + IDLE_LIMIT)


def token_hash(token: str) -> str:
    """What is stored of a session's token: who reads the database cannot log in with it."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin_session(session: Session, agent_id: int) -> str:
    """A new session of an agent; returns its token."""
    token = secrets.token_urlsafe(32)
    Staff(session).open_session(agent_id, token_hash(token), now(), ABSOLUTE_LIMIT)
    EscalationQueue(session, house().vault).seen(agent_id, now())
    return token


def give_cookie(response: Response, token: str) -> Response:
    """The session's token, out of reach of scripts and of other sites' forms."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(ABSOLUTE_LIMIT.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=request.is_secure,
    )
    return response
