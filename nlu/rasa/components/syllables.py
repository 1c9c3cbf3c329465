"""Characters to toneless pinyin syllables, with the mergers that southern speech and recognisers make.

Pure functions over pypinyin: used by the featurizer inside Rasa and by whoever else compares sounds.
"""

from __future__ import annotations

import re
from functools import lru_cache

from pypinyin import Style, lazy_pinyin

_HAN_RUN = re.compile(r"[\u3400-\u9fff]+")

# Longest spelling first: "zh" must not be left as "z" + "h". n/l, h/f and flat tongues: Sichuan, Yunnan,
# Fujian; -ng/-n: nearly the whole south. What they pronounce alike counts as alike.
_INITIAL_MERGERS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("f", "h"))


@lru_cache(maxsize=4096)
def merge(syllable: str) -> str:
    """One toneless syllable with the distinctions dropped that many callers do not make (shang -> san)."""
    for spelled, merged in _INITIAL_MERGERS:
        if syllable.startswith(spelled):
            syllable = merged + syllable[len(spelled) :]
            break
    if syllable.endswith("ng") and not syllable.endswith("ong"):
        syllable = syllable[:-1]
    return syllable


def syllables(text: str, fuzzy: bool = False) -> list[str]:
    """The toneless syllables of a text's Han characters, read in context; everything else is left out.

    With ``fuzzy``, syllables that dialects pronounce alike come out the same.
    """
    spoken: list[str] = []
    for run in _HAN_RUN.findall(text):
        spoken += lazy_pinyin(run, style=Style.NORMAL, errors="ignore")
    return [merge(syllable) for syllable in spoken] if fuzzy else spoken
