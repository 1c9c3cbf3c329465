"""Times of day: 上午九点半, 下午两点, 14:30, 差一刻十点; and parts of the day said alone.

The halls are open from 9 to 17: an hour from 1 to 5 without a part of the day means the afternoon. 中午 counts as
afternoon, since a hall works on from 13:30. Of 九点到十点 the beginning is taken.
"""

from __future__ import annotations

import re

from bot.messages import Entity
from nlu.numerals import NUMBER as N
from nlu.numerals import number

_PARTS: dict[str, str] = {
    "凌晨": "morning", "一大早": "morning", "大清早": "morning", "清早": "morning", "清晨": "morning", "早起": "morning",
    "早上": "morning", "早晨": "morning", "上午": "morning", "头午": "morning", "前晌": "morning", "上半天": "morning",
    "头晌": "morning", "早": "morning", "晨": "morning",
    "中午头": "afternoon", "中午": "afternoon", "晌午": "afternoon", "正午": "afternoon", "下午": "afternoon",
    "过午": "afternoon", "后晌": "afternoon", "下半天": "afternoon", "午后": "afternoon", "下晌": "afternoon",
    "傍晚": "evening", "晚上": "evening", "夜里": "evening", "夜晚": "evening", "晚": "evening",
}  # fmt: skip
_NOON = ("中午", "晌午", "正午")
_ONLY_BEFORE_HOUR = ("早", "晚", "晨")
_PART = "|".join(sorted(_PARTS, key=len, reverse=True))
_LONG_PART = "|".join(sorted((p for p in _PARTS if p not in _ONLY_BEFORE_HOUR), key=len, reverse=True))
_MINUTE = rf"(?:(?P<half>半)|(?P<quarter>[一二两三1-3])刻|过?(?P<minute>{N})分?(?!\d))"

_CLOCK = re.compile(
    rf"(?P<part>{_PART})?(?:的|大概|大约)?(?<![\d:.])(?P<hour>[01]?\d|2[0-4]):(?P<digits>[0-5]\d)(?::[0-5]\d)?(?![\d:])"
)
_TO_HOUR = re.compile(
    rf"(?P<part>{_PART})?差(?:(?P<quarter>[一1])刻|(?P<minute>{N})分?)(?:钟)?(?:到|就)?(?P<hour>{N})点钟?"
)
_HOUR = re.compile(
    rf"(?P<part>{_PART})?(?:的|大概|大约|差不多)?(?<![\d.:第几十有])(?P<hour>{N})(?P<unit>点钟|点整|点|时(?![间候代段常]))(?:{_MINUTE})?"
)
_PART_ALONE = re.compile(
    rf"(?P<part>{_LONG_PART})(?!好)|(?<=[今明后天儿日一二三四五六号])(?P<short>早|晚)(?![点饭餐些期报会])"
)

# 一点 and the like mean an hour only where something says so: 大点声, 有一点, 三点意见 do not.
_NO_HOUR_AFTER = re.compile(
    r"儿|[都也]|声|意见|建议|要求|原因|问题|注意|小|不|事|钱|医保|耐心|收入|用|关系|办法|说$|慢|快|大"
)
_NO_HOUR_BEFORE = re.compile(
    r"(?:有|大|小|快|慢|好|早|晚|多|少|差|这|那|说|给|点|近|高|低|远|便宜|清楚|详细|简单|讲|提|懂)$"
)
_HOUR_CUE_BEFORE = re.compile(
    r"(?:约|在|到|改成?|定|预约|那就|就|换成?|是|[号日天儿一二三四五六早晚]|^|[,。、]|要|想|来|至|或者?)$"
)
_HOUR_CUE_AFTER = re.compile(
    r"$|[,。?!]|到|至|来|还|去|行|可|吧|的|能|有|左右|开|下班|上班|办|钟|整|半|吗|以?后|之后|以?前|那"
)
_RANGE = re.compile(r"\s*(?:到|至|~|-|—|–)\s*")


def find_times(text: str) -> list[Entity]:
    """Entities ``time`` (HH:MM) and, where no hour is said with it, ``day_part``, in text order."""
    taken: list[tuple[int, int]] = []
    found: list[Entity] = []
    for pattern in (_TO_HOUR, _CLOCK, _HOUR):
        for match in pattern.finditer(text):
            if _overlaps(match, taken) or (pattern is _HOUR and not _means_hour(text, match)):
                continue
            value = _value(match)
            if value is not None:
                taken.append(match.span())
                found.append(Entity("time", value, match[0], match.start(), match.end()))
    found.sort(key=lambda e: e.start)
    found = _beginnings(text, found)
    for match in _PART_ALONE.finditer(text):
        if not _overlaps(match, taken):
            part = _PARTS[match["part"] or match["short"]]
            found.append(Entity("day_part", part, match[0], match.start(), match.end()))
    return sorted(found, key=lambda e: e.start)


def _overlaps(match: re.Match[str], taken: list[tuple[int, int]]) -> bool:
    return any(match.start() < end and start < match.end() for start, end in taken)


def _beginnings(text: str, times: list[Entity]) -> list[Entity]:
    """九点到十点 begins at nine: the end of a range is left out."""
    kept: list[Entity] = []
    last_end = -1
    for entity in times:
        if last_end < 0 or not _RANGE.fullmatch(text, last_end, entity.start):
            kept.append(entity)
        last_end = entity.end
    return kept


def _means_hour(text: str, match: re.Match[str]) -> bool:
    has_part, hour = match["part"] is not None, number(match["hour"])
    exact = match["unit"] != "点" or any(match[g] for g in ("half", "quarter", "minute"))
    if has_part or (exact and match["unit"] != "时"):
        return True
    if _NO_HOUR_BEFORE.search(text, 0, match.start()) or _NO_HOUR_AFTER.match(text, match.end()):
        return False
    if hour > 5:
        return True
    before = _HOUR_CUE_BEFORE.search(text, 0, match.start()) is not None
    return before and _HOUR_CUE_AFTER.match(text, match.end()) is not None


def _value(match: re.Match[str]) -> str | None:
    """HH:MM, or None for what no clock shows."""
    groups = match.groupdict()
    hour, minute = number(groups["hour"]), _minutes(groups)
    part = groups["part"]
    if hour > 24 or minute > 59:
        return None
    if match.re is _TO_HOUR:
        hour, minute = (hour - 1) % 24, 60 - minute
        if not 0 < minute < 60:
            return None
    if part in _NOON:
        hour += 12 if hour <= 3 else 0
    elif part and _PARTS[part] != "morning":
        if _PARTS[part] == "evening" and hour in (0, 12):  # midnight, of a day that nobody can tell
            return None
        hour += 12 if hour < 12 else 0
    elif part is None and 1 <= hour <= 5 and not (groups.get("digits") and groups["hour"].startswith("0")):
        hour += 12
    return f"{hour:02d}:{minute:02d}" if hour < 24 else None


def _minutes(groups: dict[str, str | None]) -> int:
    if groups.get("digits"):
        return int(groups["digits"] or 0)
    if groups.get("half"):
        return 30
    if groups.get("quarter"):
        return 15 * number(groups["quarter"] or "0")
    return number(groups.get("minute") or "0")
