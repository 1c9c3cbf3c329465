"""The sounds that the model tells apart: Mandarin initials and toneless finals, silence, and a sound that is no word.

A syllable is an initial ("^" where it has none) and a final. Finals follow the strict scheme of Hanyu Pinyin (liu is
l + iou, ju is j + v), with the two apical vowels told apart: ii after z c s, iii after zh ch sh r.
Kaldi's numbering: phones and transitions count from 1, outputs of the network (pdfs) from 0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pypinyin.contrib.tone_convert import to_finals, to_initials

INITIALS = (
    "^",
    "b",
    "c",
    "ch",
    "d",
    "f",
    "g",
    "h",
    "j",
    "k",
    "l",
    "m",
    "n",
    "p",
    "q",
    "r",
    "s",
    "sh",
    "t",
    "x",
    "z",
    "zh",
)
FINALS = (
    "a",
    "ai",
    "an",
    "ang",
    "ao",
    "e",
    "ei",
    "en",
    "eng",
    "er",
    "i",
    "ia",
    "ian",
    "iang",
    "iao",
    "ie",
    "ii",
    "iii",
    "in",
    "ing",
    "iong",
    "iou",
    "o",
    "ong",
    "ou",
    "u",
    "ua",
    "uai",
    "uan",
    "uang",
    "uei",
    "uen",
    "ueng",
    "uo",
    "v",
    "van",
    "ve",
    "vn",
)
PHONES = ("sil", "spn", *INITIALS, *FINALS)
PDF = {phone: number for number, phone in enumerate(PHONES)}
_APICAL = {**dict.fromkeys(("z", "c", "s"), "ii"), **dict.fromkeys(("zh", "ch", "sh", "r"), "iii")}
# Syllables whose written form hides what is said.
_IRREGULAR = {"yo": ("^", "ou"), "lo": ("l", "uo")}
_TONE = re.compile(r"[1-5]$")


@dataclass(frozen=True, slots=True)
class PositionedPhone:
    """A phone at a place in a word, as Kaldi's word boundaries want them."""

    name: str
    pdf: int
    boundary: str  # nonword | singleton | begin | internal | end


def _positioned() -> tuple[PositionedPhone, ...]:
    made = [
        PositionedPhone("sil", PDF["sil"], "nonword"),
        PositionedPhone("spn_S", PDF["spn"], "singleton"),
    ]
    for phones, places in (
        (INITIALS, (("B", "begin"), ("I", "internal"))),
        (FINALS, (("I", "internal"), ("E", "end"))),
    ):
        made += [PositionedPhone(f"{p}_{k}", PDF[p], boundary) for p in phones for k, boundary in places]
    return tuple(made)


POSITIONED = _positioned()
PHONE_ID = {phone.name: number for number, phone in enumerate(POSITIONED, 1)}


def transitions(phone_id: int) -> tuple[int, int]:
    """(staying, leaving): the transition ids of a phone, which has one state."""
    return 2 * phone_id - 1, 2 * phone_id


def syllable(pinyin: str) -> tuple[str, str]:
    """Initial and final of a syllable with or without its tone's digit: zhong1 → zh, ong. Raises KeyError."""
    base = _TONE.sub("", pinyin)
    if base in _IRREGULAR:
        return _IRREGULAR[base]
    initial = to_initials(base, strict=True) or "^"
    final = to_finals(base, strict=True, v_to_u=False)
    if final == "i":
        final = _APICAL.get(initial, "i")
    if initial not in PDF or final not in FINALS:
        raise KeyError(pinyin)
    return initial, final


def word_phones(pinyin: str) -> tuple[int, ...]:
    """Kaldi's phone ids of a word from its syllables, divided by spaces: first and last sound are marked as such."""
    sounds = [sound for part in pinyin.split() for sound in syllable(part)]
    places = ["I"] * len(sounds)
    places[0], places[-1] = "B", "E"
    return tuple(PHONE_ID[f"{sound}_{place}"] for sound, place in zip(sounds, places, strict=True))
