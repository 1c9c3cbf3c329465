"""Written Chinese into words that a voice can say and an old ear can follow."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, time

import cn2an

MAX_SPOKEN = 80  # characters said before asking whether to go on (outside contract)
GO_ON_QUESTION = "要我接着说吗？"

_DIGITS = dict(zip("0123456789", "零幺二三四五六七八九", strict=True))
_URL = re.compile(r"https?://\S+|www\.\S+")
_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_CLOCK = re.compile(r"(?<!\d)([01]?\d|2[0-3]):([0-5]\d)(?!\d)")
_YEAR = re.compile(r"(\d{4})(?=年)")
_LONG_DIGITS = re.compile(r"\d[\d\- ]{3,}\d")
_DECIMAL = re.compile(r"\d+(?:\.\d+)?")
_BRACKETED = re.compile(r"[〔\[（(【]([^〕\]）)】]*)[〕\]）)】]")
_SENTENCE = re.compile(r"[^。！？；!?;\n]+[。！？；!?;\n]*")
_CLAUSE = re.compile(r"[^，、：,:]+[，、：,:]*")
_UNSPEAKABLE = re.compile(r"[·•*#_《》“”\"'‘’]")
_WORDS = {
    "APP": "手机应用",
    "App": "手机应用",
    "app": "手机应用",
    "DRG": "按病种分组付费",
    "DIP": "按病种分值付费",
    "%": "百分比",
}


def speakable(text: str) -> str:
    """The same text without signs a voice stumbles over: dates, clock times, numbers and brackets in words.

    Runs of five and more digits are read one by one with 幺 for 1, as on the telephone; shorter ones as numbers.
    """
    text = _URL.sub("", text)
    for written, spoken in _WORDS.items():
        text = text.replace(written, spoken)
    text = _ISO_DATE.sub(lambda m: say_date(date(int(m[1]), int(m[2]), int(m[3]))), text)
    text = _CLOCK.sub(lambda m: say_time(time(int(m[1]), int(m[2]))), text)
    text = re.sub(r"(上午|中午|下午|晚上)(?:上午|中午|下午|晚上)", r"\1", text)
    text = re.sub(r"\s*[–—～~]\s*", "到", text)
    text = _YEAR.sub(lambda m: "".join("零一二三四五六七八九"[int(d)] for d in m[1]), text)
    text = re.sub(r"(?<!\d)(12345|12393|120|110|96110)(?!\d)", lambda m: say_digits(m[1]), text)
    text = _LONG_DIGITS.sub(lambda m: say_digits(m[0]), text)
    text = _DECIMAL.sub(lambda m: cn2an.an2cn(m[0], "low"), text)
    text = re.sub(r"二(?=个|点|天|次|位|种|年|张|条|家)", "两", text)
    text = re.sub(r"(?<=[十百千万零一二三四五六七八九])两(?=个|点|天|次|位|种|年|张|条|家)", "二", text)
    text = _BRACKETED.sub(lambda m: f"，{m[1]}，" if m[1] else "", text)
    text = _UNSPEAKABLE.sub("", text)
    text = re.sub(r"\s*\n+\s*", "。", text.strip())
    text = re.sub(r"[，,]{2,}", "，", text)
    return re.sub(r"([。！？：；，、!?:;,])[。，,]+", r"\1", text).strip(" ，,")


def say_digits(digits: str) -> str:
    """A number read digit by digit; a mobile number in groups of 3-4-4, separated by commas."""
    plain = re.sub(r"\D", "", digits)
    groups = [plain[:3], plain[3:7], plain[7:]] if len(plain) == 11 else [plain]
    return "，".join("".join(_DIGITS[d] for d in group) for group in groups)


def say_date(day: date) -> str:
    """十一月二十五号,星期三."""
    weekday = "一二三四五六日"[day.weekday()]
    return f"{cn2an.an2cn(day.month)}月{cn2an.an2cn(day.day)}号，星期{weekday}"


def say_time(moment: time) -> str:
    """上午九点, 下午两点半."""
    part = (
        "上午"
        if moment.hour < 12
        else "中午"
        if moment.hour == 12
        else "下午"
        if moment.hour < 18
        else "晚上"
    )
    hour = moment.hour if moment.hour <= 12 else moment.hour - 12
    spoken = "两" if hour == 2 else cn2an.an2cn(hour)
    if moment.minute == 0:
        return f"{part}{spoken}点"
    if moment.minute == 30:
        return f"{part}{spoken}点半"
    lead = "零" if moment.minute < 10 else ""
    return f"{part}{spoken}点{lead}{cn2an.an2cn(moment.minute)}分"


def spoken_turns(turns: Iterable[str]) -> tuple[str, ...]:
    """Turns of at most MAX_SPOKEN characters: short neighbours joined, long ones cut at sentence or clause ends."""
    out: list[str] = []
    for piece in _pieces(turns):
        if out and len(out[-1]) + len(piece) <= MAX_SPOKEN:
            out[-1] += piece
        else:
            out.append(piece)
    return tuple(out)


def _pieces(turns: Iterable[str]) -> Iterable[str]:
    for turn in turns:
        for sentence in _SENTENCE.findall(turn.strip()):
            if len(sentence) <= MAX_SPOKEN:
                yield sentence
                continue
            line = ""
            for clause in _CLAUSE.findall(sentence):
                if line and len(line) + len(clause) > MAX_SPOKEN:
                    yield line
                    line = ""
                line += clause
            while len(line) > MAX_SPOKEN:
                yield line[:MAX_SPOKEN]
                line = line[MAX_SPOKEN:]
            if line:
                yield line
