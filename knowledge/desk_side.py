"""Looking after the entries, for the desk: bot.knowledge_desk.KnowledgeDesk over a database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.audit import Audit
from bot.entries import (
    Change,
    Choices,
    Content,
    Filter,
    Finding,
    Key,
    NoSuchEntry,
    PackageReport,
    Page,
    Row,
    Severity,
    Version,
)
from bot.store.database import Database
from bot.store.policy_rows import PolicyFile, PolicyVersion
from knowledge.check import Checker, load_contacts
from knowledge.content import from_body
from knowledge.contradictions import contradictions
from knowledge.documents import load_documents
from knowledge.due import due
from knowledge.entry import PolicyEntry
from knowledge.filesync import ORIGIN as FILES
from knowledge.form import entry_of
from knowledge.merge import changes
from knowledge.packages import Packages
from knowledge.plainness import load_jargon
from knowledge.publish import Publishing
from knowledge.regions import REGION_NAMES, RegionNamer, RegionNames
from knowledge.signing import Signer
from knowledge.topics import load_topics
from knowledge.training import as_examples
from knowledge.writer import to_yaml


class EntryDesk:
    """See bot.knowledge_desk.KnowledgeDesk; ``signer`` signs the packages that leave."""

    def __init__(self, database: Database, signer: Signer, region_name: RegionNamer | None = None) -> None:
        self._database = database
        self._topics, self._documents = load_topics(), load_documents()
        self._checker = Checker(self._documents, self._topics, load_jargon(), load_contacts())
        self._names = RegionNames(region_name)
        self._signer = signer

    # -- tables

    def topics(self) -> tuple[tuple[str, str], ...]:
        """See KnowledgeDesk."""
        return tuple((key, topic.name) for key, topic in self._topics.items())

    def regions(self) -> tuple[tuple[str | None, str], ...]:
        """See KnowledgeDesk: the regions of the first knowledge base and those that any entry is of."""
        with self._database.read() as session:
            used = set(session.scalars(select(PolicyVersion.region).distinct()))
        codes = sorted(set(REGION_NAMES) | {code for code in used if code})
        return ((None, self._names.name(None)), *((code, self._names.name(code)) for code in codes))

    def documents(self) -> tuple[tuple[str, str], ...]:
        """See KnowledgeDesk."""
        return tuple((number, document.title) for number, document in self._documents.items())

    # -- reading

    def rows(self, wanted: Filter, today: date) -> list[Row]:
        """See KnowledgeDesk."""
        with self._database.read() as session:
            shown = _newest_of_each(session)
            conflicts = _conflicts(session)
            rows = [self._row(versions, conflicts, today) for versions in shown.values()]
        return sorted((row for row in rows if _fits(row, wanted)), key=lambda row: row.entry_id)

    def page(self, entry_id: str, today: date) -> Page:
        """See KnowledgeDesk."""
        with self._database.read() as session:
            publishing = Publishing(session)
            history = publishing.history(entry_id)
            if not history:
                raise NoSuchEntry(f"there is no entry {entry_id}")
            told, opened = publishing.current(entry_id), publishing.open(entry_id)
            file = session.get(PolicyFile, entry_id)
            others = [row.body for row in publishing.published() if row.topic == history[0].topic]
            shown = from_body((opened or told or history[0]).body)
            return Page(
                row=self._row(history, {entry_id} if file and file.conflict else set(), today),
                told=told.body if told else None,
                open=_version(opened) if opened else None,
                open_content=opened.body if opened else None,
                history=tuple(_version(row) for row in history),
                changes=changes(told.body if told else None, opened.body) if opened else (),
                findings=tuple(self._findings(shown, [from_body(body) for body in others], today)),
                file_changes=changes(told.body if told else None, file.conflict)
                if file and file.conflict
                else (),
                outdated=bool(
                    opened and told and told.content_hash not in (opened.base_hash, opened.content_hash)
                ),
                seen=history[0].id,
            )

    def version(self, version_id: int) -> tuple[Version, Content, tuple[Change, ...]]:
        """See KnowledgeDesk."""
        with self._database.read() as session:
            row = Publishing(session).version(version_id)
            before = session.scalar(
                select(PolicyVersion).filter_by(entry_id=row.entry_id, number=row.number - 1)
            )
            return _version(row), row.body, changes(before.body if before else None, row.body)

    def yaml(self, entry_id: str) -> str:
        """See KnowledgeDesk."""
        with self._database.read() as session:
            publishing = Publishing(session)
            row = publishing.current(entry_id) or publishing.open(entry_id)
            if row is None:
                raise NoSuchEntry(f"there is no entry {entry_id}")
            return to_yaml(from_body(row.body))

    def told(self) -> tuple[Content, ...]:
        """See KnowledgeDesk."""
        with self._database.read() as session:
            return tuple(row.body for row in Publishing(session).published())

    def inspect(self, content: Content, today: date) -> list[Finding]:
        """See KnowledgeDesk."""
        with self._database.read() as session:
            entry = self._entry(session, content)
            others = [row.body for row in Publishing(session).published() if row.topic == entry.topic]
        return self._findings(entry, [from_body(body) for body in others], today)

    # -- writing

    def save(self, content: Content, actor: str, now: datetime, *, seen: int | None, origin: str) -> int:
        """See KnowledgeDesk."""
        with self._database.begin() as session:
            entry = self._entry(session, content)
            return Publishing(session).save(entry, actor, now, origin=origin, seen=seen).id

    def submit(self, version_id: int, actor: str, now: datetime) -> None:
        """See KnowledgeDesk."""
        with self._database.begin() as session:
            Publishing(session).submit(version_id, actor, now)

    def approve(self, version_id: int, actor: str, now: datetime, note: str) -> None:
        """See KnowledgeDesk."""
        with self._database.begin() as session:
            Publishing(session).approve(version_id, actor, now, note)

    def reject(self, version_id: int, actor: str, now: datetime, note: str) -> None:
        """See KnowledgeDesk."""
        with self._database.begin() as session:
            Publishing(session).reject(version_id, actor, now, note)

    def publish(self, version_id: int, actor: str, now: datetime) -> None:
        """See KnowledgeDesk."""
        with self._database.begin() as session:
            Publishing(session).publish(version_id, actor, now)

    def retire(self, entry_id: str, actor: str, now: datetime, note: str) -> None:
        """See KnowledgeDesk."""
        with self._database.begin() as session:
            Publishing(session).retire(entry_id, actor, now, note)

    def drop(self, version_id: int, actor: str, now: datetime) -> None:
        """See KnowledgeDesk."""
        with self._database.begin() as session:
            Publishing(session).drop(version_id, actor, now)

    def settle_file(self, entry_id: str, *, take: bool, actor: str, now: datetime) -> None:
        """See KnowledgeDesk."""
        with self._database.begin() as session:
            file = session.get(PolicyFile, entry_id)
            if file is None or file.conflict is None:
                raise NoSuchEntry(f"the file of {entry_id} is in no conflict")
            if take:
                Publishing(session).save(from_body(file.conflict), actor, now, origin=FILES)
            file.conflict = None
            Audit(session).look(
                actor, "entry_file_taken" if take else "entry_file_left", f"entry:{entry_id}", now
            )

    # -- between installations

    def look_into(self, text: str, *, unsigned: bool) -> PackageReport:
        """See KnowledgeDesk."""
        with self._database.read() as session:
            return self._packages(session).look_into(text, Choices(), unsigned=unsigned)

    def take(
        self, text: str, choices: Choices, actor: str, now: datetime, *, unsigned: bool
    ) -> PackageReport:
        """See KnowledgeDesk."""
        with self._database.begin() as session:
            return self._packages(session).take(text, choices, actor, now, unsigned=unsigned)

    def pack(self, now: datetime) -> str:
        """See KnowledgeDesk."""
        with self._database.read() as session:
            return self._packages(session).pack(now)

    def own_key(self) -> Key:
        """See KnowledgeDesk."""
        return Key(self._signer.name, self._signer.public_key)

    def trusted(self) -> tuple[Key, ...]:
        """See KnowledgeDesk."""
        with self._database.read() as session:
            keys = self._packages(session).trusted()
            return tuple(Key(key.name, key.public_key, key.added_at, key.added_by) for key in keys)

    def trust(self, name: str, public_key: str, actor: str, now: datetime) -> None:
        """See KnowledgeDesk."""
        with self._database.begin() as session:
            self._packages(session).trust(name, public_key, actor, now)

    def distrust(self, name: str, actor: str, now: datetime) -> None:
        """See KnowledgeDesk."""
        with self._database.begin() as session:
            self._packages(session).distrust(name, actor, now)

    def training_examples(self, intent: str, texts: Sequence[str]) -> str:
        """See KnowledgeDesk."""
        return as_examples([(intent, texts)])

    # -- parts

    def _packages(self, session: Session) -> Packages:
        return Packages(session, self._signer, self._topics)

    def _entry(self, session: Session, content: Content) -> PolicyEntry:
        publishing = Publishing(session)
        entry_id = f"{content.get('topic')}.{content.get('region') or 'general'}"
        row = publishing.open(entry_id) or publishing.current(entry_id)
        before = from_body(row.body) if row else None
        return entry_of(content, self._topics, self._documents, before)

    def _findings(self, entry: PolicyEntry, others: Sequence[PolicyEntry], today: date) -> list[Finding]:
        found = self._checker.check([entry], today)
        against = [other for other in others if other.id != entry.id]
        found.extend(f for f in contradictions([entry, *against]) if f.entry_id == entry.id)
        return sorted(found, key=lambda f: f.severity is Severity.WARNING)

    def _row(self, versions: Sequence[PolicyVersion], conflicts: set[str], today: date) -> Row:
        told = next((row for row in versions if row.published_of), None)
        opened = next((row for row in versions if row.open_of), None)
        shown = told or opened or versions[0]
        return Row(
            entry_id=shown.entry_id,
            topic=shown.topic,
            topic_name=self._topics[shown.topic].name if shown.topic in self._topics else shown.topic,
            region=shown.region,
            region_name=self._names.name(shown.region),
            title=str(shown.body["title"]),
            told=told is not None,
            open_status=opened.status if opened else None,
            due=due(from_body(told.body), today) if told else None,
            conflict=shown.entry_id in conflicts,
            changed_at=max(row.ended_at or row.published_at or row.created_at for row in versions),
        )


def _newest_of_each(session: Session) -> dict[str, list[PolicyVersion]]:
    """By entry: what is told, what is worked on, and else the newest version."""
    living = select(PolicyVersion).where(
        PolicyVersion.published_of.is_not(None) | PolicyVersion.open_of.is_not(None)
    )
    found: dict[str, list[PolicyVersion]] = {}
    for row in session.scalars(living):
        found.setdefault(row.entry_id, []).append(row)
    ended = (
        select(PolicyVersion).where(PolicyVersion.status == "retired").order_by(PolicyVersion.number.desc())
    )
    for row in session.scalars(ended):
        found.setdefault(row.entry_id, [row])
    return found


def _conflicts(session: Session) -> set[str]:
    return set(session.scalars(select(PolicyFile.entry_id).where(PolicyFile.conflict.is_not(None))))


def _fits(row: Row, wanted: Filter) -> bool:
    if wanted.topic and row.topic != wanted.topic:
        return False
    if wanted.region and (row.region or "general") != wanted.region:
        return False
    if wanted.words and wanted.words not in row.title and wanted.words not in row.entry_id:
        return False
    if wanted.due and (row.due is None or wanted.due not in ("any", row.due.kind)):
        return False
    states = {
        "published": row.told,
        "retired": not row.told and row.open_status is None,
        "conflict": row.conflict,
    }
    return not wanted.status or states.get(wanted.status, row.open_status == wanted.status)


def _version(row: PolicyVersion) -> Version:
    fields: dict[str, Any] = {name: getattr(row, name) for name in Version.__slots__}
    return Version(**fields | {"editors": tuple(row.editors)})
