"""Chinese text into pinyin with tone digits, which is all that espeak-ng's Mandarin voice can read.

espeak-ng 1.51's voice cmn-latn-pinyin makes the third tone's sandhi itself (ni3 hao3 comes out as ní hǎo) and the neutral
tone's pitch, but knows nothing of 一 and 不: these are changed here.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml
from pypinyin import Style, lazy_pinyin

from bot.speech import speakable

_READINGS = Path(__file__).with_name("readings.yaml")
_HAN = re.compile(r"[㐀-䶿一-鿿豈-﫿]")
# A surname after 名字, 姓, 叫 or 我是; only those whose reading as a surname is another one than in words.
_SURNAMES = {
    "单": "shan4",
    "曾": "zeng1",
    "解": "xie4",
    "仇": "qiu2",
    "查": "zha1",
    "区": "ou1",
    "任": "ren2",
    "盖": "ge3",
    "朴": "piao2",
    "华": "hua4",
    "尉": "wei4",
    "卜": "bu3",
    "冼": "xian3",
    "洗": "xian3",
    "翟": "zhai2",
    "覃": "qin2",
    "员": "yun4",
    "缪": "miao4",
    "晁": "chao2",
    "宁": "ning4",
    "召": "shao4",
    "葛": "ge3",
    "乐": "yue4",
    "折": "she2",
    "逄": "pang2",
}
_SURNAME = re.compile(
    rf"(?<=名字|.姓|是姓|我叫|您叫|人叫)[叫是：，]?([{''.join(_SURNAMES)}])(?=[一-鿿]{{1,2}}(?:[，。、？]|$))"
)
# The letters as they are spelled on the telephone in China.
_LETTERS = {
    "A": "ei1",
    "B": "bi4",
    "C": "xi1",
    "D": "di4",
    "E": "yi4",
    "F": "ai2 fu5",
    "G": "ji4",
    "H": "ei2 chi5",
    "I": "ai4",
    "J": "zhei4",
    "K": "kai4",
    "L": "ai2 lu5",
    "M": "ai2 mu5",
    "N": "en1",
    "O": "ou1",
    "P": "pi4",
    "Q": "kiu4",
    "R": "a4 er5",
    "S": "ai2 si5",
    "T": "ti4",
    "U": "you4",
    "V": "wei4",
    "W": "da2 bu5 liu4",
    "X": "ai2 ke5 si5",
    "Y": "wai4",
    "Z": "zei4",
}
_STOPS = {**dict.fromkeys("。！？!?；;\n", "."), **dict.fromkeys("，、：,:—…", ",")}
_PAUSES = (",", ".")
_TONE = re.compile(r"[a-zü]+([1-5])")
_ORDINAL_BEFORE = tuple("第十百千万零〇二三四五六七八九幺初周期")
_COUNTED_AFTER = tuple("月号日级等一二三四五六七八九十幺〇零")


def to_pinyin(text: str) -> str:
    """Pinyin syllables with tone digits 1-5 and the pauses ``,`` and ``.``; figures and signs are put into words first.

    Empty where nothing of the text can be said.
    """
    out: list[str] = []
    for sound in _tokens(speakable(text)):
        if sound not in _PAUSES:
            out.append(sound)
        elif out:  # of two pauses in a row the longer one
            ended = out[-1].rstrip(",.")
            out[-1] = ended + max(out[-1][len(ended) :], sound)
    if out and out[-1][-1] not in ",.":
        out[-1] += "."
    return " ".join(out)


def syllables(text: str) -> list[str]:
    """The same without pauses: one syllable a character."""
    return [
        syllable
        for token in _tokens(speakable(text))
        if token not in (",", ".")
        for syllable in token.split()
    ]


def _tokens(text: str) -> list[str]:
    """Syllables and pauses of a speakable text."""
    pattern, readings = _words()
    tokens: list[str] = []
    for run in re.split(r"([。！？!?；;\n，、：,:—…])", text):
        if run in _STOPS:
            tokens.append(_STOPS[run])
            continue
        tokens += _clause(run, pattern, readings)
    return tokens


def _clause(run: str, pattern: re.Pattern[str], readings: dict[str, list[str]]) -> list[str]:
    """The syllables of what is said in one breath."""
    spelled: list[tuple[str, str]] = []  # (character, syllable)
    position = 0
    for match in (*pattern.finditer(run), None):
        start = match.start() if match else len(run)
        spelled += _plain(run[position:start])
        if match:
            spelled += zip(match.group(), readings[match.group()], strict=True)
            position = match.end()
    for match in _SURNAME.finditer(run):
        index = sum(1 for c in run[: match.start(1)] if _HAN.match(c) or c.upper() in _LETTERS)
        if index < len(spelled) and spelled[index][0] == match.group(1):
            spelled[index] = (match.group(1), _SURNAMES[match.group(1)])
    return _yi_and_bu(spelled)


def _plain(run: str) -> list[tuple[str, str]]:
    """What no word of ours covers: pypinyin's phrases for characters, the alphabet for letters, nothing for the rest."""
    out: list[tuple[str, str]] = []
    for piece in re.findall(rf"{_HAN.pattern}+|[A-Za-z]", run):
        if piece.upper() in _LETTERS:
            out.append((piece, _LETTERS[piece.upper()]))
            continue
        read = lazy_pinyin(
            piece, style=Style.TONE3, neutral_tone_with_five=True, v_to_u=False, errors="ignore"
        )
        if len(read) == len(piece):
            out += zip(piece, read, strict=True)
        else:  # a character that pypinyin does not know is left out
            out += [(c, s) for c in piece for s in lazy_pinyin(c, style=Style.TONE3, errors="ignore")]
    return out


def _yi_and_bu(spelled: list[tuple[str, str]]) -> list[str]:
    """一 before the fourth tone is yi2, before others yi4, alone and in numbers yi1; 不 before the fourth is bu2."""
    out: list[str] = []
    for index, (character, syllable) in enumerate(spelled):
        after = spelled[index + 1] if index + 1 < len(spelled) else None
        before = spelled[index - 1][0] if index else ""
        if character == "不" and not syllable.endswith("5"):
            out.append("bu2" if after and _tone(after[1]) == "4" else "bu4")
        elif character == "一" and syllable[-1] in "124":
            numeral = after is None or before in _ORDINAL_BEFORE or after[0] in _COUNTED_AFTER
            out.append(
                "yi1" if numeral or after is None else "yi2" if _tone(after[1]) in ("4", "5") else "yi4"
            )
        else:
            out.append(syllable)
    return out


def _tone(syllable: str) -> str:
    match = _TONE.match(syllable)
    return match.group(1) if match else ""


@cache
def _words() -> tuple[re.Pattern[str], dict[str, list[str]]]:
    """The words of readings.yaml, longest first, and their syllables."""
    given: dict[str, str] = yaml.safe_load(_READINGS.read_text(encoding="utf-8"))
    readings = {word: syllable.split() for word, syllable in given.items()}
    longest_first = sorted(readings, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))), readings
