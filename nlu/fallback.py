"""Understanding in layers: fixed rules, then Rasa, and keywords while Rasa cannot be reached."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from bot.messages import Entity, Intent, Parse
from bot.ports import Understanding, UnderstandingUnavailable
from nlu import keywords, rules
from nlu.entities import extract
from nlu.intents import FALLBACK
from nlu.normalize import normalize
from nlu.rasa_client import is_worth_asking

log = logging.getLogger(__name__)

_Result = TypeVar("_Result")
# What the CRF takes for a name or matter is not one where a rule found this.
_EXACT = frozenset(
    {
        "date",
        "date_range",
        "time",
        "day_part",
        "phone",
        "bad_phone",
        "id_number",
        "bad_id_number",
        "reference",
    }
)
_NOT_A_NAME = _EXACT | {"region", "topic"}


class LayeredUnderstanding:
    """The Understanding that the product uses: never raises, always answers.

    An emergency, a swindler, "a person, please" and the phone's own words (again, slower, louder) are rules'
    business and do not depend on any server. ``source`` of the Parse tells which layer decided.
    """

    def __init__(self, rasa: Understanding) -> None:
        self._rasa = rasa
        self._down = False

    def parse(self, text: str, now: datetime) -> Parse:
        """Understand one utterance; ``now`` (aware) anchors words like 后天."""
        plain = _safely(lambda: normalize(text), text.strip())
        found: tuple[Entity, ...] = _safely(lambda: extract(plain, now), ())
        ruled: Intent | None = _safely(lambda: rules.match(plain), None)
        if ruled is not None:
            return Parse(plain, ruled, (ruled,), found, source="rules")
        if not is_worth_asking(plain):
            # Bare digits and signs: the numbers in them are all there is to know.
            intent = Intent("inform", 1.0) if found else Intent(FALLBACK, 0.0)
            return Parse(plain, intent, (intent,), found, source="rules")
        return self._ask(plain, now, found)

    def _ask(self, plain: str, now: datetime, found: tuple[Entity, ...]) -> Parse:
        try:
            parse = self._rasa.parse(plain, now)
        except UnderstandingUnavailable:
            if not self._down:
                log.warning("%s: keywords take over", UnderstandingUnavailable.code)
            self._down = True
            ranking: tuple[Intent, ...] = _safely(lambda: keywords.parse(plain), ())
            best = ranking[0] if ranking else Intent(FALLBACK, 0.0)
            return Parse(plain, best, ranking or (best,), found, source="keywords")
        if self._down:
            log.warning("the NLU server answers again")
        self._down = False
        return Parse(plain, parse.intent, parse.ranking, _merged(found, parse.entities), source="rasa")


def _merged(by_rule: Iterable[Entity], learnt: Iterable[Entity]) -> tuple[Entity, ...]:
    """Rules' entities, and those learnt names and matters that don't contradict them, in text order."""
    merged = list(by_rule)
    ruled = tuple(merged)
    for entity in learnt:
        excluded = _NOT_A_NAME if entity.type == "name" else _EXACT
        if not any(
            (other.type in excluded or other.type == entity.type) and _overlap(entity, other)
            for other in ruled
        ):
            merged.append(entity)
    return tuple(sorted(merged, key=lambda entity: (entity.start, entity.end)))


def _overlap(one: Entity, other: Entity) -> bool:
    return one.start < other.end and other.start < one.end


def _safely(step: Callable[[], _Result], otherwise: _Result) -> _Result:
    """A step's result, or something harmless where odd input finds a fault in it: a citizen is always answered."""
    try:
        return step()
    except Exception as error:  # only its kind is logged: its message may hold what the citizen said
        log.error("nlu.step_failed %s", type(error).__name__)
        return otherwise
