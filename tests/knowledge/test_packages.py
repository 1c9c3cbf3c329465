"""Two installations, each with a database of its own, hand packages to each other."""

from __future__ import annotations

import base64
import json

import pytest

from bot.entries import BadPackage, Choices
from bot.store.database import Database
from knowledge.packages import Packages
from knowledge.publish import Publishing
from knowledge.signing import Signer
from knowledge.topics import load_topics
from tests.knowledge.test_publish import published

ID = "priority_window.370100"
NOBODY = Choices()


class Installation:
    """A database and a key."""

    def __init__(self, database, number, name):
        self.database = database
        self.signer = Signer(base64.urlsafe_b64encode(bytes([number] * 32)).decode(), name)

    def publish(self, entry, now):
        with self.database.begin() as session:
            published(session, entry, now)

    def pack(self, now):
        with self.database.read() as session:
            return self._packages(session).pack(now)

    def look(self, text, choices=NOBODY, *, unsigned=False):
        with self.database.read() as session:
            return self._packages(session).look_into(text, choices, unsigned=unsigned)

    def take(self, text, now, choices=NOBODY, *, unsigned=False):
        with self.database.begin() as session:
            return self._packages(session).take(text, choices, "chief", now, unsigned=unsigned)

    def take_and_publish(self, text, now):
        self.take(text, now)
        with self.database.begin() as session:
            publishing = Publishing(session)
            for row in publishing.opened():
                publishing.approve(row.id, "li", now)
                publishing.publish(row.id, "chief", now)

    def trust(self, other, now):
        with self.database.begin() as session:
            self._packages(session).trust(other.signer.name, other.signer.public_key, "chief", now)

    def distrust(self, other, now):
        with self.database.begin() as session:
            self._packages(session).distrust(other.signer.name, "chief", now)

    def open(self, entry_id=ID):
        with self.database.read() as session:
            found = Publishing(session).open(entry_id)
            session.expunge_all()
            return found

    def _packages(self, session):
        return Packages(session, self.signer, load_topics())


@pytest.fixture
def ours(database):
    return Installation(database, 1, "济南12393")


@pytest.fixture
def theirs(vault, tmp_path):
    made = Database(f"sqlite:///{tmp_path / 'theirs.db'}", vault)
    made.upgrade()
    yield Installation(made, 2, "济南12345")
    made.close()


@pytest.fixture
def partners(ours, theirs, make_entry, now):
    """Both tell the same entry: theirs came from ours."""
    ours.publish(make_entry(), now)
    theirs.trust(ours, now)
    ours.trust(theirs, now)
    theirs.take_and_publish(ours.pack(now), now)
    return ours, theirs


def states(report):
    return [(one.entry_id, one.state) for one in report.entries]


def test_a_new_entry_is_put_up_for_review_by_a_second_person(ours, theirs, make_entry, now):
    ours.publish(make_entry(), now)
    theirs.trust(ours, now)
    report = theirs.take(ours.pack(now), now)
    assert (report.issuer, report.signer, report.taken) == ("济南12393", "济南12393", (ID,))
    row = theirs.open()
    assert (row.status, row.author, row.origin) == ("review", "chief", "package:济南12393")
    with theirs.database.read() as session:
        assert Publishing(session).published() == []


def test_the_same_package_again_changes_nothing(partners, now):
    ours, theirs = partners
    assert states(theirs.look(ours.pack(now))) == [(ID, "same")]
    assert theirs.take(ours.pack(now), now).taken == ()
    assert states(ours.look(theirs.pack(now))) == [(ID, "same")]


def test_what_only_they_changed_is_taken(partners, make_entry, now):
    ours, theirs = partners
    ours.publish(make_entry(title="济南：老人先办"), now)
    (incoming,) = theirs.look(ours.pack(now)).entries
    assert (incoming.state, [change.field for change in incoming.changes]) == ("theirs", ["title"])
    assert (incoming.changes[0].before, incoming.changes[0].after) == (
        "济南：老年人优先窗口",
        "济南：老人先办",
    )
    theirs.take_and_publish(ours.pack(now), now)
    assert states(ours.look(theirs.pack(now))) == [(ID, "same")]


def test_what_they_still_have_of_old_is_left(partners, make_entry, now):
    ours, theirs = partners
    old = theirs.pack(now)
    ours.publish(make_entry(title="济南：老人先办"), now)
    assert states(ours.look(old)) == [(ID, "older")]
    assert ours.take(old, now).taken == ()


def test_both_changed_other_fields_both_changes_are_taken(partners, make_entry, now):
    ours, theirs = partners
    ours.publish(make_entry(title="济南：老人先办"), now)
    theirs.publish(make_entry(channels=["大厅的老人窗口"]), now)
    report = theirs.take(ours.pack(now), now)
    assert states(report) == [(ID, "merged")]
    body = theirs.open().body
    assert (body["title"], body["channels"]) == ("济南：老人先办", ["大厅的老人窗口"])


def test_both_changed_the_same_field_and_nothing_at_all_is_taken(partners, make_entry, now):
    ours, theirs = partners
    ours.publish(make_entry(title="济南：甲的说法"), now)
    ours.publish(make_entry(topic="guide_service"), now)
    theirs.publish(make_entry(title="济南：乙的说法"), now)
    text = ours.pack(now)
    assert states(theirs.look(text)) == [("guide_service.370100", "new"), (ID, "conflict")]
    with pytest.raises(BadPackage) as caught:
        theirs.take(text, now)
    assert caught.value.code == "package.conflicts"
    assert f"{ID} (title)" in str(caught.value)
    assert theirs.open("guide_service.370100") is None
    assert theirs.open() is None


def test_a_person_decides_on_a_conflict(partners, make_entry, now):
    ours, theirs = partners
    ours.publish(make_entry(title="济南：甲的说法"), now)
    theirs.publish(make_entry(title="济南：乙的说法"), now)
    text = ours.pack(now)
    assert theirs.take(text, now, Choices(ours=frozenset({ID}))).taken == ()
    assert theirs.take(text, now, Choices(theirs=frozenset({ID}))).taken == (ID,)
    assert theirs.open().body["title"] == "济南：甲的说法"


def test_what_somebody_is_working_on_is_not_swept_away(partners, make_entry, now):
    ours, theirs = partners
    ours.publish(make_entry(title="济南：甲的说法"), now)
    with theirs.database.begin() as session:
        Publishing(session).save(make_entry(title="济南：正在改"), "wang", now)
    (incoming,) = theirs.look(ours.pack(now)).entries
    assert (incoming.state, incoming.clashes) == ("conflict", ("open",))


def test_strangers_with_nothing_in_common_conflict_field_by_field(ours, theirs, make_entry, now):
    ours.publish(make_entry(), now)
    theirs.publish(make_entry(title="济南：别的", channels=["大厅"]), now)
    theirs.trust(ours, now)
    (incoming,) = theirs.look(ours.pack(now)).entries
    assert (incoming.state, incoming.clashes) == ("conflict", ("title", "channels"))


def test_who_is_not_trusted_is_refused_unless_it_is_wanted(ours, theirs, make_entry, now):
    ours.publish(make_entry(), now)
    text = ours.pack(now)
    with pytest.raises(BadPackage) as caught:
        theirs.take(text, now)
    assert caught.value.code == "package.foreign"
    assert ours.signer.public_key in str(caught.value)
    content = json.loads(text)
    del content["signature"]
    unsigned = json.dumps(content)
    with pytest.raises(BadPackage) as caught:
        theirs.take(unsigned, now)
    assert caught.value.code == "package.unsigned"
    assert theirs.look(unsigned, unsigned=True).signer is None
    assert theirs.take(unsigned, now, unsigned=True).taken == (ID,)


def test_an_altered_package_is_refused_whatever_is_wanted(ours, theirs, make_entry, now):
    ours.publish(make_entry(), now)
    theirs.trust(ours, now)
    content = json.loads(ours.pack(now))
    content["entries"][0]["entry"]["title"] = "济南：改过的"
    with pytest.raises(BadPackage) as caught:
        theirs.take(json.dumps(content), now, unsigned=True)
    assert caught.value.code == "package.altered"


def test_trust_can_be_taken_back_and_given_again(ours, theirs, make_entry, now):
    ours.publish(make_entry(), now)
    theirs.trust(ours, now)
    with pytest.raises(BadPackage, match="trusted already"):
        theirs.trust(ours, now)
    theirs.distrust(ours, now)
    with pytest.raises(BadPackage, match="not trusted here"):
        theirs.look(ours.pack(now))
    with pytest.raises(BadPackage, match="is trusted"):
        theirs.distrust(ours, now)
    theirs.trust(ours, now)
    assert states(theirs.look(ours.pack(now))) == [(ID, "new")]
    with theirs.database.begin() as session, pytest.raises(BadPackage, match="no public key"):
        theirs._packages(session).trust("x", "!" * 44, "chief", now)


def test_an_entry_of_an_unknown_topic_is_refused(ours, theirs, make_entry, now):
    ours.publish(make_entry(topic="priority_window"), now)
    theirs.trust(ours, now)
    with theirs.database.read() as session:
        packages = Packages(session, theirs.signer, {})
        with pytest.raises(BadPackage, match="topics outside the table"):
            packages.look_into(ours.pack(now), NOBODY, unsigned=False)
