"""One form for what people type and recognisers write, before anything is understood.

Full-width and compatibility forms become plain ones, traditional characters simplified ones; control characters,
zero-width characters and emoji go; spaces next to Chinese characters go (recognisers put them between words);
repeated punctuation is squeezed; fillers go where they carry nothing; misheard words of the field are put right.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

import zhconv
from zhconv.zhconv import loaddict

from nlu import homophones, lexicon

_HAN = r"\u3400-\u9fff\U00020000-\U0003ffff"
_LINE_BREAK = re.compile(r"[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")
_SPACE = re.compile(r"\s+")
# A space stays only between two characters of other scripts (12:30 13812345678).
_SPACE_AT_HAN = re.compile(rf"(?<=[{_HAN},。、?!;:]) | (?=[{_HAN},。、?!;:])")
_WECHAT_STICKER = re.compile(rf"\[[{_HAN}A-Za-z]{{1,6}}\]")
_REPEATED_MARK = re.compile(r"([^\w\s])\1+")
_SEVERAL_COMMAS = re.compile(r"[,、;]+(?=[,、;。?!])")
_EDGE = " ,、;"

# Sounds without meaning, dropped anywhere as long as something else is said.
_HUM = re.compile(r"[嗯呃]+[,、。]?")
_SOUND_AT_START = re.compile(r"^(?:[啊哎诶唉欸哦噢喔喂]+|额(?=[,。、我俺]))[,。、!]*(?=[^,。、!?])")
# Fillers of two and more characters go only before a mark, a pronoun or a verb of asking: 那个窗口 keeps its 那个.
_WORD_AT_START = re.compile(
    r"^(?:那个|这个|内个|就是说?|那什么|是这样的?|怎么说呢|然后)"
    r"(?:[,。、]+|(?=我|俺|咱|你|您|请|想|问|那个|这个|怎么|咋|就是))(?=.)"
)
_STUTTER = re.compile(r"(我|俺|那个|这个|就是|怎么|需要|能不能|想)\1+(?=.)")
_PASSES = 4


def normalize(text: str) -> str:
    """The plain form of a text; empty where nothing readable is in it. Idempotent, linear in the length."""
    for _ in range(_PASSES):
        plain = _one_pass(text)
        if plain == text:
            break
        text = plain
    return text


def _one_pass(text: str) -> str:
    text = _LINE_BREAK.sub(",", text)
    text = _WECHAT_STICKER.sub("", text)
    text = unicodedata.normalize("NFKC", "".join(c for c in text if _readable(c)))
    text = "".join(c for c in text if _readable(c))
    _read_characters()
    text = zhconv.convert(text, "zh-hans")
    text = _SPACE.sub(" ", text)
    text = _SPACE_AT_HAN.sub("", text)
    text = _REPEATED_MARK.sub(r"\1", text)
    text = _SEVERAL_COMMAS.sub("", text).strip(_EDGE)
    text = _without_fillers(text)
    return homophones.repair(text)


def _readable(character: str) -> bool:
    """Whether a character can carry something said: no control, zero-width, private, emoji or enclosing one."""
    category = unicodedata.category(character)
    if category in {"Cf", "Cs", "Co", "Cn", "So", "Me"}:
        return False
    if category == "Cc":
        return character in "\t\n\r"
    if category == "Mn":
        return not "\ufe00" <= character <= "\ufe0f"
    return not (category == "Sk" and character > "\uffff")


def _without_fillers(text: str) -> str:
    bare = _HUM.sub("", text)
    if re.search(r"\w", bare):
        text = bare.strip(_EDGE)
    for pattern in (_SOUND_AT_START, _WORD_AT_START):
        text = pattern.sub("", text)
    return _STUTTER.sub(r"\1", text)


@cache
def _read_characters() -> None:
    """zhconv's own table, read by its path: the package's default way leaves the file open."""
    loaddict(str(Path(zhconv.__file__).parent / "zhcdict.json"))


def warm_up() -> None:
    """Read dictionaries and build tables now instead of with the first sentence (about half a second)."""
    lexicon.warm_up()
    homophones.warm_up()
    normalize("醫保怎麼報銷")
