"""More sentences than anybody writes: the written ones with other names and matters, and with a place beside them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

from nlu.names import SURNAMES
from nlu.training_data import Example

# Characters that given names are made of, of the generations that call and of their children's.
_GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀兰霞平刚桂英玉华建国志文海春梅凤珍德福贵荣生林红淑云龙飞宝成永庆光辉斌波鹏宁"
    "欣怡思雨晨佳琪浩轩子涵美琴香莲菊翠花喜旺有财才胜利援朝卫东学忠义仁礼智信长江河山松柏竹桃冬夏秋月星阳清莹洁雅倩婷"
    "蓉芝茹芬萍蓝燕雁凡乐安康健寿祥瑞吉运富裕昌盛兴发达通顺和睦善良正直厚道恩惠慈"
)
_COMPOUND_SHARE = 0.06  # of the names; far above life's, so that the long ones are learnt at all
_ONE_CHARACTER_SHARE = 0.3
# Where callers say they are insured: a word of no weight for what they ask. Written sentences name places mostly where
# two are in play, so that without these copies 四川 would speak for paperwork from afar.
_PLACES = (
    "济南", "济宁", "山东", "云南", "昆明", "大理", "莆田", "福建", "四川", "成都", "绵阳", "曲阜", "邹城", "仙游", "涵江",
    "历下", "章丘", "玉溪", "南充", "荔城", "兖州", "淄博", "泉州", "红河",
)  # fmt: skip
_BESIDE = (
    "{place}{said}",
    "{place}的,{said}",
    "我是{place}的,{said}",
    "{place}这边{said}",
    "{said},{place}的",
    "{said}{place}",
)
_PLACED_SHARE = {"ask_": 0.35, "out_of_scope": 0.2}  # of the sentences, by how their intents begin
_LONGEST_PLACED = 24  # characters; whoever says more seldom adds a place


def variants(examples: Iterable[Example], each: int, seed: int = 0) -> Iterator[Example]:
    """``each`` copies of every sentence in which something is marked; the same seed gives the same ones."""
    marked = [example for example in examples if any(type_ for _, type_ in example.pieces)]
    matters = sorted({text for example in marked for text, type_ in example.pieces if type_ == "matter"})
    chance = random.Random(seed)  # noqa: S311 (not for secrets)
    for example in marked:
        for _ in range(each):
            pieces = tuple((_other(chance, text, type_, matters), type_) for text, type_ in example.pieces)
            yield Example(example.intent, pieces)


def placed(examples: Iterable[Example], seed: int = 0) -> Iterator[Example]:
    """Copies of some policy and foreign questions with a place before or behind; the same seed gives the same ones."""
    chance = random.Random(seed)  # noqa: S311 (not for secrets)
    for example in examples:
        share = next((part for start, part in _PLACED_SHARE.items() if example.intent.startswith(start)), 0.0)
        said = example.text.rstrip("?!。,")
        if (
            chance.random() < share
            and len(said) <= _LONGEST_PLACED
            and not any(place in said for place in _PLACES)
        ):
            text = chance.choice(_BESIDE).format(place=chance.choice(_PLACES), said=said)
            yield Example(example.intent, ((text, None),))


def _other(chance: random.Random, text: str, type_: str | None, matters: list[str]) -> str:
    if type_ == "matter":
        return chance.choice(matters)
    if type_ == "name":
        return _name(chance, only_surname=len(text) == 1)
    return text


def _name(chance: random.Random, *, only_surname: bool) -> str:
    length = 2 if chance.random() < _COMPOUND_SHARE and not only_surname else 1
    surname = chance.choice([name for name in SURNAMES if len(name) == length])
    if only_surname:
        return surname
    return surname + "".join(
        chance.choice(_GIVEN) for _ in range(1 if chance.random() < _ONE_CHARACTER_SHARE else 2)
    )
