"""Bringing a person: at once in working hours, by a call-back outside them."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.decision import BookCallback, Context, Decision, Done, Escalate, Refused
from bot.messages import Act, Reply, UtteranceKind
from bot.speech import speakable
from bot.state import DialogueState
from bot.wording import PERSON_OFFER, clock, keys_for, say, with_keys, written_date

CALLBACK = "callback"
PRIORITY = {"emergency": 3, "distress": 2, "complaint": 1, "request": 0, "no_match": 0, "policy": 0}
_WINDOW = timedelta(hours=2)


def bring(ctx: Context, reason: str, lead: str = "") -> Decision:
    """Put the conversation into the agents' queue, or offer a call-back while nobody is there."""
    if not ctx.office_open:
        return ask_callback(ctx, f"{lead}人工坐席现在下班了，{ctx.office_hours}有人。")
    position = ctx.waiting_position
    if position is not None:
        wait = f"您前面还有{position - 1}位。" if position > 1 else "下一位就是您。"
        return Decision(ctx.state.idle(), say(Act.HANDOFF, f"{lead}已经在给您找人工了。{wait}请稍等。"))
    action = Escalate(reason, PRIORITY[reason], summary(ctx))
    text = f"{lead}好的，正在给您转人工，请稍等。您刚才说的话，工作人员都能看到，不用再说一遍。"
    return Decision(ctx.state.idle().with_(failures=0), say(Act.HANDOFF, text), (action,))


def ask_callback(ctx: Context, lead: str = "") -> Decision:
    """Offer to ring back: when, and on which number."""
    start, end = window(ctx)
    slots = {
        "matter": summary(ctx),
        "window_start": start.isoformat(),
        "window_end": end.isoformat(),
    }
    phone = ctx.parse.first("phone") or ctx.caller_phone
    state = ctx.state.idle().with_(flow=CALLBACK, slots=slots, failures=0)
    when = f"{written_date(start.date())}{clock(start)}到{clock(end)}"
    if phone:
        question = f"{lead}我们{when}给您回电话，打{phone}，可以吗？"
        return Decision(
            state.fill(phone=phone).with_(expecting="confirm"),
            _confirmation(question, slots | {"phone": phone}),
        )
    question = f"{lead}我们{when}给您回电话。请说一下您的电话号码。"
    return Decision(state.with_(expecting="phone"), say(Act.CALLBACK, question, slots=shown(slots)))


def continue_callback(ctx: Context) -> Decision | None:
    """The citizen's answer while a call-back is being arranged; None where it is about something else."""
    state, phone = ctx.state, ctx.parse.first("phone")
    day = ctx.parse.first("date")
    if phone or day:
        changed = state.fill(phone=phone) if phone else state
        if day:
            changed = _move_window(ctx, changed, day)
        if "phone" in changed.slots:
            return _book(changed) if phone and not day else _confirm(changed)
        return Decision(changed, _ask_number(changed, "请说一下您的电话号码。"))
    if ctx.intent == "affirm" and "phone" in state.slots:
        return _book(state)
    if ctx.intent == "deny":
        if state.expecting == "confirm":
            emptied = state.without("phone").with_(expecting="phone")
            return Decision(emptied, _ask_number(emptied, "那请说一下打哪个电话。不用回电，就说算了。"))
        return Decision(state.idle(), say(Act.AFFIRM, "好的，那就不回电了。还有什么要问的吗？"))
    if ctx.parse.first("bad_phone"):
        return Decision(state, _ask_number(state, "这个号码好像不对。手机号是11位，请您慢慢再说一遍。"))
    return None


def confirm_number(state: DialogueState) -> Decision:
    """Read the call-back's number and time back before it is promised."""
    return _confirm(state)


def give_up(ctx: Context, failures: int, lead: str) -> Decision:
    """Not understood for the second time: on the telephone offer a person, anywhere else and after that bring one."""
    if not (ctx.on_phone and ctx.office_open and failures == 2 and ctx.waiting_position is None):
        return bring(ctx, "no_match", lead)
    state = ctx.state.with_(failures=failures, offer="agent", choices=())
    return Decision(state, say(Act.FALLBACK, f"{lead}{PERSON_OFFER}{keys_for('好', '不用')}"))


def accepted(ctx: Context) -> Decision | None:
    """Yes or no to a person offered in the middle of a task; None where something else is said."""
    if ctx.state.offer != "agent" or ctx.state.flow is None or not ctx.on_phone:
        return None
    key = ctx.utterance.text.strip() if ctx.utterance.kind is UtteranceKind.KEY else None
    if key == "1" or (key is None and ctx.intent == "affirm"):
        return bring(ctx, "no_match")
    if key == "2" or (key is None and ctx.intent == "deny"):
        text = "好的，我们接着来。请您慢慢再说一遍。"
        return Decision(ctx.state.with_(offer=None, failures=0), say(Act.AFFIRM, text))
    return None


def after_callback(ctx: Context, result: Done | Refused) -> Decision:
    """The call-back stands, or could not be written down."""
    slots = ctx.state.slots
    start, end = (datetime.fromisoformat(slots[k]) for k in ("window_start", "window_end"))
    if isinstance(result, Refused):
        return Decision(ctx.state, say(Act.CALLBACK, "系统忙，还没有记下来。请您再说一遍电话号码。"))
    when = f"{written_date(start.date())}{clock(start)}到{clock(end)}"
    text = f"记下了。我们{when}给您打电话，号码是{slots['phone']}。请留意接听。"
    return Decision(ctx.state.idle(), say(Act.CALLBACK_BOOKED, text, slots=shown(slots)))


def window(ctx: Context) -> tuple[datetime, datetime]:
    """The two hours after now, or after the next opening."""
    if ctx.office_open or ctx.next_opening is None:
        start = ctx.now.replace(second=0, microsecond=0)
        start += timedelta(minutes=(-start.minute) % 30)
    else:
        start = ctx.next_opening
    return start, start + _WINDOW


def summary(ctx: Context) -> str:
    """What the agent reads first: the question in the citizen's words and what it was about."""
    state = ctx.state
    words = "按键转人工" if ctx.utterance.kind is UtteranceKind.KEY else ctx.parse.text[:80]
    about = f"（之前在问：{ctx.knowledge.topic_name(state.topic)}）" if state.topic else ""
    return f"{words}{about}"


def shown(slots: dict[str, str]) -> dict[str, str]:
    """The slots as the outside sees them: date and time of the call-back, and the number."""
    start = datetime.fromisoformat(slots["window_start"])
    out = {"date": f"{start:%Y-%m-%d}", "time": f"{start:%H:%M}"}
    return out | ({"phone": slots["phone"]} if "phone" in slots else {})


def _move_window(ctx: Context, state: DialogueState, day: str) -> DialogueState:
    hour = ctx.parse.first("time") or ("14:00" if ctx.parse.first("day_part") == "afternoon" else "09:00")
    start = datetime.fromisoformat(f"{day}T{hour}").replace(tzinfo=ctx.now.tzinfo)
    return state.fill(window_start=start.isoformat(), window_end=(start + _WINDOW).isoformat())


def _confirm(state: DialogueState) -> Decision:
    start = datetime.fromisoformat(state.slots["window_start"])
    text = f"{written_date(start.date())}{clock(start)}开始给您打{state.slots['phone']}，可以吗？"
    return Decision(state.with_(expecting="confirm"), _confirmation(text, state.slots))


def _confirmation(question: str, slots: dict[str, str]) -> Reply:
    speech = with_keys(speakable(question), "可以", "不用")
    return say(Act.CALLBACK, question, speech, slots=shown(slots), choices=("可以", "不用了"))


def _ask_number(state: DialogueState, question: str) -> Reply:
    return say(Act.CALLBACK, question, slots=shown(state.slots))


def _book(state: DialogueState) -> Decision:
    slots = state.slots
    action = BookCallback(
        phone=slots["phone"],
        matter=slots["matter"],
        window_start=datetime.fromisoformat(slots["window_start"]),
        window_end=datetime.fromisoformat(slots["window_end"]),
    )
    pending = say(Act.CALLBACK, "系统忙，请您再说一遍电话号码。")
    return Decision(state, pending, (action,), deciding=action)
