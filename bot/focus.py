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
_LONGER = 0.3  # what each further pair of a shared word adds
_IN_FRONT = 2  # sentences that are put in front: often both are heard at once
_YES_OR_NO = 7  # characters of a sentence that only says yes or no
_QUANTITY = 1.5  # what a sentence with a number, a span of time or a meaning gains where one is asked for
_ASPECT = 0.8  # at most so much for the words that the entry itself has for the side that is asked about
_CURATED = 1.4  # what the first sentence has in advance: its writers put it there
_EXPLAINING = 0.4  # share of its weight that a sentence keeps which only says what a word means, since when, or what is planned
_ASKS_MEANING = re.compile(
    r"是(?:什么|啥|咋回事|干)|(?:什么|啥)意思|叫(?:什么|啥)|怎么回事|什么时候(?:开始|起)"
)
_EXPLAINS = re.compile(r"，就是|^(?:这|它)?叫|^按文件|提醒您|没有写|还在探索|以后还要")
_ASKS_QUANTITY = re.compile(
    r"几(?!点上班)|电话|号码|热线|多少|多久|多长|好久|好多|什么时候|啥时候|当天|马上|最多|最长|多快"
)
_HAS_QUANTITY = re.compile(
    r"\d|幺|[一二两三四五六七八九十百零]+(?:个?(?:工作日|月|季度|小时)|天|年|次|家|种|号|成)|每(?:个)?(?:月|季度|天|年)|当天|当日|随时|当场|马上|百分之"
)


def focused(turns: Sequence[str], question: str, aspects: Iterable[str] = ()) -> tuple[str, ...]:
    """The sentences of an answer with the two that fit a question best in front, all others in their order.

    ``aspects`` are the entry's own words on the sides that are asked about. A first sentence of few words (有。可以。)
    is the answer to yes or no and stays before them.
    """
    sentences = tuple(sentence for turn in turns for sentence in _SENTENCE.findall(turn.strip()))
    if not sentences:
        return tuple(turns)
    lead, body = (sentences[:1], sentences[1:]) if len(sentences[0]) <= _YES_OR_NO else ((), sentences)
    if len(body) < 2:
        return tuple(turns)
    features = [_features(sentence) for sentence in body]
    spread = Counter(feature for found in features for feature in found)
    asked = speakable(question)
    sides = _features(speakable("".join(aspects)))
    quantity = bool(_ASKS_QUANTITY.search(question))
    meaning = bool(_ASKS_MEANING.search(question))

    def fit(number: int) -> float:
        side = sum(math.log((len(body) + 1) / spread[feature]) for feature in features[number] & sides)
        told = _QUANTITY if quantity and _HAS_QUANTITY.search(body[number]) else 0.0
        words = _shared(asked, body[number], spread, len(body))
        fitting = words + told + min(_ASPECT, side)
        if not number:
            return fitting + _CURATED
        if not _EXPLAINS.search(body[number]):
            return fitting
        return fitting + _QUANTITY if meaning else fitting * _EXPLAINING

    ranked = sorted(range(len(body)), key=lambda number: (-fit(number), number))
    first = ranked[:_IN_FRONT] if fit(ranked[0]) > 0 else ranked[:0]
    rest = [sentence for number, sentence in enumerate(body) if number not in first]
    ordered = [*(body[number] for number in first), *rest]
    return ("".join((*lead, ordered[0])), *ordered[1:])


def _shared(question: str, sentence: str, spread: Counter[str], sentences: int) -> float:
    """What the words that both have in common weigh; a word counts by its rarest pair, not by its length."""
    total, place = 0.0, 0
    while place < len(question):
        end = place
        while end < len(question) and question[place : end + 1] in sentence:
            end += 1
        piece = question[place:end]
        pairs = [a + b for a, b in pairwise(piece) if not (a in _EMPTY and b in _EMPTY)]
        known = [math.log((sentences + 1) / spread[pair]) for pair in pairs if spread[pair]]
        if known:
            total += max(known) + _LONGER * (len(known) - 1)
        elif piece and piece not in _EMPTY and spread[piece]:
            total += _SINGLE * math.log((sentences + 1) / spread[piece])
        place = max(end, place + 1)
    return total


def _features(text: str) -> set[str]:
    """A text's character pairs and telling characters."""
    found: set[str] = set()
    for run in _HAN.findall(text):
        found.update(character for character in run if character not in _EMPTY)
        found.update(a + b for a, b in pairwise(run) if not (a in _EMPTY and b in _EMPTY))
    return found
