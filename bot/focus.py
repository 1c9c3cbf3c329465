"""What was asked for comes first: the order in which an answer's sentences are said."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from bot.speech import speakable

_HAN = re.compile(r"[一-鿿]+")
_SENTENCE = re.compile(r"[^。！？；!?;\n]+[。！？；!?;\n]*")
# Characters of asking and politeness: they tell nothing of what is asked for.
_EMPTY = frozenset(
    "的了吗呢吧啊呀哦嘛么我你您他她它们是在有就都也还和与要想去来这那个请问怎样如何什哪里儿几能可以不没给把被得着过让说咋啥"
)
_SINGLE = 0.3  # weight of a character beside a pair's 1
_QUANTITY = 1.5  # what a sentence with a number or a span of time gains where one is asked for
_ASPECT = 1.0  # the same for the words that the entry itself has for the side that is asked about
_ASKS_QUANTITY = re.compile(r"几(?!点上班)|多少|多久|多长|好久|好多|什么时候|啥时候|当天|马上|最多|最长|多快")
_HAS_QUANTITY = re.compile(
    r"\d|[一二两三四五六七八九十百零]+(?:个?(?:工作日|月|季度|小时)|天|年|次|家|种|号|成)|每(?:个)?(?:月|季度|天|年)|当天|当日|随时|当场|马上|百分之"
)


def focused(turns: Sequence[str], question: str, aspects: Iterable[str] = ()) -> tuple[str, ...]:
    """The sentences of an answer with the one that fits a question best in front, all others in their order.

    ``aspects`` are the entry's own words on the sides that are asked about. Where no sentence fits better than the
    first, the order stays.
    """
    sentences = tuple(sentence for turn in turns for sentence in _SENTENCE.findall(turn.strip()))
    if len(sentences) < 2:
        return tuple(turns)
    features = [_features(sentence) for sentence in sentences]
    spread = Counter(feature for found in features for feature in found)
    asked, sides = _features(speakable(question)), _features(speakable("".join(aspects)))
    quantity = bool(_ASKS_QUANTITY.search(question))

    def fit(number: int) -> float:
        found = features[number]
        words = sum(_weight(feature, spread, len(sentences)) for feature in found & asked)
        side = sum(_weight(feature, spread, len(sentences)) for feature in found & sides)
        told = _QUANTITY if quantity and _HAS_QUANTITY.search(sentences[number]) else 0.0
        return words + told + (_ASPECT * side / math.sqrt(1 + len(sides)) if sides else 0.0)

    best = max(range(len(sentences)), key=lambda number: (fit(number), -number))
    if best == 0 or fit(best) <= fit(0) * 1.1:
        return tuple(turns)
    rest = [sentence for number, sentence in enumerate(sentences) if number != best]
    return (sentences[best], *rest)


def _features(text: str) -> set[str]:
    """A text's character pairs and telling characters."""
    found: set[str] = set()
    for run in _HAN.findall(text):
        found.update(character for character in run if character not in _EMPTY)
        found.update(a + b for a, b in pairwise(run) if not (a in _EMPTY and b in _EMPTY))
    return found


def _weight(feature: str, spread: Counter[str], sentences: int) -> float:
    """A word that is in every sentence tells none of them apart."""
    rarity = math.log((sentences + 1) / spread[feature])
    return rarity * (1.0 if len(feature) > 1 else _SINGLE)
