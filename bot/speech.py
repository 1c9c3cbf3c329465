"""Written Chinese into words that a voice can say and an old ear can follow."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from bot.figures import figures_to_words, say_date, say_digits, say_time

MAX_SPOKEN = 80  # characters said before asking whether to go on (outside contract)
GO_ON_QUESTION = "要我接着说吗？"

_URL = re.compile(r"https?://\S+|www\.\S+")
_FULL_WIDTH = re.compile(
    r"[０-９Ａ-Ｚａ-ｚ％．：／]"
)  # the forms of input methods; Chinese punctuation stays
_LIST_NUMBER = re.compile(r"(?m)^\s*(\d{1,2})[.、．](?!\d)\s*")
_NUMBERED = re.compile(r"(条|款)?[（(]([一二三四五六七八九十]{1,3})[）)]")
_DOCUMENT_YEAR = re.compile(r"[〔\[](\d{4})[〕\]]")
_BRACKETED = re.compile(r"[〔\[（(【]([^〕\]）)】]*)[〕\]）)】]")
_SENTENCE = re.compile(r"[^。！？；!?;\n]+[。！？；!?;\n]*")
_CLAUSE = re.compile(r"[^，、：,:]+[，、：,:]*")
_UNSPEAKABLE = re.compile(r"[·•*#_《》“”\"'‘’「」『』|~^`\\<>]")
_ABBREVIATIONS = {
    "手机APP": "手机应用",
    "APP": "手机应用",
    "App": "手机应用",
    "app": "手机应用",
    "DRG": "按疾病诊断分组付费",
    "DIP": "按病种分值付费",
    "WIFI": "无线网",
    "WiFi": "无线网",
    "Wi-Fi": "无线网",
    "No.": "号码",
    "NO.": "号码",
    "℃": "度",
    "㎡": "平方米",
    "×": "乘",
    "≥": "大于等于",
    "≤": "小于等于",
    "＞": "大于",
    "＜": "小于",
    "＋": "加",
    "+": "加",
    "＝": "等于",
    "=": "等于",
    "&": "和",
}
_MEASURES = {
    "km": "公里",
    "kg": "公斤",
    "mg": "毫克",
    "ml": "毫升",
    "mL": "毫升",
    "cm": "厘米",
    "mm": "毫米",
    "g": "克",
}
_MEASURE = re.compile(rf"(?<=\d)\s*({'|'.join(_MEASURES)})(?![A-Za-z])")
_PER = re.compile(r"(?<=[元次人天个例])\s*[/／]\s*(?=[一-鿿])")
_SLASH = re.compile(r"\s*[/／]\s*")

_PASSES = 8  # brackets within brackets, and signs that come to stand together once others are gone


def speakable(text: str) -> str:
    """The same text without signs a voice stumbles over: dates, clock times, numbers and brackets in words.

    What is speakable already stays as it is.
    """
    for _ in range(_PASSES):
        spoken = _pass(text)
        if spoken == text:
            break
        text = spoken
    return text


def _pass(text: str) -> str:
    """Every sign once; what stood inside another is left for the next pass."""
    text = _FULL_WIDTH.sub(lambda m: m[0] if m[0] == "：" else unicodedata.normalize("NFKC", m[0]), text)
    text = _URL.sub("", text)
    text = _LIST_NUMBER.sub(lambda m: f"第{m[1]}，", text)
    text = _NUMBERED.sub(lambda m: f"{m[1]}第{m[2]}项" if m[1] else f"第{m[2]}，", text)
    text = _DOCUMENT_YEAR.sub(r"\1年", text)
    text = _MEASURE.sub(lambda m: _MEASURES[m[1]], text)
    for written, spoken in _ABBREVIATIONS.items():
        text = text.replace(written, spoken)
    text = figures_to_words(text)
    text = re.sub(r"(上午|中午|下午|晚上)(?:上午|中午|下午|晚上)", r"\1", text)
    text = re.sub(r"\s*[–—～~]+\s*", "到", text)
    text = _SLASH.sub("或", _PER.sub("每", text))
    text = _BRACKETED.sub(lambda m: f"，{m[1]}，" if m[1] else "", text)
    text = _UNSPEAKABLE.sub("", text).replace("%", "百分比").replace("‰", "千分比")
    text = re.sub(r"\s*\n+\s*", "。", text.strip())
    text = re.sub(r"[，,]{2,}", "，", text)
    text = re.sub(r"[，,]([。！？；])", r"\1", text)
    return re.sub(r"([。！？：；，、!?:;,])[。，,]+", r"\1", text).strip(" ，,")


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


__all__ = ["GO_ON_QUESTION", "MAX_SPOKEN", "say_date", "say_digits", "say_time", "speakable", "spoken_turns"]
