"""What citizens asked in vain: everybody sees it, a supervisor decides what becomes of it."""

from __future__ import annotations

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bot.gaps import STATUSES, Gaps, NoSuchGap
from desk.auth import me, supervisors_only
from desk.house import house, now
from desk.knowledge_words import refusal

MOST_SHOWN = 100
MOST_BATCHES = 10

blueprint = Blueprint("gap", __name__, url_prefix="/gaps")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """The groups of one status, the most asked first."""
    wanted = request.args.get("status", "open")
    status = wanted if wanted in STATUSES else "open"
    _sort()
    with house().database.read() as session:
        gaps = Gaps(session, house().vault)
        groups, counts = gaps.groups(status, MOST_SHOWN), gaps.counts()
    desk = house().knowledge_desk
    return render_template(
        "gaps.html",
        groups=groups,
        counts=counts,
        status=status,
        topics=desk.topics(),
        regions=desk.regions(),
        names=dict(desk.topics()),
        places=dict(desk.regions()),
    )


@blueprint.post("/<int:group_id>/dismiss")
@supervisors_only
def dismiss(group_id: int) -> ResponseReturnValue:
    """Nothing is to be done about these."""
    _decide(group_id, "dismissed", "已经记下：不用管。")
    return redirect(url_for("gap.index"))


@blueprint.post("/<int:group_id>/reopen")
@supervisors_only
def reopen(group_id: int) -> ResponseReturnValue:
    """Think again."""
    _decide(group_id, "open", "已经放回没处理的里面。")
    return redirect(url_for("gap.index"))


@blueprint.post("/<int:group_id>/train")
@supervisors_only
def train(group_id: int) -> ResponseReturnValue:
    """The questions as a file of training examples, for whoever looks after the understanding."""
    topics = dict(house().knowledge_desk.topics())
    topic = request.form.get("topic", "")
    if topic != "out_of_scope" and topic not in topics:
        abort(400)
    intent = topic if topic == "out_of_scope" else f"ask_{topic}"
    with house().database.begin() as session:
        gaps = Gaps(session, house().vault)
        try:
            texts = gaps.group(group_id).texts
            gaps.decide(group_id, "trained", me().username, now())
        except NoSuchGap as error:
            flash(refusal(error), "warn")
            return redirect(url_for("gap.index"))
    text = house().knowledge_desk.training_examples(intent, texts)
    headers = {"Content-Disposition": f'attachment; filename="gap-{group_id}.yml"'}
    return Response(text, mimetype="application/yaml", headers=headers)


def _sort() -> None:
    """Put new questions into groups; each unit of work is short, so that no citizen waits for it."""
    for _ in range(MOST_BATCHES):
        with house().database.begin() as session:
            if not Gaps(session, house().vault).sort():
                return


def _decide(group_id: int, status: str, said: str) -> None:
    try:
        with house().database.begin() as session:
            Gaps(session, house().vault).decide(group_id, status, me().username, now())
        flash(said, "good")
    except NoSuchGap as error:
        flash(refusal(error), "warn")
