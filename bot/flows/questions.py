"""Which policy question was asked, how sure that is, and what is done where it is not."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.decision import Context, Decision
from bot.flows import booking, changes, person, policy, regions, talk
from bot.flows.gaps import noted
from bot.flows.unanswered import tell, unanswered
from bot.messages import Act, PolicyAnswer
from bot.wording import say

PREFIX = "ask_"  # of the intents that ask for a policy; the rest of the name is the topic
NOT_POLICY = ("ask_opening_hours", "ask_aspect")
# Ways of doing things rather than matters: a matter named beside them is what is asked about (手工报销在村里能办吗).
WAYS = ("nearby_service", "cross_province_service", "online_channels")

# Measured on the written test sets, see docs/decisions/0021: below SURE, an intent that the words of the entries do not
# bear out is asked back; FITS is the share of a question's words from which an entry found by words bears it out.
SURE, FITS, PROPOSED = 0.7, 0.38, 0.35
ALONE = 0.6  # the same where no intent is likely at all, so that only the words speak for it
_POSSIBLE = 0.1  # confidence of an intent that may have been meant besides
_AMONG = 3  # first places among the entries found by words that bear an intent out
_FILLERS = re.compile(
    r"(?:那|要是|如果|换成?|在|是|问|这边|那边|这儿|那儿|地方|老家|的话|也|都|行|有|没有?|呢|吗|不|么|嘛|啊|呀|能|可以|一样|怎么样|咋样|怎么说|"
    r"[,，。.?？!！ ])+"
)
_SOURCE = re.compile(
    r"(?:哪个|哪份|什么|啥|哪条|哪一?条)(?:文件|规定|政策|红头)|谁(?:说|规定|定)的|依据|出处|文号|有(?:没有)?(?:文件|根据)|凭(?:什么|啥)这么说"
)
_WRONG = re.compile(
    r"^(?:你)?(?:不是|不对|错了|搞错了?|弄错了?|说错了?|答错了?|理解错了?)(?:[,，。!！]|了|啦|吧)*(?:我)?(?:问|说|要|想问)?的?(?:不是|也不是)?(?:这个|这|那个|它)?[,，。!！了呀啊]*$|"
    r"(?:我)?(?:问|说|要|想问)的(?:也|又)?不是(?:这|那)|答非所问|(?:你)?(?:没|没有|不)(?:听懂|理解|明白)我?(?:的意思|说的)?|驴唇不对马嘴"
)


_MOVES_A_VISIT = re.compile(
    r"改(?:个|一下|下)?(?:期|时间|日子|时段)|换(?:个|一个)?(?:时间|日子|时段)|(?:推迟|延后|提前|往后推|往前提|推后)[^。?？]{0,3}(?:天|周|点|小时|到|吗|行)"
)


_AND_ALSO = re.compile(r"还有|另外|再问|顺便|还想问|两件事|两个事|一个是|一是|第二")
_PARTS = re.compile(r"[,，。;；、!！?？]|还有|另外|再问|顺便(?:问)?|还想问|一个是|一是|二是|第二(?:个)?是?")
# Put as a question, not as what one comes for.
_ASKED = re.compile(
    r"(?:吗|呢|么|没有?)[?？啊呀]?$|[?？]|有没有|能不能|是不是|可不可以|行不行|要不要|用不用|几[个天次家种]|多少|多久|多长|哪|什么|啥|谁|先问|问一下|问下"
)
_BARE = 3  # characters of a mere no
_SHORTEST_PART = 4  # characters of a part that can name a matter


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Confidence 0..1 at which an intent is acted on, and below which it is given up; between, we ask back."""

    accept: float
    give_up: float


def ask(ctx: Context, thresholds: Thresholds) -> Decision:
    """A policy question: answered where it is sure what is meant, asked back where it is not."""
    named = tuple(dict.fromkeys(ctx.parse.values("topic")))
    topic = _matter(ctx, named)
    kind = unanswered(ctx, topic, _entry(ctx, topic))
    if kind is not None:
        return tell(ctx, kind, topic)
    together = _several(ctx, topic)
    if len(together) > 1:
        return policy.several(ctx, together)
    if len(named) > 1 and topic in named and not set(named) & set(WAYS):
        return policy.several(ctx, (topic, *[t for t in named if t != topic][:1]))
    confidence = ctx.parse.intent.confidence
    if topic in named and (confidence >= thresholds.accept or len(named) == 1):
        return policy.answer(ctx, _with_a_rule(ctx, topic, named))
    if confidence >= SURE:
        return policy.answer(ctx, _with_a_rule(ctx, topic, named))
    likely = (topic, *_others(ctx, confidence))
    matters = [name for name in named if name not in WAYS]
    if len(matters) == 1 and matters[0] in likely:
        return policy.answer(ctx, matters[0])
    found = [
        (entry.topic, score) for entry, score in ctx.knowledge.search(ctx.parse.text, None, ctx.today, _AMONG)
    ]
    if confidence >= thresholds.accept and topic in [known for known, _ in found]:
        return policy.answer(ctx, _with_a_rule(ctx, topic, named))
    if confidence >= thresholds.give_up and found and found[0][0] in likely and found[0][1] >= FITS:
        return policy.answer(ctx, found[0][0])
    if confidence < thresholds.give_up:
        return not_understood(ctx)
    meant = (*likely, *(known for known, score in found if score >= PROPOSED))
    return policy.did_you_mean(ctx, tuple(dict.fromkeys(meant))[:2])


def _matter(ctx: Context, named: tuple[str, ...]) -> str:
    """The topic of the understood intent; where only a way was understood, the one matter named or found by words."""
    topic = ctx.intent.removeprefix(PREFIX)
    if topic not in WAYS:
        return topic
    matters = [name for name in named if name not in WAYS]
    if len(matters) == 1:
        return matters[0]
    found = ctx.knowledge.search(ctx.parse.text, None, ctx.today, 1)
    best = found[0][0].topic if found and found[0][1] >= FITS else topic
    return best if not matters else topic


def _several(ctx: Context, topic: str) -> tuple[str, ...]:
    """The matters of a sentence that tells two of them one after the other, as its parts are found by words."""
    if not _AND_ALSO.search(ctx.parse.text):
        return (topic,)
    parts = [part for part in _PARTS.split(ctx.parse.text) if len(part) >= _SHORTEST_PART]
    hits = [hit for part in parts for hit in ctx.knowledge.search(part, None, ctx.today, 1)]
    found = tuple(dict.fromkeys(entry.topic for entry, score in hits if score >= FITS))
    return found[:2] if topic in found[:2] else (topic,)


def _entry(ctx: Context, topic: str) -> PolicyAnswer | None:
    region = regions.told(ctx).code or ctx.state.region or ctx.known_region
    return ctx.knowledge.lookup(topic, region, ctx.today)


def _others(ctx: Context, confidence: float) -> tuple[str, ...]:
    """Other policy intents that are about as likely."""
    return tuple(
        other.name.removeprefix(PREFIX)
        for other in ctx.parse.ranking
        if other.name.startswith(PREFIX)
        and other.name not in (ctx.intent, *NOT_POLICY)
        and other.confidence >= 0.5 * confidence
    )


def _with_a_rule(ctx: Context, topic: str, named: tuple[str, ...]) -> str:
    """The topic understood; a topic named in the question instead, where only of that one a rule is known."""
    region = regions.told(ctx).code or ctx.state.region or ctx.known_region
    if region is None or ctx.knowledge.lookup(topic, region, ctx.today):
        return topic
    return next((other for other in named if ctx.knowledge.lookup(other, region, ctx.today)), topic)


def out_of_scope(ctx: Context) -> Decision:
    """Not a matter that we know: said with what is the reason, where that is known."""
    kind = unanswered(ctx)
    if kind is not None:
        return tell(ctx, kind, None)
    topic = _overlooked(ctx)
    if topic is not None and (topic == ctx.state.topic or topic == _named_and_likely(ctx)):
        return policy.answer(ctx, topic)
    if topic is not None and ctx.state.flow is None:
        return policy.did_you_mean(ctx, (topic,))
    return noted(ctx, talk.out_of_scope(ctx), "out_of_scope")


def _named_and_likely(ctx: Context) -> str | None:
    """The one matter that is named outright and about as likely as that it is none of ours."""
    named = {topic for topic in ctx.parse.values("topic") if topic not in WAYS}
    near = set(_others(ctx, ctx.parse.intent.confidence)) if ctx.parse.intent.confidence < SURE else set()
    return next(iter(named)) if len(named) == 1 and named <= near else None


def _overlooked(ctx: Context) -> str | None:
    """A matter of ours that the words speak for where the model is not sure that it is none."""
    if ctx.parse.intent.confidence >= SURE:
        return None
    found = ctx.knowledge.search(ctx.parse.text, None, ctx.today, 1)
    if not found:
        return None
    named = _named_and_likely(ctx)
    if named is not None:
        return named
    (entry, score), talked_of = found[0], ctx.state.topic
    likely = {i.name.removeprefix(PREFIX) for i in ctx.parse.ranking if i.confidence >= _POSSIBLE}
    likely.update(ctx.parse.values("topic"))
    fits = score >= (PROPOSED if entry.topic == talked_of else FITS)
    return entry.topic if fits and (entry.topic in likely or entry.topic == talked_of) else None


def follow_up(ctx: Context) -> Decision | None:
    """那济宁呢, 哪个文件写的: words about what was just stated; None where it is something else."""
    if ctx.state.topic is None:
        return None
    if ctx.state.entry_id and _SOURCE.search(ctx.parse.text) and len(ctx.parse.text) <= 14:
        return policy.answer(ctx, ctx.state.topic)
    return policy.answer(ctx, ctx.state.topic) if _only_a_place(ctx) else None


def _only_a_place(ctx: Context) -> bool:
    """Whether nothing but a place was said: 济宁呢, 那菏泽有吗."""
    places = [entity for entity in ctx.parse.entities if entity.type == "region"]
    if not places or ctx.parse.values("topic"):
        return False
    rest = ctx.parse.text
    for place in places:
        rest = rest.replace(place.text, "")
    return _FILLERS.sub("", rest) == ""


def disputed(ctx: Context) -> Decision | None:
    """不是这个, 答非所问: the last answer is not what was asked; a bare 不是 may answer a question of ours instead."""
    text = ctx.parse.text
    bare = len(text) <= _BARE and (ctx.state.offer is not None or ctx.state.flow is not None)
    if not ctx.state.asked or bare or not _WRONG.search(text):
        return None
    return corrected(ctx)


def corrected(ctx: Context) -> Decision:
    """The citizen says that this was not what he asked: what he asked is kept, and he is asked once more."""
    failures = ctx.state.failures + 1
    state = ctx.state.idle().with_(failures=failures, more=(), asked="")
    if failures >= 2:
        told = person.give_up(ctx, failures, "对不起，我还是没有弄明白。")
    else:
        words = "对不起，我弄错了。请您换个说法，再问一次。想找人，就说“转人工”。"
        told = Decision(state, say(Act.FALLBACK, words))
    return noted(ctx, told, "corrected", topic=ctx.state.topic, text=ctx.state.asked)


def informed(ctx: Context) -> Decision:
    """Only data, with no task under way: a place or a word of a topic goes with what was talked about."""
    if ctx.intent == "correct" and ctx.upcoming and (ctx.parse.first("date") or ctx.parse.first("time")):
        return changes.start(ctx, changes.RESCHEDULE)
    if _MOVES_A_VISIT.search(ctx.parse.text):
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
    """Ask whether it is what comes nearest in words; else for other words; the second time bring a person."""
    kind = unanswered(ctx)
    if kind is not None:
        return tell(ctx, kind, None)
    near = _proposed(ctx)
    if near and ctx.state.flow is None:
        return policy.did_you_mean(ctx, near)
    failures = ctx.state.failures + 1
    if failures >= 2:
        return noted(ctx, person.give_up(ctx, failures, "对不起，我还是没有听懂。"), "fallback")
    reply = say(
        Act.FALLBACK,
        "对不起，我没有听懂。请您换个说法，一次说一件事。比如：异地看病怎么备案。想找人，说“转人工”。",
        "对不起，我没有听懂。请您换个说法，一次说一件事。想找人，说转人工。",
    )
    return noted(ctx, Decision(ctx.state.idle().with_(failures=failures), reply), "fallback")


def _proposed(ctx: Context) -> tuple[str, ...]:
    """At most two topics whose entries hold the better part of the words."""
    found = ctx.knowledge.search(ctx.parse.text, None, ctx.today, 2)
    return tuple(entry.topic for entry, score in found if score >= ALONE)


def is_side_question(ctx: Context, thresholds: Thresholds) -> bool:
    """A policy question asked in the middle of a task, not a matter named for it."""
    intent = ctx.parse.intent
    if not intent.name.startswith(PREFIX) or intent.confidence < thresholds.accept:
        return False
    if _ASKED.search(ctx.parse.text):
        return not (booking.takes(ctx) and ctx.state.expecting not in ("confirm", "matter", None))
    if ctx.state.expecting == "matter":
        return bool(ctx.parse.values("aspect"))
    return not (booking.takes(ctx) and ctx.state.expecting not in ("confirm", None))
