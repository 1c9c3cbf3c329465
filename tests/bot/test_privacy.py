"""Sealing, look-up hashes and masks."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from bot.privacy import BadKey, Unreadable, Vault, mask_id_number, mask_name, mask_phone, mask_text

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))


def test_a_sealed_text_opens_to_the_same_and_differs_each_time():
    vault = Vault(OLD, "index")
    one, two = vault.seal("张秀英"), vault.seal("张秀英")
    assert one != two
    assert vault.open(one) == vault.open(two) == "张秀英"


def test_a_new_key_in_front_seals_while_the_old_one_still_opens():
    sealed = Vault(OLD, "index").seal("张秀英")
    rotated = Vault(f"{NEW}, {OLD}", "index")
    assert rotated.open(sealed) == "张秀英"
    assert Vault(NEW, "index").open(rotated.seal("李建国")) == "李建国"
    with pytest.raises(Unreadable):
        Vault(NEW, "index").open(sealed)


@pytest.mark.parametrize("broken", ["", "not sealed", "张秀英"])
def test_what_was_not_sealed_here_is_unreadable(broken):
    with pytest.raises(Unreadable):
        Vault(OLD, "index").open(broken)


@pytest.mark.parametrize(
    ("data_key", "index_key"),
    [("", "k"), ("short", "k"), (f"{OLD},", "k"), ("钥匙", "k"), (OLD, "")],
    ids=["no data key", "short", "one of two empty", "not ASCII", "no index key"],
)
def test_a_key_that_cannot_be_used_is_told_without_showing_it(data_key, index_key):
    with pytest.raises(BadKey) as refusal:
        Vault(data_key, index_key)
    assert OLD not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_the_index_finds_the_same_text_and_depends_on_its_key_only():
    one = Vault(OLD, "index").index("openid")
    assert one == Vault(NEW, "index").index("openid")
    assert one != Vault(OLD, "another").index("openid")
    assert one != Vault(OLD, "index").index("openie")
    assert len(one) == 64


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("13812345678", "138****5678"),
        ("138 1234 5678", "138 **** 5678"),
        ("053186666666", "**********66"),
        ("5", "5"),
        ("", ""),
    ],
)
def test_phones(phone, masked):
    assert mask_phone(phone) == masked


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("37010219500101123X", "370102********123X"),
        ("370102195001011234", "370102********1234"),
        ("1234567", "*******"),
    ],
)
def test_id_numbers(number, masked):
    assert mask_id_number(number) == masked


@pytest.mark.parametrize(("name", "masked"), [("王天龙", "王**"), ("李", "李"), ("", ""), ("欧阳明", "欧**")])
def test_names(name, masked):
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("我电话13812345678,找我", "我电话138****5678,找我"),
        ("电话138 1234 5678或139-8765-4321", "电话138 **** 5678或139-****-4321"),
        ("1 3 8 1 2 3 4 5 6 7 8", "1 3 8 * * * * 5 6 7 8"),
        ("１３８１２３４５６７８", "１３８****５６７８"),
        ("身份证37010219500101123x，女", "身份证370102********123x，女"),
        ("身份证370102 19500101 1234", "身份证370102 ******** 1234"),
        ("卡号6222021602001234567", "卡号6222***********4567"),
        ("老证370102500101123", "老证3701*******1123"),
        (
            "济医保发〔2021〕1号第12条,打12393或0531-86666666",
            "济医保发〔2021〕1号第12条,打12393或0531-86666666",
        ),
        ("2026-11-25 09:00-12:00 预约号123456", "2026-11-25 09:00-12:00 预约号123456"),
        ("2026-11-25到2026-11-26,2026-11-25 2026-11-26", "2026-11-25到2026-11-26,2026-11-25 2026-11-26"),
    ],
)
def test_numbers_inside_a_sentence(text, masked):
    assert mask_text(text) == masked
