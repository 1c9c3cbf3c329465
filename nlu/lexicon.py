"""Ordinary Chinese words, so that nothing is repaired or found inside one.

The words come from the dictionary file inside the ``jieba`` package (349,000 words with frequency and part of
speech); jieba itself is not imported or started for it.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

# jieba's tags: nr… a person's name, ns a place. Neither is an "ordinary word" here.
_NAMES = ("nr", "ns")
_LEAST_FREQUENCY = 3
_LONGEST = 4


@cache
def _table() -> dict[str, int]:
    spec = find_spec("jieba")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("the package jieba is not installed")
    words: dict[str, int] = {}
    path = Path(next(iter(spec.submodule_search_locations))) / "dict.txt"
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            word, count, tag = line.split()
            frequency = int(count)
            if 2 <= len(word) <= _LONGEST and frequency >= _LEAST_FREQUENCY and not tag.startswith(_NAMES):
                words[word] = frequency
    return words


def frequency(word: str) -> int:
    """How often a word of 2 to 4 characters occurs in jieba's corpus; 0 for names of persons and places and
    for what is no word."""
    return _table().get(word, 0)


def is_ordinary(word: str, at_least: int = _LEAST_FREQUENCY) -> bool:
    """Whether a word of 2 to 4 characters is an ordinary one of at least that frequency."""
    return frequency(word) >= at_least


def cuts_word(text: str, start: int, end: int, at_least: int = 100) -> bool:
    """Whether taking ``text[start:end]`` out would cut an ordinary word that reaches over one of its edges.

    一报 in 我一报名 cuts 报名. A word must be frequent (``at_least``) to count.
    """
    for edge in (start, end):
        for left in range(max(0, edge - _LONGEST + 1), edge):
            for right in range(edge + 1, min(len(text), left + _LONGEST) + 1):
                inside = start <= left and right <= end
                covers = left <= start and right >= end
                if not inside and not covers and is_ordinary(text[left:right], at_least):
                    return True
    return False


def inside_word(text: str, start: int, end: int, at_least: int = _LEAST_FREQUENCY) -> str | None:
    """The longer ordinary word that ``text[start:end]`` is part of (大理 in 大理石), or None."""
    for left in range(max(0, end - _LONGEST), start + 1):
        for right in range(min(len(text), left + _LONGEST), end - 1, -1):
            if right - left > end - start and is_ordinary(text[left:right], at_least):
                return text[left:right]
    return None


def warm_up() -> None:
    """Read the dictionary now (about 0.2 s) instead of with the first sentence."""
    _table()
