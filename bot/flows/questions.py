"""Which policy question was asked, how sure that is, and what is done where it is not."""

from __future__ import annotations

from dataclasses import dataclass

from bot.decision import Context, Decision
from bot.flows import booking, changes, person, policy, regions
from bot.messages import Act
from bot.wording import say

PREFIX = "ask_"  # of the intents that ask for a policy; the rest of the name is the topic
NOT_POLICY = ("ask_opening_hours", "ask_aspect")


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Confidence 0..1 at which an intent is acted on, and below which it is given up; between, we ask back."""

    accept: float
    give_up: float


def ask(ctx: Context, thresholds: Thresholds) -> Decision:
    """A policy question: answered where it is sure what is meant, asked back where it is not."""
    topic = ctx.intent.removeprefix(PREFIX)
    named = tuple(dict.fromkeys(ctx.parse.values("topic")))
    if len(named) > 1 and topic in named:
        return policy.several(ctx, (topic, *[t for t in named if t != topic][:1]))
    confidence = ctx.parse.intent.confidence
    if confidence >= thresholds.accept or named == (topic,):
        return policy.answer(ctx, _with_a_rule(ctx, topic, named))
    if confidence < thresholds.give_up:
        return not_understood(ctx)
    found = ctx.knowledge.search(ctx.parse.text, ctx.state.region or ctx.known_region, ctx.today, limit=3)
    if found and found[0][0].topic == topic and found[0][1] >= 0.5:
        return policy.answer(ctx, topic)
    second = next(
        (
            other.name.removeprefix(PREFIX)
            for other in ctx.parse.ranking
            if other.name.startswith(PREFIX)
            and other.name not in (ctx.intent, *NOT_POLICY)
            and other.confidence >= 0.5 * confidence
        ),
        None,
    )
    return policy.did_you_mean(ctx, (topic, second) if second else (topic,))


def _with_a_rule(ctx: Context, topic: str, named: tuple[str, ...]) -> str:
    """The topic understood; a topic named in the question instead, where only of that one a rule is known."""
    region = regions.told(ctx).code or ctx.state.region or ctx.known_region
    if region is None or ctx.knowledge.lookup(topic, region, ctx.today):
        return topic
    return next((other for other in named if ctx.knowledge.lookup(other, region, ctx.today)), topic)


def informed(ctx: Context) -> Decision:
    """Only data, with no task under way: a place or a word of a topic goes with what was talked about."""
    if ctx.intent == "correct" and ctx.upcoming and (ctx.parse.first("date") or ctx.parse.first("time")):
        return changes.start(ctx, changes.RESCHEDULE)
    if booking.takes_a_visit(ctx):
        return booking.start(ctx)
    topics = tuple(dict.fromkeys(ctx.parse.values("topic")))
    if topics:
        return policy.several(ctx, topics[:2]) if len(topics) > 1 else policy.answer(ctx, topics[0])
    if ctx.parse.first("region") and ctx.state.topic:
        return policy.answer(ctx, ctx.state.topic)
    if ctx.parse.first("region"):
        code = regions.told(ctx).code
        name = ctx.knowledge.region_name(code) if code else "这里"
        reply = say(Act.CLARIFY, f"好的，{name}。您想问什么事？", region=code)
        return Decision(ctx.state.with_(region=code or ctx.state.region, failures=0), reply)
    if ctx.parse.first("aspect") and ctx.state.topic:
        return policy.answer_aspect(ctx, ctx.parse.first("aspect") or "")
    return not_understood(ctx)


def not_understood(ctx: Context) -> Decision:
    """The first time ask for other words, the second time bring a person."""
    failures = ctx.state.failures + 1
    if failures >= 2:
        return person.bring(ctx, "no_match", "对不起，我还是没有听懂。")
    reply = say(
        Act.FALLBACK,
        "对不起，我没有听懂。请您换个说法，一次说一件事。比如：异地看病怎么备案。想找人，说“转人工”。",
        "对不起，我没有听懂。请您换个说法，一次说一件事。想找人，说转人工。",
    )
    return Decision(ctx.state.idle().with_(failures=failures), reply)


def is_side_question(ctx: Context, thresholds: Thresholds) -> bool:
    """A policy question asked in the middle of a task, not a matter named for it."""
    intent = ctx.parse.intent
    if not intent.name.startswith(PREFIX) or intent.confidence < thresholds.accept:
        return False
    if ctx.state.expecting == "matter":
        return bool(ctx.parse.values("aspect")) or ctx.parse.text.endswith(("吗", "呢", "?", "么"))
    return not (booking.takes(ctx) and ctx.state.expecting not in ("confirm", None))
