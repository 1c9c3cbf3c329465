"""A call's own vocabulary, and which model is in use."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

import pytest

from bot.spoken import spoken_phrases
from tests.voice.recordings import recordings
from voice.asr import BadSpeechModel, SpeechModel
from voice.models import OFFICIAL, TRIAL_MODEL, model_folder, worth
from voice.vocabulary import UNKNOWN, Words, takes_vocabulary, vocabulary

WORDS = Words(("医保", "医保卡", "卡", "丢", "了", "丢了", "怎", "么", "怎么", "办", "<eps>", "[unk]"))


def test_a_sentence_becomes_as_few_words_as_possible() -> None:
    assert WORDS.cut("医保卡丢了怎么办") == ["医保卡", "丢了", "怎么", "办"]
    assert WORDS.cut("医保吗") is None
    assert WORDS.cut("") == []


def test_a_vocabulary_is_phrases_the_single_characters_and_what_is_no_word() -> None:
    made = vocabulary(["医保卡丢了，怎么办？", "医保卡丢了", "龘", ""], WORDS)
    assert json.loads(made.grammar) == ["医保卡 丢了", "怎么 办", "丢", "么", "了", "办", "卡", "怎", UNKNOWN]
    assert (made.phrases, made.dropped) == (2, 1)


def test_the_trial_model_knows_every_word_of_the_product() -> None:
    made = vocabulary(spoken_phrases(), Words.of_model(TRIAL_MODEL))
    assert made.phrases > 5000
    assert made.dropped / made.phrases < 0.01


def test_a_vocabulary_is_what_a_call_listens_for() -> None:
    recording = next(r for r in recordings() if r.name == "024e.wav")  # 不是我说错了
    narrow = SpeechModel.load(TRIAL_MODEL, ("不是", "转人工"))
    assert narrow.phrases == 2
    ear = narrow.recogniser(recording.sample_rate)
    ear.feed(recording.pcm)
    assert ear.finish().text.startswith("不是")
    said = SpeechModel.load(TRIAL_MODEL, tuple(r.text for r in recordings()))
    for one in recordings()[:6]:
        ear = said.recogniser(one.sample_rate)
        ear.feed(one.pcm)
        assert ear.finish().text == one.text


def test_a_finished_graph_takes_no_vocabulary(tmp_path: Path) -> None:
    folder = tmp_path / "big"
    (folder / "graph").mkdir(parents=True)
    (folder / "graph" / "HCLG.fst").write_bytes(b"static")
    assert not takes_vocabulary(folder)
    assert takes_vocabulary(TRIAL_MODEL)
    assert Words.of_model(folder).cut("医保") is None


def test_unknown_words_are_counted_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        model = SpeechModel.load(TRIAL_MODEL, ("我要报销", "龘龘", "饕餮龘"))
    assert model.phrases == 1
    assert "2 of the vocabulary's phrases" in caplog.text
    assert "龘" not in caplog.text


def test_the_best_official_model_is_taken_else_the_trial_model(tmp_path: Path) -> None:
    large, small = (tmp_path / official.name for official in OFFICIAL)
    assert model_folder("", tmp_path) == TRIAL_MODEL
    small.mkdir()
    assert model_folder("", tmp_path) == small
    large.mkdir()
    assert model_folder("", tmp_path) == large
    assert model_folder(small.name, tmp_path) == small
    assert model_folder(str(small), tmp_path) == small
    assert model_folder("trial", tmp_path) == TRIAL_MODEL
    with pytest.raises(BadSpeechModel, match="no speech model"):
        SpeechModel.load(model_folder("vosk-model-nowhere", tmp_path))


def test_every_model_says_what_it_is_worth(trial_model: SpeechModel, tmp_path: Path) -> None:
    assert trial_model.trial
    assert "听不懂真人" in trial_model.description
    assert "synthetic" in trial_model.remark
    assert "错" in worth(tmp_path / OFFICIAL[0].name)[0]
    shutil.copytree(TRIAL_MODEL, tmp_path / "mine")
    mine = SpeechModel.load(tmp_path / "mine")
    assert not mine.trial
    assert "安装" in mine.description
