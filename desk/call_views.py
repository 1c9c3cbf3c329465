"""Telephone calls: who is on the line now, who gave up waiting, and what happened in each call."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    jsonify,
    redirect,
    render_template,
    send_from_directory,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from bot.audit import Audit
from bot.calendar import OfficeHours
from bot.callbacks import Callbacks
from bot.privacy import mask_text
from bot.recordings import BadRecording, Recordings
from bot.settings import TIME_ZONE
from bot.sockets import SOUND_SCRIPTS
from bot.store.call_reads import CallReads, CallView, EventView
from bot.store.models import Call, Conversation, Escalation
from desk import call_words
from desk.auth import me, supervisors_only
from desk.call_words import event_note, event_text
from desk.house import house, now
from desk.tickets import region_name
from desk.words import clock_time, local

MISSED_DAYS = 3  # that a missed call is shown for
CALLBACK_WINDOW = timedelta(hours=2)

blueprint = Blueprint("call", __name__, url_prefix="/calls")


@dataclass(frozen=True, slots=True)
class Shown(CallView):
    """A call ready to be shown. ``summary``: what a missed caller wanted; ``may_open``: its timeline is this agent's
    business."""

    region_name: str
    summary: str
    may_open: bool


@dataclass(frozen=True, slots=True)
class ShownEvent(EventView):
    """An event ready to be shown; ``words`` are masked unless revealed, ``begins`` is seconds since the call's start."""

    begins: float
    words: str
    note: str


@blueprint.app_context_processor
def known() -> dict[str, object]:
    """The words of calls, for every template."""
    return {
        "call_phases": call_words.PHASES,
        "call_ends": call_words.END_REASONS,
        "call_legs": call_words.LEGS,
        "call_events": call_words.EVENTS,
    }


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Calls going on, calls missed, and today's."""
    return render_template("calls.html", **_lists())


@blueprint.get("/list")
def lists() -> ResponseReturnValue:
    """The lists alone, for a page that is open."""
    return render_template("_calls.html", **_lists())


def _lists() -> dict[str, list[Shown]]:
    midnight = datetime.combine(local(now()).date(), time(), TIME_ZONE)
    with house().database.begin() as session:
        reads = CallReads(session)
        return {
            "live": _shown(session, reads.live()),
            "missed": _shown(session, reads.missed(now() - timedelta(days=MISSED_DAYS))),
            "ended": _shown(session, reads.begun(midnight, midnight + timedelta(days=1))),
        }


@blueprint.get("/<int:row>")
def show(row: int) -> ResponseReturnValue:
    """One call's timeline."""
    with house().database.begin() as session:
        call = _mine(session, row)
        Audit(session).look(me().username, "view_call", f"call:{row}", now())
        events = _events(session, row)
    return render_template("call.html", call=call, events=events, call_row=row)


@blueprint.get("/<int:row>/events")
def events(row: int) -> ResponseReturnValue:
    """The timeline alone, for a page that is open."""
    with house().database.begin() as session:
        call = _mine(session, row)
        found = _events(session, row)
    return render_template("_events.html", call=call, events=found)


@blueprint.get("/<int:row>/phase")
def phase(row: int) -> ResponseReturnValue:
    """How far a call is, for the page of its conversation."""
    with house().database.begin() as session:
        call = _mine(session, row)
    return jsonify(phase=call.phase, name=call_words.PHASES[call.phase])


@blueprint.post("/<int:row>/reveal")
def reveal(row: int) -> ResponseReturnValue:
    """The caller's number and words unmasked; written into the audit."""
    with house().database.begin() as session:
        _mine(session, row)
        Audit(session).look(me().username, "reveal_call", f"call:{row}", now())
        call = session.get_one(Call, row)
        said = CallReads(session).timeline(row, masked=False)
        fields = {"call-caller": call.caller or "号码没有显示"}
        fields |= {f"event-{event.id}": event_text(event, house().knowledge) for event in said if event.text}
        if call.transferred_to:
            fields["call-target"] = call.transferred_to
    return jsonify(fields=fields)


@blueprint.post("/<int:row>/callback")
def arrange(row: int) -> ResponseReturnValue:
    """Promise to ring a missed caller back, within two hours of office time."""
    with house().database.begin() as session:
        call = session.get(Call, row)
        if call is None or call.conversation is None:
            abort(404)
        if not call.caller:
            flash("这个来电没有显示号码，没法回电。", "warn")
            return redirect(url_for("call.index"))
        start, end = callback_window(now(), _office_hours())
        matter = _summary(session, call.conversation) or "来电没有接上"
        Callbacks(session, house().vault).book(
            call.conversation.citizen_id, call.conversation_id, call.caller, matter, start, end, now()
        )
        Audit(session).look(me().username, "callback_arranged", f"call:{row}", now())
    house().events.publish("desk", "queue", {"call": row})
    flash(f"已经安排：{clock_time(start, now())} 到 {local(end):%H:%M} 之间回电，请到“回电”里打。", "good")
    return redirect(url_for("call.index"))


@blueprint.get("/<int:row>/recording.wav")
@supervisors_only
def recording(row: int) -> ResponseReturnValue:
    """The recording of a call, for supervisors; written into the audit."""
    with house().database.begin() as session:
        call = session.get(Call, row)
        if call is None or call.recording is None:
            abort(404)
        name = call.recording
        Audit(session).look(me().username, "play_recording", f"call:{row}", now())
    settings = house().settings
    try:
        sound = Recordings(settings.recordings_dir, settings.data_key).open(name)
    except (BadRecording, OSError):
        abort(404)
    return Response(sound.wav(), mimetype="audio/wav", headers={"Content-Length": str(sound.wav_bytes)})


@blueprint.get("/sound/<name>")
def sound(name: str) -> Response:
    """The scripts with which a page listens and speaks."""
    return send_from_directory(SOUND_SCRIPTS, name)


def callback_window(at: datetime, hours: OfficeHours) -> tuple[datetime, datetime]:
    """Two hours from now, or from the next opening where nobody is there."""
    start = at if hours.is_open(at) else hours.next_opening(at)
    return start, start + CALLBACK_WINDOW


def _office_hours() -> OfficeHours:
    settings = house().settings
    return OfficeHours(
        house().calendar,
        settings.agent_opens,
        settings.agent_closes,
        every_day=settings.agent_days == "all",
    )


def _mine(session: Session, row: int) -> Shown:
    """A call that is this agent's business. 404 where there is none, 403 where it is not."""
    reads = CallReads(session)
    view = reads.view(row)
    if view is None:
        abort(404)
    (shown,) = _shown(session, [view])
    if not shown.may_open:
        abort(403)
    return shown


def _shown(session: Session, views: list[CallView]) -> list[Shown]:
    agent, reads = me(), CallReads(session)
    return [
        Shown(
            **asdict(view),
            region_name=region_name(view.region),
            summary=_summary(session, session.get(Conversation, view.conversation_id)) if view.missed else "",
            may_open=agent.supervisor or reads.concerns(view.id, agent.id),
        )
        for view in views
    ]


def _summary(session: Session, conversation: Conversation | None) -> str:
    """What the caller wanted, as the assistant summed it up for an agent; masked."""
    if conversation is None:
        return ""
    query = session.query(Escalation).filter_by(conversation_id=conversation.id)
    last = query.order_by(Escalation.id.desc()).first()
    return mask_text(last.summary) if last is not None else ""


def _events(session: Session, row: int) -> list[ShownEvent]:
    shown = [
        ShownEvent(
            **asdict(event),
            begins=max(0.0, event.offset - (event.duration_ms or 0) / 1000),  # noted when it was over
            words=event_text(event, house().knowledge),
            note=event_note(event),
        )
        for event in CallReads(session).timeline(row)
    ]
    return sorted(shown, key=lambda event: event.begins)
