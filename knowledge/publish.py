"""The way of an entry to the public: draft → review by a second person → approved → published → retired.

Every save makes a new version; versions are never changed, only what became of them. One version of an entry is
published at most, one is being worked on at most: the database's unique keys see to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, time

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.audit import Audit
from bot.entries import (
    Finding,
    Overtaken,
    OwnWork,
    Severity,
    Unfit,
    WrongStep,
)
from bot.settings import TIME_ZONE
from bot.store.policy_rows import PolicyRevision, PolicyVersion
from knowledge.check import check
from knowledge.content import content_hash, from_body, to_body
from knowledge.entry import PolicyEntry, Review, Status

OPEN = ("draft", "review", "approved")
_REVISION_ROW = 1


class Publishing:
    """The verbs of one unit of work. ``actor`` is a user name; every verb that changes something is audited."""

    def __init__(self, session: Session) -> None:
        self._session = session

    # -- reading

    def published(self) -> list[PolicyVersion]:
        """The versions that are told, by entry."""
        query = select(PolicyVersion).where(PolicyVersion.published_of.is_not(None))
        return list(self._session.scalars(query.order_by(PolicyVersion.entry_id)))

    def current(self, entry_id: str) -> PolicyVersion | None:
        """The version of an entry that is told."""
        return self._session.scalar(select(PolicyVersion).filter_by(published_of=entry_id))

    def open(self, entry_id: str) -> PolicyVersion | None:
        """The version of an entry that is worked on."""
        return self._session.scalar(select(PolicyVersion).filter_by(open_of=entry_id))

    def opened(self) -> list[PolicyVersion]:
        """All versions that are worked on, by entry."""
        query = select(PolicyVersion).where(PolicyVersion.open_of.is_not(None))
        return list(self._session.scalars(query.order_by(PolicyVersion.entry_id)))

    def history(self, entry_id: str) -> list[PolicyVersion]:
        """All versions of an entry, the newest first."""
        query = select(PolicyVersion).filter_by(entry_id=entry_id).order_by(PolicyVersion.number.desc())
        return list(self._session.scalars(query))

    def version(self, version_id: int) -> PolicyVersion:
        """One version. Raises WrongStep where there is none."""
        found = self._session.get(PolicyVersion, version_id)
        if found is None:
            raise WrongStep("there is no such version")
        return found

    def revision(self) -> int:
        """A number that grows whenever what is told changes; 0 where the database was never filled."""
        row = self._session.get(PolicyRevision, _REVISION_ROW)
        return row.revision if row else 0

    # -- writing

    def save(
        self,
        entry: PolicyEntry,
        actor: str,
        now: datetime,
        *,
        origin: str = "desk",
        seen: int | None = None,
    ) -> PolicyVersion:
        """A new draft of an entry, in place of the one that was worked on.

        ``seen`` is the id of the newest version its writer knew (None: whatever there is). Raises Overtaken where
        there is a newer one.
        """
        # In this order: a draft that another writer commits in between is then noticed, not replaced.
        before = self._held(entry.id)
        newest = self._newest(entry.id)
        if seen is not None and (newest.id if newest else 0) != seen:
            raise Overtaken("somebody else has changed this entry meanwhile")
        told = self.current(entry.id)
        if before is not None:
            self._end(before, "replaced", now)
        draft = entry.model_copy(update={"status": Status.DRAFT, "review": Review(author=actor)})
        base = told.content_hash if told else None
        editors = dict.fromkeys((*(before.editors if before else ()), actor))
        row = self._row(draft, "draft", origin, actor, now, editors=editors, base=base)
        row.open_of = entry.id
        self._insert(row)
        self._note(actor, "entry_saved", row, now)
        return row

    def submit(self, version_id: int, actor: str, now: datetime) -> PolicyVersion:
        """Ask for a review. Raises WrongStep."""
        row = self._at(version_id, "draft")
        row.status, row.note = "review", None
        self._note(actor, "entry_submitted", row, now)
        return row

    def approve(self, version_id: int, actor: str, now: datetime, note: str | None = None) -> PolicyVersion:
        """A second person finds the version right. Raises WrongStep, OwnWork, Unfit."""
        row = self._at(version_id, "review")
        self._second_person(row, actor)
        row.reviewer, row.reviewed_at, row.note = actor, now, note or None
        self._fit(row, now)
        row.status = "approved"
        self._note(actor, "entry_approved", row, now)
        return row

    def reject(self, version_id: int, actor: str, now: datetime, note: str) -> PolicyVersion:
        """A second person sends the version back with a reason. Raises WrongStep, OwnWork."""
        row = self._at(version_id, "review", "approved")
        self._second_person(row, actor)
        row.status, row.reviewer, row.reviewed_at, row.note = "draft", actor, now, note
        self._note(actor, "entry_rejected", row, now)
        return row

    def publish(self, version_id: int, actor: str, now: datetime) -> PolicyVersion:
        """Tell an approved version from now on, in place of the one before.

        Raises WrongStep, Unfit, and Overtaken where another version was published since its writer saw it.
        """
        row = self._at(version_id, "approved")
        told = self.current(row.entry_id)
        if told is not None and told.content_hash not in (row.base_hash, row.content_hash):
            raise Overtaken("another version was published since this one was written")
        self._fit(row, now)
        self._tell(row, actor, now)
        self._note(actor, "entry_published", row, now)
        self.bump(now)
        return row

    def retire(self, entry_id: str, actor: str, now: datetime, note: str | None = None) -> PolicyVersion:
        """Tell an entry no longer. Raises WrongStep where it is not told."""
        row = self.current(entry_id)
        if row is None:
            raise WrongStep("this entry is not published")
        row.note = note or row.note
        self._end(row, "retired", now)
        self._note(actor, "entry_retired", row, now)
        self.bump(now)
        return row

    def drop(self, version_id: int, actor: str, now: datetime) -> PolicyVersion:
        """Throw away what is worked on; it stays in the history. Raises WrongStep."""
        row = self._at(version_id, *OPEN)
        self._end(row, "dropped", now)
        self._note(actor, "entry_dropped", row, now)
        return row

    def take(self, entry: PolicyEntry, now: datetime, origin: str) -> PolicyVersion:
        """A version that was reviewed elsewhere (the product's files), told at once. The caller bumps the revision."""
        author, reviewer = entry.review.author, entry.review.reviewer
        row = self._row(entry, "approved", origin, author, now, editors=(author,), base=None)
        told = self.current(entry.id)
        row.base_hash = told.content_hash if told else None
        row.reviewer, row.reviewed_at = reviewer, _reviewed_at(entry)
        self._session.add(row)
        self._tell(row, origin, now, body=to_body(entry))
        return row

    def begin_with(self, entries: Iterable[PolicyEntry], now: datetime, origin: str) -> None:
        """First versions of entries that the database has never seen, told at once: as take, without looking for each."""
        rows = []
        for entry in entries:
            author = entry.review.author
            row = self._row(entry, "published", origin, author, now, editors=(author,), base=None, number=1)
            row.reviewer, row.reviewed_at = entry.review.reviewer, _reviewed_at(entry)
            row.published_of, row.published_by, row.published_at = entry.id, origin, now
            rows.append(row)
        self._session.add_all(rows)
        self._session.flush()

    def lock(self, now: datetime) -> None:
        """Let nobody else change what is told until the end of this unit of work (SQLite does so by itself)."""
        if self._session.get(PolicyRevision, _REVISION_ROW) is None:
            with suppress(Overtaken):  # another process made it at the same moment
                self._insert(PolicyRevision(id=_REVISION_ROW, revision=0, changed_at=now))
        self._session.get_one(PolicyRevision, _REVISION_ROW, with_for_update=True, populate_existing=True)

    def bump(self, now: datetime) -> None:
        """Let every process notice that what is told has changed."""
        done = self._session.execute(
            update(PolicyRevision)
            .where(PolicyRevision.id == _REVISION_ROW)
            .values(revision=PolicyRevision.revision + 1, changed_at=now)
            .execution_options(synchronize_session="fetch")
        )
        if done.rowcount == 0:  # type: ignore[attr-defined]
            self._insert(PolicyRevision(id=_REVISION_ROW, revision=1, changed_at=now))

    # -- parts

    def _newest(self, entry_id: str) -> PolicyVersion | None:
        query = select(PolicyVersion).filter_by(entry_id=entry_id).order_by(PolicyVersion.number.desc())
        return self._session.scalar(query.limit(1))

    def _row(
        self,
        entry: PolicyEntry,
        status: str,
        origin: str,
        author: str,
        now: datetime,
        *,
        editors: Iterable[str],
        base: str | None,
        number: int | None = None,
    ) -> PolicyVersion:
        last = select(func.max(PolicyVersion.number)).where(PolicyVersion.entry_id == entry.id)
        return PolicyVersion(
            entry_id=entry.id,
            number=number or (self._session.scalar(last) or 0) + 1,
            topic=entry.topic,
            region=entry.region,
            status=status,
            body=to_body(entry),
            content_hash=content_hash(entry),
            base_hash=base,
            origin=origin,
            author=author,
            editors=list(editors),
            created_at=now,
        )

    def _held(self, entry_id: str) -> PolicyVersion | None:
        """What is worked on, held until the end of this unit of work."""
        return self._session.scalar(
            select(PolicyVersion)
            .filter_by(open_of=entry_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )

    def _at(self, version_id: int, *statuses: str) -> PolicyVersion:
        """A version at one of these steps, held: of two people who click at once, one finds it a step further."""
        row = self._session.get(PolicyVersion, version_id, with_for_update=True, populate_existing=True)
        if row is None or row.status not in statuses:
            raise WrongStep("somebody else has taken this version a step further")
        return row

    def _second_person(self, row: PolicyVersion, actor: str) -> None:
        if actor in row.editors:
            raise OwnWork("who wrote an entry cannot review it")

    def _fit(self, row: PolicyVersion, now: datetime) -> None:
        faults = [f for f in check([self._reviewed(row)], now.astimezone(TIME_ZONE).date()) if _stops(f)]
        if faults:
            raise Unfit(faults)

    def _reviewed(self, row: PolicyVersion) -> PolicyEntry:
        day = row.reviewed_at.astimezone(TIME_ZONE).date() if row.reviewed_at else None
        review = Review(author=row.author, reviewer=row.reviewer, reviewed_on=day)
        return from_body(row.body).model_copy(update={"status": Status.PUBLISHED, "review": review})

    def _tell(
        self, row: PolicyVersion, actor: str, now: datetime, body: dict[str, object] | None = None
    ) -> None:
        told = self.current(row.entry_id)
        if told is not None:
            self._end(told, "replaced", now)
        row.body = body or to_body(self._reviewed(row))
        row.status, row.open_of, row.published_of = "published", None, row.entry_id
        row.published_by, row.published_at = actor, now
        self._session.flush()

    def _end(self, row: PolicyVersion, status: str, now: datetime) -> None:
        row.status, row.open_of, row.published_of, row.ended_at = status, None, None, now
        self._session.flush()

    def _insert(self, row: PolicyVersion | PolicyRevision) -> None:
        try:
            with self._session.begin_nested():
                self._session.add(row)
                self._session.flush()
        except IntegrityError:
            raise Overtaken("somebody else has changed this entry at the same moment") from None

    def _note(self, actor: str, action: str, row: PolicyVersion, now: datetime) -> None:
        Audit(self._session).look(actor, action, f"entry:{row.entry_id}", now)


def _stops(finding: Finding) -> bool:
    return finding.severity is Severity.ERROR


def _reviewed_at(entry: PolicyEntry) -> datetime | None:
    """The day of an entry's review as a moment."""
    day = entry.review.reviewed_on
    return datetime.combine(day, time(), TIME_ZONE) if day else None
