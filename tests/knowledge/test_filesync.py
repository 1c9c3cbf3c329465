"""Files and desk: who changed what, and what is told then."""

from __future__ import annotations

import threading

import pytest

from knowledge.filesync import Step, known_entries, plan, sync
from knowledge.loader import InvalidKnowledge
from knowledge.publish import Publishing
from knowledge.writer import write
from tests.knowledge.test_publish import published

ID = "priority_window.370100"


@pytest.fixture
def folder(tmp_path, make_entry):
    write(make_entry(), tmp_path)
    write(make_entry(topic="guide_service", title="济南：有人帮您"), tmp_path)
    return tmp_path


def told(session):
    return {row.entry_id: row.body["title"] for row in Publishing(session).published()}


def test_the_first_time_all_files_are_told_and_then_nothing_happens(database, folder, now):
    with database.begin() as session:
        assert sync(session, now, folder).counts[Step.TAKE] == 2
        assert told(session)[ID] == "济南：老年人优先窗口"
        row = Publishing(session).current(ID)
        assert (row.origin, row.author, row.reviewer) == ("files", "甲", "乙")
        assert Publishing(session).revision() == 1
    with database.begin() as session:
        assert str(sync(session, now, folder)) == "nothing changed"
        assert Publishing(session).revision() == 1


def test_a_changed_file_is_a_new_version(database, folder, make_entry, now):
    with database.begin() as session:
        sync(session, now, folder)
        write(make_entry(title="济南：老人先办"), folder)
        assert sync(session, now, folder).counts[Step.TAKE] == 1
        assert told(session)[ID] == "济南：老人先办"
        assert [row.status for row in Publishing(session).history(ID)] == ["published", "replaced"]
        assert Publishing(session).revision() == 2


def test_what_the_desk_published_outlives_an_unchanged_file(database, folder, make_entry, now):
    with database.begin() as session:
        sync(session, now, folder)
        published(session, make_entry(title="济南：坐席改的"), now)
        assert str(sync(session, now, folder)) == "nothing changed"
        assert told(session)[ID] == "济南：坐席改的"


def test_where_both_changed_the_desk_is_told_and_the_file_waits(database, folder, make_entry, now):
    with database.begin() as session:
        sync(session, now, folder)
        published(session, make_entry(title="济南：坐席改的"), now)
        write(make_entry(title="济南：文件改的"), folder)
        assert sync(session, now, folder).conflicts == (ID,)
        assert told(session)[ID] == "济南：坐席改的"
        assert sync(session, now, folder).conflicts == ()


def test_a_file_that_says_what_the_desk_says_ends_the_conflict(database, folder, make_entry, now):
    with database.begin() as session:
        sync(session, now, folder)
        published(session, make_entry(title="济南：坐席改的"), now)
        write(make_entry(title="济南：文件改的"), folder)
        sync(session, now, folder)
        write(make_entry(title="济南：坐席改的"), folder)
        assert sync(session, now, folder).counts[Step.RECORD] == 1
        write(make_entry(title="济南：又改了"), folder)
        assert sync(session, now, folder).counts[Step.TAKE] == 1


def test_a_file_that_is_gone_is_told_no_longer_unless_the_desk_changed_it(database, folder, make_entry, now):
    with database.begin() as session:
        sync(session, now, folder)
        published(session, make_entry(title="济南：坐席改的"), now)
        (folder / "priority_window/370100.yaml").unlink()
        (folder / "guide_service/370100.yaml").unlink()
        write(make_entry(topic="home_service"), folder)
        counts = sync(session, now, folder).counts
        assert (counts[Step.RETIRE], counts[Step.FORGET]) == (1, 1)
        assert set(told(session)) == {ID, "home_service.370100"}
        assert str(sync(session, now, folder)) == "nothing changed"


def test_a_draft_file_is_worked_on_and_told_once_it_is_published(database, folder, make_entry, now):
    draft = {"status": "draft", "review": {"author": "甲"}}
    write(make_entry(topic="home_service", **draft), folder)
    with database.begin() as session:
        assert sync(session, now, folder).counts[Step.DRAFT] == 1
        assert Publishing(session).open("home_service.370100").status == "draft"
        write(make_entry(topic="home_service"), folder)
        assert sync(session, now, folder).counts[Step.TAKE] == 1
        assert "home_service.370100" in told(session)


def test_a_file_marked_retired_is_told_no_longer(database, folder, make_entry, now):
    with database.begin() as session:
        sync(session, now, folder)
        write(make_entry(status="retired"), folder)
        assert sync(session, now, folder).counts[Step.RETIRE] == 1
        assert ID not in told(session)
        assert str(sync(session, now, folder)) == "nothing changed"


def test_what_the_desk_retired_does_not_come_back_by_a_changed_file(database, folder, make_entry, now):
    with database.begin() as session:
        sync(session, now, folder)
        Publishing(session).retire(ID, "chief", now)
        write(make_entry(title="济南：文件改的"), folder)
        assert sync(session, now, folder).conflicts == (ID,)
        assert ID not in told(session)


def test_an_entry_made_at_the_desk_meets_a_new_file(database, folder, make_entry, now):
    with database.begin() as session:
        sync(session, now, folder)
        published(session, make_entry(topic="home_service", title="济南：坐席写的"), now)
        write(make_entry(topic="home_service", title="济南：文件写的"), folder)
        assert sync(session, now, folder).conflicts == ("home_service.370100",)


def test_broken_files_change_nothing(database, folder, now):
    with database.begin() as session:
        sync(session, now, folder)
        (folder / "guide_service/370100.yaml").write_text("id: [", encoding="utf-8")
        with pytest.raises(InvalidKnowledge):
            sync(session, now, folder)
        assert len(told(session)) == 2


def test_the_plan_over_all_entries_of_the_product(database, entries, now):
    with database.begin() as session:
        steps = plan(entries, known_entries(session))
    assert set(steps.values()) == {Step.TAKE}
    assert len(steps) == len(entries)


def test_two_processes_that_start_at_once_take_every_file_once(database, folder, now):
    meet, took = threading.Barrier(2, timeout=20), []

    def start():
        meet.wait()
        with database.begin() as session:
            took.append(sync(session, now, folder).counts[Step.TAKE])

    both = [threading.Thread(target=start) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(30)
    assert sorted(took) == [0, 2]
    with database.read() as session:
        assert [row.number for row in Publishing(session).published()] == [1, 1]
        assert Publishing(session).revision() == 1
