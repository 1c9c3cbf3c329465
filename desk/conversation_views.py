"""One citizen's conversation: what was said and understood, replying, looking things up, finishing."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from bot.appointments import AppointmentBook
from bot.audit import Audit
from bot.escalation import EscalationQueue, NotYours
from bot.passes import Passes
from bot.sockets import sockets_url
from bot.store.call_reads import CallReads
from bot.store.desk_reads import DeskReads, Ticket
from desk.auth import me
from desk.house import house, now
from desk.queue_views import my_phone
from desk.tickets import Row, row
from desk.transcripts import read_lines
from desk.visits import shown_visit
from desk.words import DISPOSITIONS, local

LONGEST_REPLY = 1000  # characters; the messenger splits what is over WeChat's 2,048 bytes
LONGEST_NOTE = 500
MOST_FOUND = 3
_GONE = "电话已经挂断，说不到了。要再联系，请安排回电。"

blueprint = Blueprint("conversation", __name__, url_prefix="/conversations")


class NotConcerned(Exception):
    """A conversation that another agent holds, or that waits: none of this agent's business now."""


@dataclass(frozen=True, slots=True)
class Talk(Row):
    """A conversation's head on its page; ``lost`` says why its reader cannot reply."""

    mine: bool
    waited: float
    lost: str


@blueprint.errorhandler(NotConcerned)
def not_concerned(error: NotConcerned) -> ResponseReturnValue:
    """Plain words, and back to the queue."""
    if "X-Desk" in request.headers:
        return jsonify(message=str(error)), 409
    flash(str(error), "warn")
    return redirect(url_for("queue.index"))


@blueprint.get("/<int:escalation_id>")
def show(escalation_id: int) -> ResponseReturnValue:
    """The page of one conversation."""
    agent = me()
    with house().database.begin() as session:
        talk = _talk(session, escalation_id)
        if agent.supervisor and talk.agent_id != agent.id:
            Audit(session).look(agent.username, "view_conversation", f"escalation:{escalation_id}", now())
        lines = read_lines(session, talk.conversation_id)
        book = AppointmentBook(session, house().vault, house().calendar)
        visits = [shown_visit(visit, now()) for visit in book.upcoming(talk.citizen_id, now())]
        canned = DeskReads(session).canned() if talk.mine else []
        call = CallReads(session).of_conversation(talk.conversation_id)
        phone = my_phone(session)
    return render_template(
        "conversation.html",
        talk=talk,
        lines=lines,
        appointments=visits,
        canned=canned,
        escalation_id=escalation_id,
        longest=LONGEST_REPLY,
        call=call,
        phone=phone,
    )


@blueprint.get("/<int:escalation_id>/lines")
def lines(escalation_id: int) -> ResponseReturnValue:
    """The lines alone, for a page that is open."""
    with house().database.begin() as session:
        talk = _talk(session, escalation_id)
        found = read_lines(session, talk.conversation_id)
    return render_template("_lines_piece.html", talk=talk, lines=found)


@blueprint.post("/<int:escalation_id>/reply")
def reply(escalation_id: int) -> ResponseReturnValue:
    """Say something to the citizen."""
    text = request.form.get("text", "").replace("\r\n", "\n").strip()
    if not text:
        return jsonify(message="还没有写内容。"), 400
    if len(text) > LONGEST_REPLY:
        return jsonify(message=f"一次最多写 {LONGEST_REPLY} 个字，请分两次发。"), 400
    agent = me()
    try:
        with house().database.begin() as session:
            if _hung_up(session, escalation_id):
                return jsonify(message=_GONE), 409
            turn = EscalationQueue(session, house().vault).reply(escalation_id, agent.id, text, now())
            turn_id, conversation_id = turn.id, turn.conversation_id
    except NotYours:
        return jsonify(message=_refusal(escalation_id)), 409
    house().events.publish("desk", "turn", {"conversation_id": conversation_id, "turn_id": turn_id})
    house().events.publish("outbox", "due", {"turn_id": turn_id})
    return jsonify(turn_id=turn_id)


@blueprint.post("/<int:escalation_id>/hand-back")
def hand_back(escalation_id: int) -> ResponseReturnValue:
    """Let the assistant go on."""
    return _finish(escalation_id, "hand_back")


@blueprint.post("/<int:escalation_id>/close")
def close(escalation_id: int) -> ResponseReturnValue:
    """Finish, with what came of it."""
    if request.form.get("disposition") not in DISPOSITIONS:
        flash("请先选一个结果，再结束。", "warn")
        return redirect(url_for("conversation.show", escalation_id=escalation_id))
    return _finish(escalation_id, "close")


@blueprint.post("/<int:escalation_id>/talk")
def talk(escalation_id: int) -> ResponseReturnValue:
    """A pass with which this page may speak in the call."""
    agent = me()
    with house().database.begin() as session:
        head = _talk(session, escalation_id)
        call = CallReads(session).of_conversation(head.conversation_id)
        if not head.mine:
            return jsonify(message=head.lost), 409
        if call is None or call.ended_at is not None:
            return jsonify(message=_GONE), 409
        Audit(session).look(agent.username, "talk", f"call:{call.id}", now())
    settings = house().settings
    given = Passes(settings.session_secret).for_agent(call.id, agent.id, escalation_id)
    return jsonify({"pass": given, "url": f"{sockets_url(settings, request.host_url)}/agent"})


def _hung_up(session: Session, escalation_id: int) -> bool:
    """Whether this is a call that is over: nobody would hear a reply."""
    ticket = _ticket(session, escalation_id)
    if ticket.channel != "phone":
        return False
    call = CallReads(session).of_conversation(ticket.conversation_id)
    return call is None or call.ended_at is not None


def _finish(escalation_id: int, how: str) -> ResponseReturnValue:
    agent = me()
    try:
        with house().database.begin() as session:
            queue = EscalationQueue(session, house().vault)
            if how == "close":
                note = request.form.get("note", "").strip()[:LONGEST_NOTE]
                queue.close(escalation_id, agent.id, request.form["disposition"], note, now())
            else:
                queue.hand_back(escalation_id, agent.id, now())
            Audit(session).look(agent.username, how, f"escalation:{escalation_id}", now())
    except NotYours:
        flash(_refusal(escalation_id), "warn")
        return redirect(url_for("queue.index"))
    house().events.publish("desk", "queue", {"escalation_id": escalation_id})
    flash("已经结束。" if how == "close" else "已经交回机器人。", "good")
    return redirect(url_for("queue.index"))


def _refusal(escalation_id: int) -> str:
    with house().database.begin() as session:
        return _lost(_ticket(session, escalation_id))


@blueprint.post("/<int:escalation_id>/reveal")
def reveal(escalation_id: int) -> ResponseReturnValue:
    """The citizen's name, phone and words unmasked; written into the audit."""
    agent = me()
    with house().database.begin() as session:
        talk = _talk(session, escalation_id)
        Audit(session).look(agent.username, "reveal", f"escalation:{escalation_id}", now())
        person = DeskReads(session).person(talk.conversation_id)
        said = read_lines(session, talk.conversation_id, masked=False)
    fields = {"fact-name": person.name or talk.name, "fact-phone": person.phone or "没有留"}
    return jsonify(fields=fields, lines={line.id: line.text for line in said})


@blueprint.get("/<int:escalation_id>/knowledge")
def knowledge(escalation_id: int) -> ResponseReturnValue:
    """Entries that fit some words, for the citizen's region."""
    words = request.args.get("q", "").strip()[:100]
    with house().database.begin() as session:
        talk = _talk(session, escalation_id)
    hits = house().knowledge.search(words, talk.region, local(now()).date(), MOST_FOUND) if words else ()
    found = [answer for answer, _ in hits]
    return render_template("_found.html", found=found, can_reply=talk.mine)


def _ticket(session: Session, escalation_id: int) -> Ticket:
    ticket = DeskReads(session).ticket(escalation_id)
    if ticket is None:
        abort(404)
    return ticket


def _talk(session: Session, escalation_id: int) -> Talk:
    """The conversation's head. 404 where there is none; NotConcerned for an agent who does not hold it."""
    agent = me()
    ticket = _ticket(session, escalation_id)
    mine = ticket.agent_id == agent.id
    lost = _lost(ticket)
    if not mine and not agent.supervisor:
        raise NotConcerned(lost)
    waited_until = ticket.accepted_at or ticket.closed_at or now()
    return Talk(
        **asdict(row(ticket)),
        mine=ticket.status == "accepted" and mine,
        waited=(waited_until - ticket.created_at).total_seconds(),
        lost=lost,
    )


def _lost(ticket: Ticket) -> str:
    """Why a reply cannot be written (any more), in plain words."""
    if ticket.status == "waiting":
        return "这位市民正在排队。如果刚才是您在接待，说明您离线太久，已经退回排队；请到排队里重新接待。"
    if ticket.status == "accepted":
        return f"这位市民现在由坐席{ticket.agent_name or ''}接待。"
    return "这次接待已经结束。"
