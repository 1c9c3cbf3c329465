"""For supervisors: who works at the desk, and who looked at or changed what."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bot.audit import Audit
from bot.store.desk_reads import DeskReads
from bot.store.models import Agent
from bot.store.staff import Staff
from desk import passwords
from desk.auth import me, supervisors_only
from desk.house import house, now

AUDIT_PAGE = 100  # entries

blueprint = Blueprint("agent", __name__)


@dataclass(frozen=True, slots=True)
class FirstPassword:
    """A password that is shown once."""

    username: str
    display_name: str
    password: str


@blueprint.get("/agents")
@supervisors_only
def index() -> ResponseReturnValue:
    """Everybody."""
    return _page()


def _page(fresh: FirstPassword | None = None, problem: str | None = None) -> str:
    with house().database.begin() as session:
        everybody = Staff(session).all()
    form = request.form if problem else {}
    return render_template("agents.html", rows=everybody, fresh=fresh, problem=problem, form=form)


@blueprint.post("/agents")
@supervisors_only
def add() -> ResponseReturnValue:
    """A new agent; the page shows the first password, once."""
    username = request.form.get("username", "").strip()
    display_name = request.form.get("display_name", "").strip()
    try:
        with house().database.begin() as session:
            password = passwords.add_agent(
                session, username, display_name, request.form.get("role", ""), None
            )
            Audit(session).look(me().username, "agent_added", f"agent:{username}", now())
    except ValueError as refusal:
        return _page(problem=str(refusal)), 400
    return _page(FirstPassword(username, display_name, password))


@blueprint.post("/agents/<int:agent_id>/reset")
@supervisors_only
def reset(agent_id: int) -> ResponseReturnValue:
    """A new first password; all log-ins of the agent end."""
    password = passwords.first_password()
    hashed = passwords.hashed(password)
    with house().database.begin() as session:
        agent = _agent(Staff(session).get(agent_id))
        agent.password_hash = hashed
        agent.must_change_password = True
        Staff(session).revoke(agent_id, keep=me().session_id)
        Audit(session).look(me().username, "password_reset", f"agent:{agent.username}", now())
        fresh = FirstPassword(agent.username, agent.display_name, password)
    return _page(fresh)


@blueprint.post("/agents/<int:agent_id>/disable")
@supervisors_only
def disable(agent_id: int) -> ResponseReturnValue:
    """Shut an agent out, or let them in again. Nobody shuts out themselves."""
    disabled = request.form.get("disabled") == "1"
    if agent_id == me().id:
        flash("不能停用自己。", "warn")
        return redirect(url_for("agent.index"))
    with house().database.begin() as session:
        agent = _agent(Staff(session).get(agent_id))
        agent.disabled = disabled
        if disabled:
            agent.state = "offline"
            Staff(session).revoke(agent_id)
        action = "agent_disabled" if disabled else "agent_enabled"
        Audit(session).look(me().username, action, f"agent:{agent.username}", now())
        name = agent.display_name
    flash(f"{name}：已{'停用' if disabled else '恢复'}。", "good")
    return redirect(url_for("agent.index"))


def _agent(found: Agent | None) -> Agent:
    if found is None:
        abort(404)
    return found


@blueprint.get("/audit")
@supervisors_only
def audit() -> ResponseReturnValue:
    """What was looked at and changed, the newest first."""
    with house().database.begin() as session:
        rows = DeskReads(session).audit(request.args.get("before", type=int), AUDIT_PAGE)
    older = rows[-1].id if len(rows) == AUDIT_PAGE else None
    return render_template("audit.html", rows=rows, older=older)
