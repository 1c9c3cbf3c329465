"""Which characters a spoken name is written with: told by words everybody knows, and corrected the same way."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml
from pypinyin import Style, lazy_pinyin

_TABLE = Path(__file__).parent / "config" / "spoken_characters.yaml"
_BY_WORD = re.compile(r"([一-鿿]{2,4})的([一-鿿])(?:字)?(?![一-鿿]的)")


class _Glosses(NamedTuple):
    surnames: dict[str, str]
    given: dict[str, str]


def gloss(name: str) -> str:
    """弓长张,秀丽的秀,英雄的英 for 张秀英; empty where a character of the name has no gloss."""
    table = _table()
    told = [table.surnames.get(name[:1], ""), *(table.given.get(c, "") for c in name[1:])]
    return "，".join(told) if all(told) else ""


def corrected(name: str, text: str) -> str | None:
    """A name with the characters that a correction tells: 立早章, 文章的章, 莹是晶莹的莹.

    A character takes the place of the one that sounds like it; None where none does or nothing changes.
    """
    changed = name
    for character, place in _told(text):
        spots = [place] if place is not None else range(len(changed))
        for spot in spots:
            if spot < len(changed) and _sound(changed[spot]) == _sound(character):
                changed = changed[:spot] + character + changed[spot + 1 :]
                break
    return changed if changed != name else None


def _told(text: str) -> list[tuple[str, int | None]]:
    """Characters told by a word, and their place in the name where that is known."""
    found: list[tuple[str, int | None]] = []
    for surname, words in _table().surnames.items():
        if words in text:
            found.append((surname, 0))
    for word, character in _BY_WORD.findall(text):
        if character in word:
            found.append((character, None))
    return found


def _sound(character: str) -> str:
    """A character's syllable without tone."""
    return lazy_pinyin(character, style=Style.NORMAL)[0]


@cache
def _table() -> _Glosses:
    read: dict[str, dict[str, str]] = yaml.safe_load(_TABLE.read_text(encoding="utf-8"))
    return _Glosses(read["surnames"], read["given"])
