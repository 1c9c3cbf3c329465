"""The visits of a day at a service point: who comes, who came, who did not."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from bot.appointments import AppointmentBook, NoSuchAppointment
from bot.audit import Audit
from bot.store.models import Appointment
from desk.auth import me
from desk.house import house, now
from desk.visits import Visit, shown_visit
from desk.words import APPOINTMENT_STATES, local

blueprint = Blueprint("appointment", __name__, url_prefix="/appointments")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """One day at one service point."""
    day = _day(request.args.get("day"))
    calendar = house().calendar
    with house().database.begin() as session:
        book = _book(session)
        points = book.service_points(None)
        wanted = request.args.get("point", type=int)
        point = next((p for p in points if p.id == wanted), points[0] if points else None)
        visits = [shown_visit(visit, now()) for visit in book.on_day(point.id, day)] if point else []
    return render_template(
        "appointments.html",
        day=day,
        before=day - timedelta(days=1),
        after=day + timedelta(days=1),
        points=points,
        point=point,
        rows=visits,
        working_day=calendar.is_working_day(day),
        holiday=calendar.holiday_name(day),
    )


@blueprint.post("/<int:appointment_id>/mark")
def mark(appointment_id: int) -> ResponseReturnValue:
    """Note that the citizen came, did not come, or that the visit is cancelled (asked twice)."""
    status = request.form.get("status")
    if status not in ("fulfilled", "noshow", "cancelled"):
        abort(400)
    with house().database.begin() as session:
        visit = _visit(session, appointment_id)
    back = url_for("appointment.index", day=local(visit.starts_at).date(), point=visit.point_id)
    if status == "cancelled" and request.form.get("sure") != "1":
        return render_template("cancel.html", row=visit, back=back)
    if status != "cancelled" and not visit.started:
        flash("还没到预约的时间，不能记。", "warn")
        return redirect(back)
    try:
        with house().database.begin() as session:
            _note(_book(session), appointment_id, status)
            subject = f"appointment:{appointment_id}"
            Audit(session).look(me().username, f"appointment_{status}", subject, now())
    except NoSuchAppointment:
        flash("这个预约刚才已经有变化，请看最新的。", "warn")
        return redirect(back)
    flash(f"预约 {visit.reference}:{APPOINTMENT_STATES[status]}。", "good")
    return redirect(back)


def _note(book: AppointmentBook, appointment_id: int, status: str) -> None:
    verbs = {"fulfilled": book.fulfil, "noshow": book.no_show, "cancelled": book.cancel}
    verbs[status](appointment_id, now())


@blueprint.post("/<int:appointment_id>/reveal")
def reveal(appointment_id: int) -> ResponseReturnValue:
    """Name and phone unmasked; written into the audit."""
    with house().database.begin() as session:
        visit = session.get(Appointment, appointment_id)
        if visit is None:
            abort(404)
        Audit(session).look(me().username, "reveal_appointment", f"appointment:{appointment_id}", now())
        fields = {f"visit-name-{visit.id}": visit.name, f"visit-phone-{visit.id}": visit.phone}
    return jsonify(fields=fields)


def _book(session: Session) -> AppointmentBook:
    return AppointmentBook(session, house().vault, house().calendar)


def _visit(session: Session, appointment_id: int) -> Visit:
    visit = session.get(Appointment, appointment_id)
    if visit is None:
        abort(404)
    return shown_visit(visit, now())


def _day(text: str | None) -> date:
    """The day asked for; today for anything that is no day."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return local(now()).date()
