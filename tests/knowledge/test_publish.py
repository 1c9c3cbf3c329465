"""Draft, review by a second person, publication, retirement: over real databases."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from bot.entries import (
    Overtaken,
    OwnWork,
    Unfit,
    WrongStep,
)
from bot.store.models import AuditEntry
from knowledge.content import content_hash, differences, from_body, to_body
from knowledge.publish import Publishing


def published(session, entry, now, author="wang", reviewer="li"):
    publishing = Publishing(session)
    row = publishing.save(entry, author, now)
    publishing.submit(row.id, author, now)
    publishing.approve(row.id, reviewer, now)
    return publishing.publish(row.id, "chief", now)


def test_an_entry_comes_back_equal_from_the_database(entries):
    for entry in entries:
        assert from_body(to_body(entry)) == entry


def test_who_reviewed_it_does_not_change_what_it_says(make_entry):
    one = make_entry()
    other = make_entry(status="draft", review={"author": "丙"})
    assert content_hash(one) == content_hash(other)
    assert differences(one, other) == ()
    assert content_hash(make_entry(title="济南：别的")) != content_hash(one)


def test_the_way_to_the_public(database, make_entry, now):
    with database.begin() as session:
        row = published(session, make_entry(), now)
        assert (row.status, row.author, row.reviewer, row.published_by) == (
            "published",
            "wang",
            "li",
            "chief",
        )
        entry = from_body(row.body)
        assert (entry.status, entry.review.author, entry.review.reviewer) == ("published", "wang", "li")
        assert entry.review.reviewed_on == now.date()
        assert Publishing(session).revision() == 1
    with database.read() as session:
        did = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
        assert did == ["entry_saved", "entry_submitted", "entry_approved", "entry_published"]
        subjects = set(session.scalars(select(AuditEntry.subject)))
        assert subjects == {"entry:priority_window.370100"}


def test_nobody_reviews_what_they_had_a_hand_in(database, make_entry, now):
    with database.begin() as session:
        publishing = Publishing(session)
        publishing.save(make_entry(), "wang", now)
        row = publishing.save(make_entry(title="济南：老人先办"), "li", now)
        publishing.submit(row.id, "li", now)
        for hand in ("wang", "li"):
            with pytest.raises(OwnWork):
                publishing.approve(row.id, hand, now)
            with pytest.raises(OwnWork):
                publishing.reject(row.id, hand, now, "不对")
        publishing.approve(row.id, "chief", now)


def test_no_step_is_left_out(database, make_entry, now):
    with database.begin() as session:
        publishing = Publishing(session)
        row = publishing.save(make_entry(), "wang", now)
        for step in (publishing.approve, publishing.publish):
            with pytest.raises(WrongStep):
                step(row.id, "li", now)
        publishing.submit(row.id, "wang", now)
        with pytest.raises(WrongStep):
            publishing.submit(row.id, "wang", now)
        with pytest.raises(WrongStep):
            publishing.publish(row.id, "chief", now)
        with pytest.raises(WrongStep):
            publishing.retire(row.entry_id, "chief", now)
        with pytest.raises(WrongStep):
            publishing.submit(4711, "wang", now)
        assert publishing.revision() == 0


def test_an_entry_with_faults_does_not_get_out(database, make_entry, now):
    with database.begin() as session:
        publishing = Publishing(session)
        row = publishing.save(make_entry(spoken=["打12393问。"]), "wang", now)
        publishing.submit(row.id, "wang", now)
        with pytest.raises(Unfit) as caught:
            publishing.approve(row.id, "li", now)
        assert "unspeakable" in {finding.code for finding in caught.value.findings}
        assert publishing.version(row.id).status == "review"


def test_what_was_sent_back_keeps_its_reason_and_can_be_mended(database, make_entry, now):
    with database.begin() as session:
        publishing = Publishing(session)
        first = publishing.save(make_entry(title="济南：错的"), "wang", now)
        publishing.submit(first.id, "wang", now)
        publishing.reject(first.id, "li", now, "标题不对")
        assert (first.status, first.note) == ("draft", "标题不对")
        second = publishing.save(make_entry(), "wang", now, seen=first.id)
        assert (first.status, second.number, second.status) == ("replaced", 2, "draft")


def test_all_versions_are_kept_and_one_is_told(database, make_entry, now):
    with database.begin() as session:
        published(session, make_entry(), now)
        published(session, make_entry(title="济南：老人先办"), now)
        publishing = Publishing(session)
        history = publishing.history("priority_window.370100")
        assert [(row.number, row.status) for row in history] == [(2, "published"), (1, "replaced")]
        assert history[0].base_hash == history[1].content_hash
        assert [row.number for row in publishing.published()] == [2]
        publishing.retire("priority_window.370100", "chief", now, "文件废止了")
        assert publishing.published() == []
        assert (history[0].status, history[0].note) == ("retired", "文件废止了")
        assert publishing.revision() == 3


def test_a_draft_that_was_opened_before_somebody_elses_save_is_refused(database, make_entry, now):
    with database.begin() as session:
        publishing = Publishing(session)
        seen = publishing.save(make_entry(), "wang", now)
        publishing.save(make_entry(title="济南：老人先办"), "li", now, seen=seen.id)
        with pytest.raises(Overtaken):
            publishing.save(make_entry(title="济南：别的"), "wang", now, seen=seen.id)
        with pytest.raises(Overtaken):
            publishing.save(make_entry(), "wang", now, seen=0)


def test_a_version_written_before_another_was_published_is_not_published_over_it(database, make_entry, now):
    with database.begin() as session:
        published(session, make_entry(), now)
        publishing = Publishing(session)
        row = publishing.save(make_entry(title="济南：老人先办"), "wang", now)
        publishing.submit(row.id, "wang", now)
        publishing.approve(row.id, "li", now)
        publishing.take(make_entry(title="济南：文件里改的"), now, "files")
        with pytest.raises(Overtaken):
            publishing.publish(row.id, "chief", now)


def test_two_people_who_save_at_once_do_not_make_two_drafts(database, make_entry, now):
    meet, came_through, refused = threading.Barrier(2, timeout=20), [], []

    def save(name):
        meet.wait()
        try:
            with database.begin() as session:
                came_through.append(Publishing(session).save(make_entry(), name, now, seen=0).id)
        except Overtaken:
            refused.append(name)

    writers = [threading.Thread(target=save, args=(name,)) for name in ("wang", "li")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(30)
    assert (len(came_through), len(refused)) == (1, 1)
    with database.read() as session:
        assert len(Publishing(session).history("priority_window.370100")) == 1


@pytest.mark.parametrize("step", ["approve", "publish"])
def test_of_two_people_who_click_at_once_one_is_refused(database, make_entry, now, step):
    with database.begin() as session:
        publishing = Publishing(session)
        row = publishing.save(make_entry(), "wang", now)
        publishing.submit(row.id, "wang", now)
        if step == "publish":
            publishing.approve(row.id, "li", now)
        version = row.id
    meet, done, refused = threading.Barrier(2, timeout=20), [], []

    def click(name):
        meet.wait()
        try:
            with database.begin() as session:
                getattr(Publishing(session), step)(version, name, now)
            done.append(name)
        except WrongStep:
            refused.append(name)

    clickers = [threading.Thread(target=click, args=(name,)) for name in ("chief", "zhao")]
    for one in clickers:
        one.start()
    for one in clickers:
        one.join(30)
    assert (len(done), len(refused)) == (1, 1)
    with database.read() as session:
        assert Publishing(session).revision() == (1 if step == "publish" else 0)


def test_a_draft_that_was_replaced_while_it_was_reviewed_goes_no_further(database, make_entry, now):
    with database.begin() as session:
        publishing = Publishing(session)
        old = publishing.save(make_entry(), "wang", now)
        publishing.submit(old.id, "wang", now)
        publishing.save(make_entry(title="济南：老人先办"), "wang", now)
        with pytest.raises(WrongStep):
            publishing.approve(old.id, "li", now)
