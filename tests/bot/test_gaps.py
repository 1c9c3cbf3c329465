"""Questions that could not be answered: masked, sealed, grouped, settled, forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from bot.gaps import ALIKE, Gaps, NoSuchGap, masked
from bot.likeness import likeness, most_alike, sounds
from bot.retention import forget_expired
from bot.store.models import AuditEntry
from bot.store.policy_rows import GapGroup, KnowledgeGap

SAME = [
    ("报销比例是多少", "报销的比例是百分之多少"),
    ("起付线多少钱", "起付线是多少"),
    ("医保要交多少年", "医保要缴多少年才能退休"),
    ("门诊能报百分之几", "门诊可以报百分之多少"),
    ("护理险一天补多少", "长护险一天补贴多少钱"),
    ("抗癌药能报吗", "抗癌的药能不能报销"),
    ("种牙能报销吗", "请问种牙医保给报销吗"),
    ("生育津贴怎么领", "生育金贴怎么领取"),
]
OTHER = [
    ("报销比例是多少", "起付线是多少"),
    ("住院能报多少", "门诊能报多少"),
    ("工伤怎么认定", "职业病怎么认定"),
    ("抗癌药能报吗", "进口药能报吗"),
    ("种牙能报销吗", "配眼镜能报销吗"),
    ("公积金怎么取", "养老金怎么取"),
    ("买轮椅能报销吗", "买助听器能报销吗"),
    ("医保断缴了怎么补", "社保卡丢了怎么补"),
]


def note(gaps, now, *questions, reason="fallback", topic=None):
    for question in questions:
        gaps.note(question, reason, topic, None, "nlu_fallback", 0.1, now)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_question_in_other_words_is_alike(one, other):
    assert likeness(one, other) >= ALIKE
    assert likeness(one, other) == likeness(other, one)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_another_question_is_not_alike(one, other):
    assert likeness(one, other) < ALIKE


def test_a_question_is_masked_and_sealed(database, vault, now):
    with database.begin() as session:
        said = "我叫王小明，电话13812345678，种牙能报吗，我妈李桂兰也想种"
        Gaps(session, vault).note(said, "fallback", None, "370100", None, None, now, names=("李桂兰",))
    with database.read() as session:
        kept = session.scalars(select(KnowledgeGap)).one()
        assert kept.text == "我叫王**，电话138****5678，种牙能报吗，我妈李**也想种"
        raw = session.execute(text("SELECT text FROM knowledge_gap")).scalar_one()
        assert "种牙" not in raw


def test_what_only_looks_like_a_name_stays():
    assert masked("这个叫慢特病的怎么办") == "这个叫慢特病的怎么办"
    assert masked("我是山东济南的，能办吗") == "我是山东济南的，能办吗"


def test_a_text_without_words_is_not_kept(database, vault, now):
    with database.begin() as session:
        assert (
            Gaps(session, vault).note("138 0013 8000 ？！", "fallback", None, None, None, None, now) is None
        )
        with pytest.raises(ValueError, match="unknown reason"):
            Gaps(session, vault).note("种牙", "because", None, None, None, None, now)


def test_groups_are_counted_and_the_most_asked_comes_first(database, vault, now):
    with database.begin() as session:
        gaps = Gaps(session, vault)
        note(gaps, now, "起付线多少钱", "种牙能报销吗", "请问种牙医保给报销吗", "种呀能报销吗")
        assert gaps.sort() == 4
        assert gaps.sort() == 0
        first, second = gaps.groups()
    assert (first.count, first.sample) == (3, "种牙能报销吗")
    assert first.texts == ("种呀能报销吗", "请问种牙医保给报销吗", "种牙能报销吗")
    assert (second.count, second.sample) == (1, "起付线多少钱")


def test_sorting_in_two_goes_gives_the_same_groups(database, vault, now):
    questions = ["种牙能报销吗", "起付线多少钱", "请问种牙医保给报销吗", "起付线是多少"]
    with database.begin() as session:
        gaps = Gaps(session, vault)
        for question in questions:
            note(gaps, now, question)
            session.flush()
            gaps.sort()
        assert [(group.sample, group.count) for group in gaps.groups()] == [
            ("种牙能报销吗", 2),
            ("起付线多少钱", 2),
        ]


def test_questions_of_two_topics_never_share_a_group(database, vault, now):
    with database.begin() as session:
        gaps = Gaps(session, vault)
        note(gaps, now, "这个要交多少钱", topic="contribution_payment", reason="unknown_detail")
        note(gaps, now, "这个要交多少钱", topic="social_security_card", reason="unknown_detail")
        gaps.sort()
        assert len(gaps.groups()) == 2


def test_a_dismissed_question_stays_away_and_a_settled_one_comes_back(database, vault, now):
    with database.begin() as session:
        gaps = Gaps(session, vault)
        note(gaps, now, "种牙能报销吗", "起付线多少钱")
        gaps.sort()
        dental, threshold = sorted(gaps.groups(), key=lambda group: group.id)
        gaps.decide(dental.id, "dismissed", "chief", now)
        gaps.decide(threshold.id, "drafted", "chief", now, "medical_aid.370100")
        note(gaps, now, "种牙能报销吗", "起付线多少钱")
        gaps.sort()
        assert [group.sample for group in gaps.groups()] == ["起付线多少钱"]
        assert gaps.group(dental.id).count == 2
        assert gaps.counts() == {"open": 1, "drafted": 1, "trained": 0, "dismissed": 1}
        audited = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
        assert audited == ["gap_dismissed", "gap_drafted"]


def test_only_one_person_decides(database, vault, now):
    with database.begin() as session:
        gaps = Gaps(session, vault)
        note(gaps, now, "种牙能报销吗")
        gaps.sort()
        (group,) = gaps.groups()
        gaps.decide(group.id, "dismissed", "chief", now)
        with pytest.raises(NoSuchGap):
            gaps.decide(group.id, "trained", "wang", now)
        gaps.decide(group.id, "open", "chief", now)
        assert gaps.groups()[0].status == "open"
        with pytest.raises(NoSuchGap):
            gaps.decide(4711, "dismissed", "chief", now)


def test_questions_are_forgotten_with_the_rest(database, vault, now):
    with database.begin() as session:
        gaps = Gaps(session, vault)
        note(gaps, now - timedelta(days=200), "种牙能报销吗", "起付线多少钱")
        note(gaps, now, "请问种牙医保给报销吗")
        gaps.sort()
    with database.begin() as session:
        forget_expired(session, now, 180)
    with database.read() as session:
        assert session.scalars(select(KnowledgeGap.text)).all() == ["请问种牙医保给报销吗"]
        (left,) = session.scalars(select(GapGroup)).all()
        assert (left.sample, left.count) == ("请问种牙医保给报销吗", 2)


def test_a_question_joins_the_most_alike_group_and_the_first_of_equals(database, vault, now):
    assert most_alike("种牙能报销吗", [sounds("种牙怎么报销"), sounds("种牙能报销吗")], ALIKE) == 1
    assert most_alike("种牙能报销吗", [sounds("种牙能报销吗"), sounds("种呀能报销吗")], ALIKE) == 0
    assert most_alike("种牙能报销吗", [sounds("起付线多少钱")], ALIKE) is None
    assert most_alike("种牙能报销吗", [], ALIKE) is None
