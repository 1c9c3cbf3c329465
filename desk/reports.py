"""Today in figures, for supervisors."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from bot.settings import TIME_ZONE
from bot.store.call_reads import CallReads
from bot.store.report_reads import figures
from desk.auth import supervisors_only
from desk.house import house, now
from desk.words import local

blueprint = Blueprint("report", __name__, url_prefix="/reports")


@blueprint.get("")
@supervisors_only
def index() -> ResponseReturnValue:
    """The figures of today."""
    midnight = datetime.combine(local(now()).date(), time(), TIME_ZONE)
    with house().database.begin() as session:
        tomorrow = midnight + timedelta(days=1)
        today = figures(session, midnight, tomorrow)
        calls = CallReads(session).figures(midnight, tomorrow)
    return render_template("reports.html", today=today, calls=calls)
