"""Canned replies: everybody reads them, supervisors write them."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.audit import Audit
from bot.store.desk_reads import DeskReads
from bot.store.models import AuditEntry, CannedReply
from desk.auth import me, supervisors_only
from desk.house import house, now

LONGEST_TITLE = 40
LONGEST_TEXT = 600

FIRST_ONES = (
    ("请稍等", "您好，我是人工坐席。您说的我都看到了，请稍等，我帮您查一查。"),
    ("还有别的吗", "这样说清楚了吗？还有别的要问，您接着说。"),
    ("请打电话", "这件事电话里说更清楚。我们给您打过去，方便的话请把电话号码发给我。"),
    ("防骗提醒", "请您放心：医保部门不会让您转账，也不会要您的银行卡密码和验证码。"),
    ("再见", "不客气，祝您身体健康。有事随时来找我们。"),
)

blueprint = Blueprint("canned", __name__, url_prefix="/canned")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """All canned replies."""
    with house().database.begin() as session:
        found = DeskReads(session).canned()
    return render_template("canned.html", canned=found)


@blueprint.post("")
@supervisors_only
def add() -> ResponseReturnValue:
    """A new one."""
    written = _written()
    if written is not None:
        with house().database.begin() as session:
            reply = CannedReply(title=written[0], text=written[1])
            session.add(reply)
            session.flush()
            Audit(session).look(me().username, "canned_saved", f"canned:{reply.id}", now())
        flash("已经添加。", "good")
    return redirect(url_for("canned.index"))


@blueprint.post("/<int:canned_id>")
@supervisors_only
def save(canned_id: int) -> ResponseReturnValue:
    """Other words for an existing one."""
    written = _written()
    if written is not None:
        with house().database.begin() as session:
            reply = session.get(CannedReply, canned_id)
            if reply is None:
                abort(404)
            reply.title, reply.text = written
            Audit(session).look(me().username, "canned_saved", f"canned:{canned_id}", now())
        flash("已经保存。", "good")
    return redirect(url_for("canned.index"))


@blueprint.post("/<int:canned_id>/remove")
@supervisors_only
def remove(canned_id: int) -> ResponseReturnValue:
    """Throw one away; no harm if somebody else just did."""
    with house().database.begin() as session:
        reply = session.get(CannedReply, canned_id)
        if reply is not None:
            session.delete(reply)
            Audit(session).look(me().username, "canned_removed", f"canned:{canned_id}", now())
    flash("已经删除。", "good")
    return redirect(url_for("canned.index"))


def seed_canned(session: Session) -> None:
    """Some canned replies to begin with, unless there are any or a supervisor removed one."""
    removed = select(AuditEntry.id).where(AuditEntry.action == "canned_removed").limit(1)
    if session.scalar(select(CannedReply.id).limit(1)) is None and session.scalar(removed) is None:
        session.add_all(CannedReply(title=title, text=text) for title, text in FIRST_ONES)


def _written() -> tuple[str, str] | None:
    title = request.form.get("title", "").strip()
    text = request.form.get("text", "").replace("\r\n", "\n").strip()
    if not title or not text or len(title) > LONGEST_TITLE or len(text) > LONGEST_TEXT:
        flash(f"标题和内容都要写，标题最多{LONGEST_TITLE}字，内容最多{LONGEST_TEXT}字。", "warn")
        return None
    return title, text
