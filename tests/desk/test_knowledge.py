"""The knowledge pages: found, edited, reviewed by a second person, published by a supervisor."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.entries import Finding, Overtaken, Severity
from bot.store.models import AuditEntry
from desk.knowledge_words import _FINDINGS, finding, marked, problem, refusal
from knowledge import check, contradictions
from knowledge.filesync import sync
from knowledge.publish import Publishing
from knowledge.writer import write
from tests.desk.entries import ID, entry, fill, form


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "entries"


@pytest.fixture
def filled(house, folder, now):
    fill(house, folder, now, entry(), entry(topic="guide_service", title="济南：有人帮您办"))
    return folder


def newest(house, entry_id=ID):
    with house.database.read() as session:
        row = Publishing(session).history(entry_id)[0]
        return row.id, row.status


def told(house, entry_id=ID):
    with house.database.read() as session:
        row = Publishing(session).current(entry_id)
        return row.body["title"] if row else None


def step(visitor, name, version=0, **fields):
    answer = visitor.post(f"/knowledge/{ID}/step", step=name, version=version, **fields)
    if answer.status_code != 302:
        return answer.status_code
    return visitor.get(answer.location).text


def test_entries_are_found_by_topic_region_status_and_words(filled, log_in):
    wang = log_in("wang")
    for query, found in [
        ("", ["优先窗口", "有人帮您办"]),
        ("?topic=guide_service", ["有人帮您办"]),
        ("?region=370100&words=优先", ["优先窗口"]),
        ("?region=350300", []),
        ("?status=retired", []),
        ("?status=published", ["优先窗口", "有人帮您办"]),
        ("?due=any", []),
        ("?status=nonsense&due=nonsense", ["优先窗口", "有人帮您办"]),
    ]:
        page = wang.get(f"/knowledge{query}").text
        titles = re.findall("<strong>济南：(?:老年人)?(.*?)</strong>", page)
        assert sorted(titles) == sorted(found), query


def test_what_is_due_is_shown(house, folder, now, log_in):
    fill(house, folder, now, entry(validity={"effective_from": "2021-01-13", "review_by": "2026-11-01"}))
    page = log_in("wang").get("/knowledge?due=review_due").text
    assert "早该核对了" in page
    assert "2026-11-01" in page
    assert "早该核对了：2026-11-01" in log_in("wang").get(f"/knowledge/{ID}").text


def test_the_whole_way_from_the_form_to_the_citizen(house, filled, log_in):
    wang, li, chief = log_in("wang"), log_in("li"), log_in("chief")
    seen, _ = newest(house)
    assert 'value="济南：老年人优先窗口"' in wang.get(f"/knowledge/{ID}/edit").text
    answer = wang.post("/knowledge/save", **form(seen, title="济南：老人先办"), submit="1")
    assert answer.status_code == 302
    version, status = newest(house)
    assert status == "review"
    assert told(house) == "济南：老年人优先窗口"
    page = li.get(f"/knowledge/{ID}").text
    assert "<del>窗口</del><ins>办</ins>" in page
    assert "审核通过，等主管发布" in step(li, "approve", version)
    assert step(li, "publish", version) == 403
    assert "已经发布" in step(chief, "publish", version)
    assert told(house) == "济南：老人先办"
    with house.database.read() as session:
        who = session.execute(
            select(AuditEntry.actor, AuditEntry.action).where(AuditEntry.subject == f"entry:{ID}")
        ).all()
    assert [tuple(row) for row in who] == [
        ("wang", "entry_saved"),
        ("wang", "entry_submitted"),
        ("li", "entry_approved"),
        ("chief", "entry_published"),
    ]
    history = chief.get(f"/knowledge/{ID}").text
    assert "第2稿" in history
    assert "被新的换掉了" in history
    assert "发布一条知识" in chief.get("/audit").text


def test_who_wrote_it_cannot_review_it(house, filled, log_in):
    wang = log_in("wang")
    wang.post("/knowledge/save", **form(newest(house)[0]), submit="1")
    version, _ = newest(house)
    assert "要请另一个人审核" in wang.get(f"/knowledge/{ID}").text
    assert "自己写过、改过的" in step(wang, "approve", version)
    assert newest(house)[1] == "review"


def test_sending_back_needs_a_reason_that_the_writer_reads(house, filled, log_in):
    wang, li = log_in("wang"), log_in("li")
    wang.post("/knowledge/save", **form(newest(house)[0]), submit="1")
    version, _ = newest(house)
    assert "退回要写清楚为什么" in step(li, "reject", version)
    assert "已经退回" in step(li, "reject", version, note="窗口数不对 <b>")
    assert "审核的人说：窗口数不对 &lt;b&gt;" in wang.get(f"/knowledge/{ID}").text


def test_faults_stop_a_version_and_are_told_in_chinese(house, filled, log_in):
    wang, li = log_in("wang"), log_in("li")
    wang.post("/knowledge/save", **form(newest(house)[0], spoken="打12393问。"), submit="1")
    page = step(li, "approve", newest(house)[0])
    assert "还有错没改：" in page
    assert "电话里读不出来：第1句：12393" in page
    assert newest(house)[1] == "review"


def test_fields_that_make_no_entry_come_back_with_what_is_wrong(house, filled, log_in):
    wang = log_in("wang")
    bad = form(newest(house)[0], title="", spoken="长" * 81, citations="没有这个号 一", effective_from="昨天")
    answer = wang.post("/knowledge/save", **bad)
    assert answer.status_code == 400
    for words in (
        "标题：不能空着",
        "电话里怎么说第1行：超过80个字",
        "依据：文件表里没有没有这个号",
        "日子不对",
    ):
        assert words in answer.text
    assert 'value="昨天"' in answer.text


def test_the_form_is_looked_at_while_it_is_filled_in(filled, log_in):
    wang = log_in("wang")
    found = wang.post(
        "/knowledge/check", script=True, **form(0, written="异地就医要备案。", spoken="打12393。")
    )
    assert "老人听不懂的词：备案" in found.text
    assert "电话里读不出来" in found.text
    assert "没有发现要改的" in wang.post("/knowledge/check", script=True, **form(0)).text


def test_a_contradiction_is_shown_while_writing(house, folder, now, log_in):
    fill(
        house,
        folder,
        now,
        entry(
            region="370000",
            id="priority_window.370000",
            written="老人办事，最多等20分钟。",
            spoken=["老人办事，最多等二十分钟。"],
        ),
    )
    page = (
        log_in("wang")
        .post(
            "/knowledge/check",
            script=True,
            **form(0, written="老人办事，最多等40分钟。", spoken="老人办事，最多等四十分钟。"),
        )
        .text
    )
    assert "和别的内容说得不一样：priority_window.370000" in page


def test_somebody_elses_save_is_not_overwritten(house, filled, log_in):
    seen, _ = newest(house)
    log_in("li").post("/knowledge/save", **form(seen, title="济南：李老师写的"))
    answer = log_in("wang").post("/knowledge/save", **form(seen, title="济南：王老师写的"))
    assert answer.status_code == 409
    assert "别人刚刚改过这一条" in answer.text
    assert f'href="/knowledge/{ID}" target="_blank"' in answer.text
    assert 'value="济南：王老师写的"' in answer.text
    newest_seen = int(re.search(r'name="seen" value="(\d+)"', answer.text)[1])
    wang = log_in("wang")
    assert wang.post("/knowledge/save", **form(newest_seen, title="济南：王老师写的")).status_code == 302
    history = wang.get(f"/knowledge/{ID}").text
    assert "第3稿" in history


def test_a_new_entry_that_exists_already_can_still_be_saved(house, filled, log_in):
    answer = log_in("wang").post("/knowledge/save", **form(0, fixed="0", title="济南：又写一遍"))
    assert answer.status_code == 409
    assert f'name="seen" value="{newest(house)[0]}"' in answer.text


def test_a_new_entry_begins_with_an_empty_form(house, filled, log_in):
    wang = log_in("wang")
    assert "请选" in wang.get("/knowledge/new").text
    fields = form(0, topic="home_service", title="济南：上门办", fixed="0")
    assert wang.post("/knowledge/save", **fields).status_code == 302
    assert newest(house, "home_service.370100")[1] == "draft"
    assert "现在没有在用" in wang.get("/knowledge/home_service.370100").text
    assert 'value="1"' in wang.get("/knowledge/new?topic=priority_window&region=370100").text


def test_supervisors_retire_and_drop(house, filled, log_in):
    wang, chief = log_in("wang"), log_in("chief")
    wang.post("/knowledge/save", **form(newest(house)[0]))
    version, _ = newest(house)
    assert step(wang, "drop", version) == 403
    assert "不要了" in step(chief, "drop", version)
    assert step(wang, "retire") == 403
    assert "已经停用" in step(chief, "retire", note="文件废止了")
    assert told(house) is None
    page = chief.get("/knowledge?status=retired").text
    assert "济南：老年人优先窗口" in page
    assert "文件废止了" in chief.get(f"/knowledge/{ID}").text
    assert "恢复" not in page
    assert wang.get(f"/knowledge/{ID}/edit").status_code == 200


def test_two_supervisors_click_at_once_and_one_is_told(house, filled, log_in):
    wang, li, chief = log_in("wang"), log_in("li"), log_in("chief")
    wang.post("/knowledge/save", **form(newest(house)[0], title="济南：老人先办"), submit="1")
    version, _ = newest(house)
    step(li, "approve", version)
    step(chief, "publish", version)
    assert "别人刚刚已经处理过" in step(chief, "publish", version)


def test_an_unknown_step_or_entry_does_no_harm(filled, log_in):
    wang = log_in("wang")
    assert step(wang, "nonsense") == 400
    assert "没有这一条内容" in wang.get(wang.get("/knowledge/no.such").location).text
    assert wang.get("/knowledge/versions/4711").status_code == 404


def test_file_and_desk_changed_and_a_supervisor_decides(house, filled, now, log_in):
    wang, li, chief = log_in("wang"), log_in("li"), log_in("chief")
    wang.post("/knowledge/save", **form(newest(house)[0], title="济南：坐席改的"), submit="1")
    version, _ = newest(house)
    step(li, "approve", version)
    step(chief, "publish", version)
    write(entry(title="济南：文件改的"), filled)
    with house.database.begin() as session:
        sync(session, now, filled)
    assert "文件和坐席都改过 1" in wang.get("/knowledge").text
    assert "<del>坐席</del><ins>文件</ins>" in wang.get(f"/knowledge/{ID}").text
    assert wang.post(f"/knowledge/{ID}/file", take="1").status_code == 403
    chief.post(f"/knowledge/{ID}/file", take="1")
    assert newest(house)[1] == "draft"
    assert told(house) == "济南：坐席改的"
    assert "文件和坐席都改过 0" in wang.get("/knowledge").text


def test_the_file_of_an_entry_can_be_taken_away(filled, log_in):
    answer = log_in("wang").get(f"/knowledge/{ID}/file")
    assert answer.mimetype == "application/yaml"
    assert answer.text == (filled / "priority_window/370100.yaml").read_text(encoding="utf-8")


def test_every_finding_and_refusal_has_chinese_words(house):
    codes = set()
    for module in (check, contradictions):
        text = Path(module.__file__).read_text(encoding="utf-8")
        codes |= set(re.findall(r'"([a-z_]+)", Severity', text))
    assert len(codes) > 15
    assert codes <= set(_FINDINGS)


def test_words_for_what_is_wrong():
    assert finding(Finding("x", "no_citation", Severity.ERROR, "no source")) == "没有写依据。"
    assert refusal(Overtaken("x")).startswith("别人刚刚改过")
    assert (
        problem("spoken.2", "String should have at most 80 characters")
        == "电话里怎么说第3行：超过80个字，请分成两句"
    )
    assert marked("济南二个", "济南两个") == [("same", "济南"), ("out", "二"), ("in", "两"), ("same", "个")]
    assert marked(None, "新的") == [("in", "新的")]
