"""Misheard copies: the same sounds, other characters, always the same ones."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from pypinyin import Style, lazy_pinyin

from nlu.mishearing import mishear

SENTENCE = "我想问一下异地就医备案怎么办理需要带什么材料到哪个窗口"


def sounds(text: str) -> list[str]:
    return lazy_pinyin(text, style=Style.NORMAL)


def test_about_the_asked_share_is_replaced() -> None:
    for share in (0.14, 0.33, 0.6):
        copies = [mishear(SENTENCE, share, str(salt)) for salt in range(40)]
        changed = sum(a != b for copy in copies for a, b in zip(copy, SENTENCE, strict=True))
        assert abs(changed / (40 * len(SENTENCE)) - share) < 0.08


def test_each_character_keeps_its_sound() -> None:
    for char, other in zip("异地就医社保卡", mishear("异地就医社保卡", 1.0), strict=True):
        assert other != char
        assert set(sounds(char)) & set(sounds(other))


def test_the_same_salt_gives_the_same_copy() -> None:
    assert mishear(SENTENCE, 0.3, "a") == mishear(SENTENCE, 0.3, "a")
    assert mishear(SENTENCE, 0.3, "a") != mishear(SENTENCE, 0.3, "b")
    assert mishear(SENTENCE, 0.0) == SENTENCE


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=40))
def test_length_and_everything_that_is_not_chinese_stay(text: str) -> None:
    heard = mishear(text, 0.5)
    assert len(heard) == len(text)
    assert all(b == a for a, b in zip(text, heard, strict=True) if not "\u3400" <= a <= "\u9fff")
