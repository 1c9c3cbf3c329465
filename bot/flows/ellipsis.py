"""Questions that leave out what they are about, because it was just talked of: 那居民呢, 找谁, 都办啥, 药店能用不, 第二个."""

from __future__ import annotations

import re
from itertools import pairwise

from bot.decision import Context, Decision
from bot.flows import policy, regions
from bot.flows.unanswered import kind_asked
from bot.messages import PolicyAnswer

_LONGEST = 12  # characters; a longer sentence says what it is about
_MOSTLY = 0.5  # share of each piece of what a question says of its own that the entry holds at least

# How a question is put that goes on from an answer.
_GOES_ON = re.compile(
    r"^(?:那|要是|如果|换成?|还有)|(?:呢|吗|吧|不|么|嘛|没|没有|行不行|可不可以|[?？])[啊呀哦]?$|"
    r"谁|几|哪|啥|什么|多少|多久|多长|好久|怎么|咋|(.)不\1|可不可以|有没有"
)
# 拿社保卡行不: whether something serves for what was told; it may be a matter of its own besides.
_SERVES = re.compile(
    r"^(?:那)?(?:我)?(?:[拿用凭刷]|出示)?(?P<thing>[\u4e00-\u9fff]{2,6}?)(?:也|都)?(?:可不可以|行不行|可以|行|能用|管用|顶用|算数?)(?:吗|不|么|嘛|没)?[?？]?$"
)
# What somebody thinks of it stands in no entry, even where its words do.
_JUDGES = re.compile(r"(?:哪|谁)[^。?？]{0,5}(?:好|强|便宜|贵|厉害|靠谱)|推荐|好不好")
# Words that only ask or join: what is left without them is what the question says of its own.
_ASKING = re.compile(
    r"那么|开通|开始|现在|一共|总共|要是|如果|的话|换成?|还有|能不能|可不可以|是不是|有没有|要不要|用不用|行不行|好不好|多少|多久|多长|好久|怎么样?|咋样|"
    r"什么时候|啥时候|算不算|负责|什么|啥子?|哪里|哪儿|哪个|哪些|几[个家种样天次]|可以|需要|应该|也?行|算|归|批|这个|那个|这边|那边|里头|里面|"
    r"我们|你们|咱们|我是|俺是|我|俺|你|您|他|她|们|"
    r"[那谁几哪啥怎咋能会用要有是在去到找都也还就再又的了呢吗吧不么嘛没啊呀哦和跟拿带办做给让呀里,，。.?？!！ ]"
)
# What citizens and documents call by two names.
_ALSO_CALLED = (
    ("癌症", "恶性肿瘤"),
    ("癌", "恶性肿瘤"),
    ("尿毒症", "肾透析"),
    ("透析", "尿毒症"),
    ("农民", "居民"),
    ("农村", "居民"),
    ("上班", "职工"),
    ("移植", "器官移植"),
)
_THE_OTHER = re.compile(
    r"^(?:那)?(?:第?二(?:个|件事?|样)?|另(?:外)?(?:一|那)?(?:个|件)(?:事)?|后(?:面|头)?(?:一|那)?(?:个|件)(?:事)?|还有(?:一|那)?(?:个|件)(?:事)?|下一(?:个|件)(?:事)?)(?:呢|吧|怎么说|怎么办|说说|是啥|是什么)?$"
)


def the_other(ctx: Context) -> Decision | None:
    """第二个, 那另一个呢: the second of two matters asked together, which was put on offer."""
    waiting = ctx.state.pending_topics
    if not waiting or not _THE_OTHER.match(ctx.parse.text.strip("。，！？,!?. ")):
        return None
    told = policy.answer(ctx, waiting[0], ctx.state.with_(offer=None, pending_topics=()))
    return policy.offer_pending(ctx, told, waiting[1:])


def about_the_same(ctx: Context) -> Decision | None:
    """The entry talked of, once more, for a short question that says nothing but what this entry tells of.

    None where the question names a matter, says more than it leaves out, or brings up what the entry knows nothing of.
    """
    topic, text = ctx.state.topic, ctx.parse.text
    if topic is None or ctx.state.flow not in (None, "region") or len(text) > _LONGEST:
        return None
    if set(ctx.parse.values("topic")) - {topic} and not serves(text):
        return None
    if not (_GOES_ON.search(text) or serves(text)) or _JUDGES.search(text) or kind_asked(text):
        return None
    region = regions.told(ctx).code or ctx.state.region or ctx.known_region
    found = ctx.knowledge.lookup(topic, region, ctx.today)
    for entity in ctx.parse.entities:
        text = text.replace(entity.text, " ") if entity.type == "region" else text
    own = [piece for piece in _ASKING.sub(" ", text).split() if len(piece) > 1]
    if found is None or not _tells_of(found, own):
        return None
    aspect = ctx.parse.first("aspect")
    if aspect and found.aspect(aspect) and not own:
        return policy.answer_aspect(ctx, aspect)
    return policy.answer(ctx, topic)


def serves(text: str) -> bool:
    """Whether nothing is asked but whether a thing will do: 社保卡可以不, 拿户口本行吗."""
    return bool(_SERVES.match(text))


def _tells_of(found: PolicyAnswer, own: list[str]) -> bool:
    """Whether an entry speaks of what a question says of its own; one that says nothing of its own is about it anyway."""
    if not own:
        return True
    told = "".join((found.title, found.written, *found.spoken, *(sentence for _, sentence in found.aspects)))
    told += "".join(one for one, other in _ALSO_CALLED if other in told)
    return all(_holds(told, piece) for piece in own)


def _holds(told: str, piece: str) -> bool:
    pairs = [a + b for a, b in pairwise(piece)]
    return sum(pair in told for pair in pairs) >= _MOSTLY * len(pairs)
