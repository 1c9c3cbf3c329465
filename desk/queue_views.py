"""The live queue: who waits, who is mine, accept, and the agent's own state."""

from __future__ import annotations

from datetime import datetime, time

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from bot.audit import Audit
from bot.escalation import AlreadyTaken, EscalationQueue
from bot.settings import TIME_ZONE
from bot.store.desk_reads import DeskReads
from bot.store.staff import Staff
from desk.auth import me
from desk.house import house, now
from desk.tickets import Row, rows
from desk.words import AGENT_STATES, CHOOSABLE_STATES, local

blueprint = Blueprint("queue", __name__)


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """The queue, what I hold, and what I finished today."""
    reads_from = datetime.combine(local(now()).date(), time(), TIME_ZONE)
    with house().database.begin() as session:
        reads = DeskReads(session)
        waiting = _waiting(session)
        mine = rows(reads.held_by(me().id))
        handled = rows(reads.handled_by(me().id, reads_from))
        phone = my_phone(session)
    return render_template("queue.html", waiting=waiting, mine=mine, handled=handled, phone=phone)


@blueprint.get("/queue")
def waiting() -> ResponseReturnValue:
    """The waiting list alone, for a page that is open."""
    with house().database.begin() as session:
        found, phone = _waiting(session), my_phone(session)
    return render_template("_queue.html", waiting=found, phone=phone)


def _waiting(session: Session) -> list[Row]:
    queue = EscalationQueue(session, house().vault)
    return rows(DeskReads(session).tickets(queue.waiting()))


@blueprint.post("/queue/<int:escalation_id>/accept")
def accept(escalation_id: int) -> ResponseReturnValue:
    """Take a waiting citizen; only one agent can."""
    agent = me()
    try:
        with house().database.begin() as session:
            line = _line(session, escalation_id)
            EscalationQueue(session, house().vault).accept(escalation_id, agent.id, now(), line)
            Audit(session).look(agent.username, "accept", f"escalation:{escalation_id}", now())
    except AlreadyTaken:
        flash("这位市民刚刚被别的坐席接走了。", "info")
        return redirect(url_for("queue.index"))
    house().events.publish("desk", "queue", {"escalation_id": escalation_id})
    return redirect(url_for("conversation.show", escalation_id=escalation_id))


def _line(session: Session, escalation_id: int) -> str | None:
    """How I take a call: by telephone where I asked for it and have one, else in the browser; None for a chat."""
    ticket = DeskReads(session).ticket(escalation_id)
    if ticket is None or ticket.channel != "phone":
        return None
    return "phone" if request.form.get("line") == "phone" and my_phone(session) else "browser"


def my_phone(session: Session) -> str | None:
    """The telephone that calls are put through to for me."""
    row = Staff(session).get(me().id)
    return row.phone if row is not None else None


@blueprint.post("/state")
def state() -> ResponseReturnValue:
    """Say whether I am ready, wrapping up or away."""
    wanted = request.form.get("state", "")
    if wanted not in CHOOSABLE_STATES:
        return jsonify(message="没有这个状态。"), 400
    with house().database.begin() as session:
        row = Staff(session).get(me().id)
        if row is not None:
            row.state = wanted
    return jsonify(message=f"您的状态：{AGENT_STATES[wanted]}", state=wanted)
