"""A conversation with `decide` alone: parses are given by hand, actions are noted and answered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from bot.decision import (
    Action,
    AppointmentView,
    Availability,
    Book,
    Context,
    Decision,
    Done,
    OpenWorkOrder,
    Refused,
)
from bot.dialogue import decide, follow_up
from bot.flows.questions import Thresholds
from bot.messages import Act, Channel, Entity, Intent, Parse, Reply, Utterance, UtteranceKind
from bot.ports import KnowledgeBase
from bot.settings import TIME_ZONE
from bot.speech import MAX_SPOKEN
from bot.state import DialogueState

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=TIME_ZONE)  # a Wednesday
THRESHOLDS = Thresholds(accept=0.5, give_up=0.2)
NEXT_OPENING = datetime(2026, 11, 26, 8, 30, tzinfo=TIME_ZONE)


def hall(region: str = "370100", full: Mapping[str, tuple[str, ...]] | None = None) -> Availability:
    """Two weeks of a hall from NOW: weekdays 9–12 and 13:30–17, every half hour; ``full`` times are taken."""
    taken = full or {}
    days: dict[date, tuple[datetime, ...]] = {}
    closed: dict[date, str] = {}
    for offset in range(15):
        day = NOW.date() + timedelta(days=offset)
        if day.weekday() >= 5:
            closed[day] = "weekend"
            continue
        clocks = [f"{h:02}:{m}" for h in range(9, 12) for m in ("00", "30")]
        clocks += ["13:30", *(f"{h:02}:{m}" for h in range(14, 17) for m in ("00", "30"))]
        free = [c for c in clocks if c not in taken.get(day.isoformat(), ())]
        starts = [datetime.fromisoformat(f"{day}T{c}").replace(tzinfo=TIME_ZONE) for c in free]
        days[day] = tuple(s for s in starts if s > NOW)
    hours = "周一到周五9:00到12:00、13:30到17:00"
    return Availability(1, "济南市医疗保障服务大厅", None, region, hours, days, closed)


_NAMES = {
    "370100": "济南",
    "370800": "济宁",
    "530000": "云南",
    "110000": "北京",
    "410000": "河南",
    "350300": "莆田",
}


def _place(text: str, type_: str, value: str) -> tuple[int, int]:
    """Where a region stands in the text; other entities are taken to span all of it."""
    name = _NAMES.get(value, "") if type_ == "region" else ""
    start = text.find(name) if name else -1
    return (start, start + len(name)) if start >= 0 else (0, len(text))


# What makes sense on a screen only.
_WRITTEN = re.compile(r"打字|打成字|点击|点一下|链接|网址|网页|屏幕|如下|图片|扫码|截图|您看(?!病)")
_SIGNS = re.compile(r"[0-9A-Za-z%“”〔〕（）()\n:/]")  # what a voice stumbles over


def check_as_heard(reply: Reply) -> None:
    """Every reply on the telephone is one for ears: nothing to be read or typed, and not too much at once."""
    found = _SIGNS.search(reply.speech)
    if found is None and reply.entry_id is None:  # entries may speak of typing and scanning
        found = _WRITTEN.search(reply.speech)
    assert found is None, f"{found.group()!r} in {reply.speech}"
    body = re.sub(r"[^。！？；]*？[^？]*$", "", reply.speech)  # up to the question and its keys
    assert reply.act is Act.CONFIRM or len(body) <= MAX_SPOKEN, reply.speech


@dataclass
class Talk:
    """One citizen's conversation; every ``say`` is a turn."""

    knowledge: KnowledgeBase
    channel: Channel = Channel.WECHAT
    known_region: str | None = None
    caller_phone: str | None = None
    office_open: bool = True
    upcoming: tuple[AppointmentView, ...] = ()
    availability: Availability | None = None
    waiting_position: int | None = None
    speech_rate: float = 1.0
    refuse: str | None = None  # the code with which deciding actions are refused
    state: DialogueState = field(default_factory=DialogueState)
    actions: list[Action] = field(default_factory=list)

    def say(
        self,
        text: str,
        intent: str,
        confidence: float = 0.9,
        second: str | None = None,
        heard: str | None = None,
        **entities: str | tuple[str, ...],
    ) -> Reply:
        """One utterance, understood as given; ``second`` is the next best intent, ``heard`` what was heard of
        the reply before, entities by type in text order."""
        found: list[Entity] = []
        for type_, values in entities.items():
            for value in (values,) if isinstance(values, str) else values:
                start, end = _place(text, type_, value)
                said = text[start:end] if type_ == "region" else value
                found.append(Entity(type_, value, said, start, end))
        best = Intent(intent, confidence)
        ranking = (best, Intent(second, confidence * 0.9)) if second else (best,)
        return self._turn(text, Parse(text, best, ranking, tuple(found)), UtteranceKind.TEXT, heard)

    def press(self, key: str, heard: str | None = None) -> Reply:
        """A telephone key."""
        parse = Parse(key, Intent("nlu_fallback", 0.0), source="rules")
        return self._turn(key, parse, UtteranceKind.KEY, heard)

    def silence(self) -> Reply:
        """The caller says nothing for the no-input time."""
        return self._turn("", Parse("", Intent("nlu_fallback", 0.0), source="rules"), UtteranceKind.SILENCE)

    def _turn(self, text: str, parse: Parse, kind: UtteranceKind, heard: str | None = None) -> Reply:
        utterance = Utterance(self.channel, "u1", text, f"m{len(self.actions)}", NOW, kind, heard=heard)
        context = Context(
            now=NOW,
            utterance=utterance,
            parse=parse,
            state=self.state,
            knowledge=self.knowledge,
            known_region=self.known_region,
            caller_phone=self.caller_phone,
            office_open=self.office_open,
            next_opening=NEXT_OPENING,
            upcoming=self.upcoming,
            availability=self.availability,
            waiting_position=self.waiting_position,
            speech_rate=self.speech_rate,
        )
        decision = self._settle(context, decide(context, THRESHOLDS))
        self.actions += decision.actions
        self.state = decision.state
        if self.channel is Channel.PHONE:
            check_as_heard(decision.reply)
        return decision.reply

    def _settle(self, context: Context, decision: Decision) -> Decision:
        if decision.deciding is None:
            return decision
        if self.refuse:
            told = follow_up(context, decision, Refused(decision.deciding, self.refuse))
        else:
            facts = {"reference": "481516"} if isinstance(decision.deciding, Book) else {}
            if isinstance(decision.deciding, OpenWorkOrder):
                facts = {"number": "20261125001"}
            told = follow_up(context, decision, Done(decision.deciding, facts))
        return replace(told, actions=decision.actions)
