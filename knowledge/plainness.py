"""How plain and how speakable a text is: hard words, long sentences, signs a voice cannot read, numbers told twice."""

from __future__ import annotations

import re
from pathlib import Path

import cn2an
import yaml
from pydantic import TypeAdapter

from knowledge.entry import NonEmpty, Strict

JARGON_FILE = Path(__file__).resolve().parent / "jargon.yaml"
LONG_SENTENCE = 60  # characters up to a full stop
LONG_CLAUSE = 32  # characters without any pause

_UNSPEAKABLE = {
    "a web address": re.compile(r"https?://|www\.|\.(?:cn|com|org)\b"),
    "Latin letters": re.compile(r"[A-Za-z]+"),
    "figures": re.compile(r"\d+"),
    "brackets": re.compile("[()\\[\\]{}<>\uff08\uff09【】〔〕《》]"),
    "a sign": re.compile("[·•*#_/|~%+=&@→…—\uff5e\uff05-]"),
}
_SENTENCE_END = re.compile("[。!?;\uff01\uff1f\uff1b\n]")
_PAUSE = re.compile("[,:。、!?;\uff0c\uff1a\uff01\uff1f\uff1b\n“”]")
_HALF_WIDTH = re.compile("[\u4e00-\u9fff][,:;?!()]|[,:;?!()][\u4e00-\u9fff]")
NUMBER = re.compile(r"\d+(?:\.\d+)?")


class HardWord(Strict):
    """A word of officialese, what to say instead, and the phrases that count as its explanation."""

    say: NonEmpty
    explained_by: tuple[NonEmpty, ...] = ()


Jargon = dict[str, HardWord]


def load_jargon(path: Path = JARGON_FILE) -> Jargon:
    """Read the list of hard words. Raises pydantic.ValidationError or OSError for a broken installation."""
    return TypeAdapter(Jargon).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))


def unspeakable(turn: str) -> tuple[str, ...]:
    """What a voice stumbles over in a spoken turn, as "brackets: 〔"; empty where it can be read out as it is."""
    return tuple(f"{what}: {hit[0]}" for what, sign in _UNSPEAKABLE.items() if (hit := sign.search(turn)))


def hard_words(text: str, jargon: Jargon) -> tuple[str, ...]:
    """The hard words a text uses without explaining them."""
    return tuple(
        word
        for word, hard in jargon.items()
        if word in text and not any(phrase in text for phrase in hard.explained_by)
    )


def long_sentences(text: str) -> tuple[str, ...]:
    """The sentences that are too long, or hold a stretch without any pause that is too long."""
    sentences = (sentence.strip() for sentence in _SENTENCE_END.split(text))
    return tuple(
        s
        for s in sentences
        if len(s) > LONG_SENTENCE or any(len(clause) > LONG_CLAUSE for clause in _PAUSE.split(s))
    )


def half_width(text: str) -> tuple[str, ...]:
    """The places where a Chinese text uses half-width punctuation, each with its neighbour."""
    return tuple(_HALF_WIDTH.findall(text))


def numbers(text: str) -> tuple[str, ...]:
    """The numbers written in figures, each once, in order."""
    return tuple(dict.fromkeys(NUMBER.findall(text)))


def tells_number(text: str, number: str) -> bool:
    """Whether a text tells a number, in figures or read out in any usual way (12 → 十二; 12393 → 幺二三九三)."""
    if number in numbers(text):
        return True
    return any(reading in text for reading in readings(number))


def readings(number: str) -> set[str]:
    """The usual ways to read a number out: 2 → 二, 两; 12393 → 一二三九三, 幺二三九三, 一万两千三百九十三."""
    one_by_one = "".join("零一二三四五六七八九"[int(d)] if d.isdigit() else "点" for d in number)
    said = {
        one_by_one,
        one_by_one.replace("一", "幺"),
        one_by_one.replace("零", "〇"),
        cn2an.an2cn(number, "low"),
    }
    if number == "2":
        said.add("两")
    return said
