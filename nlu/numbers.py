"""Numbers that name something: telephone numbers, ID numbers, appointment numbers, typed or spoken.

Spoken digits (幺三八…) come in groups with spaces, commas, 然后 or 的 between; 三个八 is 888. Sources: mobile numbers
have 11 digits and begin with 13–19; landlines have an area code of 3 or 4 digits that begins with 0 and 7 or 8
digits more; ID numbers follow GB 11643-1999 (18 characters, check character by ISO 7064 MOD 11-2).
"""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from bot.messages import Entity
from nlu.regions import is_division

_SPOKEN = {"零": "0", "〇": "0", "幺": "1", "一": "1", "二": "2", "两": "2", "三": "3", "四": "4", "五": "5", "六": "6",
           "七": "7", "八": "8", "九": "9", "洞": "0"}  # fmt: skip
_DIGIT = r"[0-9零〇幺一二两三四五六七八九洞]"
_REPEATED = rf"[两二三四2-4]个{_DIGIT}"
_GROUP = rf"(?:{_REPEATED}|{_DIGIT})+"
_SEPARATOR = r"(?:[ \-—.,、*]|然后是?|的|逗号?|横杠?|杠|转|再|后面是?|接着是?|完了){1,3}"
_RUN = re.compile(rf"\+?{_GROUP}(?:{_SEPARATOR}{_GROUP})*(?:{_SEPARATOR})?(?P<x>[Xx]|叉|艾克斯|爱克斯)?")
_GROUPS = re.compile(_GROUP)
_UNIT_AFTER = re.compile(r"[点号日月年元块万千百十岁个天次分秒米里路楼层折级]")

_PHONE_WORD = re.compile(r"(?:电话|手机|座机|联系方式|联系我|打给我|打我|号码)[^。?!]{0,10}$")
_ID_WORD = re.compile(r"(?:身份证|证件号|证号)[^。?!]{0,10}$")
_REFERENCE_WORD = re.compile(
    r"(?:预约号|预约码|取号码?|凭证号|编号|单号|号码|预约的?|我的号|号)(?:就?是|为|:|,|呢)*$"
)
_OTHER_NUMBER = re.compile(r"(?:银行卡|卡号|社保卡号?|账号|发票号?|工单号?)[^。?!]{0,6}$")
_SHORT_NUMBERS = frozenset({"12393", "12345", "12333", "110", "120", "119", "114", "122", "96110", "10086", "10010", "10000", "12315"})  # fmt: skip

_MOST_GROUPS = 20  # an ID number said digit by digit has 18

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"


class _Piece(NamedTuple):
    digits: str
    start: int
    end: int


def valid_id_number(number: str) -> bool:
    """Whether 18 characters are an ID number: known division, real birthday, right check character (GB 11643)."""
    if not re.fullmatch(r"\d{17}[\dX]", number, re.ASCII):
        return False
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    known = is_division(number[:2] + "0000")
    return known and 1900 <= born.year <= 2100 and number[17] == _CHECK[total % 11]


def valid_phone(digits: str) -> bool:
    """Whether digits are a mobile number or a landline with its area code."""
    mobile = re.fullmatch(r"1[3-9]\d{9}", digits, re.ASCII)
    return bool(mobile or re.fullmatch(r"0(?:10|2\d)\d{8}|0[3-9]\d{2}\d{7,8}", digits, re.ASCII))


def find_numbers(text: str) -> list[Entity]:
    """Entities phone, bad_phone, id_number, bad_id_number and reference in text order."""
    found: list[Entity] = []
    for run in _RUN.finditer(text):
        found.extend(_in_run(text, run))
    return found


def _in_run(text: str, run: re.Match[str]) -> list[Entity]:
    pieces = [
        _Piece(_plain(g[0]), run.start() + g.start(), run.start() + g.end()) for g in _GROUPS.finditer(run[0])
    ]
    if run["x"] and pieces:
        last = pieces[-1]
        pieces[-1] = _Piece(last.digits + "X", last.start, run.end())
    found: list[Entity] = []
    position = 0
    while position < len(pieces):
        for stop in range(min(len(pieces), position + _MOST_GROUPS), position, -1):
            entity = _exact(text, pieces[position:stop])
            if entity:
                found.append(entity)
                position = stop
                break
        else:
            position += 1
    if found:
        return found
    whole = _doubtful(text, pieces)
    return [whole] if whole else []


def _plain(spoken: str) -> str:
    """幺三八 → 138, 三个八 → 888."""
    spoken = re.sub(rf"([两二三四2-4])个({_DIGIT})", lambda m: m[2] * int(_SPOKEN.get(m[1], m[1])), spoken)
    return "".join(_SPOKEN.get(c, c) for c in spoken)


def _exact(text: str, pieces: list[_Piece]) -> Entity | None:
    """A number that is right as it stands, made of whole groups."""
    digits = "".join(p.digits for p in pieces)
    start, end = pieces[0].start, pieces[-1].end
    if len(digits) == 18 and valid_id_number(digits):
        return Entity("id_number", digits, text[start:end], start, end)
    for prefix in ("", "86", "0086"):
        national = digits.removeprefix(prefix)
        if prefix and not digits.startswith(prefix):
            continue
        if valid_phone(national):
            return Entity("phone", national, text[start:end], start, end)
    return None


def _doubtful(text: str, pieces: list[_Piece]) -> Entity | None:
    """An appointment number, or a number that was meant as a telephone or ID number and is none."""
    digits = "".join(p.digits for p in pieces)
    start, end = pieces[0].start, pieces[-1].end
    before = text[:start]
    if digits in _SHORT_NUMBERS or _OTHER_NUMBER.search(before):
        return None
    alone = not re.sub(r"\W|是|我的|吧|啊|就", "", before + text[end:])
    if _ID_WORD.search(before) and len(digits) >= 8:
        return Entity("bad_id_number", text[start:end], text[start:end], start, end)
    if len(digits) in (15, 16, 17, 18, 19) and (alone or len(digits) in (17, 18)):
        return Entity("bad_id_number", text[start:end], text[start:end], start, end)
    if "X" in digits:
        return None
    if len(digits) == 6 and (alone or _REFERENCE_WORD.search(before)) and not _UNIT_AFTER.match(text, end):
        return Entity("reference", digits, text[start:end], start, end)
    meant_as_phone = _PHONE_WORD.search(before) and 5 <= len(digits) <= 14
    like_mobile = re.match(r"1[3-9]", digits) and 9 <= len(digits) <= 13
    if meant_as_phone or like_mobile or (alone and 7 <= len(digits) <= 14):
        return Entity("bad_phone", text[start:end], text[start:end], start, end)
    return None
