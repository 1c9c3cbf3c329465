"""Made-up entries for measuring growth: as many as asked, in words as people use them.

Half of an entry's words come from its topic's real entries, half from a Chinese dictionary; both by how often they are
used, so that few words are everywhere and most are rare (Zipf), and no two entries say the same.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import accumulate

import rjieba

from knowledge.entry import PolicyEntry

_QUESTIONS, _QUESTION_WORDS, _TITLE_WORDS, _WRITTEN_WORDS = 6, 8, 6, 60
_FIRST_REGION = 100_000


@cache
def word_counts() -> dict[str, int]:
    """Chinese words and how often they occur, from the dictionary file inside the package jieba."""
    lines = (files("jieba") / "dict.txt").read_text(encoding="utf-8").splitlines()
    return {word: int(count) for word, count, _ in (line.split() for line in lines)}


class Words:
    """Words drawn by their frequency."""

    def __init__(self, counts: dict[str, int]) -> None:
        self._words = list(counts)
        self._cumulated = list(accumulate(counts.values()))

    def draw(self, generator: random.Random, count: int) -> list[str]:
        """So many words, the same one possibly more than once."""
        return generator.choices(self._words, cum_weights=self._cumulated, k=count)


def many_entries(real: Sequence[PolicyEntry], size: int, seed: int = 7) -> list[PolicyEntry]:
    """The real entries, and made-up ones of the same topics for made-up regions, ``size`` in all."""
    generator = random.Random(seed)
    general = Words(word_counts())
    of_topic: dict[str, Counter[str]] = {}
    for entry in real:
        words = (word for text in (entry.title, entry.written, *entry.questions) for word in rjieba.cut(text))
        of_topic.setdefault(entry.topic, Counter()).update(word for word in words if word.isalnum())
    topics = {topic: Words(counts) for topic, counts in of_topic.items()}
    patterns = {entry.topic: entry for entry in real}
    names = sorted(topics)
    found = list(real[:size])
    for number in range(size - len(found)):
        topic = names[number % len(names)]
        region = f"{_FIRST_REGION + number // len(names):06}"
        found.append(_made_up(patterns[topic], region, topics[topic], general, generator))
    return found


def question(real: PolicyEntry, seed: int) -> str:
    """A question of a real entry with a few words from elsewhere around it."""
    generator = random.Random(seed)
    around = Words(word_counts()).draw(generator, 3)
    return f"{around[0]}{generator.choice(real.questions)}{around[1]}{around[2]}"


def _made_up(
    pattern: PolicyEntry, region: str, topic: Words, general: Words, generator: random.Random
) -> PolicyEntry:
    def text(words: int) -> str:
        chosen = topic.draw(generator, words // 2) + general.draw(generator, words - words // 2)
        generator.shuffle(chosen)
        return "".join(chosen)

    return pattern.model_copy(
        update={
            "id": f"{pattern.topic}.{region}",
            "region": region,
            "title": text(_TITLE_WORDS),
            "written": text(_WRITTEN_WORDS),
            "questions": tuple(text(_QUESTION_WORDS) for _ in range(_QUESTIONS)),
        }
    )
