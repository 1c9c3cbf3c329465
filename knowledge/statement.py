"""What an entry says to a citizen on a given day: its words, its sources, and the warnings that go with them."""

from __future__ import annotations

from datetime import date, timedelta

from bot.messages import Citation, PolicyAnswer
from knowledge.entry import Certainty, PolicyEntry

NATIONAL_AUTHORITY = "国家"
ENDS_SOON = timedelta(days=365)  # an end this near is told with the answer
DEFAULT_DOUBT = "这条规定现在是否还执行，我不能确定，请先问清楚再去。"


def state(
    entry: PolicyEntry, authority: str, source: str | None, asked_region: str | None, on: date
) -> PolicyAnswer:
    """An entry as it may be told on a day.

    ``authority`` is whose rule it is, ``source`` whose document says it where that is another place; both as a
    citizen says them.
    """
    return PolicyAnswer(
        entry_id=entry.id,
        topic=entry.topic,
        title=entry.title,
        region=entry.region,
        authority=authority,
        asked_region=asked_region,
        is_fallback=asked_region is not None and entry.region != asked_region,
        written=entry.written,
        spoken=entry.spoken,
        citations=citations(entry, on),
        caveats=caveats(entry, on),
        aspects=aspects(entry),
        unknowns=entry.unknowns,
        source=source,
    )


def last_day(entry: PolicyEntry) -> date | None:
    """The last day an entry is in force: the earliest end of the entry and of its cited documents."""
    ends = [entry.validity.effective_until, *(clause.effective_until for clause in entry.citations)]
    return min((end for end in ends if end), default=None)


def in_force(entry: PolicyEntry, on: date) -> bool:
    """Whether an entry's rule holds on a day as far as its documents tell (doubt is a caveat, not an end)."""
    end = last_day(entry)
    return entry.validity.effective_from <= on and (end is None or on <= end)


def citations(entry: PolicyEntry, on: date) -> tuple[Citation, ...]:
    """The entry's sources; ``in_force`` tells whether document and entry hold on that day."""
    found = []
    for clause in entry.citations:
        start = clause.effective_from or clause.issued
        end = clause.effective_until
        holds = start <= on and (end is None or on <= end) and in_force(entry, on)
        found.append(Citation(clause.document, clause.clause, clause.issued.isoformat(), holds))
    return tuple(found)


def caveats(entry: PolicyEntry, on: date) -> tuple[str, ...]:
    """The sentences that must be said with the entry on that day; empty where nothing is doubtful."""
    found: list[str] = []
    end = last_day(entry)
    if end is not None and on > end:
        found.append(f"这条规定到{_spell(end)}就到期了，现在可能已经变了，请先问清楚再去。")
    elif end is not None and end - on <= ENDS_SOON:
        found.append(f"这条规定到{_spell(end)}到期。")
    if entry.validity.caveat:
        found.append(entry.validity.caveat)
    elif entry.validity.certainty is Certainty.DOUBTFUL:
        found.append(DEFAULT_DOUBT)
    review_by = entry.validity.review_by
    if review_by is not None and on > review_by and not (end is not None and on > end):
        found.append("这条内容有一阵子没有核对过了，办之前请再问一下。")
    return tuple(found)


def aspects(entry: PolicyEntry) -> tuple[tuple[str, str], ...]:
    """What the entry says on follow-up questions: materials, where, how, time_limit, cost, eligibility.

    Only aspects of which the entry says something; several items become short lines of one text.
    """
    said = {
        "materials": _lines(entry.materials),
        "where": _lines(entry.channels),
        "how": _lines(entry.steps, numbered=True),
        "time_limit": entry.time_limit,
        "cost": entry.cost,
        "eligibility": entry.eligibility,
    }
    return tuple((name, text) for name, text in said.items() if text)


def _lines(items: tuple[str, ...], numbered: bool = False) -> str:
    if len(items) <= 1:
        return "".join(items)
    marks = (f"第{n}步，" for n in range(1, len(items) + 1)) if numbered else ("· " for _ in items)
    return "\n".join(mark + item for mark, item in zip(marks, items, strict=True))


def _spell(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
