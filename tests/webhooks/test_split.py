"""Long answers in pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.split import LARGEST_TEXT, split


def test_short_text_stays_whole():
    assert split("您好。") == ["您好。"]
    assert split("字" * 682) == ["字" * 682]  # 2,046 bytes
    assert split("") == split(" \n ") == []


def test_cuts_come_after_sentences():
    sentence = "第一步带上身份证和社保卡,到就近的大厅去办。"
    pieces = split(sentence * 100)
    assert len(pieces) == 4
    assert all(piece.endswith("。") for piece in pieces)
    assert "".join(pieces) == sentence * 100


def test_lines_are_better_than_sentences_and_quotes_stay_closed():
    assert split("一二三四。五六。\n七八九十。", 35) == ["一二三四。五六。", "七八九十。"]
    assert split("他说:“都办好了。”我们再去看看吧。", 32) == ["他说:“都办好了。”", "我们再去看看吧。"]


def test_without_any_mark_it_is_cut_between_characters():
    pieces = split("药" * 1000)
    assert [len(p) for p in pieces] == [682, 318]


@pytest.mark.parametrize("cluster", ["👨‍👩‍👧‍👦", "👍🏽", "e\u0301", "❤\ufe0f"])
def test_what_looks_like_one_character_stays_together(cluster):
    pieces = split(cluster * 200, 100)
    assert all(len(piece) % len(cluster) == 0 for piece in pieces)


def test_too_small_a_limit():
    with pytest.raises(ValueError, match="four bytes"):
        split("x", 3)


@given(st.text(st.characters(codec="utf-8"), max_size=400), st.integers(4, 64))
def test_nothing_is_lost_or_too_long(text, largest):
    pieces = split(text, largest)
    assert all(0 < len(piece.encode()) <= largest for piece in pieces)
    assert all(piece.strip() for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_limit_is_wechats():
    assert LARGEST_TEXT == 2048
    assert all(len(p.encode()) <= 2048 for p in split("医保办理,请带身份证;" * 900))
