"""What to do with one utterance: the order in which the tasks are asked. Pure: decides, does nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.decision import Context, Decision, Done, Refused
from bot.flows import (
    booking,
    changes,
    dictation,
    ellipsis,
    feedback,
    hearing,
    hours,
    manner,
    person,
    policy,
    questions,
    regions,
    safety,
    silence,
    talk,
    visits,
)
from bot.flows.questions import Thresholds
from bot.flows.unanswered import kind_asked
from bot.messages import Act, Intent, Reply, UtteranceKind
from bot.speech import GO_ON_QUESTION
from bot.state import DialogueState
from bot.wording import limit_speech, say

_EDGES = "。，！？,!?. "  # what may stand around an answer of few words


def decide(ctx: Context, thresholds: Thresholds) -> Decision:
    """The decision for one utterance, its speech cut to what is said in one go."""
    decision = _remember_region(ctx, _route(ctx, thresholds))
    if ctx.intent.startswith(questions.PREFIX) and decision.reply.act in (Act.ANSWER, Act.CLARIFY):
        decision = replace(decision, state=decision.state.with_(asked=ctx.parse.text))
    if decision.deciding is not None:
        return decision
    return finish(ctx, decision)


def follow_up(ctx: Context, decision: Decision, result: Done | Refused) -> Decision:
    """The decision once the action it waited for was done or refused."""
    flow = decision.state.flow
    after = _AFTER[flow or ""]
    told = after(replace(ctx, state=decision.state), result)
    return finish(ctx, told)


def finish(ctx: Context, decision: Decision) -> Decision:
    """Note what was said, for 再说一遍 and 接着说."""
    reply, state = decision.reply, decision.state
    if reply.silent:
        return decision
    if ctx.utterance.kind is UtteranceKind.SILENCE:  # what was asked before still stands
        return replace(decision, state=state.with_(said=reply.speech))
    state = state.with_(silences=0)
    if state.more is ctx.state.more and reply.act not in (Act.REPEAT, Act.SLOWER, Act.LOUDER, Act.CONTINUE):
        state = state.with_(more=(), offer=None if state.offer == "more" else state.offer)
    if reply.act is Act.ANSWER and state.more and not reply.speech.endswith(GO_ON_QUESTION):
        reply = replace(reply, speech=f"{reply.speech}{GO_ON_QUESTION}")
    else:
        reply, state = limit_speech(reply, state)
    if reply.act not in (Act.REPEAT, Act.SLOWER, Act.LOUDER):
        state = state.with_(
            last_text=reply.text, last_speech=reply.speech, last_act=reply.act.value, repeats=0
        )
    return replace(decision, reply=reply, state=state.with_(said=reply.speech))


def _route(ctx: Context, thresholds: Thresholds) -> Decision:
    for step in _FIRST:
        decision = step(ctx)
        if decision is not None:
            return decision
    if ctx.state.flow is not None:
        decision = _continue_flow(ctx, thresholds)
        if decision is not None:
            return decision
    decision = questions.disputed(ctx) or _answer_to_offer(ctx)
    if decision is not None:
        return decision
    return _new_matter(ctx, thresholds)


def _by_kind(ctx: Context) -> Decision | None:
    kind = ctx.utterance.kind
    if kind is UtteranceKind.FOLLOW:
        return talk.greet(ctx)
    if kind is UtteranceKind.UNFOLLOW:
        return Decision(ctx.state, Reply(text="", speech="", act=Act.GOODBYE, silent=True))
    if kind is UtteranceKind.SILENCE:
        return silence.ladder(ctx)
    if kind is UtteranceKind.IMAGE:
        return talk.unreadable(ctx, "图片")
    if kind is UtteranceKind.OTHER:
        return talk.unreadable(ctx, "这种消息")
    return None


def _urgent(ctx: Context) -> Decision | None:
    handlers: dict[str, Callable[[Context], Decision]] = {
        "emergency": safety.emergency,
        "distress": safety.distress,
        "report_scam": safety.scam,
        "request_agent": lambda c: person.bring(c, "request"),
    }
    sure = ctx.parse.source == "rules" or ctx.parse.intent.confidence >= 0.5
    handler = handlers.get(ctx.intent)
    if handler is None or not (sure or ctx.intent == "request_agent"):
        return None
    if ctx.state.flow == person.CALLBACK and ctx.intent == "request_agent":
        return None
    return handler(ctx)


def _key(ctx: Context) -> Decision | None:
    """A telephone key: 0 a person, * again, 1–3 the options offered, 1 yes and 2 no to a question."""
    if ctx.utterance.kind is not UtteranceKind.KEY:
        return None
    key = ctx.utterance.text.strip()
    if key == "0":
        return person.bring(ctx, "request")
    if key in ("*", "#"):
        return talk.repeat(ctx)
    if ctx.state.flow == feedback.RATING and key in ("1", "2", "3", "4", "5"):
        return feedback.rate(ctx)
    if key.isdigit() and 1 <= int(key) <= len(ctx.state.choices):
        return _chosen(ctx, ctx.state.choices[int(key) - 1])
    intent = {"1": "affirm", "2": "deny"}.get(key)
    if intent is None:
        return talk.repeat(ctx)
    text = replace(ctx.parse, intent=Intent(intent, 1.0))
    spoken = replace(ctx.utterance, kind=UtteranceKind.TEXT)
    return _route(replace(ctx, parse=text, utterance=spoken), Thresholds(0.0, 0.0))


def _chosen(ctx: Context, value: str) -> Decision:
    """One of the options last offered was taken."""
    state = ctx.state.with_(choices=())
    match ctx.state.flow, ctx.state.expecting:
        case "topic", _:
            return policy.answer(ctx, value, state.idle())
        case "region", _:
            topic = state.slots["topic"]
            return _pending(ctx, policy.answer(ctx, topic, state.idle().with_(region=value)))
        case booking.NAME, ("date" | "time") as slot:
            return booking.proceed(ctx, state.fill(**{slot: value}))
        case changes.RESCHEDULE, ("date" | "time") as slot:
            return changes.proceed(ctx, state.fill(**{slot: value}))
        case ((changes.RESCHEDULE | changes.CANCEL), "appointment"):
            return changes.proceed(ctx, state.fill(appointment=value))
    return talk.repeat(ctx)


def _option_said(ctx: Context) -> str | None:
    """The option that the citizen named by its number or its words."""
    choices, text = ctx.state.choices, ctx.parse.text.strip(_EDGES)
    ordinals = {
        "1": 0,
        "一": 0,
        "第一个": 0,
        "2": 1,
        "二": 1,
        "第二个": 1,
        "3": 2,
        "三": 2,
        "第三个": 2,
        "前一个": 0,
    }
    position = ordinals.get(text)
    if position is not None and position < len(choices):
        return choices[position]
    if ctx.state.flow == "topic":
        named = [c for c in choices if c in ctx.parse.values("topic") or ctx.knowledge.topic_name(c) in text]
        return named[0] if len(named) == 1 else None
    return None


def _continue_flow(ctx: Context, thresholds: Thresholds) -> Decision | None:
    option = _option_said(ctx)
    if option is not None:
        return _chosen(ctx, option)
    flow = ctx.state.flow
    if flow in (booking.NAME, changes.RESCHEDULE, changes.CANCEL):
        return visits.carry_on(ctx, thresholds)
    if flow == person.CALLBACK:
        return person.continue_callback(ctx)
    if flow == feedback.COMPLAINT and not questions.is_side_question(ctx, thresholds):
        return feedback.continue_complaint(ctx)
    if flow == feedback.RATING and (ctx.parse.first("rating") or ctx.parse.text.strip() in tuple("12345")):
        return feedback.rate(ctx)
    if flow == "region":
        return _continue_region(ctx)
    if flow == "topic" and ctx.intent == "deny":
        return questions.corrected(ctx)
    if flow == "topic" and ctx.intent == "inform" and regions.told(ctx).code:
        placed = ctx.state.with_(region=regions.told(ctx).code)
        return policy.did_you_mean(replace(ctx, state=placed), ctx.state.choices)
    if flow == hours.NAME and regions.told(ctx).named:
        return hours.opening_hours(ctx)
    return None


def _continue_region(ctx: Context) -> Decision | None:
    told = regions.told(ctx)
    if not told.named:
        return None
    topic = ctx.state.slots["topic"]
    if (
        ctx.intent.startswith(questions.PREFIX)
        and ctx.intent.removeprefix(questions.PREFIX) != topic
        and len(ctx.parse.text) > 8
    ):
        return None
    return _pending(ctx, policy.answer(ctx, topic))


def _pending(ctx: Context, decision: Decision) -> Decision:
    return policy.offer_pending(ctx, decision, ctx.state.pending_topics)


def _answer_to_offer(ctx: Context) -> Decision | None:
    """好 or 不用 to what was offered: a person, going on, another topic."""
    offer = ctx.state.offer
    if offer is None or ctx.intent not in ("affirm", "deny", "go_on") or kind_asked(ctx.parse.text):
        return None
    closed = ctx.state.with_(offer=None)
    if ctx.intent == "deny":
        return _declined(ctx, offer, closed)
    match offer.split(":"):
        case ["agent"]:
            return person.bring(ctx, "policy")
        case ["more"]:
            return talk.go_on(ctx)
        case ["book"]:
            return booking.start(ctx)
        case ["known", topic]:
            return policy.answer(ctx, topic, closed)
        case ["topic", topic]:
            rest = ctx.state.pending_topics[1:]
            return policy.offer_pending(ctx, policy.answer(ctx, topic, closed.with_(pending_topics=())), rest)
    return None


def _declined(ctx: Context, offer: str, state: DialogueState) -> Decision:
    if offer.startswith("topic:") and not ctx.state.pending_topics:
        return questions.corrected(replace(ctx, state=state))
    idle = state.idle().with_(more=(), failures=0)
    return Decision(idle, say(Act.AFFIRM, "好的。还有什么要问的吗？"))


def _new_matter(ctx: Context, thresholds: Thresholds) -> Decision:
    followed = questions.follow_up(ctx) or ellipsis.the_other(ctx)
    if followed is None and _leaves_open(ctx, thresholds):
        followed = ellipsis.about_the_same(ctx)
    if followed is not None:
        return followed
    intent = ctx.parse.intent
    handler = _TASKS.get(intent.name)
    if intent.name in ("affirm", "deny") and kind_asked(ctx.parse.text):  # 能取现不 is no 不
        return questions.not_understood(ctx)
    if handler is not None and intent.confidence >= thresholds.give_up:
        return handler(ctx)
    if intent.name in ("inform", "correct"):
        return questions.informed(ctx)
    if intent.name.startswith(questions.PREFIX) and intent.name not in questions.NOT_POLICY:
        return questions.ask(ctx, thresholds)
    if intent.name == "ask_aspect":
        aspect = ctx.parse.first("aspect")
        topic = ctx.parse.first("topic")
        if topic:
            return policy.answer(ctx, topic)
        return policy.answer_aspect(ctx, aspect) if aspect else questions.not_understood(ctx)
    return questions.not_understood(ctx)


def _leaves_open(ctx: Context, thresholds: Thresholds) -> bool:
    """Whether an utterance, taken alone, does not tell what it is about."""
    intent = ctx.parse.intent
    if intent.name in ("out_of_scope", "inform", "correct"):
        return True
    if intent.name == "ask_aspect":
        return not ctx.parse.first("aspect")
    if intent.name.removeprefix(questions.PREFIX) in questions.WAYS or ellipsis.serves(ctx.parse.text):
        return True
    sure = questions.SURE if intent.name.startswith(questions.PREFIX) else thresholds.accept
    return intent.confidence < sure


def _affirm(ctx: Context) -> Decision:
    return Decision(ctx.state.with_(failures=0), say(Act.AFFIRM, "好的。还有什么要问的吗？"))


def _bind(ctx: Context) -> Decision:
    """Acting for a relative: what the rules say of family accounts, and a person for the rest."""
    told = policy.answer(ctx, "family_account")
    return replace(told, reply=replace(told.reply, act=Act.BIND)) if told.reply.act is Act.ANSWER else told


def _remember_region(ctx: Context, decision: Decision) -> Decision:
    """Every reply tells the region in effect."""
    if decision.reply.region is not None:
        return decision
    region = decision.state.slots.get("region") or decision.state.region or ctx.known_region
    return replace(decision, reply=replace(decision.reply, region=region)) if region != "-" else decision


# What is looked at before the task under way, in this order. A group of a number that is being dictated (幺二零) is no cry for help.
_FIRST: tuple[Callable[[Context], Decision | None], ...] = (
    _by_kind,
    dictation.take,
    _urgent,
    silence.answered,
    person.accepted,
    hearing.interrupted,
    _key,
    manner.respond,
    dictation.take_name,
)

_AFTER: dict[str, Callable[[Context, Done | Refused], Decision]] = {
    booking.NAME: booking.after,
    changes.RESCHEDULE: changes.after,
    changes.CANCEL: changes.after,
    person.CALLBACK: person.after_callback,
    feedback.COMPLAINT: feedback.after_complaint,
}

_TASKS: dict[str, Callable[[Context], Decision]] = {
    "book_appointment": booking.start,
    "reschedule_appointment": lambda ctx: changes.start(ctx, changes.RESCHEDULE),
    "cancel_appointment": lambda ctx: changes.start(ctx, changes.CANCEL),
    "appointment_status": changes.status,
    "ask_opening_hours": hours.opening_hours,
    "request_agent": lambda ctx: person.bring(ctx, "request"),
    "request_callback": lambda ctx: person.ask_callback(ctx, "好的。"),
    "emergency": safety.emergency,
    "distress": safety.distress,
    "report_scam": safety.scam,
    "complain": feedback.complain,
    "rate_service": feedback.rate,
    "bind_relative": _bind,
    "affirm": _affirm,
    "deny": _affirm,
    "repeat": manner.again,
    "slower": lambda ctx: manner.change(ctx, "slower"),
    "louder": lambda ctx: manner.change(ctx, "louder"),
    "go_on": talk.go_on,
    "greet": talk.greet,
    "thank": talk.thank,
    "goodbye": talk.goodbye,
    "chitchat": talk.chitchat,
    "abuse": talk.abuse,
    "bot_challenge": talk.bot_challenge,
    "out_of_scope": questions.out_of_scope,
}
