"""Repair of words of the field that were written with other characters of the same sound (一保 → 医保).

A word of three characters or more is put in place wherever its syllables stand, unless what stands there is an
ordinary word or part of one; a word of two characters only where its neighbourhood speaks for it. Tones are not
compared. What is already a word of the field is never changed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from pypinyin import Style, lazy_pinyin
from pypinyin.constants import PINYIN_DICT
from pypinyin.contrib.tone_convert import to_normal

from nlu.lexicon import cuts_word, is_ordinary
from nlu.vocabulary import LONG, MISHEARD, PLACES, SHORT, SPELT

# Characters that carry the grammar: where one stands it was meant (健康吗 is a question, not 健康码).
_GRAMMAR = frozenset("吗呢吧啊呀嘛的了我你您他她不没在是有就都也还去来能会想要把被给和跟这那哪么个非只才再又")
_PARTICLES = frozenset("吗呢吧啊呀嘛的了不非只")
_MERGED_INITIALS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("r", "l"), ("hu", "f"))
_CONTEXT = 8  # characters looked at on either side


class _Word(NamedTuple):
    text: str
    sounds: tuple[str, ...]
    fuzzy: tuple[str, ...]


def repair(text: str) -> str:
    """The text with misheard words of the field put right; its length may change only with letters (DRG)."""
    for pattern, meant in SPELT:
        text = re.sub(pattern, meant, text)
    for _ in range(4):
        repaired = _one_pass(text)
        if repaired == text:
            break
        text = repaired
    return text


def _one_pass(text: str) -> str:
    known = _known_at(text)
    out: list[str] = []
    position = 0
    while position < len(text):
        word = _meant_at(text, position, known)
        out.append(word or text[position])
        position += len(word) if word else 1
    return "".join(out)


def _meant_at(text: str, start: int, known: dict[int, str]) -> str | None:
    """The word of the field that should stand at a place, or None where all is well."""
    for word in _candidates(text, start):
        heard = text[start : start + len(word)]
        if heard == word:
            return None
        grammar = _PARTICLES if len(word) >= 4 else _GRAMMAR
        changed = (h for h, w in zip(heard, word, strict=True) if h != w)
        if _breaks_known(start, word, known) or any(h in grammar for h in changed):
            continue
        allowed = _long_fits if len(word) >= 3 else _short_fits
        if allowed(text, start, heard, word):
            return word
    return None


def _long_fits(text: str, start: int, heard: str, word: str) -> bool:
    end = start + len(word)
    if is_ordinary(heard):
        return False
    if len(word) == 3 and cuts_word(text, start, end, at_least=500):
        return False
    common = 50 if len(word) == 3 else 1000
    pieces = ((heard[i : i + 2], word[i : i + 2]) for i in range(len(word) - 1))
    return not any(piece != meant and is_ordinary(piece, common) for piece, meant in pieces)


def _short_fits(text: str, start: int, heard: str, word: str) -> bool:
    end = start + len(word)
    meant, forbidden = MISHEARD.get(heard, ("", ""))
    if meant == word:
        if re.search(forbidden, text[max(0, start - 2 * _CONTEXT) : end + 2 * _CONTEXT]):
            return False
    elif heard[0] in "一已以" or is_ordinary(heard) or cuts_word(text, start, end, at_least=30):
        return False
    before, after = _contexts()[word]
    left = before.search(text, max(0, start - _CONTEXT), start) is not None
    right = after.match(text, end) is not None
    return (left and right) if word in PLACES else (left or right)


def _breaks_known(start: int, word: str, known: dict[int, str]) -> bool:
    """Whether putting ``word`` in place would change a word of the field that stands there already."""
    end = start + len(word)
    for position in range(max(0, start - _longest() + 1), end):
        standing = known.get(position, "")
        for place in range(max(start, position), min(end, position + len(standing))):
            if word[place - start] != standing[place - position]:
                return True
    return False


def _known_at(text: str) -> dict[int, str]:
    """Where words of the field stand as they should: position → the longest one."""
    found: dict[int, str] = {}
    by_first = _by_first_character()
    for position, character in enumerate(text):
        for word in by_first.get(character, ()):
            if text.startswith(word, position):
                found[position] = word
                break
    return found


def _candidates(text: str, start: int) -> Iterator[str]:
    """Words whose sound stands at a place, longest first."""
    first = sounds_of(text[start])
    if not first:
        return
    for word in _by_first_sound().get(_merge(first[0]), ()):
        end = start + len(word.text)
        if end <= len(text) and _sounds_like(text[start:end], word):
            yield word.text


def _sounds_like(heard: str, word: _Word) -> bool:
    if heard == word.text or MISHEARD.get(heard, ("",))[0] == word.text:
        return True
    for character, sound, merged in zip(heard, word.sounds, word.fuzzy, strict=True):
        readings = sounds_of(character)
        if not readings:
            return False
        if len(word.text) >= 4:
            if all(_merge(r) != merged for r in readings):
                return False
        elif len(word.text) == 3:
            if sound not in readings:
                return False
        elif sound != readings[0]:
            return False
    return True


@lru_cache(maxsize=8192)
def sounds_of(character: str) -> tuple[str, ...]:
    """The syllables a character is read with, without tones, the commonest first; empty for non-Han."""
    listed = PINYIN_DICT.get(ord(character), "") if "一" <= character <= "鿿" else ""
    return tuple(dict.fromkeys(to_normal(reading) for reading in listed.split(",") if reading))


def merged_sound(character: str) -> str:
    """The commonest syllable of a character, with differences merged that many speakers don't make; the
    character itself where it is no Chinese one."""
    sounds = sounds_of(character)
    return _merge(sounds[0]) if sounds else character


@lru_cache(maxsize=2048)
def _merge(syllable: str) -> str:
    """A syllable without the differences that many speakers don't make (zh/z, n/l, -ng/-n …)."""
    for initial, plain in _MERGED_INITIALS:
        if syllable.startswith(initial):
            syllable = plain + syllable[len(initial) :]
            break
    return syllable[:-1] if syllable.endswith(("ing", "eng")) else syllable


@cache
def _words() -> tuple[_Word, ...]:
    words = []
    for text in sorted({*LONG, *SHORT}, key=lambda w: (-len(w), w)):
        sounds = tuple(lazy_pinyin(text, style=Style.NORMAL))
        words.append(_Word(text, sounds, tuple(_merge(s) for s in sounds)))
    return tuple(words)


@cache
def _contexts() -> dict[str, tuple[re.Pattern[str], re.Pattern[str]]]:
    return {word: (re.compile(before), re.compile(after)) for word, (before, after) in SHORT.items()}


@cache
def _by_first_sound() -> dict[str, list[_Word]]:
    index: dict[str, list[_Word]] = defaultdict(list)
    for word in _words():
        index[word.fuzzy[0]].append(word)
    return dict(index)


@cache
def _by_first_character() -> dict[str, list[str]]:
    index: dict[str, list[str]] = defaultdict(list)
    for word in _words():
        index[word.text[0]].append(word.text)
    return dict(index)


@cache
def _longest() -> int:
    return max(len(word.text) for word in _words())


def warm_up() -> None:
    """Build the tables now instead of with the first sentence."""
    _by_first_sound()
    _by_first_character()
    _longest()
