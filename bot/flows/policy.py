"""Policy questions: the entry of the right region, whose rule it is, and where it stands."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from bot.decision import Context, Decision, RememberRegion
from bot.flows import regions
from bot.flows.gaps import noted
from bot.flows.unanswered import OF_FIGURES
from bot.focus import focused
from bot.messages import Act, Citation, PolicyAnswer, Reply
from bot.speech import MAX_SPOKEN, speakable, spoken_turns
from bot.state import DialogueState
from bot.wording import PERSON_OFFER, offer_choices, say

ASPECT_WORDS = {
    "materials": "要带什么",
    "where": "在哪里办",
    "how": "怎么一步步办",
    "time_limit": "要多久",
    "cost": "花多少钱、报多少",
    "eligibility": "哪些人能办",
    "phone": "打什么电话",
    "hours": "几点上班",
}
_WHERE_INSURED = "您的医保是在哪个地方参加的？请告诉我市或者省。"
_POSSIBLE = 0.05  # confidence from which a second reading is worth a question
_IN_DOUBT = "这条现在不一定还作数。"
_MORE_TOPIC = "您还问了{name}。要我接着说吗？"
# Sides of a matter that an entry may leave open: how its ``unknowns`` name them, and how an answer would tell them.
_OPEN_SIDES = {
    "materials": (
        re.compile(r"带|材料|单据|证件|手续"),
        re.compile(r"身份证|社保卡|社会保障卡|凭证|证明|发票|委托书|带"),
    ),
    "time_limit": (
        re.compile(r"多久|几天|多长|多少天|时间|到账"),
        re.compile(
            r"\d+个?(?:工作日|天|小时|月(?!底))|[一二两三四五六七八九十]+(?:个工作日|天|次)|每个?(?:月|季度|年)|季度|当[天日场]|随时|即时|马上|最多"
        ),
    ),
    "cost": (re.compile(r"多少|钱|费|比例"), re.compile(r"不要钱|不收|免费|\d+(?:\.\d+)?(?:元|块)")),
}


def answer(ctx: Context, topic: str, state: DialogueState | None = None) -> Decision:
    """State a topic's entry for the region in effect, ask for the region, or say honestly that nothing is known."""
    state = ctx.state if state is None else state
    told = regions.told(ctx)
    if told.ambiguous:
        return _ask_which(ctx, topic, told.named, state)
    region = told.code or state.region or ctx.known_region
    covered = ctx.knowledge.regions(topic)
    if region is None and None in covered and len(covered) > 1:
        return _general_first(ctx, topic, state)
    if region is None and any(covered):
        asking = state.with_(
            flow="region", slots={"topic": topic}, expecting="region", topic=topic, failures=0
        )
        name = ctx.knowledge.topic_name(topic)
        reply = say(
            Act.CLARIFY,
            f"您问的是{name}。各地规定不一样。{_WHERE_INSURED}",
            f"您问的是{name}。{_WHERE_INSURED}",
            topic=topic,
        )
        return Decision(asking, reply)
    found = ctx.knowledge.lookup(topic, region, ctx.today)
    remember = (RememberRegion(told.code),) if told.code else ()
    if found is None:
        told_nothing = Decision(*_nothing_known(ctx, topic, region, state), actions=remember)
        return noted(ctx, told_nothing, "no_entry", topic=topic, region=region)
    side = _left_open(ctx, found)
    if side is not None:
        left = Decision(*_says_nothing_of(found, side, state), actions=remember)
        return noted(ctx, left, "unknown_detail", topic=topic, region=region)
    return Decision(*_state(ctx, found, state), actions=remember)


def answer_aspect(ctx: Context, aspect: str) -> Decision:
    """A follow-up such as 要带什么 on the policy last stated."""
    state = ctx.state
    topic = state.topic
    if topic is None:
        reply = say(Act.CLARIFY, "您问的是哪件事呢？比如异地看病、慢性病认定、报销。")
        return Decision(state.with_(expecting="topic"), reply)
    region = regions.told(ctx).code or state.region or ctx.known_region
    found = ctx.knowledge.lookup(topic, region, ctx.today)
    if found is None:
        return answer(ctx, topic)
    sentence = found.aspect(aspect)
    if sentence is None:
        unknown = Decision(*_aspect_unknown(found, aspect, state))
        return noted(ctx, unknown, "unknown_detail", topic=topic, region=region)
    lead = f"{found.source}的文件：" if found.source else f"{found.authority}的规定："
    body = "".join((lead, sentence, *found.caveats))
    text = f"{body}\n{cite(found)}"
    reply = _policy_reply(Act.ANSWER, found, text, body)
    return Decision(_talked(state, found).with_(offer=None), reply)


def did_you_mean(ctx: Context, topics: tuple[str, ...]) -> Decision:
    """Ask back between at most two topics; that this was needed is kept as a gap."""
    asked = _asked_back(ctx, topics)
    kept = replace(asked, state=asked.state.with_(asked=ctx.parse.text))
    return noted(ctx, kept, "low_confidence", topic=topics[0])


def _asked_back(ctx: Context, topics: tuple[str, ...]) -> Decision:
    names = [ctx.knowledge.topic_name(topic) for topic in topics]
    if len(topics) == 1:
        reply = say(Act.CLARIFY, f"您是想问{names[0]}吗？", choices=("是", "不是"), topic=topics[0])
        state = ctx.state.with_(offer=f"topic:{topics[0]}", choices=(), failures=ctx.state.failures)
        return Decision(state, reply)
    reply = offer_choices(Act.CLARIFY, "您想问的是哪一个？", names)
    return Decision(ctx.state.with_(flow="topic", expecting="choice", choices=topics), reply)


def several(ctx: Context, topics: tuple[str, ...]) -> Decision:
    """Several matters in one sentence: the first now, the others on offer."""
    first = answer(ctx, topics[0])
    if first.reply.act is not Act.ANSWER:
        return Decision(first.state.with_(pending_topics=topics[1:]), first.reply, first.actions)
    return offer_pending(ctx, first, topics[1:])


def offer_pending(ctx: Context, stated: Decision, topics: tuple[str, ...]) -> Decision:
    """Append the offer of the next matter to an answer."""
    if not topics or stated.reply.act is not Act.ANSWER:
        return stated
    question = _MORE_TOPIC.format(name=ctx.knowledge.topic_name(topics[0]))
    reply = with_tail(stated.reply, question)
    state = stated.state.with_(pending_topics=topics, offer=f"topic:{topics[0]}", more=())
    return Decision(state, reply, stated.actions)


def with_tail(reply: Reply, question: str, *, speak: bool = True) -> Reply:
    """A reply with one more question behind its text, and behind its speech unless ``speak`` is off."""
    speech = f"{reply.speech}{speakable(question)}" if speak else reply.speech
    return replace(reply, text=f"{reply.text}\n\n{question}", speech=speech)


def cite(found: PolicyAnswer) -> str:
    """Whose rule it is and where it stands, in one line."""
    places = "；".join(_place(c) for c in found.citations)
    return f"依据：{places}。{whose(found)}"


def whose(found: PolicyAnswer) -> str:
    """Whose rule it is, and whose document says so where that is another place's."""
    if found.region is None:
        return f"这是{found.source}的文件里写的，别处不一定一样。" if found.source else "这是全国通用的。"
    if found.source:
        return f"这是{found.authority}的做法，{found.source}的文件里写了。"
    return f"这是{found.authority}的规定。"


def _writer(found: PolicyAnswer) -> str:
    """Whose document it is: not always that of the place whose rule it tells."""
    return found.source or found.authority


def _place(citation: Citation) -> str:
    ended = "" if citation.in_force else "（已过有效期）"
    issued = date.fromisoformat(citation.issued)
    return (
        f"{citation.document} {citation.clause}（{issued.year}年{issued.month}月{issued.day}日发布）{ended}"
    )


def _state(ctx: Context, found: PolicyAnswer, state: DialogueState) -> tuple[DialogueState, Reply]:
    lead = _lead(ctx, found)
    warning = "".join(f"\n\n请注意：{caveat}" for caveat in found.caveats)
    asked = [a for a in ctx.parse.values("aspect") if a in ASPECT_WORDS]
    silent = [a for a in asked if a in _OPEN_SIDES and found.aspect(a) is None and _is_open(found, a)]
    unknown = ""
    if silent:
        unknown = f"\n\n{ASPECT_WORDS[silent[0]]}，文件里没有写。{PERSON_OFFER}"
    elif found.unknowns:
        unknown = f"\n\n{found.unknowns}"
    text = f"【{found.title}】\n{lead}{found.written}{warning}{unknown}\n\n{cite(found)}"
    turns = _turns(ctx, found, asked, silent)
    reply = _policy_reply(Act.ANSWER, found, text, turns[0])
    offer = "more" if turns[1:] else ("agent" if silent else None)
    new = _talked(state, found).with_(offer=offer, more=turns[1:])
    return new, reply


def _turns(ctx: Context, found: PolicyAnswer, asked: list[str], silent: list[str]) -> tuple[str, ...]:
    """What is said turn by turn: a warning in few words, whose rule it is, what was asked for, and then the rest."""
    sides = [found.aspect(aspect) or "" for aspect in asked]
    first, *rest = focused(found.spoken, ctx.state.asked if ctx.intent == "inform" else ctx.parse.text, sides)
    unknown = [f"{ASPECT_WORDS[silent[0]]}，文件里没有写。"] if silent else []
    warnings = [f"请注意，{caveat}" for caveat in found.caveats]
    opening = _opening(ctx, found)
    if _is_doubtful(found):  # such a rule is not told before the doubt about it
        first_warning = warnings[0] + opening
        if len(speakable(first_warning + first)) <= MAX_SPOKEN:
            opening, warnings = first_warning, warnings[1:]
        else:
            opening = f"{_IN_DOUBT}{opening}"
    if len(speakable(opening + first)) > MAX_SPOKEN:
        opening = opening.replace("自己的规定我这里没有。", "没有自己的，").replace("的规定。", "，")
    lines = (opening + first, *rest[:1], *unknown, *warnings, *rest[1:])
    return spoken_turns([speakable(line) for line in lines])


def _is_doubtful(found: PolicyAnswer) -> bool:
    """Whether the rule may not hold any more: past its end, or in doubt; not one that only ends some day."""
    if not all(citation.in_force for citation in found.citations):
        return bool(found.caveats)
    return any("到期" not in caveat for caveat in found.caveats[:1])


def _left_open(ctx: Context, found: PolicyAnswer) -> str | None:
    """The side that alone was asked about and of which the entry says nothing."""
    asked = [aspect for aspect in ctx.parse.values("aspect") if aspect not in ("how", "hours")]
    if not asked or found.topic in OF_FIGURES or any(aspect not in _OPEN_SIDES for aspect in asked):
        return None
    silent = [aspect for aspect in asked if found.aspect(aspect) is None and _is_open(found, aspect)]
    return silent[0] if len(silent) == len(asked) else None


def _is_open(found: PolicyAnswer, aspect: str) -> bool:
    named, told = _OPEN_SIDES[aspect]
    return bool(named.search(found.unknowns or "")) or not told.search(found.written)


def _says_nothing_of(found: PolicyAnswer, side: str, state: DialogueState) -> tuple[DialogueState, Reply]:
    """Honest on what was asked; what is known of the matter is on offer. No rule is stated."""
    named, _ = _OPEN_SIDES[side]
    silent = f"{ASPECT_WORDS[side]}，{_writer(found)}的文件里没有写，我不能乱说。"
    who = found.unknowns if found.unknowns and named.search(found.unknowns) else None
    question = "这件事文件里写了的，要我说给您听吗？"
    reply = Reply(
        text=f"{who or silent}\n\n{question}",
        speech=speakable(f"{silent}{question}"),
        act=Act.FALLBACK,
        topic=found.topic,
        region=found.asked_region or found.region,
    )
    return _talked(state, found).with_(offer=f"known:{found.topic}", more=()), reply


def _lead(ctx: Context, found: PolicyAnswer) -> str:
    """The line before a wider region's rule."""
    if not found.is_fallback or found.asked_region is None:
        return ""
    name = ctx.knowledge.region_name(found.asked_region)
    if found.region is None:
        return f"我这里没有{name}自己的规定。下面{_general_word(found)}\n"
    if found.asked_region[:4] == found.region[:4]:  # a district under its city
        return ""
    return f"我这里没有{name}自己的规定。下面是{found.authority}的规定。\n"


def _opening(ctx: Context, found: PolicyAnswer) -> str:
    """The same in a few spoken words, and always whose rule it is."""
    if found.region is None:
        return f"下面{_general_word(found)}"
    if found.source:
        return f"按{found.source}的文件，{found.authority}是这样办的。"
    lacking = ""
    if _lead(ctx, found):
        lacking = f"{ctx.knowledge.region_name(found.asked_region)}自己的规定我这里没有。"
    return f"{lacking}按{found.authority}的规定。"


def _general_word(found: PolicyAnswer) -> str:
    """Whose words a general entry tells; one province's document is not called the whole country's rule."""
    return f"是{found.source}的文件里写的。" if found.source else "是全国通用的。"


def _general_first(ctx: Context, topic: str, state: DialogueState) -> Decision:
    """A national matter asked without a place: what holds everywhere now, the place's own rule on request."""
    found = ctx.knowledge.lookup(topic, None, ctx.today)
    if found is None:
        return Decision(*_nothing_known(ctx, topic, None, state))
    told, reply = _state(ctx, found, state)
    if told.flow is not None:
        return Decision(told, reply)
    asking = told.with_(flow="region", slots={"topic": topic}, expecting="region", offer=None)
    return Decision(
        asking, with_tail(reply, "您告诉我医保在哪个市或者省，我再看当地还有什么规定。", speak=False)
    )


def _policy_reply(act: Act, found: PolicyAnswer, text: str, speech: str) -> Reply:
    return Reply(
        text=text,
        speech=speakable(speech),
        act=act,
        topic=found.topic,
        region=found.asked_region or found.region,
        entry_id=found.entry_id,
        citations=found.citations,
    )


def _talked(state: DialogueState, found: PolicyAnswer) -> DialogueState:
    """After an answer: a task under way goes on, a region or topic question is settled."""
    settled = state if state.flow not in ("region", "topic") else state.idle()
    return settled.with_(
        topic=found.topic,
        entry_id=found.entry_id,
        region=found.asked_region or state.region,
        failures=0,
        choices=() if settled.flow is None else settled.choices,
    )


def _aspect_unknown(found: PolicyAnswer, aspect: str, state: DialogueState) -> tuple[DialogueState, Reply]:
    silent = f"{ASPECT_WORDS.get(aspect, '这一点')}，{_writer(found)}的文件里没有写，我不能乱说。"
    text = f"{silent}{PERSON_OFFER}"
    reply = Reply(
        text=text,
        speech=speakable(f"{silent}{PERSON_OFFER}"),
        act=Act.ANSWER,
        topic=found.topic,
        region=found.asked_region or found.region,
        entry_id=found.entry_id,
    )
    return state.with_(offer="agent", failures=0), reply


def _nothing_known(
    ctx: Context, topic: str, region: str | None, state: DialogueState
) -> tuple[DialogueState, Reply]:
    """Say so, and offer what comes nearest of which something is known, or a person."""
    name = ctx.knowledge.topic_name(topic)
    where = ctx.knowledge.region_name(region) if region else ""
    silent = f"{where}关于{name}的规定，我这里没有收录，不能乱说。"
    kept = state.idle() if state.flow in ("region", "topic") else state
    kept = kept.with_(topic=topic, region=region or state.region, failures=0, more=())
    near = _nearest(ctx, topic, region)
    if near is not None and kept.flow is None:
        question = f"您是不是想问{ctx.knowledge.topic_name(near)}？"
        reply = say(Act.CLARIFY, f"{silent}{question}", topic=topic, region=region, choices=("是", "不是"))
        return kept.with_(offer=f"topic:{near}"), reply
    reply = say(Act.FALLBACK, f"{silent}{PERSON_OFFER}", topic=topic, region=region)
    return kept.with_(offer="agent"), reply


def _nearest(ctx: Context, topic: str, region: str | None) -> str | None:
    """Another topic that understanding held for possible and of which a rule is known for the region."""
    for other in ctx.parse.ranking:
        candidate = other.name.removeprefix("ask_")
        if candidate in (topic, other.name) or other.confidence < _POSSIBLE:
            continue
        if ctx.knowledge.regions(candidate) and ctx.knowledge.lookup(candidate, region, ctx.today):
            return candidate
    return None


def _ask_which(ctx: Context, topic: str, codes: tuple[str, ...], state: DialogueState) -> Decision:
    names = [ctx.knowledge.region_name(code) for code in codes]
    reply = offer_choices(Act.CLARIFY, "您的医保是在哪里参加的？", names, topic=topic)
    asking = state.with_(
        flow="region", slots={"topic": topic}, expecting="region", choices=codes[:3], topic=topic
    )
    return Decision(asking, reply)
