"""How alike two questions are, by what they sound like: an elder's spelling and a recogniser's slips do not matter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from pypinyin import lazy_pinyin
from rapidfuzz.distance import Indel
from rapidfuzz.process import extractOne

# Words of asking, politeness and hesitation: they are in every question and say nothing of its matter.
_EMPTY = re.compile(
    "请问一下|想问一下|我想问|请问|麻烦|您好|你好|谢谢|现在|到底|究竟|一下|可不可以|能不能|是不是|有没有|行不行|怎么样|怎么办|怎样|"
    "怎么|如何|多少|什么|哪里|哪儿|那个|这个|可以|需要|我们|咱们|告诉|知道|咋个|咋办|"
    "[啊呢吗吧呀嘛哦嗯呃的了得地是有在就都也还要我你您他她它俺咱啥咋几个哈么]"
)
_KEPT = re.compile(r"[^\W_]+")
_FUZZY = (("zh", "z"), ("ch", "c"), ("sh", "s"))  # one and the same to many of our callers


@lru_cache(maxsize=4096)
def sounds(text: str) -> tuple[str, ...]:
    """The toneless syllables of a question's matter, without the words of asking; of all of it where that is all."""
    whole = "".join(_KEPT.findall(text.lower()))
    matter = _EMPTY.sub("", whole) or whole
    return tuple(_plain(syllable) for syllable in lazy_pinyin(matter))


def likeness(one: str, other: str) -> float:
    """0..1: the share of syllables that both have in the same order (Indel similarity)."""
    return float(Indel.normalized_similarity(sounds(one), sounds(other)))


def most_alike(text: str, others: Sequence[tuple[str, ...]], at_least: float) -> int | None:
    """Which of others (their sounds) is most like a text, the first of several; None: none is so much alike."""
    found = extractOne(
        sounds(text), others, scorer=Indel.normalized_similarity, score_cutoff=at_least, processor=None
    )
    return None if found is None else int(found[2])


def _plain(syllable: str) -> str:
    for written, taken in _FUZZY:
        if syllable.startswith(written):
            syllable = taken + syllable[len(written) :]
    if syllable.endswith("ng"):
        syllable = syllable[:-1]
    return "n" + syllable[1:] if syllable.startswith("l") else syllable
