"""The door: log-in, log-out, change of password."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import flask
from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug import Response as BaseResponse

from bot.audit import Audit
from bot.store.desk_reads import DeskReads
from bot.store.staff import Staff
from desk import passwords
from desk.auth import COOKIE, begin_session, give_cookie, me, recognised
from desk.house import house, now
from desk.login_limits import client_address

log = logging.getLogger(__name__)
blueprint = Blueprint("door", __name__)

_NOBODY = "（没有这个用户名）"
_WRONG = "用户名或密码不对，请再试一次。"


@dataclass(frozen=True, slots=True)
class _Candidate:
    id: int
    username: str
    password_hash: str
    disabled: bool


@blueprint.route("/login", methods=["GET", "POST"])
def login() -> ResponseReturnValue:
    """The log-in form."""
    target = _inside(request.values.get("next", ""))
    if request.method == "GET":
        if recognised(keep_alive=False) is not None:
            return redirect(target or url_for("queue.index"))
        return render_template("login.html", next=target, ended=request.args.get("ended"))
    username = request.form.get("username", "").strip()
    agent_id = _checked(username, request.form.get("password", ""))
    if agent_id is None:
        page = render_template("login.html", next=target, problem=_WRONG, username=username[:64])
        return page, 401
    with house().database.begin() as session:
        token = begin_session(session, agent_id)
        agent = Staff(session).get(agent_id)
        if agent is not None and agent.state == "offline":
            agent.state = "ready"
        Audit(session).look(
            agent.username if agent else username, "login", f"address:{client_address()}", now()
        )
    flask.session.clear()  # a CSRF secret known from before the log-in is worth nothing after it
    return give_cookie(_as_response(redirect(target or url_for("queue.index"))), token)


def _checked(username: str, password: str) -> int | None:
    """The id of the agent whose name and password these are; as slow for an unknown name as for a known one."""
    candidate = None
    if 0 < len(username) <= 64 and len(password) <= passwords.LONGEST:
        with house().database.begin() as session:
            agent = Staff(session).by_username(username)
            if agent is not None:
                candidate = _Candidate(agent.id, agent.username, agent.password_hash, agent.disabled)
    stored = candidate.password_hash if candidate else passwords.nobodys_hash()
    fits = passwords.matches(stored, password[: passwords.LONGEST])
    if candidate is None or candidate.disabled or not fits:
        log.warning("desk.login refused", extra={"agent_id": candidate.id if candidate else None})
        with house().database.begin() as session:
            who = candidate.username if candidate else _NOBODY
            Audit(session).look(who, "login_failed", f"address:{client_address()}", now())
        return None
    if passwords.outdated(stored):
        with house().database.begin() as session:
            agent = Staff(session).get(candidate.id)
            if agent is not None:
                agent.password_hash = passwords.hashed(password)
    return candidate.id


@blueprint.post("/logout")
def logout() -> ResponseReturnValue:
    """End the session; asks once more while citizens are still being served."""
    agent = me()
    with house().database.begin() as session:
        held = DeskReads(session).held_by(agent.id)
    if held and request.form.get("sure") != "1":
        limit = int(house().settings.agent_silence_limit)
        return render_template("leaving.html", held=held, limit=limit)
    with house().database.begin() as session:
        staff = Staff(session)
        staff.end_session(agent.session_id)
        row = staff.get(agent.id)
        if row is not None:
            row.state = "offline"
        Audit(session).look(agent.username, "logout", f"agent:{agent.id}", now())
    flask.session.clear()
    response = _as_response(redirect(url_for("door.login")))
    response.delete_cookie(COOKIE, httponly=True, samesite="Lax")
    return response


@blueprint.route("/password", methods=["GET", "POST"])
def password() -> ResponseReturnValue:
    """Change one's own password; ends one's other sessions."""
    agent = me()
    problem = None
    if request.method == "POST":
        old, new = request.form.get("old", ""), request.form.get("new", "")
        problem = _problem(old, new, request.form.get("again", ""))
        if problem is None:
            hashed = passwords.hashed(new)
            with house().database.begin() as session:
                _set_password(session, hashed)
            flash("密码已经改好。", "good")
            return redirect(url_for("queue.index"))
    page = render_template(
        "password.html",
        problem=problem,
        must_change=agent.must_change_password,
        shortest=passwords.SHORTEST,
    )
    return (page, 400) if problem else page


def _problem(old: str, new: str, again: str) -> str | None:
    agent = me()
    with house().database.begin() as session:
        row = Staff(session).get(agent.id)
        stored = row.password_hash if row is not None else passwords.nobodys_hash()
    if not passwords.matches(stored, old[: passwords.LONGEST]):
        return "现在的密码不对。"
    if new != again:
        return "两次输入的新密码不一样。"
    if new == old:
        return "新密码不能和现在的一样。"
    return passwords.weakness(new, agent.username)


def _set_password(session: Session, hashed: str) -> None:
    agent = me()
    staff = Staff(session)
    row = staff.get(agent.id)
    if row is None:
        return
    row.password_hash = hashed
    row.must_change_password = False
    staff.revoke(agent.id, keep=agent.session_id)
    Audit(session).look(agent.username, "password_changed", f"agent:{agent.id}", now())


def _inside(target: str) -> str | None:
    """A path of this desk; None for anything that a browser could take for another site."""
    safe = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if safe and "\\" not in target else None


def _as_response(answer: BaseResponse) -> Response:
    return make_response(answer)
