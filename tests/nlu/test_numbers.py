"""Telephone, ID and appointment numbers, typed and spoken."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.numbers import find_numbers, valid_id_number, valid_phone


def numbers(text: str) -> list[tuple[str, str]]:
    return [(e.type, e.value) for e in find_numbers(text)]


def with_check(first17: str) -> str:
    """GB 11643's own way: the sum of digits times 2^(17-i) mod 11, written the other way round than the product's."""
    remainder = sum(int(d) * (2 ** (17 - i)) for i, d in enumerate(first17)) % 11
    return first17 + str((12 - remainder) % 11).replace("10", "X")


GOOD = with_check("37010219490307123")
GOOD_X = next(n for n in (with_check(f"37081119500101{i:03d}") for i in range(200)) if n.endswith("X"))


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("13905312288", "13905312288"),
        ("我电话幺三八零五三幺二三四五", "13805312345"),
        ("138 0531 1234", "13805311234"),
        ("138-0531-1234", "13805311234"),
        ("一三八,零五三一,一二三四", "13805311234"),
        ("幺三八然后零五三幺然后一二三四", "13805311234"),
        ("幺三八三个八一二三四五", "13888812345"),
        ("+8613905312288", "13905312288"),
        ("9:30 13812345678", "13812345678"),
        ("12月3号13812345678", "13812345678"),
        ("0531-88881234", "053188881234"),
        ("座机零五三一八八八八一二三四", "053188881234"),
        ("010-12345678", "01012345678"),
        ("我叫张秀英电话13912345678", "13912345678"),
    ],
)
def test_phones(text: str, phone: str) -> None:
    assert numbers(text) == [("phone", phone)]


@pytest.mark.parametrize("text", ["电话是1380531123", "1390531228", "139053122889", "我的号码是8612345"])
def test_bad_phones(text: str) -> None:
    assert [kind for kind, _ in numbers(text)] == ["bad_phone"]


def test_id_numbers() -> None:
    assert valid_id_number("11010519491231002X")  # the example in GB 11643-1999
    assert numbers(f"身份证{GOOD}") == [("id_number", GOOD)]
    assert numbers(f"我的是{GOOD_X[:-1]}x") == [("id_number", GOOD_X)]
    assert numbers(f"{GOOD_X[:-1]}叉") == [("id_number", GOOD_X)]
    wrong = GOOD[:-1] + str((int(GOOD[-1]) + 1) % 10 if GOOD[-1].isdigit() else 0)
    assert numbers(f"身份证{wrong}") == [("bad_id_number", wrong)]
    assert numbers("370102490307123") == [("bad_id_number", "370102490307123")]  # the old 15 digits
    assert not valid_id_number(with_check("37010219491307123"))  # a 13th month
    assert not valid_id_number(with_check("99010219490307123"))  # no such province


@pytest.mark.parametrize(
    ("text", "reference"),
    [("预约号123456", "123456"), ("我的预约号是一二三四五六", "123456"), ("四五六七八九", "456789"), ("123456", "123456"),
     ("预约号654321,改到下周三", "654321")],
)  # fmt: skip
def test_references(text: str, reference: str) -> None:
    assert numbers(text) == [("reference", reference)]


@pytest.mark.parametrize(
    "text",
    ["12393打得通吗", "打一二三四五能问医保的事吗", "120", "123456元", "银行卡6222021234567890123", "最后一位是6",
     "2026年12月3日", "二三十块钱", "手机号是138", "给我打电话吧", "五一二三路", "我有三个孩子"],
)  # fmt: skip
def test_no_number(text: str) -> None:
    assert numbers(text) == []


@given(st.text(alphabet="0123456789", min_size=17, max_size=17), st.integers(0, 16), st.integers(1, 9))
@settings(max_examples=200, deadline=None)
def test_one_wrong_digit_is_always_seen(first17: str, place: int, shift: int) -> None:
    number = with_check("370102" + "19490307" + first17[:3])
    changed = str((int(number[place]) + shift) % 10)
    wrong = number[:place] + changed + number[place + 1 :]
    assert valid_id_number(number)
    assert not valid_id_number(wrong)


@given(st.text(alphabet="0123456789幺一二三零 ,-的个三两XxX号点", max_size=60))
@settings(max_examples=300, deadline=None)
def test_spans_and_values(text: str) -> None:
    for entity in find_numbers(text):
        assert text[entity.start : entity.end] == entity.text
        if entity.type == "phone":
            assert valid_phone(entity.value)
        if entity.type == "id_number":
            assert valid_id_number(entity.value)
