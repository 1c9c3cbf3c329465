"""The policy entries: everybody reads, writes drafts and reviews others'; supervisors publish and retire."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bot.entries import (
    Content,
    Filter,
    Malformed,
    NoSuchEntry,
    Overtaken,
    Unfit,
)
from bot.gaps import Gaps, NoSuchGap
from bot.knowledge_desk import KnowledgeDesk
from bot.ports import YinlingError
from desk.auth import me, supervisors_only
from desk.house import house, now
from desk.knowledge_form import from_boxes, to_boxes
from desk.knowledge_words import DUES, FILTERS, finding, problem, refusal
from desk.words import local

LONGEST_NOTE = 500

blueprint = Blueprint("knowledge", __name__, url_prefix="/knowledge")


def knowledge() -> KnowledgeDesk:
    """What looks after the entries."""
    return house().knowledge_desk


def today() -> date:
    """The local date."""
    return local(now()).date()


@blueprint.errorhandler(NoSuchEntry)
def no_such_entry(_: NoSuchEntry) -> ResponseReturnValue:
    """Plain words, and back to the list."""
    flash("没有这一条内容，可能已经被删掉了。", "warn")
    return redirect(url_for("knowledge.index"))


@blueprint.get("")
def index() -> ResponseReturnValue:
    """All entries, or those that fit a filter."""
    chosen = {
        name: request.args.get(name, "").strip() for name in ("topic", "region", "status", "due", "words")
    }
    wanted = Filter(
        topic=chosen["topic"] or None,
        region=chosen["region"] or None,
        status=chosen["status"] if chosen["status"] in FILTERS else None,
        due=chosen["due"] if chosen["due"] in (*DUES, "any") else None,
        words=chosen["words"][:40],
    )
    rows = knowledge().rows(wanted, today())
    everything = knowledge().rows(Filter(), today()) if any(chosen.values()) else rows
    return render_template(
        "knowledge.html",
        rows=rows,
        chosen=chosen,
        topics=knowledge().topics(),
        regions=knowledge().regions(),
        waiting=sum(row.open_status == "review" for row in everything),
        ready=sum(row.open_status == "approved" for row in everything),
        due=sum(row.due is not None for row in everything),
        conflicts=sum(row.conflict for row in everything),
    )


@blueprint.get("/<entry_id>")
def show(entry_id: str) -> ResponseReturnValue:
    """One entry: what is told, what is worked on, what changed, who did what."""
    page = knowledge().page(entry_id, today())
    mine = page.open is not None and me().username in page.open.editors
    findings = [(one.severity.value, finding(one)) for one in page.findings if one.code != "no_reviewer"]
    return render_template(
        "knowledge_entry.html", page=page, row=page.row, mine=mine, shown_findings=findings
    )


@blueprint.get("/<entry_id>/file")
def file(entry_id: str) -> ResponseReturnValue:
    """What is told as the file that people edit."""
    text = knowledge().yaml(entry_id)
    name = f"{entry_id}.yaml"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, mimetype="application/yaml", headers=headers)


@blueprint.get("/versions/<int:version_id>")
def version(version_id: int) -> ResponseReturnValue:
    """One version as it was."""
    try:
        shown, content, changes = knowledge().version(version_id)
    except YinlingError:
        abort(404)
    return render_template("knowledge_version.html", version=shown, content=content, changes=changes)


@blueprint.get("/new")
def new() -> ResponseReturnValue:
    """An empty form, or one filled from questions that citizens asked in vain."""
    gap = request.args.get("gap", type=int)
    content: dict[str, Any] = {
        "topic": request.args.get("topic", ""),
        "region": _region(request.args.get("region", "")),
        "validity": {"effective_from": today().isoformat(), "review_by": _in_a_year().isoformat()},
    }
    if gap is not None:
        content["questions"] = _questions(gap)
    entry_id = f"{content['topic']}.{content['region'] or 'general'}"
    try:
        page = knowledge().page(entry_id, today())
    except NoSuchEntry:
        return _form(content, seen=0, fixed=False, gap=gap)
    known: dict[str, Any] = dict(page.open_content or page.told or {})
    known["questions"] = list(dict.fromkeys((*known.get("questions", ()), *content.get("questions", ()))))
    return _form(known, seen=page.seen, fixed=True, gap=gap)


@blueprint.get("/<entry_id>/edit")
def edit(entry_id: str) -> ResponseReturnValue:
    """The form of an entry."""
    page = knowledge().page(entry_id, today())
    content = page.open_content or page.told
    if content is None:
        _, content, _ = knowledge().version(page.history[0].id)
    return _form(content, seen=page.seen, fixed=True)


@blueprint.post("/check")
def check() -> ResponseReturnValue:
    """What is to be mended in a form that is being filled in; asked by the page itself."""
    faults, findings = _looked_at(from_boxes(request.form))
    return render_template("_knowledge_findings.html", faults=faults, findings=findings)


@blueprint.post("/save")
def save() -> ResponseReturnValue:
    """A new version of an entry; with ``submit`` it goes to review at once."""
    content = from_boxes(request.form)
    entry_id = f"{content['topic']}.{content['region'] or 'general'}"
    seen, gap = request.form.get("seen", 0, type=int), request.form.get("gap", type=int)
    fixed = request.form.get("fixed") == "1"
    try:
        version_id = knowledge().save(
            content, me().username, now(), seen=seen, origin="gap" if gap else "desk"
        )
        if request.form.get("submit") == "1":
            knowledge().submit(version_id, me().username, now())
    except Malformed as error:
        faults = [problem(*one) for one in error.problems]
        return _form(content, seen=seen, fixed=fixed, gap=gap, faults=faults), 400
    except Overtaken as error:
        # Nothing is lost: who has looked at the newer version may save over it, knowingly.
        newest = knowledge().page(entry_id, today())
        said = [refusal(error)]
        return _form(content, seen=newest.seen, fixed=True, gap=gap, faults=said, newer=entry_id), 409
    if gap is not None:
        _settle(gap, entry_id)
    flash("已经交给别人审核。" if request.form.get("submit") == "1" else "草稿已经存好。", "good")
    return redirect(url_for("knowledge.show", entry_id=entry_id))


@blueprint.post("/<entry_id>/step")
def step(entry_id: str) -> ResponseReturnValue:
    """Submit, approve, reject, publish, retire or drop; what a supervisor alone may do is refused to others."""
    wanted = request.form.get("step", "")
    if wanted not in _STEPS:
        abort(400)
    verb, supervisors, done = _STEPS[wanted]
    if supervisors and not me().supervisor:
        abort(403)
    note = request.form.get("note", "").strip()[:LONGEST_NOTE]
    if wanted == "reject" and not note:
        flash("退回要写清楚为什么。", "warn")
        return redirect(url_for("knowledge.show", entry_id=entry_id))
    try:
        verb(entry_id, request.form.get("version", 0, type=int), note)
        flash(done, "good")
    except Unfit as error:
        flash("还有错没改：" + "；".join(finding(one) for one in error.findings), "alarm")
    except YinlingError as error:
        flash(refusal(error), "warn")
    return redirect(url_for("knowledge.show", entry_id=entry_id))


@blueprint.post("/<entry_id>/file")
@supervisors_only
def settle_file(entry_id: str) -> ResponseReturnValue:
    """End a conflict with the entry's file."""
    take = request.form.get("take") == "1"
    knowledge().settle_file(entry_id, take=take, actor=me().username, now=now())
    flash("文件里的已经存成草稿，请人审核。" if take else "留用现在的。", "good")
    return redirect(url_for("knowledge.show", entry_id=entry_id))


def _publish(entry_id: str, version_id: int, note: str) -> None:
    knowledge().publish(version_id, me().username, now())
    house().events.publish("knowledge", "published", {"entry_id": entry_id})


# step: what does it, whether it takes a supervisor, what is said when it is done
_STEPS: dict[str, tuple[Callable[[str, int, str], None], bool, str]] = {
    "submit": (lambda _e, v, _n: knowledge().submit(v, me().username, now()), False, "已经交给别人审核。"),
    "approve": (
        lambda _e, v, n: knowledge().approve(v, me().username, now(), n),
        False,
        "审核通过，等主管发布。",
    ),
    "reject": (lambda _e, v, n: knowledge().reject(v, me().username, now(), n), False, "已经退回。"),
    "drop": (
        lambda _e, v, _n: knowledge().drop(v, me().username, now()),
        True,
        "这一稿不要了，历史里还看得到。",
    ),
    "publish": (_publish, True, "已经发布。几秒钟以后，机器人就按这个回答。"),
    "retire": (
        lambda e, _v, n: knowledge().retire(e, me().username, now(), n),
        True,
        "已经停用，机器人不再这样回答。",
    ),
}


def _form(
    content: Content,
    *,
    seen: int,
    fixed: bool,
    gap: int | None = None,
    faults: list[str] | None = None,
    newer: str | None = None,
) -> str:
    found, findings = _looked_at(content) if fixed or faults else ([], [])
    return render_template(
        "knowledge_edit.html",
        boxes=to_boxes(content),
        seen=seen,
        fixed=fixed,
        gap=gap,
        refused=faults or [],
        newer=newer,
        faults=found,
        findings=findings,
        topics=knowledge().topics(),
        regions=knowledge().regions(),
        documents=knowledge().documents(),
    )


def _looked_at(content: Content) -> tuple[list[str], list[tuple[str, str]]]:
    """Why the fields make no entry, and else what is to be mended: (error | warning, words)."""
    try:
        found = knowledge().inspect(content, today())
    except Malformed as error:
        return [problem(*one) for one in error.problems], []
    return [], [(one.severity.value, finding(one)) for one in found if one.code != "no_reviewer"]


def _questions(gap: int) -> list[str]:
    with house().database.read() as session:
        try:
            return list(Gaps(session, house().vault).group(gap).texts[:10])
        except NoSuchGap:
            abort(404)


def _settle(gap: int, entry_id: str) -> None:
    with house().database.begin() as session:
        try:
            Gaps(session, house().vault).decide(gap, "drafted", me().username, now(), entry_id)
        except NoSuchGap:
            flash("这些问题别人刚刚已经处理过；草稿还是存好了。", "info")


def _region(text: str) -> str | None:
    return text if text.isdigit() and len(text) == 6 else None


def _in_a_year() -> date:
    day = today()
    return day.replace(year=day.year + 1, day=min(day.day, 28))
