"""The page of what citizens asked in vain."""

from __future__ import annotations

import pytest
import yaml

from bot.gaps import Gaps
from knowledge.publish import Publishing
from tests.desk.entries import ID, entry, fill, form


@pytest.fixture
def asked(house, now):
    """Three questions of one kind, one of another; the ids of their groups."""
    with house.database.begin() as session:
        gaps = Gaps(session, house.vault)
        for text in (
            "种牙能报销吗",
            "请问种牙医保给报销吗",
            "种呀能报销吗",
            "起付线多少钱，我电话13812345678",
        ):
            gaps.note(text, "fallback", None, "370100", "nlu_fallback", 0.1, now)
        gaps.sort()
        return {group.sample[:2]: group.id for group in gaps.groups()}


def status(house, group_id):
    with house.database.read() as session:
        found = Gaps(session, house.vault).group(group_id)
        return found.status, found.entry_id, found.decided_by


def test_the_most_asked_comes_first_and_numbers_are_masked(asked, log_in):
    page = log_in("wang").get("/gaps").text
    assert page.index("种牙能报销吗") < page.index("起付线多少钱")
    assert "问过3次" in page
    assert "13812345678" not in page
    assert "138****5678" in page
    assert "怎么处理由主管决定" in page


def test_questions_are_sorted_when_the_page_is_opened(house, now, log_in):
    with house.database.begin() as session:
        Gaps(session, house.vault).note("种牙能报销吗", "fallback", None, None, None, None, now)
    assert "问过1次" in log_in("wang").get("/gaps").text


def test_only_a_supervisor_decides(house, asked, log_in):
    wang, chief = log_in("wang"), log_in("chief")
    dental = asked["种牙"]
    for verb in ("dismiss", "reopen", "train"):
        assert wang.post(f"/gaps/{dental}/{verb}", topic="out_of_scope").status_code == 403
    chief.post(f"/gaps/{dental}/dismiss")
    assert status(house, dental) == ("dismissed", None, "chief")
    assert "种牙" not in chief.get("/gaps").text
    assert "种牙" in chief.get("/gaps?status=dismissed").text
    assert "别人刚刚已经处理过" in chief.get(chief.post(f"/gaps/{dental}/dismiss").location).text
    chief.post(f"/gaps/{dental}/reopen")
    assert status(house, dental)[0] == "open"


def test_questions_become_a_draft(house, tmp_path, now, asked, log_in):
    fill(house, tmp_path / "entries", now, entry())
    chief = log_in("chief")
    dental = asked["种牙"]
    page = chief.get(f"/knowledge/new?gap={dental}&topic=home_service&region=370100").text
    assert "种呀能报销吗\n请问种牙医保给报销吗\n种牙能报销吗" in page.replace("&#34;", '"')
    page = chief.get(f"/knowledge/new?gap={dental}&topic=priority_window&region=370100").text
    assert 'value="济南：老年人优先窗口"' in page
    assert "种呀能报销吗" in page
    with house.database.read() as session:
        seen = Publishing(session).history(ID)[0].id
    answer = chief.post("/knowledge/save", **form(seen), gap=dental)
    assert answer.status_code == 302
    assert status(house, dental) == ("drafted", ID, "chief")
    assert "看写好的那一条" in chief.get("/gaps?status=drafted").text
    with house.database.read() as session:
        assert Publishing(session).history(ID)[0].origin == "gap"


def test_questions_become_training_examples(house, asked, log_in):
    chief = log_in("chief")
    dental = asked["种牙"]
    assert chief.post(f"/gaps/{dental}/train", topic="nonsense").status_code == 400
    answer = chief.post(f"/gaps/{dental}/train", topic="out_of_scope")
    assert answer.mimetype == "application/yaml"
    (example,) = yaml.safe_load(answer.text)["nlu"]
    assert example["intent"] == "out_of_scope"
    assert example["examples"].splitlines() == ["- 种呀能报销吗", "- 请问种牙医保给报销吗", "- 种牙能报销吗"]
    assert status(house, dental)[0] == "trained"


def test_a_form_from_questions_that_are_gone_is_not_found(log_in):
    assert log_in("chief").get("/knowledge/new?gap=4711").status_code == 404
