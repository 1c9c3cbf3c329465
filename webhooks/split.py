"""Long answers in pieces that WeChat takes: cut after a sentence, never inside a character."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

LARGEST_TEXT = 2048  # bytes of UTF-8 in one text message (developers.weixin.qq.com, 被动回复用户消息)

# Where a cut is best, best first: after a line, a sentence, a clause, a word.
_BREAKS = ("\n", "。!?！？…", "；;", "，,、：:", " ")
_JOINER = "\u200d"  # holds the parts of one emoji together
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_LONGEST_CLUSTER = 16  # code points that may look like one character
_CLOSING = "”’」』）)】》\"'"  # belongs to the sentence before it


def split(text: str, largest: int = LARGEST_TEXT) -> list[str]:
    """The text in order, each piece with at most ``largest`` bytes (at least 4) and none of them blank."""
    if largest < 4:
        raise ValueError("a character of UTF-8 may take four bytes")
    return [piece for piece in (p.strip() for p in _pieces(text.strip(), largest)) if piece]


def _pieces(text: str, largest: int) -> Iterator[str]:
    while len(text.encode()) > largest:
        end = _cut(text, largest)
        yield text[:end]
        text = text[end:].lstrip()
    yield text


def _cut(text: str, largest: int) -> int:
    """How many characters the next piece takes: up to the last good break in the later half, else all that fit."""
    fits = len(text.encode()[:largest].decode(errors="ignore"))
    for marks in _BREAKS:
        position = max(text.rfind(mark, 0, fits) for mark in marks) + 1
        while 0 < position < fits and text[position] in _CLOSING:
            position += 1
        if position > fits // 2:
            return position
    return _between_characters(text, fits)


def _between_characters(text: str, end: int) -> int:
    """The nearest place at or before ``end`` that is not inside what is seen as one character."""
    for position in range(end, max(end - _LONGEST_CLUSTER, 0), -1):
        following = text[position]
        joined = following == _JOINER or text[position - 1] == _JOINER
        if not (joined or ord(following) in _SKIN_TONES or unicodedata.category(following).startswith("M")):
            return position
    return end
