"""Nobody answers: the question in other words, then keys, then a person, then a goodbye. Nobody is hung up on unwarned."""

from __future__ import annotations

from bot.decision import Context, Decision
from bot.flows import booking, changes, person, talk
from bot.messages import Act, UtteranceKind
from bot.state import DialogueState
from bot.wording import keys_for, offered_key, say

PERSON_OFFERED = 3  # silences in a row after which a person is offered
_IN_OTHER_WORDS = {
    (booking.NAME, "matter"): "您来办什么事？报销，办慢性病，还是补卡？慢慢说。",
    (booking.NAME, "region"): "您要去哪个城市的大厅？比如说，济南。",
    (booking.NAME, "date"): "您哪天有空过来？说明天，或者说下星期几，都行。",
    (booking.NAME, "time"): "您说上午或者下午，也行。",
    (booking.NAME, "name"): "来办事的人姓什么，叫什么？请慢慢说。",
    (booking.NAME, "phone"): "请把手机号码一个数字一个数字地说，不着急。",
    (booking.NAME, "confirm"): "我刚才念的，对，您就说对；有错，就说不对。",
    (booking.NAME, "correction"): "您说哪里错了就行。比如，时间不对，或者名字不对。",
    (changes.RESCHEDULE, "appointment"): "您要改哪一次？说第一个，或者第二个。",
    (changes.RESCHEDULE, "date"): "您想换到哪一天？比如说，下星期三。",
    (changes.RESCHEDULE, "time"): "您说上午或者下午，也行。",
    (changes.RESCHEDULE, "confirm"): "改成新的时间，您就说对；不改，就说不对。",
    (changes.CANCEL, "appointment"): "您要取消哪一次？说第一个，或者第二个。",
    (changes.CANCEL, "confirm"): "真要取消，您就说对；不取消，就说不。",
    (person.CALLBACK, "confirm"): "给您回电话，行，您就说可以；不行，就说不用。",
    (person.CALLBACK, "phone"): "请把电话号码一个数字一个数字地说，不着急。",
    ("region", "region"): "您的医保卡是哪个城市的？比如说，济南。",
    ("topic", "choice"): "您说第一个，或者第二个，就行。",
    ("hours", "region"): "您问哪个城市的大厅？比如说，济南。",
    ("complaint", "text"): "您慢慢说，出了什么事。我在听，会记下来。",
    ("rating", "rating"): "您说一个数就行。五分最好，一分最差。",
}
_OFFERS = {
    "agent": "要找工作人员，您就说好。",
    "more": "要我接着说，您就说接着说。",
    "book": "要约一个，您就说好。",
    "topic": "问的是这个，您就说是。",
    "known": "要我说给您听，您就说好。",
}
_ANYTHING = "您想问什么，慢慢说，我在听。"


def ladder(ctx: Context) -> Decision:
    """The next step for a caller who said nothing."""
    count = ctx.state.silences + 1
    state = ctx.state.with_(silences=count)
    if count == 1:
        return Decision(state, say(Act.CLARIFY, f"我没有听到您说话。{_other_words(state)}"))
    if count == 2:
        return Decision(state, say(Act.CLARIFY, f"还是没有听到。您不说话，按键也行。{_keys(state)}"))
    if count == PERSON_OFFERED:
        way = "我请工作人员来跟您说" if ctx.office_open else "工作人员下班了，我们回头给您打电话"
        return Decision(state, say(Act.FALLBACK, f"我听不到您说话。{way}，好吗？{keys_for('好', '不用')}"))
    text = "我一直听不到您说话，先挂电话了。您随时再打过来。再见。"
    return Decision(state.idle().with_(silences=0, more=()), say(Act.GOODBYE, text))


def answered(ctx: Context) -> Decision | None:
    """Yes or no to the person that the ladder offered; None where something else is said."""
    if ctx.state.silences < PERSON_OFFERED:
        return None
    key = ctx.utterance.text.strip() if ctx.utterance.kind is UtteranceKind.KEY else None
    if key == "1" or (key is None and ctx.intent == "affirm"):
        return person.bring(ctx, "no_match")
    if key == "2" or (key is None and ctx.intent == "deny"):
        return talk.repeat(ctx)
    return None


def _other_words(state: DialogueState) -> str:
    asked = _IN_OTHER_WORDS.get((state.flow or "", state.expecting or ""))
    if asked:
        return asked
    return _OFFERS.get((state.offer or "").partition(":")[0], _ANYTHING)


def _keys(state: DialogueState) -> str:
    """The options with their keys, yes and no, or what keys always do."""
    always = "再听一遍，按星号键；找工作人员，按零。"
    if state.choices:
        return _options(state.last_speech)
    if state.expecting == "confirm" or state.offer:
        return f"{keys_for('好', '不')}{always}"
    return always


def _options(speech: str) -> str:
    """Of a menu its options with their keys, without what led to them."""
    first_key = speech.find(offered_key("1"))
    begins = max(speech.rfind(mark, 0, max(first_key, 0)) for mark in "。？：")
    return speech[begins + 1 :]
