"""The evaluation's own parts: its questions are sound, its judge is strict, its floors hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.evaluation.question import FOLDER, SETS, Question, read
from bot.evaluation.report import as_table, below_floor, figures, recorded_floors
from bot.evaluation.verdict import holds, judge
from bot.messages import Act, Citation, Reply
from knowledge.loader import load
from knowledge.topics import load_topics

CITED = (Citation("济医保发〔2021〕1号", "二(四)", "2021-01-13", True),)
RIGHT = Reply(
    text="不超过20个工作日。",
    speech="不超过二十个工作日。",
    act=Act.ANSWER,
    topic="chronic_disease_certification",
    entry_id="chronic_disease_certification.370100",
    citations=CITED,
)
POLICY = Question(
    "covered",
    "几天",
    ("answer",),
    entries=("chronic_disease_certification.370100",),
    facts=(("20个工作日",),),
)
NOTHING = Question("foreign", "下雨不", ("none",))
SILENT = Question("uncovered", "带什么", ("silent",), entries=("chronic_disease_certification",))


def test_there_are_hundreds_of_questions_of_every_topic_and_region():
    questions = read()
    assert len(questions) >= 300
    asked = {entry for question in questions for entry in question.entries if "." in entry}
    known = {entry.id for entry in load()}
    assert {entry.partition(".")[0] for entry in known} <= {entry.partition(".")[0] for entry in asked}
    assert {"370000", "370100", "370800", "350000", "350300", "510000", "530000"} <= {
        entry.partition(".")[2] for entry in asked
    }


def test_each_right_topic_exists_and_each_right_answer_has_an_entry():
    topics, known = load_topics(), {entry.id for entry in load()}
    for question in read():
        assert set(question.topics) <= set(topics), question
        if "answer" in question.acts and question.entries:
            assert set(question.entries) & known, question


def test_no_question_is_asked_twice():
    texts = [q.text for q in read() if q.set != "conversations"]
    assert len(texts) == len(set(texts))


def test_each_set_has_its_file_and_a_broken_line_is_named(tmp_path):
    for name in SETS:
        (tmp_path / f"{name}.tsv").write_text((FOLDER / f"{name}.tsv").read_text())
    (tmp_path / "foreign.tsv").write_text("370100\tzu wenig\n")
    with pytest.raises(ValueError, match=r"foreign\.tsv:1"):
        read(tmp_path)


def test_a_right_reply_is_right_and_every_fault_is_seen():
    assert judge(POLICY, RIGHT).right
    assert not judge(POLICY, replace(RIGHT, act=Act.CLARIFY)).right
    assert not judge(POLICY, replace(RIGHT, topic="two_diseases")).right
    assert not judge(POLICY, replace(RIGHT, entry_id="chronic_disease_certification.370000")).right
    assert not judge(POLICY, replace(RIGHT, text="不知道多少天。")).right
    assert not judge(POLICY, replace(RIGHT, speech="不知道。")).facts_spoken


def test_a_stated_policy_is_wrong_where_none_is_due():
    assert not judge(NOTHING, RIGHT).right
    assert judge(NOTHING, replace(RIGHT, citations=())).right
    assert not judge(SILENT, RIGHT).right
    assert judge(SILENT, replace(RIGHT, citations=())).right
    assert not judge(SILENT, replace(RIGHT, citations=(), topic=None)).right


def test_a_fact_may_stand_in_writing_or_in_speech_and_all_are_needed():
    assert holds("不超过 20 个工作日", (("20个工作日",),))
    assert holds("不超过二十个工作日", (("20个工作日",),))
    assert not holds("不超过20个工作日", (("20个工作日",), ("随时", "马上")))


def test_figures_fall_with_faults_and_floors_tell():
    good = figures([judge(POLICY, RIGHT), judge(NOTHING, replace(RIGHT, citations=()))])
    assert (good["topic_typed"], good["policy_on_foreign"]) == (1.0, 0.0)
    verdicts = [judge(POLICY, replace(RIGHT, topic=None)), judge(NOTHING, RIGHT)]
    bad = figures(verdicts)
    assert (bad["topic_typed"], bad["policy_on_foreign"]) == (0.0, 1.0)
    floors = {"topic_typed": 0.9, "policy_on_foreign": 0.03}
    assert below_floor(good, floors) == []
    assert len(below_floor(bad, floors)) == 2
    assert "下雨不" in as_table(bad, verdicts)


def test_every_figure_has_a_floor():
    assert set(recorded_floors()) == set(figures([]))
