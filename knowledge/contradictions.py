"""Entries that tell the same thing differently: other numbers, other dates, needed here and not needed there.

Compared are entries of one region and the wider ones that answer for it, where they cite the same clause of the same
document: what different places rule differently is no contradiction. Of two sentences, those count as being about the
same thing whose words, numbers apart, are mostly the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import cn2an

from bot.entries import Finding, Severity
from knowledge.entry import PolicyEntry
from knowledge.regions import chain

ALIKE = 0.6  # share of character pairs from which two sentences are about the same thing
_UNITS = (
    "个工作日|工作日|自然日|小时|分钟|个月|周岁|公里|万元|块钱|元|岁|年|月|天|日|次|种|项|份|人|级|倍|折|%|％"
)
_SAME_UNIT = {
    "个工作日": "工作日",
    "块钱": "元",
    "周岁": "岁",
    "日": "天",
    "自然日": "天",
    "月": "个月",
    "％": "%",
}
_HAN_NUMBER = "[零〇一二两三四五六七八九十百千万]+"
_DATE = re.compile(
    rf"(\d{{4}}|[零〇一二三四五六七八九]{{4}})年(\d{{1,2}}|{_HAN_NUMBER})月(?:(\d{{1,2}}|{_HAN_NUMBER})日)?"
)
_AMOUNT = re.compile(rf"(?<![\d第])(\d+(?:\.\d+)?|{_HAN_NUMBER})({_UNITS})")
_NEEDED = re.compile("(?:(?<!不)需要|必须|(?<!不)要先|应当)([一-鿿]{2,4})")
_NOT_NEEDED = re.compile("(?:不用|不需要|无需|不必|免予?)([一-鿿]{2,4})")
_ONLY_THERE = re.compile("(?:只能|必须|只可以)(?:在|到|去)?[^，。；]{0,8}(?:窗口|大厅|现场|柜台)")
_FROM_HOME = re.compile("网上|手机|公众号|小程序|支付宝|微信|医保码|应用")
_SENTENCE = re.compile("[^。；！？\n]+")
_NOISE = re.compile(
    r"[\W\d_]|按文件|底前|该开通|该有|该改好|不超过|最多|最长|至少|以内|之内|左右|大约|就能|可以|一般|这个|的|了|就|在|是|会|要|能|您|也|个"
)


@dataclass(frozen=True, slots=True)
class _Said:
    """An amount or a date, and the words around it."""

    unit: str
    value: str
    words: frozenset[str]
    text: str


def contradictions(entries: Sequence[PolicyEntry]) -> list[Finding]:
    """What the entries tell differently, of each other and of themselves; a warning on each of the two."""
    found: dict[tuple[str, str, str], Finding] = {}
    for entry in entries:
        for one, other in _within(entry):
            detail = f"“{one.text}”和“{other.text}”"
            message = f"tells two things: {one.value}{one.unit} and {other.value}{other.unit}"
            finding = Finding(entry.id, "tells_two_things", Severity.WARNING, message, detail)
            found.setdefault((entry.id, finding.code, detail), finding)
    for first, second in combinations(entries, 2):
        if not _comparable(first, second):
            continue
        for mine, theirs in _between(first, second):
            for told, against, here, there in ((first, second, mine, theirs), (second, first, theirs, mine)):
                detail = f"{against.id}：“{there}”，这条：“{here}”"
                message = f"{against.id} says otherwise: {there} / {here}"
                finding = Finding(told.id, "contradicts", Severity.WARNING, message, detail)
                found.setdefault((told.id, finding.code, detail), finding)
    return list(found.values())


def _comparable(first: PolicyEntry, second: PolicyEntry) -> bool:
    """Whether one answers for the other's place and both take their word from the same clause."""
    if first.region not in chain(second.region) and second.region not in chain(first.region):
        return False
    mine = {(c.document, c.clause) for c in first.citations}
    return any((c.document, c.clause) in mine for c in second.citations)


def _between(first: PolicyEntry, second: PolicyEntry) -> Iterator[tuple[str, str]]:
    for one in _amounts(_told(first)):
        for other in _amounts(_told(second)):
            if _clash(one, other, _amounts(_told(first)), _amounts(_told(second))):
                yield one.text, other.text
    if first.topic != second.topic:
        return
    for here, there in ((first, second), (second, first)):
        for wanted, spared in _needs(_told(here), _told(there)):
            yield (wanted, spared) if here is first else (spared, wanted)
        only, home = _ONLY_THERE.search(_told(here)), _FROM_HOME.search("\n".join(there.channels))
        if only and home:
            yield (only[0], home[0]) if here is first else (home[0], only[0])


def _within(entry: PolicyEntry) -> Iterator[tuple[_Said, _Said]]:
    written, spoken = _amounts(_told(entry)), _amounts("\n".join(entry.spoken))
    for one in written:
        for other in spoken:
            if _clash(one, other, written, spoken):
                yield one, other


def _clash(one: _Said, other: _Said, mine: Sequence[_Said], theirs: Sequence[_Said]) -> bool:
    """The same thing, another amount; neither side tells the other's amount of the same thing elsewhere."""
    if one.unit != other.unit or one.value == other.value or _alike(one.words, other.words) < ALIKE:
        return False
    also_mine = any(_same(other, said) for said in mine)
    also_theirs = any(_same(one, said) for said in theirs)
    return not (also_mine or also_theirs)


def _same(one: _Said, other: _Said) -> bool:
    return (one.unit, one.value) == (other.unit, other.value) and _alike(one.words, other.words) >= ALIKE / 2


def _needs(told: str, other: str) -> Iterator[tuple[str, str]]:
    """Sentences of which one says that something is needed and the other that it is not."""
    spared = [
        (found[1], sentence)
        for sentence in _SENTENCE.findall(other)
        for found in _NOT_NEEDED.finditer(sentence)
    ]
    for sentence in _SENTENCE.findall(told):
        for found in _NEEDED.finditer(sentence):
            for what, there in spared:
                if found[1][:2] == what[:2] and _alike(_words(sentence), _words(there)) >= ALIKE / 2:
                    yield sentence.strip(), there.strip()


def _told(entry: PolicyEntry) -> str:
    parts = (
        entry.written,
        *entry.steps,
        *entry.channels,
        *entry.materials,
        entry.time_limit,
        entry.cost,
        entry.eligibility,
    )
    return "\n".join(part for part in parts if part)


@cache
def _amounts(text: str) -> tuple[_Said, ...]:
    found: list[_Said] = []
    for sentence in _SENTENCE.findall(text):
        for date in _DATE.finditer(sentence):
            value = "-".join(_number(part) for part in date.groups() if part)
            found.append(_Said("date", value, _around(sentence, *date.span()), sentence.strip()))
        rest = _DATE.sub(lambda date: "，" * len(date[0]), sentence)
        for amount in _AMOUNT.finditer(rest):
            unit = _SAME_UNIT.get(amount[2], amount[2])
            words = _around(rest, *amount.span())
            found.append(_Said(unit, _number(amount[1]), words, sentence.strip()))
    return tuple(found)


def _around(sentence: str, start: int, end: int) -> frozenset[str]:
    """The words of the clause that holds the amount, with those of the clause before where it is short."""
    clauses = [(m.start(), m.end(), m[0]) for m in re.finditer("[^，、：]+", sentence)]
    place = next((n for n, (a, b, _) in enumerate(clauses) if a <= start < b), 0)
    text = clauses[place][2].replace(sentence[start:end], "") if clauses else sentence
    if len(_NOISE.sub("", text)) < 6 and place:
        text = clauses[place - 1][2] + text
    return _words(text)


@cache
def _words(text: str) -> frozenset[str]:
    plain = _NOISE.sub("", _AMOUNT.sub("", text))
    return frozenset(plain[n : n + 2] for n in range(max(1, len(plain) - 1)) if plain)


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else 0.0


def _number(text: str) -> str:
    if text[0].isdigit():
        return text.lstrip("0") or "0"
    if re.fullmatch("[零〇一二三四五六七八九]{4}", text):
        return "".join(str("零一二三四五六七八九".index(c.replace("〇", "零"))) for c in text)
    try:
        return str(cn2an.cn2an(text.replace("两", "二").replace("〇", "零"), "smart"))
    except ValueError:
        return text
