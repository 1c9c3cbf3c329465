"""Which of several dates, places or names counts, where one is taken back: 不是周三,是周四; 周三不行,换到周五."""

from __future__ import annotations

import re

from bot.messages import Entity

_REPLACEABLE = frozenset({"date", "date_range", "time", "day_part", "name", "phone", "region", "matter"})
_FAMILY = {"date_range": "date"}
_DENIED_BEFORE = re.compile(r"(?:不是|别|不要|不约|不去|不用|不叫|不姓|不在|不办)(?:约|去|在|叫)?(?:的)?$")
_DENIED_AFTER = re.compile(
    r"(?:的|那天|的号|上午|下午)?(?:不行|不对|不去|去不了|没空|没时间|有事|不方便|来不了|不要了|错了|不成|不中|不得空|算了|约满|"
    r"就?不[来约去办])"
)
# The visit as it was booked goes before a word of change: 我约的是周三,能换到周五吗.
_BOOKED_BEFORE = re.compile(r"(?:约(?:的|了|在|好|过)|原来|本来|之前|原先|从|把|上次|定的)[^,。]{0,6}$")
_CHANGE_BETWEEN = re.compile(r"改|换|挪|调|推|提前|变")


def without_taken_back(text: str, entities: list[Entity]) -> list[Entity]:
    """The entities that still count; one that is taken back goes only where another of its kind stands."""
    return [e for e in entities if not (e.type in _REPLACEABLE and _taken_back(text, e, entities))]


def _taken_back(text: str, entity: Entity, entities: list[Entity]) -> bool:
    kind = _FAMILY.get(entity.type, entity.type)
    others = [
        e
        for e in entities
        if _FAMILY.get(e.type, e.type) == kind and (e.value != entity.value) and e.start != entity.start
    ]
    if not others:
        return False
    before, after = text[: entity.start], text[entity.end :]
    if _DENIED_BEFORE.search(before[-6:]):
        return True
    later = [e for e in others if e.start >= entity.end]
    if later and _DENIED_AFTER.match(after):
        return True
    moved = kind in {"date", "time", "day_part"} or (kind == "region" and "约" in text)
    if moved and later and _BOOKED_BEFORE.search(before[-12:]):
        return bool(_CHANGE_BETWEEN.search(text[entity.end : later[0].start]))
    if moved and not later and _BOOKED_BEFORE.search(before[-12:]):
        return any(_CHANGE_BETWEEN.search(text[max(0, e.start - 4) : e.start]) for e in others)
    return False
