"""One question, one answer, and nothing else: no conversation, no booking, nobody called, nothing stored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from bot.decision import Context
from bot.dialogue import decide
from bot.flows.questions import Thresholds
from bot.messages import Act, Channel, PolicyAnswer, Reply, Utterance
from bot.ports import KnowledgeBase, Understanding
from bot.settings import TIME_ZONE
from bot.state import DialogueState

_OUTRIGHT = (Act.ANSWER, Act.CLARIFY)  # acts whose words are true without a conversation around them
_INSTEAD = {
    Act.EMERGENCY: "有人有危险，请马上拨打120或者110。",
    Act.FRAUD_WARNING: "医保部门不会让您转账，也不会要您的密码和验证码。已经转了钱的，请马上拨打110。",
    Act.OUT_OF_SCOPE: "这个问题不归医保管，或者文件里没有写。请拨打12345问一问。",
}
_ELSEWHERE = "这里只回答政策问题。要办事、找人工，请用微信公众号，或者拨打12393。"
_UNSURE = "这个问题我没有把握，不乱说。请拨打12393，找人工问一问。"
_NOTHING = (Act.FALLBACK, Act.OUT_OF_SCOPE)


@dataclass(frozen=True, slots=True)
class Told:
    """The answer to one question; ``answer`` is the entry it comes from, where a policy is stated."""

    reply: Reply
    answer: PolicyAnswer | None


class Asking:
    """Answers single questions with the same understanding, decisions and knowledge as every conversation."""

    def __init__(
        self, understanding: Understanding, knowledge: KnowledgeBase, thresholds: Thresholds
    ) -> None:
        self._understanding, self._knowledge, self._thresholds = understanding, knowledge, thresholds

    def ask(self, question: str, region: str | None, now: datetime) -> Told:
        """Answer one question of a citizen of a region (GB/T 2260). ``now`` is aware. Changes nothing."""
        local = now.astimezone(TIME_ZONE)
        context = Context(
            now=local,
            utterance=Utterance(Channel.WECHAT, "api", question, "api", now, region_hint=region),
            parse=self._understanding.parse(question, now),
            state=DialogueState(),
            knowledge=self._knowledge,
            known_region=region,
        )
        reply = decide(context, self._thresholds).reply
        if reply.act not in _OUTRIGHT:
            fallback = _UNSURE if reply.act in _NOTHING else _ELSEWHERE
            text = _INSTEAD.get(reply.act, fallback)
            return Told(replace(reply, text=text, speech=text, citations=(), entry_id=None, choices=()), None)
        return Told(reply, self._source(reply, local))

    def _source(self, reply: Reply, now: datetime) -> PolicyAnswer | None:
        if reply.act is not Act.ANSWER or reply.topic is None or reply.entry_id is None:
            return None
        found = self._knowledge.lookup(reply.topic, reply.entry_id.rpartition(".")[2], now.date())
        general = self._knowledge.lookup(reply.topic, None, now.date())
        return next((one for one in (found, general) if one and one.entry_id == reply.entry_id), None)
