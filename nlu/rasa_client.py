"""Asks the Rasa NLU server what a text means."""

from __future__ import annotations

import logging
import re
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import httpx

from bot.messages import Entity, Intent, Parse
from bot.ports import UnderstandingUnavailable
from nlu.circuit import CircuitBreaker
from nlu.intents import FALLBACK

LONGEST = 300  # characters sent; 5,600 would keep the server busy for 9 s
_LEAST_ENTITY_CONFIDENCE = 0.5
_RANKED = 5
_CONNECTIONS = 16
_READABLE = re.compile(r"[A-Za-z\u3400-\u9fff]")
_LOCATED = {"name", "matter"}


def is_worth_asking(text: str) -> bool:
    """Whether Rasa can say anything of a text. It takes bare digits and signs for a yes, and blanks for an error."""
    return _READABLE.search(text) is not None


class RasaUnderstanding:
    """Understanding by a Rasa server: intents of its classifier, names and matters of its CRF.

    ``url`` is the server's base URL, ``timeout`` seconds for each step of a call. Thread-safe; one connection
    pool. Expects normalised text.
    """

    def __init__(
        self, url: str, token: str, timeout: float = 2.0, breaker: CircuitBreaker | None = None
    ) -> None:
        self._breaker = breaker or CircuitBreaker()
        logging.getLogger("httpx").setLevel(
            logging.WARNING
        )  # Rasa takes its token in the URL; httpx logs URLs
        self._client = httpx.Client(
            base_url=url,
            params={"token": token},
            timeout=timeout,
            limits=httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS),
            trust_env=False,
        )

    def parse(self, text: str, now: datetime) -> Parse:
        """What Rasa makes of a text; ``now`` is not needed here.

        A text that Rasa must not see (blank, digits, signs) gives ``nlu_fallback`` with confidence 0. Raises
        UnderstandingUnavailable when the server does not answer well and in time, and at once while it is
        known to be down.
        """
        asked, cut_at, left_out = _as_sent(text)
        if not is_worth_asking(asked):
            return Parse(text, Intent(FALLBACK, 0.0))
        if not self._breaker.allows():
            raise UnderstandingUnavailable("the NLU server is down")
        try:
            answer = self._client.post("/model/parse", json={"text": asked})
            answer.raise_for_status()
            content = answer.json()
            intents = _intents(content)
            found = [_entity(raw, text, cut_at, left_out) for raw in content["entities"]]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            self._breaker.failed()
            raise UnderstandingUnavailable(type(error).__name__) from None
        self._breaker.succeeded()
        return Parse(text, intents[0], intents, tuple(entity for entity in found if entity is not None))

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _as_sent(text: str) -> tuple[str, int, int]:
    """What goes over the wire, and how its positions map back: from ``cut_at`` on they are off by ``left_out``.

    Rasa takes a leading slash for a command (`/restart`). Of a long story the beginning and the end are sent,
    where matter and request stand.
    """
    asked = text.lstrip("/ \t\n")
    skipped = len(text) - len(asked)
    if len(asked) <= LONGEST:
        return asked, 0, skipped
    half = LONGEST // 2
    return asked[:half] + asked[-half:], half, len(text) - LONGEST


def _intents(answer: dict[str, Any]) -> tuple[Intent, ...]:
    ranked = tuple(
        Intent(str(raw["name"]), min(max(float(raw["confidence"]), 0.0), 1.0))
        for raw in answer["intent_ranking"][:_RANKED]
    )
    if not ranked:
        raise ValueError("no intent")
    return ranked


def _entity(raw: dict[str, Any], text: str, cut_at: int, left_out: int) -> Entity | None:
    """A located name or matter; None for what is uncertain or lies across the cut."""
    if raw["entity"] not in _LOCATED or raw.get("confidence_entity", 1.0) < _LEAST_ENTITY_CONFIDENCE:
        return None
    start, end = int(raw["start"]), int(raw["end"])
    if start < cut_at < end:
        return None
    shift = left_out if start >= cut_at else 0
    said = text[start + shift : end + shift]
    return Entity(str(raw["entity"]), said, said, start + shift, end + shift)
