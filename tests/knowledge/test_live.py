"""What is told by a running process follows what is published, without a restart."""

from __future__ import annotations

import logging
import threading

import pytest
from sqlalchemy import text

from bot.store.database import Database
from knowledge.filesync import sync
from knowledge.index import KnowledgeIndex
from knowledge.live import LOOK_AFTER_FAILURE, LOOK_EVERY, DatabaseEntries, LiveKnowledge, open_still
from knowledge.publish import Publishing
from knowledge.topics import load_topics
from knowledge.writer import write
from tests.knowledge.conftest import TODAY
from tests.knowledge.test_publish import published


class Ticking:
    """Monotonic seconds that a test moves on."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def build(entries):
    return KnowledgeIndex(entries, load_topics())


@pytest.fixture
def folder(tmp_path, make_entry):
    write(make_entry(), tmp_path / "entries")
    return tmp_path / "entries"


@pytest.fixture
def reader(database, vault):
    """A second set of connections, as every process has for looking."""
    made = Database(database.engine.url.render_as_string(hide_password=False), vault)
    yield made
    made.close()


@pytest.fixture
def seconds():
    return Ticking()


@pytest.fixture
def live(reader, folder, seconds):
    return LiveKnowledge(DatabaseEntries(reader, folder), build, clock=seconds)


def title(live):
    answer = live.lookup("priority_window", "370100", TODAY)
    return answer.title if answer else None


def test_an_empty_database_tells_the_files(live):
    assert title(live) == "济南：老年人优先窗口"


def test_a_publication_is_told_within_seconds(database, folder, live, make_entry, now, seconds):
    with database.begin() as session:
        sync(session, now, folder)
        published(session, make_entry(title="济南：坐席改的"), now)
    assert title(live) == "济南：老年人优先窗口"
    seconds.now += LOOK_EVERY
    assert title(live) == "济南：坐席改的"
    assert live.search("老人窗口", None, TODAY)[0][0].title == "济南：坐席改的"
    with database.begin() as session:
        Publishing(session).retire("priority_window.370100", "chief", now)
    seconds.now += LOOK_EVERY
    assert title(live) is None


def test_a_draft_is_not_told(database, folder, live, make_entry, now, seconds):
    with database.begin() as session:
        sync(session, now, folder)
        Publishing(session).save(make_entry(title="济南：草稿"), "wang", now)
    seconds.now += LOOK_EVERY
    assert title(live) == "济南：老年人优先窗口"


def test_a_turn_that_holds_the_database_can_look(database, live, seconds):
    with database.begin():
        seconds.now += LOOK_EVERY
        assert title(live) == "济南：老年人优先窗口"


def test_without_its_database_it_tells_what_it_knew(
    reader, folder, vault, make_entry, seconds, tmp_path, caplog
):
    asked = []

    class Breaking(DatabaseEntries):
        def revision(self):
            asked.append(seconds.now)
            return super().revision()

    nowhere = Database(f"sqlite:///{tmp_path / 'empty.db'}", vault)
    live = LiveKnowledge(
        Breaking(nowhere, folder), build, lambda: [make_entry(title="济南：文件里的")], seconds
    )
    assert title(live) == "济南：文件里的"
    seconds.now += LOOK_EVERY
    assert title(live) == "济南：文件里的"
    seconds.now += LOOK_AFTER_FAILURE - 1
    assert title(live) == "济南：文件里的"
    assert len(asked) == 2
    nowhere.upgrade()
    seconds.now += 1
    assert title(live) == "济南：老年人优先窗口"
    assert {record.message for record in caplog.records if record.levelno == logging.WARNING} == {
        "knowledge.database_away code=OperationalError",
        "knowledge.not_reloaded code=OperationalError",
        "knowledge.reloaded revision=0",
    }
    nowhere.close()


def test_an_entry_that_cannot_be_read_is_left_out_and_the_others_are_told(
    database, folder, live, make_entry, now, seconds, caplog
):
    write(make_entry(topic="guide_service"), folder)
    with database.begin() as session:
        sync(session, now, folder)
        session.execute(
            text("UPDATE policy_version SET body = :body WHERE entry_id = 'guide_service.370100'"),
            {"body": '{"id": "guide_service.370100"}'},
        )
    seconds.now += LOOK_EVERY
    assert title(live) == "济南：老年人优先窗口"
    assert live.lookup("guide_service", "370100", TODAY) is None
    assert "knowledge.unreadable entry=guide_service.370100" in caplog.messages


def test_while_one_builds_the_others_go_on(database, folder, reader, make_entry, now, seconds):
    building, finish = threading.Event(), threading.Event()

    def slowly(entries):
        if building.is_set():
            return build(entries)
        built = build(entries)
        if any(entry.title == "济南：坐席改的" for entry in entries):
            building.set()
            assert finish.wait(20)
        return built

    live = LiveKnowledge(DatabaseEntries(reader, folder), slowly, clock=seconds)
    with database.begin() as session:
        sync(session, now, folder)
        published(session, make_entry(title="济南：坐席改的"), now)
    seconds.now += LOOK_EVERY
    noticed = threading.Thread(target=title, args=(live,))
    noticed.start()
    assert building.wait(20)
    seconds.now += LOOK_EVERY
    assert title(live) == "济南：老年人优先窗口"
    finish.set()
    noticed.join(20)
    assert title(live) == "济南：坐席改的"


def test_a_rehearsal_tells_what_the_installation_tells_and_writes_nothing(
    database, reader, make_entry, now, entries
):
    files = {entry.id: entry.title for entry in entries}
    assert told_still(None) == files
    with database.begin() as session:
        sync(session, now)
        published(session, make_entry(title="济南：坐席改的"), now)
        retired = next(key for key in files if key != "priority_window.370100")
        Publishing(session).retire(retired, "chief", now)
    expected = {**files, "priority_window.370100": "济南：坐席改的"}
    del expected[retired]
    assert told_still(reader) == expected


def test_a_rehearsal_beside_a_database_without_tables_tells_the_files(vault, tmp_path, entries):
    nowhere = Database(f"sqlite:///{tmp_path / 'empty.db'}", vault)
    assert len(told_still(nowhere)) == len(entries)
    nowhere.close()


def told_still(database):
    index = open_still(database)
    return {
        answer.entry_id: answer.title
        for topic in load_topics()
        for region in index.regions(topic)
        if (answer := index.lookup(topic, region, TODAY)) is not None
    }
