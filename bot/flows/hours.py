"""When and where the hall is open."""

from __future__ import annotations

from datetime import date

from bot.decision import Context, Decision
from bot.messages import Act
from bot.wording import say, written_date


def opening_hours(ctx: Context) -> Decision:
    """The hall's hours, and whether it is open on a day that was asked about."""
    place = ctx.availability
    if place is None:
        text = "大厅一般是周一到周五，上午9点到12点，下午1点半到5点。法定节假日休息。"
        region_question = "您要去哪个地方的大厅？"
        return Decision(ctx.state.with_(failures=0), say(Act.ANSWER, f"{text}{region_question}"))
    asked = ctx.parse.first("date")
    text = f"{place.name}上班时间：{place.hours}。法定节假日休息。"
    if asked:
        text = f"{_that_day(ctx, date.fromisoformat(asked))}{text}"
    tail = f"地址：{place.address}。" if place.address else ""
    return Decision(ctx.state.with_(failures=0), say(Act.ANSWER, f"{text}{tail}", region=place.region))


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
