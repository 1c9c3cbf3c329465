"""Everything with a meaning of its own in one normalised text; one file per kind does the finding."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from bot.calendar import ChineseCalendar
from bot.messages import Entity
from bot.ports import Calendar
from bot.settings import TIME_ZONE
from nlu import homophones, lexicon, regions, topic_words
from nlu.aspects import find_aspects
from nlu.corrections import without_taken_back
from nlu.date_words import WorkingDays
from nlu.dates import find_dates
from nlu.matters import find_matters
from nlu.names import find_names
from nlu.numbers import find_numbers
from nlu.ratings import find_ratings
from nlu.regions import find_regions
from nlu.times import find_times
from nlu.topic_words import find_topics
from nlu.visit_kinds import find_visit_kinds

_LONGEST = 2000  # characters; what follows in a longer text is not looked at


def extract(text: str, now: datetime, calendar: Calendar | None = None) -> tuple[Entity, ...]:
    """The entities of a normalised text, in text order; spans index ``text``.

    ``now`` is timezone-aware and anchors words like 后天; ``calendar`` tells working days for 国庆后 (the Chinese one
    where none is given). Never raises, whatever the text. Entities of one type don't overlap; those of different
    types may (a matter that names a topic). What is taken back in the same sentence is left out.
    """
    text = text[:_LONGEST]
    today = now.astimezone(TIME_ZONE).date()
    works = calendar.is_working_day if calendar else _works()
    numbers = find_numbers(text)
    counted = [(e.start, e.end) for e in numbers]
    times = [e for e in find_times(text) if not _touches(e, counted)]
    dates = [e for e in find_dates(text, today, works) if not _touches(e, counted)]
    places = find_regions(text)
    placed = [(e.start, e.end) for e in (*numbers, *times, *dates, *places)]
    names = find_names(text, placed)
    named = [(e.start, e.end) for e in names]
    found = [
        *numbers,
        *names,
        *(e for e in (*times, *dates, *places) if not _touches(e, named)),
        *find_aspects(text),
        *find_visit_kinds(text),
        *find_ratings(text),
        *find_topics(text),
        *find_matters(text),
    ]
    return tuple(sorted(without_taken_back(text, found), key=lambda e: (e.start, e.end, e.type)))


def _touches(entity: Entity, spans: list[tuple[int, int]]) -> bool:
    return any(entity.start < end and start < entity.end for start, end in spans)


@cache
def _works() -> WorkingDays:
    """The Chinese calendar, looking up every day once: 国庆后 asks for a dozen days at about a millisecond each."""
    return cache(ChineseCalendar().is_working_day)


def warm_up() -> None:
    """Read dictionaries and tables now (about half a second) instead of with the first sentence."""
    lexicon.warm_up()
    homophones.warm_up()
    regions.warm_up()
    topic_words.warm_up()
