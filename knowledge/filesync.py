"""Where the entries' files and the desk meet: what changed in the files since they were last seen.

The database is what the running assistant tells. A file that changed while the desk left its entry alone becomes a
new version; where both changed, the desk's stays and the file's waits as a conflict for a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.store.policy_rows import PolicyFile, PolicyVersion
from knowledge.content import content_hash, from_body, to_body
from knowledge.entry import PolicyEntry, Status
from knowledge.loader import ENTRIES_FOLDER, load
from knowledge.publish import Publishing

ORIGIN = "files"


class Step(StrEnum):
    """What is done about one entry's file."""

    TAKE = "take"  # the file's text is told from now on
    DRAFT = "draft"  # the file is not published: its text is worked on
    RETIRE = "retire"  # told no longer
    RECORD = "record"  # the file says what the desk says already
    FORGET = "forget"  # the file is gone, the desk's entry lives on
    CONFLICT = "conflict"  # both changed


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knows of one entry."""

    file: tuple[str, str] | None  # content hash and status that the file had
    told: str | None  # content hash of the published version
    open: bool  # whether a version is worked on
    any: bool  # whether there is any version


@dataclass(frozen=True, slots=True)
class Synced:
    """How many entries each step was done for."""

    counts: Mapping[Step, int]
    conflicts: tuple[str, ...]  # entries whose file and desk have both changed since the last sync

    def __str__(self) -> str:
        said = ", ".join(f"{count} {step.value}" for step, count in self.counts.items() if count)
        return said or "nothing changed"


def plan(files: Iterable[PolicyEntry], known: Mapping[str, Known]) -> dict[str, Step]:
    """The step for every entry whose file is new, changed or gone."""
    steps: dict[str, Step] = {}
    here: set[str] = set()
    nothing = Known(None, None, False, False)
    for entry in files:
        here.add(entry.id)
        step = _step(entry, known.get(entry.id, nothing))
        if step is not None:
            steps[entry.id] = step
    for entry_id, one in known.items():
        if entry_id not in here and one.file is not None:
            steps[entry_id] = Step.RETIRE if one.told == one.file[0] else Step.FORGET
    return steps


def _step(entry: PolicyEntry, known: Known) -> Step | None:
    says = content_hash(entry)
    if known.file == (says, entry.status.value):
        return None
    published = entry.status is Status.PUBLISHED
    if says == known.told and published:
        return Step.RECORD
    untouched = known.told == known.file[0] if known.file else not known.any
    was_draft = known.file is not None and known.file[1] != Status.PUBLISHED.value and known.told is None
    if not (untouched or was_draft):
        return Step.CONFLICT
    if published:
        return Step.TAKE
    if entry.status is Status.RETIRED:
        return Step.RETIRE if known.told else Step.RECORD
    return Step.CONFLICT if known.open and not was_draft else Step.DRAFT


def known_entries(session: Session) -> dict[str, Known]:
    """What the database knows, by entry."""
    files = {row.entry_id: row for row in session.scalars(select(PolicyFile))}
    rows = session.execute(
        select(
            PolicyVersion.entry_id,
            PolicyVersion.content_hash,
            PolicyVersion.published_of,
            PolicyVersion.open_of,
        )
    )
    found: dict[str, Known] = {
        entry_id: Known((file.content_hash, file.status), None, False, False)
        for entry_id, file in files.items()
    }
    for entry_id, says, told, opened in rows:
        before = found.get(entry_id, Known(None, None, False, False))
        found[entry_id] = Known(
            before.file, says if told else before.told, before.open or bool(opened), any=True
        )
    return found


def sync(session: Session, now: datetime, folder: Path = ENTRIES_FOLDER) -> Synced:
    """Take over what changed in the files; safe to repeat. Raises InvalidKnowledge, and then nothing is changed."""
    entries = {entry.id: entry for entry in load(folder)}
    publishing = Publishing(session)
    publishing.lock(now)
    known = known_entries(session)
    steps = plan(entries.values(), known)
    fresh = {key for key, step in steps.items() if step is Step.TAKE and key not in known}
    publishing.begin_with((entries[key] for key in sorted(fresh)), now, ORIGIN)
    session.add_all(_note(PolicyFile(entry_id=key), entries[key], now) for key in fresh)
    for entry_id, step in steps.items():
        if entry_id not in fresh:
            _apply(session, publishing, entry_id, entries.get(entry_id), step, now)
    told = {Step.TAKE, Step.RETIRE} & set(steps.values())
    if told or publishing.revision() == 0:
        publishing.bump(now)
    counts = {step: sum(one is step for one in steps.values()) for step in Step}
    return Synced(counts, tuple(sorted(key for key, step in steps.items() if step is Step.CONFLICT)))


def effective(session: Session, folder: Path = ENTRIES_FOLDER) -> tuple[PolicyEntry, ...]:
    """What would be told after a sync, without writing anything. Raises InvalidKnowledge."""
    entries = {entry.id: entry for entry in load(folder)}
    told = {row.entry_id: from_body(row.body) for row in Publishing(session).published()}
    for entry_id, step in plan(entries.values(), known_entries(session)).items():
        if step is Step.TAKE:
            told[entry_id] = entries[entry_id]
        elif step is Step.RETIRE:
            told.pop(entry_id, None)
    return tuple(told.values())


def _apply(
    session: Session,
    publishing: Publishing,
    entry_id: str,
    entry: PolicyEntry | None,
    step: Step,
    now: datetime,
) -> None:
    if step is Step.RETIRE and publishing.current(entry_id) is not None:
        publishing.retire(entry_id, ORIGIN, now)
    if entry is None:
        row = session.get(PolicyFile, entry_id)
        if row is not None:
            session.delete(row)
        return
    if step is Step.TAKE:
        publishing.take(entry, now, ORIGIN)
    elif step is Step.DRAFT:
        publishing.save(entry, entry.review.author, now, origin=ORIGIN)
    row = _note(session.get(PolicyFile, entry_id) or PolicyFile(entry_id=entry_id), entry, now)
    row.conflict = to_body(entry) if step is Step.CONFLICT else None
    session.add(row)


def _note(row: PolicyFile, entry: PolicyEntry, now: datetime) -> PolicyFile:
    """Keep what an entry's file says now."""
    row.content_hash, row.status, row.seen_at = content_hash(entry), entry.status.value, now
    return row
