"""Whether a reply is right: its act, its topic, its entry, its facts in writing and in speech."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.evaluation.question import Question
from bot.messages import Act, Reply
from bot.speech import speakable

_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One reply judged. Everything after ``stated`` is only asked of a question that expects a policy."""

    question: Question
    reply: Reply
    act: bool
    stated: bool  # a policy was stated, right or wrong
    topic: bool = False
    entry: bool = False
    facts_written: bool = False
    facts_spoken: bool = False  # in what is heard before the first 要我接着说吗

    @property
    def right(self) -> bool:
        """Nothing is wrong with the reply that a citizen could read."""
        question = self.question
        if question.no_policy:
            return not self.stated
        if question.silent:
            return self.topic and not self.stated
        if question.entries and Act.ANSWER.value in question.acts:
            return self.act and self.topic and self.entry and self.facts_written
        return self.act and (self.topic or not question.topics)


def judge(question: Question, reply: Reply) -> Verdict:
    """The verdict on a reply."""
    expected = question.acts
    entries, topics = question.entries, question.topics
    bare = {entry for entry in entries if "." not in entry}
    return Verdict(
        question=question,
        reply=reply,
        act=question.no_policy or question.silent or reply.act.value in expected,
        stated=bool(reply.citations),
        topic=reply.topic in topics,
        entry=reply.entry_id in entries or (reply.topic or "") in bare,
        facts_written=holds(reply.text, question.facts),
        facts_spoken=holds(reply.speech, question.facts),
    )


def holds(text: str, facts: Iterable[Sequence[str]]) -> bool:
    """Whether each fact stands in a text in one of its wordings, written or spoken."""
    plain = _SPACE.sub("", text)
    return all(any(f in plain or speakable(f) in plain for f in alternatives) for alternatives in facts)
