"""Booking a visit: matter, place, date, time, name, phone; one question at a time, read back before it counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time

from bot.characters import gloss
from bot.decision import Availability, Book, Context, Decision, Done, Refused, fits_part
from bot.flows import regions
from bot.messages import Act, Reply
from bot.speech import speakable
from bot.state import DialogueState
from bot.wording import clock, offer_choices, say, with_keys, written_date, written_time

NAME = "booking"
ORDER = ("matter", "region", "date", "time", "name", "phone")
QUESTIONS = {
    "matter": "您要来办什么事？比如慢性病认定、报销、补卡。",
    "region": "您要去哪个地方办？请说市或者省，比如济南。",
    "date": "您想哪一天来？比如明天，或者下周三。",
    "time": "您想几点来？",
    "name": "请问来办事的人叫什么名字？",
    "phone": "请说一个手机号码，有变动好通知您。",
}
KINDS = {"hall": "到大厅", "home": "上门服务", "video": "视频办理"}
_CLOSED = {
    "weekend": "是周末，大厅不上班",
    "holiday": "放假，大厅不上班",
    "past": "已经过了",
    "too_far": "太远了，现在只能约14天以内的",
    "full": "已经约满了",
    "outside_hours": "大厅不上班",
    "unannounced": "的放假安排还没公布，先不能约",
}


def start(ctx: Context) -> Decision:
    """Begin with whatever the first sentence already tells."""
    state = ctx.state.idle().with_(flow=NAME, slots={"kind": "hall"}, failures=0)
    known = ctx.state.region or ctx.known_region
    if known:
        state = state.fill(region=known)
    return proceed(ctx, take(ctx, state))


def take(ctx: Context, state: DialogueState) -> DialogueState:
    """Fill slots from this utterance: what was asked for, and whatever else is told or corrected."""
    parse = ctx.parse
    told = regions.told(ctx)
    if told.code:
        state = state.fill(region=told.code).with_(region=told.code)
    day = parse.first("date")
    if day:
        state = state.fill(date=day)
    if parse.first("day_part"):
        state = state.fill(part=parse.first("day_part") or "").without("time")
    if parse.first("time"):
        state = state.fill(time=parse.first("time") or "").without("part")
    for slot, entity in (("name", "name"), ("phone", "phone"), ("kind", "visit_kind"), ("matter", "matter")):
        value = parse.first(entity)
        if value and (slot != "matter" or "matter" not in state.slots or state.expecting == "matter"):
            state = state.fill(**{slot: value})
    if "matter" not in state.slots and parse.first("topic"):
        state = state.fill(matter=ctx.knowledge.topic_name(parse.first("topic") or ""))
    return _take_bare(ctx, state)


def _take_bare(ctx: Context, state: DialogueState) -> DialogueState:
    """An answer in the citizen's own words to the slot that was asked for."""
    asked, text = state.expecting, ctx.parse.text.strip("。，！？,!?. ")
    if asked == "matter" and "matter" not in state.slots and 2 <= len(text) <= 30:
        return state.fill(matter=text.removeprefix("我要").removeprefix("我想").removeprefix("办") or text)
    if asked == "name" and "name" not in state.slots and 2 <= len(text) <= 4 and text.isalpha():
        return state.fill(name=text)
    if (
        asked == "time"
        and "time" not in state.slots
        and any(w in text for w in ("都行", "随便", "都可以", "最早"))
    ):
        free = _free_on(ctx.availability, state)
        if free:
            return state.fill(time=f"{free[0]:%H:%M}")
    return state


def wanted_region(ctx: Context) -> str | None:
    """The region of the hall that this turn is about."""
    return regions.told(ctx).code or ctx.state.slots.get("region") or ctx.state.region or ctx.known_region


def takes(ctx: Context) -> bool:
    """Whether this utterance gives something that the booking can use."""
    types = {e.type for e in ctx.parse.entities}
    return bool(types & {"date", "date_range", "time", "day_part", "name", "phone", "region", "bad_phone"})


def takes_a_visit(ctx: Context) -> bool:
    """Whether a sentence without a clear intent plainly describes a visit: a time and what it is for, or who comes."""
    types = {e.type for e in ctx.parse.entities}
    return bool(types & {"date", "time"}) and bool(types & {"matter", "name", "visit_kind"})


def proceed(ctx: Context, state: DialogueState) -> Decision:
    """Ask for the first missing slot, or read everything back."""
    problem = _check(ctx, state)
    if problem is not None:
        return problem
    for slot in ORDER:
        if slot == "phone" and "phone" not in state.slots and ctx.caller_phone:
            state = state.fill(phone=ctx.caller_phone)
        if slot not in state.slots:
            return _ask(ctx, state, slot)
    return Decision(state.with_(expecting="confirm", choices=()), _read_back(ctx, state))


def confirmed(ctx: Context) -> Decision:
    """The citizen said yes to the read-back: book."""
    slots, availability = ctx.state.slots, ctx.availability
    if availability is None:
        return proceed(ctx, ctx.state.without("region"))
    action = Book(
        service_point_id=availability.service_point_id,
        starts_at=_moment(ctx, slots["date"], slots["time"]),
        kind=slots.get("kind", "hall"),
        matter=slots["matter"],
        name=slots["name"],
        phone=slots["phone"],
    )
    pending = say(Act.ASK_SLOT, "系统忙，还没有约上。请您再说一次。", slots=shown(ctx.state))
    return Decision(ctx.state, pending, (action,), deciding=action)


def after(ctx: Context, result: Done | Refused) -> Decision:
    """What is said once the book of appointments has answered."""
    slots = ctx.state.slots
    start_time = _moment(ctx, slots["date"], slots["time"])
    if isinstance(result, Done):
        place = ctx.availability.name if ctx.availability else ""
        address = ctx.availability.address if ctx.availability else None
        text = (
            f"约好了。{written_time(start_time)}，{place}，办{slots['matter']}。\n"
            f"预约号：{result.facts['reference']}\n"
            + (f"地址：{address}\n" if address else "")
            + "要改时间或者取消，跟我说一声就行。"
        )
        number = result.facts["reference"]  # said twice: it is written down while it is heard
        speech = (
            f"约好了。{written_time(start_time)}，{place}。预约号，请记一下：{number}。再说一遍，{number}。"
        )
        reply = say(Act.BOOKED, text, say(Act.BOOKED, speech).speech, slots=shown(ctx.state))
        booked = {**reply.slots, "reference": result.facts["reference"]}
        reply = replace(reply, slots=booked)
        return Decision(ctx.state.idle(), reply)
    if result.code == "appointment.already_booked":
        reply = say(
            Act.BOOKING_STATUS, f"{written_time(start_time)}您已经约过了，不用再约。", slots=shown(ctx.state)
        )
        return Decision(ctx.state.idle(), reply)
    return _offer_times(ctx, ctx.state.without("time"), f"{clock(start_time)}刚刚被约满了。")


def read_again(ctx: Context) -> Decision:
    """A bare no to the read-back: ask what is wrong."""
    reply = say(
        Act.ASK_SLOT, "哪里不对？您直接告诉我对的就行，比如：不对，是下周四。", slots=shown(ctx.state)
    )
    return Decision(ctx.state.with_(expecting="correction"), reply)


def shown(state: DialogueState) -> dict[str, str]:
    """The slots as the outside sees them."""
    return {k: v for k, v in state.slots.items() if k not in ("part", "dictated")}


def _ask(ctx: Context, state: DialogueState, slot: str) -> Decision:
    if slot == "date":
        return _offer_dates(ctx, state)
    if slot == "time":
        return _offer_times(ctx, state, "")
    question = QUESTIONS[slot]
    if ctx.on_phone and slot == "name":
        question = "请问来办事的人姓什么，叫什么？请慢慢说。"
    if slot == "phone" and ctx.parse.first("bad_phone"):
        question = "这个号码好像不对，手机号是11位。请您再说一遍。"
    heard = _as_heard(ctx, state)
    return Decision(
        state.with_(expecting=slot, choices=()), say(Act.ASK_SLOT, f"{heard}{question}", slots=shown(state))
    )


def _as_heard(ctx: Context, state: DialogueState) -> str:
    """On the telephone a name just told is said back, with its characters where everybody can follow them."""
    name = state.slots.get("name")
    if not ctx.on_phone or not name or name == ctx.state.slots.get("name"):
        return ""
    told = gloss(name)
    return f"{name}，{told}。" if told else f"{name}。"


def _offer_dates(ctx: Context, state: DialogueState) -> Decision:
    question = QUESTIONS["date"]
    span = ctx.parse.first("date_range")
    if span and ctx.availability:
        first, last = (date.fromisoformat(day) for day in span.split("/"))
        days = [
            day
            for day in sorted(ctx.availability.days)
            if first <= day <= last and ctx.availability.days[day]
        ]
        if days:
            options = [written_date(day) for day in days[:3]]
            reply = offer_choices(Act.ASK_SLOT, "这些日子能约，您哪天来？", options, slots=shown(state))
            chosen = tuple(day.isoformat() for day in days[:3])
            return Decision(state.with_(expecting="date", choices=chosen), reply)
    place = f"去{ctx.availability.name}。" if ctx.availability and ctx.state.expecting == "region" else ""
    reply = say(Act.ASK_SLOT, f"{place}{question}", slots=shown(state))
    return Decision(state.with_(expecting="date", choices=()), reply)


def _offer_times(ctx: Context, state: DialogueState, lead: str) -> Decision:
    free = _free_on(ctx.availability, state)
    if not free:
        return _closed(ctx, state, "full")
    options = [clock(start) for start in free[:3]]
    day = written_date(date.fromisoformat(state.slots["date"]))
    question = f"{lead}{day}还有这些时间，您几点来？"
    reply = offer_choices(Act.ASK_SLOT, question, options, slots=shown(state))
    return Decision(state.with_(expecting="time", choices=tuple(f"{s:%H:%M}" for s in free[:3])), reply)


def _free_on(availability: Availability | None, state: DialogueState) -> list[datetime]:
    """Free starts of the chosen day, spread over what was asked for."""
    if availability is None or "date" not in state.slots:
        return []
    every = availability.days.get(date.fromisoformat(state.slots["date"]), ())
    fitting = [s for s in every if fits_part(s, state.slots.get("part"))] or list(every)
    if len(fitting) <= 3 or "part" in state.slots:
        return fitting
    morning = [s for s in fitting if s.hour < 12]
    afternoon = [s for s in fitting if s.hour >= 12]
    spread = [*morning[:1], *morning[len(morning) // 2 :][:1], *afternoon[:1]]
    chosen = list(dict.fromkeys(spread))
    return chosen if len(chosen) >= 2 else fitting


def _check(ctx: Context, state: DialogueState) -> Decision | None:
    """A wish that cannot be met: no hall known, a closed day, a time that is taken."""
    if "region" in state.slots and ctx.availability is None:
        name = ctx.knowledge.region_name(state.slots["region"])
        reply = say(
            Act.ASK_SLOT,
            f"{name}的大厅还不能在我这里约。您要去别的地方办，请告诉我是哪里；或者说转人工。",
            slots=shown(state.without("region")),
        )
        return Decision(state.without("region").with_(expecting="region", choices=()), reply)
    if ctx.availability is None or "date" not in state.slots:
        return None
    day = date.fromisoformat(state.slots["date"])
    reason = ctx.availability.closed.get(day) or ("past" if day < ctx.today else None)
    if reason is None and day not in ctx.availability.days:
        reason = "too_far"
    if reason:
        return _closed(ctx, state, reason)
    if "time" not in state.slots:
        return None
    wanted = _on_grid(_moment(ctx, state.slots["date"], state.slots["time"]))
    if wanted in ctx.availability.days[day]:
        return (
            None
            if f"{wanted:%H:%M}" == state.slots["time"]
            else proceed(ctx, state.fill(time=f"{wanted:%H:%M}"))
        )
    return _time_taken(ctx, state, wanted)


def _time_taken(ctx: Context, state: DialogueState, wanted: datetime) -> Decision:
    assert ctx.availability is not None  # noqa: S101  (_check saw it)
    near = [s for s in ctx.availability.nearest(wanted, 20) if s.date() == wanted.date()][:3]
    if not near:
        return _closed(ctx, state, "full")
    lead = f"{clock(wanted)}约不了，大厅{ctx.availability.hours}。这一天最近的时间是："
    reply = offer_choices(Act.ASK_SLOT, lead, [clock(s) for s in near], slots=shown(state.without("time")))
    return Decision(
        state.without("time").with_(expecting="time", choices=tuple(f"{s:%H:%M}" for s in near)), reply
    )


def _closed(ctx: Context, state: DialogueState, reason: str) -> Decision:
    assert ctx.availability is not None  # noqa: S101  (callers saw it)
    day = date.fromisoformat(state.slots["date"])
    holiday = ctx.availability.holidays.get(day)
    why = f"是{holiday}放假，大厅不上班" if holiday and reason == "holiday" else _CLOSED.get(reason, "约不了")
    emptied = state.without("date", "time")
    after_day = datetime.combine(day, time(0), tzinfo=ctx.now.tzinfo)
    options = ctx.availability.earliest(60, state.slots.get("part"), after_day) or ctx.availability.earliest(
        60
    )
    days = list(dict.fromkeys(s.date() for s in options))[:3]
    reply = offer_choices(
        Act.ASK_SLOT,
        f"{written_date(day)}{why}。最近能约的是：",
        [written_date(d) for d in days],
        slots=shown(emptied),
    )
    return Decision(emptied.with_(expecting="date", choices=tuple(d.isoformat() for d in days)), reply)


def _read_back(ctx: Context, state: DialogueState) -> Reply:
    slots = state.slots
    start_time = _moment(ctx, slots["date"], slots["time"])
    place = ctx.availability.name if ctx.availability else ""
    kind = "" if slots.get("kind", "hall") == "hall" else f"({KINDS[slots['kind']]})"
    what = f"{written_time(start_time)}，{place}{kind}，办{slots['matter']}。"
    heard = _as_heard(ctx, state) or f"{slots['name']}，"
    return say(
        Act.CONFIRM,
        f"我说一遍，您看对不对：{what}名字{slots['name']}，电话{slots['phone']}。对吗？",
        with_keys(speakable(f"我说一遍。{what}{heard}电话{slots['phone']}。对吗？")),
        slots=shown(state),
        choices=("对", "不对"),
        uninterruptible=True,
    )


def _moment(ctx: Context, day: str, clock_time: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock_time), tzinfo=ctx.now.tzinfo)


def _on_grid(moment: datetime) -> datetime:
    """The start of the half hour that a moment lies in."""
    return moment.replace(minute=moment.minute // 30 * 30, second=0, microsecond=0)
