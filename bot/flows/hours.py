"""When and where the hall is open."""

from __future__ import annotations

from datetime import date

from bot.decision import Context, Decision
from bot.flows import regions
from bot.flows.unanswered import tell, unanswered
from bot.messages import Act
from bot.wording import PERSON_OFFER, say, written_date

NAME = "hours"


def opening_hours(ctx: Context) -> Decision:
    """The hall's hours, and whether it is open on a day that was asked about."""
    kind = unanswered(ctx)
    if kind is not None and not kind.ours:  # another office's, a shop's
        return tell(ctx, kind, None)
    place = ctx.availability
    if place is None:
        return _unknown_place(ctx)
    asked = ctx.parse.first("date")
    text = f"{place.name}上班时间：{place.hours}。法定节假日休息。"
    if asked:
        text = f"{_that_day(ctx, date.fromisoformat(asked))}{text}"
    tail = f"地址：{place.address}。" if place.address else ""
    state = ctx.state.idle() if ctx.state.flow == NAME else ctx.state
    return Decision(state.with_(failures=0), say(Act.ANSWER, f"{text}{tail}", region=place.region))


def _unknown_place(ctx: Context) -> Decision:
    """No hall is meant yet, or the one that is cannot be looked up here."""
    told = regions.told(ctx).code
    if told:
        name = ctx.knowledge.region_name(told)
        reply = say(
            Act.FALLBACK, f"{name}大厅的上班时间，我这里没有登记，不能乱说。{PERSON_OFFER}", region=told
        )
        return Decision(ctx.state.idle().with_(offer="agent", failures=0), reply)
    if ctx.state.flow is not None:
        return Decision(ctx.state, say(Act.CLARIFY, "您问的是哪个地方的大厅？"))
    asking = ctx.state.with_(flow=NAME, expecting="region", failures=0)
    return Decision(asking, say(Act.CLARIFY, "您问的是哪个地方的大厅？请说市或者省，比如济南。"))


def _that_day(ctx: Context, day: date) -> str:
    place = ctx.availability
    if place is None:
        return ""
    reason = place.closed.get(day)
    if reason == "holiday":
        name = place.holidays.get(day, "节假日")
        return f"{written_date(day)}{name}放假，不上班。"
    if reason == "weekend":
        return f"{written_date(day)}不上班。"
    if day in place.days or reason == "full":
        return f"{written_date(day)}上班。"
    return ""
