"""Looking up, moving and cancelling visits that are already booked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time

from bot.decision import AppointmentView, Cancel, Context, Decision, Done, Refused, Reschedule
from bot.flows import booking
from bot.messages import Act
from bot.speech import speakable
from bot.state import DialogueState
from bot.wording import offer_choices, say, with_keys, written_time

RESCHEDULE = "reschedule"
CANCEL = "cancel"
_NONE = "我没有查到您约过的事。要现在约一个吗？"


def status(ctx: Context) -> Decision:
    """Read out the coming visits."""
    if not ctx.upcoming:
        return _none(ctx)
    lines = [describe(view) for view in ctx.upcoming[:3]]
    lead = "您约了：" if len(lines) == 1 else f"您约了{len(ctx.upcoming)}次："
    reply = say(Act.BOOKING_STATUS, "\n".join([lead, *lines]), slots=view_slots(ctx.upcoming[0]))
    return Decision(ctx.state.idle(), reply)


def start(ctx: Context, flow: str) -> Decision:
    """Begin to move or cancel: find out which visit is meant."""
    state = ctx.state.idle().with_(flow=flow, failures=0)
    if not ctx.upcoming:
        return _none(ctx)
    named = _named(ctx)
    if named is None and len(ctx.upcoming) > 1:
        options = [describe(view) for view in ctx.upcoming[:3]]
        word = "取消" if flow == CANCEL else "改"
        reply = offer_choices(Act.ASK_SLOT, f"您约了{len(ctx.upcoming)}次，要{word}哪一次？", options)
        choices = tuple(str(view.id) for view in ctx.upcoming[:3])
        return Decision(state.with_(expecting="appointment", choices=choices), reply)
    return proceed(ctx, state.fill(appointment=str((named or ctx.upcoming[0]).id)))


def proceed(ctx: Context, state: DialogueState) -> Decision:
    """The visit is known: ask for the new time, or for a yes to cancel."""
    view = _chosen(ctx, state)
    if view is None:
        return _none(ctx)
    if state.flow == CANCEL:
        question = f"您要取消这一次吗？{describe(view)}。"
        reply = say(
            Act.CONFIRM,
            question,
            with_keys(speakable(question), "取消", "不取消"),
            slots=view_slots(view),
            choices=("对，取消", "不取消"),
            uninterruptible=True,
        )
        return Decision(state.with_(expecting="confirm", choices=()), reply)
    return _new_time(ctx, _take_time(ctx, state), view)


def confirmed(ctx: Context) -> Decision:
    """The citizen said yes."""
    view = _chosen(ctx, ctx.state)
    if view is None:
        return _none(ctx)
    action: Cancel | Reschedule
    if ctx.state.flow == CANCEL:
        action = Cancel(view.id)
    else:
        slots = ctx.state.slots
        action = Reschedule(view.id, _moment(ctx, slots["date"], slots["time"]))
    pending = say(Act.ASK_SLOT, "系统忙，还没有办成。请您再说一次。")
    return Decision(ctx.state, pending, (action,), deciding=action)


def after(ctx: Context, result: Done | Refused) -> Decision:
    """What is said once the book of appointments has answered."""
    view = _chosen(ctx, ctx.state)
    if view is None:
        return _none(ctx)
    if isinstance(result, Refused):
        return replace_lead(_new_time(ctx, ctx.state.without("time"), view), "这个时间刚刚被约满了。")
    if isinstance(result.action, Cancel):
        reply = say(Act.CANCELLED, f"取消好了：{describe(view)}。", slots=view_slots(view))
        return Decision(ctx.state.idle(), reply)
    moved = replace(view, starts_at=_moment(ctx, ctx.state.slots["date"], ctx.state.slots["time"]))
    reply = say(Act.RESCHEDULED, f"改好了。新的时间是{describe(moved)}。", slots=view_slots(moved))
    return Decision(ctx.state.idle(), reply)


def read_again(ctx: Context) -> Decision:
    """A no to the read-back."""
    if ctx.state.flow == CANCEL:
        reply = say(Act.AFFIRM, "好的，不取消，还是原来的时间。")
        return Decision(ctx.state.idle(), reply)
    reply = say(Act.ASK_SLOT, "那您想改到什么时候？比如下周四上午。", slots=dict(ctx.state.slots))
    return Decision(ctx.state.without("date", "time", "part").with_(expecting="date", choices=()), reply)


def describe(view: AppointmentView) -> str:
    """11月25日(周三)上午9点,济南市医疗保障服务大厅,办报销,预约号123456."""
    return f"{written_time(view.starts_at)}，{view.place}，办{view.matter}，预约号{view.reference}"


def view_slots(view: AppointmentView) -> dict[str, str]:
    """A visit as reply slots."""
    return {
        "date": f"{view.starts_at:%Y-%m-%d}",
        "time": f"{view.starts_at:%H:%M}",
        "matter": view.matter,
        "name": view.name,
        "kind": view.kind,
        "reference": view.reference,
    }


def replace_lead(decision: Decision, lead: str) -> Decision:
    """The same decision with a sentence said first."""
    reply = decision.reply
    return replace(decision, reply=replace(reply, text=f"{lead}{reply.text}", speech=f"{lead}{reply.speech}"))


def _take_time(ctx: Context, state: DialogueState) -> DialogueState:
    """The new date and time from this utterance; 改到下午 keeps the old day."""
    parse = ctx.parse
    if parse.first("date"):
        state = state.fill(date=parse.first("date") or "")
    if parse.first("day_part"):
        state = state.fill(part=parse.first("day_part") or "").without("time")
    if parse.first("time"):
        state = state.fill(time=parse.first("time") or "").without("part")
    view = _chosen(ctx, state)
    if view and "date" not in state.slots and ("time" in state.slots or "part" in state.slots):
        state = state.fill(date=f"{view.starts_at:%Y-%m-%d}")
    return state


def _new_time(ctx: Context, state: DialogueState, view: AppointmentView) -> Decision:
    filled = state.fill(matter=view.matter, name=view.name, phone="-", region="-", kind=view.kind)
    if "date" not in state.slots:
        question = f"您原来约的是{written_time(view.starts_at)}。想改到哪一天？"
        return Decision(
            state.with_(expecting="date", choices=()), say(Act.ASK_SLOT, question, slots=view_slots(view))
        )
    decision = booking.proceed(ctx, filled)
    kept = decision.state.without("matter", "name", "phone", "region", "kind").with_(flow=RESCHEDULE)
    if decision.reply.act is not Act.CONFIRM:
        return replace(decision, state=kept, reply=replace(decision.reply, slots=booking.shown(kept)))
    moved = replace(view, starts_at=_moment(ctx, kept.slots["date"], kept.slots["time"]))
    question = f"从{written_time(view.starts_at)}，改到{written_time(moved.starts_at)}，对吗？"
    reply = say(
        Act.CONFIRM,
        question,
        with_keys(speakable(question)),
        slots=view_slots(moved),
        choices=("对", "不对"),
        uninterruptible=True,
    )
    return Decision(kept.with_(expecting="confirm", choices=()), reply)


def _named(ctx: Context) -> AppointmentView | None:
    reference = ctx.parse.first("reference")
    return next((view for view in ctx.upcoming if view.reference == reference), None) if reference else None


def _chosen(ctx: Context, state: DialogueState) -> AppointmentView | None:
    wanted = state.slots.get("appointment")
    return next((view for view in ctx.upcoming if str(view.id) == wanted), None)


def _none(ctx: Context) -> Decision:
    return Decision(ctx.state.idle().with_(offer="book"), say(Act.BOOKING_STATUS, _NONE))


def _moment(ctx: Context, day: str, clock_time: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock_time), tzinfo=ctx.now.tzinfo)
