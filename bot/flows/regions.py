"""Which place's rules a citizen means."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.decision import Context
from bot.messages import Entity

_INSURED_BEFORE = re.compile(r"(参保|医保|社保|户口|户籍|老家|退休)[^，。；,;]{0,4}$")
_INSURED_AFTER = re.compile(r"(参的?保|交的?医保|的?医保|户口|户籍|老家|退休)")
_DESTINATION = re.compile(r"(去|到|往)$")
_ELSEWHERE_TOPICS = ("remote_medical_filing", "remote_direct_settlement", "personal_account_remote_payment")
_LIVING = re.compile(r"(住在?|来到?|去|到|在)$")


_MOVES_TO = re.compile(r"(转到|转去|到|去|回|往)$")


@dataclass(frozen=True, slots=True)
class Told:
    """The region told in this utterance: its code, or the several named where it stays open."""

    code: str | None = None
    named: tuple[str, ...] = ()

    @property
    def ambiguous(self) -> bool:
        """Several places were named and none stands out as the place of insurance."""
        return self.code is None and len(self.named) > 1


def told(ctx: Context) -> Told:
    """The place of insurance as told now: named by words like 参保, 户口, 老家 where several places occur."""
    found = [e for e in ctx.parse.entities if e.type == "region"]
    codes = tuple(dict.fromkeys(e.value for e in found))
    if not codes:
        return Told()
    if len(codes) == 1:
        return Told(None if _is_destination(ctx, found[0]) else codes[0], codes)
    known = ctx.state.region or ctx.known_region
    if _is_moving(ctx) and known in codes:
        return Told(known, codes)
    narrowest = _one_inside_the_other(codes)
    if narrowest:
        return Told(narrowest, codes)
    text = ctx.parse.text
    insured = [
        e.value
        for e in found
        if _INSURED_BEFORE.search(text[max(0, e.start - 8) : e.start])
        or _INSURED_AFTER.match(text[e.end : e.end + 5])
    ]
    if len(set(insured)) == 1:
        return Told(insured[0], codes)
    for away in (
        _DESTINATION,
        _LIVING,
    ):  # 我妈在济南，要去上海: first where one goes is left out, then where one lives
        elsewhere = {e.value for e in found if away.search(text[max(0, e.start - 2) : e.start])}
        left = [code for code in codes if code not in elsewhere]
        if len(left) == 1:
            return Told(left[0], codes)
    return Told(None, codes)


def _is_moving(ctx: Context) -> bool:
    """An insurance relation is moved: both places have to do with it, and the one known already is asked."""
    return ctx.intent == "ask_transfer_continuation"


def _is_destination(ctx: Context, place: Entity) -> bool:
    """去北京看病怎么备案 names where one goes, not where one is insured.

    在北京 does too where we know already that the person is insured elsewhere and have no rule of Beijing's.
    """
    topic = ctx.intent.removeprefix("ask_")
    before = ctx.parse.text[max(0, place.start - 2) : place.start]
    if _is_moving(ctx):
        return (ctx.state.region or ctx.known_region) is not None and bool(_MOVES_TO.search(before))
    if topic not in _ELSEWHERE_TOPICS or _INSURED_AFTER.match(ctx.parse.text[place.end : place.end + 5]):
        return False
    if _DESTINATION.search(before):
        return True
    known = ctx.state.region or ctx.known_region
    has_rule = place.value in ctx.knowledge.regions(topic)
    return bool(_LIVING.search(before)) and known is not None and not has_rule


def _one_inside_the_other(codes: tuple[str, ...]) -> str | None:
    """山东济宁 names one place twice: the narrower one."""
    for narrow in codes:
        if all(narrow == wide or narrow.startswith(wide.rstrip("0")) for wide in codes):
            return narrow
    return None
