"""Stars and marks that a citizen gives, 1 to 5; only explicit forms."""

from __future__ import annotations

import re

from bot.messages import Entity

_NUMBERS = {"零": 1, "一": 1, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5} | {
    str(n): max(n, 1) for n in range(6)
}
_STARS = re.compile(
    r"(?<![\d一二三四五六七八九十点第])(?P<n>[零一二两三四五0-5])(?P<unit>颗星星?|个?星(?!期|座)|分(?!钟|之|类|开|局|店|数|配|费|公司))(?P<much>都(?:嫌)?多)?"
)
_FULL = re.compile(r"满分(?!十分|100|一百|是)|最高分|全五星")
_GIVES = re.compile(r"打|给|评|吧|好评|服务|态度|满意|赞|星|^")
# Words that are a rating as a whole utterance or after 评价/服务; the first that fits counts.
_WORDS: tuple[tuple[str, int], ...] = (
    (r"(?:非常|很|特别|十分|太|极其?)不满意", 1), (r"不太满意|不怎么满意|有点不满意", 2), (r"(?<!满意)不满意", 2),
    (r"(?:非常|很|特别|十分|太|特|怪)满意", 5), (r"基本满意|一般般?|还行|凑合", 3), (r"比较满意", 4),
    (r"(?<!不)(?<!不太)满意", 4), (r"五星好评|好评", 5), (r"差评", 1),
)  # fmt: skip
_WHOLE = re.compile(
    r"(?:我|俺)?(?:要|想)?(?:给|打|评|评价|点|个|我|你们?|这次|服务|对|对你们|觉得|还是|一个|:|,|的|是|挺|就|那就|态度)*"
)
_TAIL = re.compile(r"(?:吧|啊|的|了|呀|哈|哩|,|。|!|谢谢|给你们?)*")
_QUESTION = re.compile(r"怎么|咋|哪|谁|什么|啥|吗|\?|会不会|好差评")


def find_ratings(text: str) -> list[Entity]:
    """At most one entity ``rating`` with the value 1..5."""
    if _QUESTION.search(text):
        return []
    for match in _STARS.finditer(text):
        if match["unit"] != "分" or _GIVES.search(text[: match.start()]) or match.end() == len(text):
            value = 1 if match["much"] else _NUMBERS[match["n"]]
            return [Entity("rating", str(value), match[0], match.start(), match.end())]
    full = _FULL.search(text)
    if full:
        return [Entity("rating", "5", full[0], full.start(), full.end())]
    for pattern, value in _WORDS:
        match_word = re.search(pattern, text)
        if match_word and _is_whole(text, match_word):
            return [Entity("rating", str(value), match_word[0], match_word.start(), match_word.end())]
    return []


def _is_whole(text: str, match: re.Match[str]) -> bool:
    """Whether nothing but a rating is said: 满意, 我很满意, 评价:满意, 给个好评吧."""
    return bool(_WHOLE.fullmatch(text, 0, match.start()) and _TAIL.fullmatch(text, match.end(), len(text)))
