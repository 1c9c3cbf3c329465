"""Calls that were promised, and work orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bot.audit import Audit
from bot.callbacks import Callbacks, NoSuchCallback
from bot.privacy import mask_phone, mask_text
from bot.store.desk_reads import DeskReads, shown_name
from bot.store.models import Callback, WorkOrder
from bot.store.staff import Staff
from bot.workorders import WorkOrders
from desk.auth import me
from desk.house import house, now
from desk.words import CALLBACK_OUTCOMES

blueprint = Blueprint("callback", __name__)


@dataclass(frozen=True, slots=True)
class Call:
    """A promised call as a list shows it."""

    id: int
    name: str
    phone: str
    matter: str
    window_start: datetime
    window_end: datetime
    status: str
    outcome: str | None
    agent_name: str | None
    due: bool
    overdue: bool


@dataclass(frozen=True, slots=True)
class Order:
    """A work order as a list shows it."""

    id: int
    number: str
    kind: str
    name: str
    text: str
    status: str
    created_at: datetime


@blueprint.get("/callbacks")
def index() -> ResponseReturnValue:
    """The calls to make, the earliest first, and those made lately."""
    with house().database.begin() as session:
        names = {agent.id: agent.display_name for agent in Staff(session).all()}
        pending = [_call(row, names) for row in Callbacks(session, house().vault).pending(now())]
        recent = [_call(row, names) for row in DeskReads(session).callbacks_done()]
    pending.sort(key=lambda call: call.window_start)
    return render_template("callbacks.html", rows=pending, recent=recent)


@blueprint.post("/callbacks/<int:callback_id>/done")
def done(callback_id: int) -> ResponseReturnValue:
    """Note what came of a call."""
    outcome = request.form.get("outcome", "")
    if outcome not in CALLBACK_OUTCOMES:
        flash("请先选打电话的结果。", "warn")
        return redirect(url_for("callback.index"))
    with house().database.begin() as session:
        row = session.get(Callback, callback_id)
        if row is None:
            abort(404)
        try:
            Callbacks(session, house().vault).done(callback_id, me().id, outcome, now())
        except NoSuchCallback:  # another agent was quicker
            standing = False
        else:
            standing = True
            Audit(session).look(me().username, "callback_done", f"callback:{callback_id}", now())
    flash(*(("已经记下。", "good") if standing else ("这个回电已经有人办了。", "info")))
    return redirect(url_for("callback.index"))


@blueprint.post("/callbacks/<int:callback_id>/reveal")
def reveal(callback_id: int) -> ResponseReturnValue:
    """The number unmasked; written into the audit."""
    with house().database.begin() as session:
        row = session.get(Callback, callback_id)
        if row is None:
            abort(404)
        Audit(session).look(me().username, "reveal_callback", f"callback:{callback_id}", now())
        phone = row.phone
    return jsonify(fields={f"callback-phone-{callback_id}": phone})


@blueprint.get("/work-orders")
def work_orders() -> ResponseReturnValue:
    """Complaints, reports and emergencies, the newest first."""
    with house().database.begin() as session:
        orders = [_order(row) for row in DeskReads(session).work_orders()]
    return render_template("work_orders.html", rows=orders)


@blueprint.post("/work-orders/<int:order_id>/done")
def settle(order_id: int) -> ResponseReturnValue:
    """A work order is dealt with."""
    with house().database.begin() as session:
        if session.get(WorkOrder, order_id) is None:
            abort(404)
        WorkOrders(session, house().vault).settle(order_id, now())
        Audit(session).look(me().username, "work_order_done", f"work_order:{order_id}", now())
    flash("工单已经办结。", "good")
    return redirect(url_for("callback.work_orders"))


def _call(row: Callback, names: dict[int, str]) -> Call:
    return Call(
        id=row.id,
        name=shown_name(row.citizen),
        phone=mask_phone(row.phone),
        matter=mask_text(row.matter),
        window_start=row.window_start,
        window_end=row.window_end,
        status=row.status,
        outcome=row.outcome,
        agent_name=names.get(row.agent_id) if row.agent_id else None,
        due=row.window_start <= now(),
        overdue=row.window_end < now(),
    )


def _order(row: WorkOrder) -> Order:
    return Order(
        id=row.id,
        number=row.number,
        kind=row.kind,
        name=shown_name(row.citizen),
        text=mask_text(row.text),
        status=row.status,
        created_at=row.created_at,
    )
