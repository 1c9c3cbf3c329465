"""An agent's own settings: the telephone that calls are put through to."""

from __future__ import annotations

import re

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bot.audit import Audit
from bot.store.staff import Staff
from desk.auth import me
from desk.house import house, now

_NUMBER = re.compile(r"[0-9*#]{2,20}|")

blueprint = Blueprint("setting", __name__, url_prefix="/me")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """My settings."""
    with house().database.begin() as session:
        row = Staff(session).get(me().id)
        phone = row.phone if row is not None else None
    return render_template("settings.html", phone=phone or "")


@blueprint.post("/phone")
def phone() -> ResponseReturnValue:
    """My telephone; empty: none."""
    number = re.sub(r"[\s\-]", "", request.form.get("phone", ""))
    if not _NUMBER.fullmatch(number):
        flash("电话只能写数字、星号和井号，最多20位。", "warn")
        return redirect(url_for("setting.index"))
    with house().database.begin() as session:
        row = Staff(session).get(me().id)
        if row is not None:
            row.phone = number or None
        Audit(session).look(me().username, "phone_changed", f"agent:{me().id}", now())
    flash("转接电话已经记下。" if number else "不再往您的电话上转了。", "good")
    return redirect(url_for("setting.index"))
