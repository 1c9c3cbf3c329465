"""Rebuild the trial model's vocabulary and language model; its network stays as it is.

    python -m voice.trial_model.pipeline.build [MODEL]

Takes about half a minute. Needed when the product learns new questions or words; needs Debian's libfst-tools.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from voice.models import TRIAL_MODEL
from voice.trial_model.pipeline import graph
from voice.trial_model.pipeline.callers import Callers
from voice.trial_model.pipeline.language_model import estimate
from voice.trial_model.pipeline.phones import word_phones
from voice.trial_model.pipeline.product_text import measured_sentences, weighted_sentences
from voice.trial_model.pipeline.words import Cutter, pronunciations

_SEED = 7
_DRAWS = 160_000  # sentences drawn from the templates
_COLLOQUIAL_WEIGHT = 3.0
_FLATTEN = 0.75  # exponent on the count of a drawn sentence, so that short ones don't drown the others
_COMMON_WORDS = 4000  # words of everyday language beside the product's own
_GENERAL_MASS = 0.015
# Slots whose fillings are no words for the cutter: numbers, openings, whole sentences.
_NO_WORDS = frozenset(
    ["天", "开头", "结尾", "钱", "数", "岁", "年", "点", "日", "月", "下星期", "症状", "地级"]
)

Sentences = list[tuple[float, list[str]]]


def main(model: Path = TRIAL_MODEL) -> None:
    """Write graph/ of a model's folder anew."""
    callers = Callers(random.Random(_SEED))  # noqa: S311
    fillings = (word for slot, words in callers.slots.items() if slot not in _NO_WORDS for word in words)
    cut = Cutter(fillings, callers.slots["星期"])
    sentences = list(weighted_words(callers, cut))
    general = _everyday_words(cut)
    readings = _readings({word for _, words in sentences for word in words}, general)
    sentences = [(weight, words) for weight, words in sentences if all(word in readings for word in words)]
    general = {word: count for word, count in general.items() if word in readings}
    graph.write(
        graph.lexicon_of(readings), estimate(sentences, readings, general, _GENERAL_MASS), model / "graph"
    )
    size = sum(file.stat().st_size for file in model.rglob("*") if file.is_file())
    print(f"{len(sentences)} sentences, {len(readings)} words, {size / 1e6:.2f} MB")


def weighted_words(
    callers: Callers, cut: Callable[[str], list[str]], draws: int = _DRAWS
) -> Iterator[tuple[float, list[str]]]:
    """All sentences that the language model learns, cut into words; none that something is measured with."""
    measured = measured_sentences()
    colloquial = (Path(__file__).parent / "colloquial.txt").read_text(encoding="utf-8").splitlines()
    weighted: Iterable[tuple[float, str]] = (
        *((count**_FLATTEN, text) for text, count in callers.sentences(draws).items()),
        *weighted_sentences(),
        *((_COLLOQUIAL_WEIGHT, line) for line in colloquial if line and not line.startswith("#")),
    )
    for weight, text in weighted:
        if text and text not in measured:
            yield weight, cut(text)


def _everyday_words(cut: Cutter) -> dict[str, int]:
    """Frequent words of jieba's dictionary and the 3755 common characters (GB/T 2312 level 1), with frequencies."""
    common = {
        bytes((row, cell)).decode("gb2312")
        for row in range(0xB0, 0xD8)
        for cell in range(0xA1, 0xFA if row == 0xD7 else 0xFF)
    }
    frequent: list[tuple[int, str]] = []
    characters = dict.fromkeys(common, 0)
    for word, count in cut.dictionary():
        if word in common:
            characters[word] = count
        elif re.fullmatch("[\u4e00-\u9fff]{2,4}", word) and cut(word) == [word]:
            frequent.append((count, word))
    frequent.sort(reverse=True)
    return characters | {word: count for count, word in frequent[:_COMMON_WORDS]}


def _readings(spoken: Iterable[str], general: Iterable[str]) -> dict[str, list[str]]:
    """How each word is said; words that cannot be read are left out."""
    words = set(spoken)
    characters = {character for word in words for character in word}
    readings = {}
    for word in sorted({*words, *general, *characters}):
        said = [reading for reading in pronunciations(word) if _readable(reading)]
        if said:
            readings[word] = said
    return readings


def _readable(reading: str) -> bool:
    try:
        word_phones(reading)
    except KeyError:
        return False
    return True


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:2]))
