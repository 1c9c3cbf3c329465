"""Dates as people say them, reckoned from today: 下周三, 3号, 腊月初八, 国庆后, 月底.

The words stand in nlu.date_rules, their meaning in nlu.date_words. A date that cannot be (2月30号) is left out, as
is what recurs (每周三).
"""

from __future__ import annotations

import re
from datetime import date

from bot.messages import Entity
from nlu.date_rules import RULES, Resolver
from nlu.date_words import Span, Today, WorkingDays

_BETWEEN = re.compile(r"(?:到|至|~|-|—|–|或者?是?|还是|要么|和|跟|是|、|,)?")
_RANGE = re.compile(r"[到至~—–-]")
_SAME_DAY = {"", ",", "是", "的"}


def find_dates(text: str, today: date, works: WorkingDays) -> list[Entity]:
    """Entities ``date`` and ``date_range`` in text order, not overlapping.

    ``works`` tells whether offices work on a day (国庆后 is the first such day after the holiday).
    """
    entities: list[Entity] = []
    before: date | None = None
    for match, resolver in _matches(text):
        near = entities and _BETWEEN.fullmatch(text, entities[-1].end, match.start())
        resolved = _resolve(resolver, match, Today(today, works, before if near else None))
        if resolved is None:
            continue
        before = resolved[0]
        entities.append(_entity(text, resolved, match.start(), match.end()))
    return _joined(text, entities)


def _matches(text: str) -> list[tuple[re.Match[str], Resolver]]:
    """What the rules find, in text order; of overlapping finds the one of the earlier rule."""
    found: list[tuple[re.Match[str], Resolver]] = []
    taken = bytearray(len(text))
    for pattern, resolver in RULES:
        for match in pattern.finditer(text):
            start, end = match.span()
            if not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                found.append((match, resolver))
    return sorted(found, key=lambda pair: pair[0].start())


def _resolve(resolver: Resolver, match: re.Match[str], today: Today) -> Span | None:
    try:
        resolved = resolver(match, today)
    except (ValueError, OverflowError):  # a day that does not exist
        return None
    return (resolved, resolved) if isinstance(resolved, date) else resolved


def _entity(text: str, span: Span, start: int, end: int) -> Entity:
    first, last = span
    if first == last:
        return Entity("date", first.isoformat(), text[start:end], start, end)
    return Entity("date_range", f"{first.isoformat()}/{last.isoformat()}", text[start:end], start, end)


def _joined(text: str, entities: list[Entity]) -> list[Entity]:
    """周一到周三 as one range; 今天周三 as one date."""
    out: list[Entity] = []
    for entity in entities:
        last = out[-1] if out else None
        if last and last.type == entity.type == "date":
            between = text[last.end : entity.start]
            span = (date.fromisoformat(last.value), date.fromisoformat(entity.value))
            is_range = _RANGE.fullmatch(between) and span[0] < span[1]
            if is_range or (between in _SAME_DAY and span[0] == span[1]):
                out[-1] = _entity(text, span, last.start, entity.end)
                continue
        out.append(entity)
    return out
