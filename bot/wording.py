"""How replies are put together: one text to read, one speech to hear."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from bot.messages import Act, Reply
from bot.speech import GO_ON_QUESTION, MAX_SPOKEN, speakable, spoken_turns
from bot.state import DialogueState

PERSON_OFFER = "要我帮您转人工吗？"


def say(act: Act, text: str, speech: str | None = None, **fields: Any) -> Reply:
    """A reply whose speech, unless given, is the text made speakable."""
    return Reply(text=text, speech=speakable(text) if speech is None else speech, act=act, **fields)


def offer_choices(act: Act, question: str, options: Sequence[str], **fields: Any) -> Reply:
    """A question with up to three options: numbered lines to read, keys to press."""
    options = tuple(options[:3])
    lines = [f"{number}. {option}" for number, option in enumerate(options, 1)]
    keys = "；".join(f"{speakable(option)}，{offered_key(str(i))}" for i, option in enumerate(options, 1))
    return Reply(
        text="\n".join([question, *lines]),
        speech=f"{speakable(question)}{keys}。",
        act=act,
        choices=options,
        **fields,
    )


def keys_for(yes: str, no: str) -> str:
    """The keys of a yes/no question, as said: 对,按一;不对,按二."""
    return f"{yes}，{offered_key('1')}；{no}，{offered_key('2')}。"


def with_keys(speech: str, yes: str = "对", no: str = "不对") -> str:
    """A yes/no question with its keys, unless that makes it too long to listen to."""
    keyed = f"{speech}{keys_for(yes, no)}"
    return keyed if len(keyed) <= MAX_SPOKEN else speech


def offered_key(key: str) -> str:
    """How a menu names one of its keys 1-3, as said; empty for any other."""
    return f"按{'一二三'[int(key) - 1]}" if key in ("1", "2", "3") else ""


def repeated(state: DialogueState, act: Act, lead: str = "") -> Reply:
    """The last reply once more, behind a few words; a read-back stays one that must be heard."""
    text = state.last_text or "我还没有说什么呢。您想问什么？"
    speech = state.last_speech or text
    must_be_heard = state.last_act == Act.CONFIRM.value
    return Reply(
        text=f"{lead}{text}",
        speech=f"{lead}{speech}",
        act=act,
        topic=state.topic,
        uninterruptible=must_be_heard,
    )


def limit_speech(reply: Reply, state: DialogueState) -> tuple[Reply, DialogueState]:
    """Cut a reply's speech to what is said in one go; the rest waits in ``state.more``.

    A state that already holds a rest keeps it behind what is cut here.
    """
    if reply.act is Act.CONFIRM:  # a read-back is heard whole
        return reply, state
    body, question = _closing_question(reply.speech)
    if len(body) <= MAX_SPOKEN and question:
        return reply, state
    turns = spoken_turns([reply.speech])
    if len(turns) <= 1 and not (state.more and state.offer == "more"):
        return reply, state
    first, rest = turns[0] if turns else "", (*turns[1:], *state.more)
    if not rest:
        return reply, state
    speech = f"{first}{GO_ON_QUESTION}" if not first.endswith(GO_ON_QUESTION) else first
    return replace(reply, speech=speech), state.with_(more=tuple(rest), offer=state.offer or "more")


def _closing_question(speech: str) -> tuple[str, str]:
    """A speech and the question it ends with (empty where it ends with none)."""
    match = re.search(r"[^。！？；!?;]*[？?]$", speech)
    return (speech[: match.start()], match.group()) if match else (speech, "")


def written_date(day: date) -> str:
    """11月25日(周三)."""
    return f"{day.month}月{day.day}日（周{'一二三四五六日'[day.weekday()]}）"


def written_time(moment: datetime) -> str:
    """11月25日(周三) 上午9:00."""
    part = _part_of_day(moment.hour)
    hour = moment.hour if moment.hour <= 12 else moment.hour - 12
    return f"{written_date(moment.date())}{part}{hour}点{_minutes(moment.minute)}"


def clock(moment: datetime) -> str:
    """上午9点半."""
    part = _part_of_day(moment.hour)
    hour = moment.hour if moment.hour <= 12 else moment.hour - 12
    return f"{part}{hour}点{_minutes(moment.minute)}"


def _part_of_day(hour: int) -> str:
    return "上午" if hour < 12 else "中午" if hour == 12 else "下午" if hour < 18 else "晚上"


def _minutes(minute: int) -> str:
    return "" if minute == 0 else "半" if minute == 30 else f"{minute}分"


def join_sentences(*sentences: str | None) -> str:
    """Non-empty sentences one after the other."""
    return "".join(s for s in sentences if s)


__all__ = [
    "MAX_SPOKEN",
    "PERSON_OFFER",
    "clock",
    "join_sentences",
    "keys_for",
    "limit_speech",
    "offer_choices",
    "offered_key",
    "repeated",
    "say",
    "with_keys",
    "written_date",
    "written_time",
]
