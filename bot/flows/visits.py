"""The turns while a visit is booked, moved or cancelled: answers, corrections, side questions."""

from __future__ import annotations

from dataclasses import replace

from bot.decision import Context, Decision
from bot.flows import booking, changes, person, policy, questions
from bot.flows.questions import Thresholds
from bot.messages import Act
from bot.wording import say


def carry_on(ctx: Context, thresholds: Thresholds) -> Decision | None:
    """Booking, moving, cancelling: an answer, a correction, a side question, or something else."""
    state, flow = ctx.state, ctx.state.flow
    if ctx.intent in ("cancel_appointment", "goodbye") and flow == booking.NAME and not booking.takes(ctx):
        return Decision(state.idle(), say(Act.AFFIRM, "好的，那就先不约了。还有什么要问的吗？"))
    if ctx.intent in ("repeat", "slower", "louder", "go_on"):
        return None
    if questions.is_side_question(ctx, thresholds):
        return _aside(ctx, thresholds)
    if state.expecting == "confirm" and not booking.takes(ctx):
        if ctx.intent == "affirm" or _says_it_again(ctx):
            return booking.confirmed(ctx) if flow == booking.NAME else changes.confirmed(ctx)
        if ctx.intent in ("deny", "correct"):
            return booking.read_again(ctx) if flow == booking.NAME else changes.read_again(ctx)
    if flow != booking.NAME:
        return _continue_change(ctx)
    if ctx.intent == "deny" and not booking.takes(ctx) and state.expecting != "correction":
        return Decision(state.idle(), say(Act.AFFIRM, "好的，那就先不约了。还有什么要问的吗？"))
    taken = booking.take(ctx, state)
    decision = booking.proceed(ctx, taken)
    if taken.slots == state.slots and state.expecting not in ("confirm", "correction", None):
        return _not_caught(ctx, decision)
    return decision


def _says_it_again(ctx: Context) -> bool:
    """取消 as the answer to 您要取消这一次吗?"""
    cancelling = ctx.state.flow == changes.CANCEL and ctx.intent == "cancel_appointment"
    return cancelling and not any(no in ctx.parse.text for no in ("不", "别", "莫", "没"))


def _aside(ctx: Context, thresholds: Thresholds) -> Decision:
    """Answer the side question, then ask again what was being asked."""
    state = ctx.state
    outside = replace(ctx, state=state.with_(region=state.slots.get("region") or state.region))
    stated = questions.ask(outside, thresholds)
    question = state.last_text.splitlines()[-1] if state.last_text else ""
    if state.expecting in booking.QUESTIONS:
        question = booking.QUESTIONS[state.expecting or ""]
    if stated.reply.act not in (Act.ANSWER, Act.FALLBACK) or stated.deciding:
        return stated
    back = f"我们接着办预约。{question}" if state.flow == booking.NAME else f"我们接着刚才的事。{question}"
    reply = policy.with_tail(stated.reply, back)
    kept = state.with_(topic=stated.state.topic, entry_id=stated.state.entry_id, more=())
    return Decision(kept, reply, stated.actions)


def _continue_change(ctx: Context) -> Decision | None:
    state = ctx.state
    if ctx.intent == "deny" and not booking.takes(ctx):
        return Decision(state.idle(), say(Act.AFFIRM, "好的，还是原来的时间。还有什么要问的吗？"))
    if state.expecting == "appointment":
        return None
    if state.flow == changes.CANCEL and not booking.takes(ctx):
        return None
    if state.flow == changes.CANCEL:
        return changes.start(ctx, changes.RESCHEDULE)
    return changes.proceed(ctx, state)


def _not_caught(ctx: Context, again: Decision) -> Decision:
    """The answer did not fit the question: ask again in other words; after the second time bring a person."""
    failures = ctx.state.failures + 1
    if failures >= 2:
        return person.give_up(ctx, failures, "我没有听明白。")
    lead = "我没有听明白。"
    reply = replace(again.reply, text=f"{lead}{again.reply.text}", speech=f"{lead}{again.reply.speech}")
    return replace(again, reply=reply, state=again.state.with_(failures=failures))
