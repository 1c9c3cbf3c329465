"""How the trial model's words and language model are made, and what is promised of it."""

from __future__ import annotations

import math
import random
from collections import defaultdict

import pytest

from tests.voice.recordings import recordings
from voice.models import TRIAL_MODEL
from voice.trial_model.pipeline.build import weighted_words
from voice.trial_model.pipeline.callers import Callers
from voice.trial_model.pipeline.graph import LexiconTree, lexicon_of
from voice.trial_model.pipeline.held_out import spoken_syllables
from voice.trial_model.pipeline.language_model import END, UNKNOWN, estimate
from voice.trial_model.pipeline.numbers import spoken, spoken_runs
from voice.trial_model.pipeline.phones import FINALS, INITIALS, PHONE_ID, syllable, transitions, word_phones
from voice.trial_model.pipeline.product_text import measured_sentences
from voice.trial_model.pipeline.words import Cutter, pronunciations


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "零"), (7, "七"), (10, "十"), (15, "十五"), (20, "二十"), (105, "一百零五"), (110, "一百一十"), (2600, "两千六百"),
     (2006, "两千零六"), (12_600, "一万两千六百"), (10_005, "一万零五"), (100_000_000, "一亿")],
)  # fmt: skip
def test_numbers_are_spoken(number: int, said: str) -> None:
    assert spoken(number) == said


def test_written_text_becomes_what_is_said() -> None:
    assert spoken_runs("2021年报80%，3个月；打12393") == ["二零二一年报百分之八十", "三个月", "打幺二三九三"]


@pytest.mark.parametrize(
    ("pinyin", "sounds"),
    [("zhong1", ("zh", "ong")), ("zi4", ("z", "ii")), ("shi2", ("sh", "iii")), ("yi1", ("^", "i")), ("wu3", ("^", "u")),
     ("liu4", ("l", "iou")), ("gui4", ("g", "uei")), ("ju2", ("j", "v")), ("xue2", ("x", "ve")), ("nv3", ("n", "v")),
     ("er2", ("^", "er")), ("yo1", ("^", "ou"))],
)  # fmt: skip
def test_a_syllable_is_an_initial_and_a_final(pinyin: str, sounds: tuple[str, str]) -> None:
    assert syllable(pinyin) == sounds


def test_the_sounds_are_numbered_as_the_network_was_trained() -> None:
    assert (len(INITIALS), len(FINALS), len(PHONE_ID)) == (22, 38, 122)
    assert word_phones("yi1 bao3") == (PHONE_ID["^_B"], PHONE_ID["i_I"], PHONE_ID["b_I"], PHONE_ID["ao_E"])
    with pytest.raises(KeyError):
        syllable("xyz1")


def test_words_and_their_readings() -> None:
    cut = Cutter(("起付标准",), ("星期三",))
    assert cut("我想问起付标准") == ["我", "想", "问", "起付标准"]
    assert cut("花了三百八十块钱")[-5:] == ["三", "百", "八", "十", "块钱"]
    assert pronunciations("一") == ["yi1", "yao1"]
    assert pronunciations("莆田") == ["pu2 tian2"]
    assert pronunciations("A") == []
    assert spoken_syllables("你好") == ["ni2", "hao3"]


def test_every_word_of_the_model_can_be_said() -> None:
    lines = (TRIAL_MODEL / "graph" / "words.txt").read_text(encoding="utf-8").splitlines()
    words = [line.split()[0] for line in lines][1:]
    assert len(words) > 9000
    assert all(word_phones(reading) for word in words if word != UNKNOWN for reading in pronunciations(word))


def test_the_language_model_is_one() -> None:
    sentences = [(3.0, ["我", "要", "报销"]), (1.0, ["我", "要", "预约"]), (2.0, ["要", "报销"])]
    model = estimate(sentences, ["我", "要", "报销", "预约", "备案"], {"备案": 10}, 0.1)
    assert math.fsum(math.exp(p) for p in model[()].seen.values()) == pytest.approx(1, abs=1e-6)
    for history, given in model.items():
        if history:
            assert math.fsum(math.exp(p) for p in given.seen.values()) < 1
            assert given.back_off is not None
    assert model[("我",)].seen["要"] > model[()].seen["要"]
    assert {"备案", UNKNOWN, END} <= set(model[()].seen)


def test_the_lexicon_is_a_tree_in_which_sounds_may_last() -> None:
    lexicon = lexicon_of({"医保": ["yi1 bao3"], "医药": ["yi1 yao4"], "一": ["yi1", "yao1"]})
    ids = {word: number for number, word in enumerate(sorted({word for word, _ in lexicon}), 1)}
    tree = LexiconTree(lexicon, ids)
    by_state: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for source, _, sound, word, _ in tree.arcs:
        by_state[source].append((sound, word))
    assert all(len(arcs) == len(set(arcs)) for arcs in by_state.values())
    begins = [sound for sound, word in by_state[tree.root] if not word]
    assert begins == [transitions(PHONE_ID["^_B"])[1]]  # the three Chinese words share their first sound
    assert {word for _, _, _, word, _ in tree.arcs if word} == set(ids.values())


def test_no_measured_sentence_is_in_the_language_model() -> None:
    measured = measured_sentences()
    assert {r.text for r in recordings()} <= measured
    callers = Callers(random.Random(1))
    learnt = {"".join(words) for _, words in weighted_words(callers, lambda text: [text], draws=200)}
    assert len(learnt) > 5000
    assert not learnt & measured


def test_the_model_is_small_and_says_what_it_is() -> None:
    assert sum(f.stat().st_size for f in TRIAL_MODEL.rglob("*") if f.is_file()) <= 8_000_000
    assert "does not understand people" in (TRIAL_MODEL / "README").read_text(encoding="utf-8")
