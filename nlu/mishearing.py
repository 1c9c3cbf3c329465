"""Sentences as a recogniser may mishear them: some characters replaced by others of the same sound.

Used to make training copies and test copies; the same text, share and salt always give the same result.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from functools import lru_cache

from pypinyin import Style, lazy_pinyin

_HAN = re.compile(r"[\u3400-\u9fff]")
# GB 2312-80, level 1 (rows 16 to 55): the 3,755 characters in common use, the ones a recogniser writes.
_FIRST_ROW, _LAST_ROW = 16, 55


def mishear(text: str, share: float, salt: str = "") -> str:
    """The text with about ``share`` (0..1) of its Han characters misheard; its length stays the same.

    Characters that have no common homophone stay as they are. ``salt`` makes different copies of one text.
    """
    chance = random.Random(f"{salt}\x00{share}\x00{text}")  # noqa: S311 (not for secrets)
    written = list(text)
    for position, (char, sound) in enumerate(zip(text, _sounds(text), strict=True)):
        if not _HAN.match(char):
            continue
        others = [other for other in _common_characters().get(sound, ()) if other != char]
        if others and chance.random() < share:
            written[position] = chance.choice(others)
    return "".join(written)


def _sounds(text: str) -> list[str]:
    """The toneless syllable of each character, read in context; what is not Han stands for itself."""
    sounds = _read(text)
    if len(sounds) == len(text):
        return sounds
    return ["".join(_read(char)) for char in text]  # a character of several syllables is among them


def _read(text: str) -> list[str]:
    return lazy_pinyin(text, style=Style.NORMAL, errors=list)  # type: ignore[arg-type]


@lru_cache(maxsize=1)
def _common_characters() -> dict[str, list[str]]:
    by_sound: dict[str, list[str]] = defaultdict(list)
    for row in range(_FIRST_ROW, _LAST_ROW + 1):
        for cell in range(1, 95):
            try:
                char = bytes((row + 0xA0, cell + 0xA0)).decode("gb2312")
            except UnicodeDecodeError:  # the last row is not full
                continue
            by_sound[_read(char)[0]].append(char)
    return by_sound
