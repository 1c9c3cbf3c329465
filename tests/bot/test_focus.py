"""The sentence that was asked for is said first; nothing of an answer is lost or doubled by it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.focus import focused

TURNS = (
    "有。济南各级医保大厅都有引导的人。",
    "他们身上披着绶带。能教您用自助机器，能帮您填表。",
    "服务态度不好被投诉查实的，取消当月评先资格。",
    "按文件，二零二一年一月底前就该有了。",
)


def test_what_was_asked_for_comes_first_behind_yes_or_no():
    assert focused(TURNS, "自助机器有人教不")[0] == "有。能教您用自助机器，能帮您填表。"
    assert focused(TURNS, "态度不好投诉管用吗")[0].startswith("有。服务态度不好被投诉")


def test_a_question_of_nothing_special_gets_the_writers_order():
    assert "".join(focused(TURNS, "嗯")) == "".join(TURNS)


def test_a_number_is_put_in_front_where_one_is_asked_for():
    turns = ("门诊慢特病要认定。", "材料交到医院。", "四种病最多二十个工作日。")
    assert focused(turns, "要几天")[0] == "四种病最多二十个工作日。"
    assert focused(turns, "材料交到哪里")[0] == "材料交到医院。"


def test_what_a_word_means_stays_behind_unless_it_is_asked():
    turns = (
        "到乡镇和街道的窗口来。",
        "异地备案，就是去外地看病前先登记。",
        "异地备案手机上也能办。",
    )
    assert focused(turns, "异地备案怎么弄")[2] == "异地备案，就是去外地看病前先登记。"
    assert focused(turns, "异地备案是什么意思")[0] == "异地备案，就是去外地看病前先登记。"


def test_what_is_only_planned_stays_behind():
    turns = (
        "街道的网点开办五样：参保登记等等。",
        "济南还在探索医保加银行的网点。",
        "村和社区的站点也能用上。",
    )
    assert focused(turns, "社区能办哪些医保业务，济南的")[2] == "济南还在探索医保加银行的网点。"


SENTENCE = st.text("医保报销办理几天，", min_size=1, max_size=12).map(lambda words: f"{words}。")


@given(
    turns=st.lists(st.lists(SENTENCE, min_size=1, max_size=3).map("".join), min_size=1, max_size=5),
    question=st.text("医保报销办理几天？", max_size=15),
)
def test_every_sentence_is_said_once(turns, question):
    said = "".join(focused(turns, question))
    assert sorted(said.split("。")) == sorted("".join(turns).split("。"))
