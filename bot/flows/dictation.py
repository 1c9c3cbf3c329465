"""Numbers and names told by ear: digits in groups with pauses between them, both corrected in part."""

from __future__ import annotations

import re

from bot import characters
from bot.decision import Context, Decision
from bot.flows import booking, person
from bot.messages import Act, UtteranceKind
from bot.speech import say_digits
from bot.state import DialogueState
from bot.wording import say

_VALUES = {str(digit): str(digit) for digit in range(10)}
_VALUES |= {"零": "0", "〇": "0", "幺": "1", "一": "1", "二": "2", "两": "2", "三": "3", "四": "4"}
_VALUES |= {"五": "5", "六": "6", "七": "7", "八": "8", "九": "9"}
_D = rf"[{''.join(_VALUES)}]"
_GAP = r"[\s，,、。.]*"
_SAID = rf"{_D}(?:{_GAP}{_D})*"
_ONLY_DIGITS = re.compile(
    rf"(?:我的?|电话|手机|号码|号|是|嗯+|呃+|那个|就是|然后|后面是?|接着是?|再是|[\s，,、。.])*({_SAID})(?:了|啊|吧|嗯|就这些|没了|[\s，,。.])*"
)
_AGAIN = re.compile(r"(?:重新说|从头(?:说|来)|重来|重说|说错了|全错了|都不对)[。了吧]*")
_LAST = re.compile(
    rf"(?:后面?|最后|尾号|末尾|后头)(?:的)?{_D}?(?:位|个)?(?:数字?)?(?:不对)?{_GAP}(?:应该|应当)?(?:是|为)?({_SAID})(?![位个])"
)
_FIRST = re.compile(
    rf"(?:前面?|开头|前头)(?:的)?{_D}?(?:位|个)?(?:数字?)?(?:不对)?{_GAP}(?:应该|应当)?(?:是|为)({_SAID})(?![位个])"
)
_MIDDLE = re.compile(
    rf"中间(?:的)?{_D}?(?:位|个)?(?:数字?)?(?:不对)?{_GAP}(?:应该|应当)?(?:是|为)({_SAID})(?![位个])"
)
_INSTEAD = re.compile(rf"不是({_SAID}){_GAP}(?:而|应该|应当)?是({_SAID})(?![位个])")
_WRONG = re.compile(rf"(?:不对|错了|不是|说错了){_GAP}(?:应该|应当)?(?:是)?({_SAID})[。吧]*")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"0[12]\d\d{8}|0[3-9]\d{2}\d{7,8}")
_START = re.compile(r"1(?:[3-9]\d{0,9})?|0\d{0,10}")  # how every number begins that may still become one
_FLOWS = (booking.NAME, person.CALLBACK)
_AFTER_THE_NAME = ("phone", "confirm", "correction")
SLOT = "dictated"  # groups said so far, a blank between them


def take(ctx: Context) -> Decision | None:
    """What a caller's digits do to the number that is asked for or was read back; None where none were said."""
    state, text = ctx.state, ctx.parse.text
    if not ctx.on_phone or ctx.utterance.kind is UtteranceKind.KEY or state.flow not in _FLOWS:
        return None
    number = state.slots.get("phone", "")
    if number and state.expecting in ("confirm", "correction"):
        changed = corrected(number, text)
        return _filled(ctx, state, changed) if changed else None
    if state.expecting != "phone":
        return None
    return _dictated(ctx, state, state.slots.get(SLOT, ""))


def take_name(ctx: Context) -> Decision | None:
    """A correction of the name's characters (是立早章); None where there is none."""
    state, name = ctx.state, ctx.state.slots.get("name")
    if not (ctx.on_phone and name and state.flow == booking.NAME and state.expecting in _AFTER_THE_NAME):
        return None
    if ctx.utterance.kind is UtteranceKind.KEY or ctx.parse.first("name") not in (None, name):
        return None
    changed = characters.corrected(name, ctx.parse.text)
    return booking.proceed(ctx, state.fill(name=changed)) if changed else None


def digits_of(said: str) -> str:
    """Digits spoken or written, as figures: 幺三八 and 138 are 138."""
    return "".join(_VALUES.get(c, "") for c in said)


def corrected(number: str, text: str) -> str | None:
    """A number with the part replaced that a correction names; None where it names none or none that fits.

    后四位是1234 · 前三位是139 · 中间是0013 · 不是88是66 · 不对,是0014.
    """
    changed = None
    if match := _INSTEAD.search(text):
        old, new = digits_of(match[1]), digits_of(match[2])
        place = number.rfind(old)
        changed = number[:place] + new + number[place + len(old) :] if place >= 0 else None
    elif match := _LAST.search(text):
        new = digits_of(match[1])
        changed = number[: -len(new)] + new
    elif match := _FIRST.search(text):
        new = digits_of(match[1])
        changed = new + number[len(new) :]
    elif match := _MIDDLE.search(text):
        new = digits_of(match[1])
        changed = number[:3] + new + number[3 + len(new) :]
    elif match := _WRONG.fullmatch(text):
        changed = _in_the_likeliest_place(number, digits_of(match[1]))
    return changed if changed and is_number(changed) and changed != number else None


def _in_the_likeliest_place(number: str, said: str) -> str | None:
    """The number with these digits where they differ least, at most in half of them: 不对,是0014 for …0013…."""
    places = range(len(number) - len(said), -1, -1)
    differing = {place: sum(a != b for a, b in zip(number[place:], said, strict=False)) for place in places}
    differing = {
        place: count for place, count in differing.items() if count
    }  # a correction changes something
    place = min(differing, key=differing.__getitem__, default=None)
    if place is None or len(said) < 2 or differing[place] > len(said) // 2:
        return None
    return number[:place] + said + number[place + len(said) :]


def is_number(digits: str) -> bool:
    """Whether this is a whole mobile or landline number of mainland China."""
    return bool(_MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits))


def _dictated(ctx: Context, state: DialogueState, before: str) -> Decision | None:
    text = ctx.parse.text
    groups = before.split()
    if before and _AGAIN.fullmatch(text):
        return _ask(state.without(SLOT), "好，从头来。请说电话号码。")
    wrong = _WRONG.fullmatch(text)
    only = _ONLY_DIGITS.fullmatch(text)
    if groups and wrong:  # the group just heard, said anew
        groups = [*groups[:-1], digits_of(wrong[1])]
    elif only:
        groups = [*groups, digits_of(only[1])]
    else:
        return None
    said = "".join(groups)
    if is_number(said):
        return _filled(ctx, state.without(SLOT), said)
    if not _START.fullmatch(said):
        if not before:
            return None
        return _ask(state.without(SLOT), "这个号码好像不对。请从头再说一遍，三四个数字停一下。")
    return _ask(state.fill(**{SLOT: " ".join(groups)}), f"{say_digits(groups[-1])}，请接着说。")


def _filled(ctx: Context, state: DialogueState, number: str) -> Decision:
    filled = state.fill(phone=number)
    if state.flow == person.CALLBACK:
        return person.confirm_number(filled)
    return booking.proceed(ctx, filled)


def _ask(state: DialogueState, words: str) -> Decision:
    act = Act.CALLBACK if state.flow == person.CALLBACK else Act.ASK_SLOT
    shown = person.shown(state.slots) if state.flow == person.CALLBACK else booking.shown(state)
    return Decision(state.with_(expecting="phone", failures=0), say(act, words, slots=shown))
