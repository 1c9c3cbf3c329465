"""The knowledge base of a running process: what is published in the database, without a restart.

Every process looks at the database's counter every few seconds, when it is asked something. When the counter moved,
whoever noticed builds a new index; all others go on with the old one until it is ready.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Protocol

from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from bot.messages import PolicyAnswer
from bot.store.database import Database
from knowledge.content import from_body
from knowledge.entry import PolicyEntry
from knowledge.filesync import effective
from knowledge.index import KnowledgeIndex
from knowledge.loader import ENTRIES_FOLDER, load
from knowledge.publish import Publishing
from knowledge.regions import RegionNamer
from knowledge.topics import load_topics

log = logging.getLogger(__name__)

LOOK_EVERY = 2.0  # seconds until a publication is noticed at the latest, once somebody asks
LOOK_AFTER_FAILURE = 15.0  # seconds of peace for a database that does not answer

Build = Callable[[Iterable[PolicyEntry]], KnowledgeIndex]


class Entries(Protocol):
    """Where the published entries come from."""

    def revision(self) -> int:
        """A number that changes whenever the entries do."""
        ...

    def entries(self) -> tuple[PolicyEntry, ...]:
        """The published entries."""
        ...


class DatabaseEntries:
    """The published entries of a database; of the files where the database was never filled.

    It must have a Database of its own: a turn holds a connection while it asks, and may not wait for a second one
    of the same pool.
    """

    def __init__(self, database: Database, folder: Path = ENTRIES_FOLDER) -> None:
        self._database, self._folder = database, folder

    def revision(self) -> int:
        """See Entries. Raises SQLAlchemyError."""
        with self._database.read() as session:
            return Publishing(session).revision()

    def entries(self) -> tuple[PolicyEntry, ...]:
        """See Entries. An entry that this version of the program cannot read is left out and logged."""
        with self._database.read() as session:
            publishing = Publishing(session)
            if publishing.revision() == 0:
                return load(self._folder)
            found = [(row.entry_id, row.body) for row in publishing.published()]
        read: list[PolicyEntry] = []
        for entry_id, body in found:
            try:
                read.append(from_body(body))
            except ValidationError:
                log.error("knowledge.unreadable entry=%s", entry_id)
        return tuple(read)


class LiveKnowledge:
    """bot.ports.KnowledgeBase over whatever is published now. Safe in several threads.

    While the database is away it tells what it knew last; at the start, what stands in the files. Raises
    InvalidKnowledge where even those are broken.
    """

    def __init__(
        self,
        source: Entries,
        build: Build,
        fallback: Callable[[], Iterable[PolicyEntry]] = load,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source, self._build, self._clock = source, build, clock
        self._looking = threading.Lock()
        self._next_look = clock() + LOOK_EVERY
        self._revision = -1
        try:
            revision = source.revision()
            self._index = build(source.entries())
            self._revision = revision
        except SQLAlchemyError as error:
            log.warning("knowledge.database_away code=%s", type(error).__name__)
            self._index = build(fallback())

    @property
    def index(self) -> KnowledgeIndex:
        """The index of this moment; looks whether there is a newer one where the last look is long ago."""
        if self._clock() < self._next_look or not self._looking.acquire(blocking=False):
            return self._index
        try:
            self._next_look = self._clock() + LOOK_EVERY
            self._look()
        finally:
            self._looking.release()
        return self._index

    def _look(self) -> None:
        try:
            revision = self._source.revision()
            if revision != self._revision:
                self._index = self._build(self._source.entries())
                self._revision = revision
                log.warning("knowledge.reloaded revision=%d", revision)
        except Exception as error:  # whatever it is, the citizen gets the answer of before
            self._next_look = self._clock() + LOOK_AFTER_FAILURE
            log.warning("knowledge.not_reloaded code=%s", type(error).__name__)

    def lookup(self, topic: str, region: str | None, on: date) -> PolicyAnswer | None:
        """See bot.ports.KnowledgeBase."""
        return self.index.lookup(topic, region, on)

    def regions(self, topic: str) -> tuple[str | None, ...]:
        """See bot.ports.KnowledgeBase."""
        return self.index.regions(topic)

    def search(
        self, text: str, region: str | None, on: date, limit: int = 3
    ) -> tuple[tuple[PolicyAnswer, float], ...]:
        """See bot.ports.KnowledgeBase."""
        return self.index.search(text, region, on, limit)

    def topic_name(self, topic: str) -> str:
        """See bot.ports.KnowledgeBase."""
        return self.index.topic_name(topic)

    def region_name(self, region: str | None) -> str:
        """See bot.ports.KnowledgeBase."""
        return self.index.region_name(region)


def open_live(database: Database, region_name: RegionNamer | None = None) -> LiveKnowledge:
    """The live knowledge base over a database of its own. Raises InvalidKnowledge."""
    topics = load_topics()
    return LiveKnowledge(
        DatabaseEntries(database), lambda entries: KnowledgeIndex(entries, topics, region_name)
    )


def open_still(database: Database | None, region_name: RegionNamer | None = None) -> KnowledgeIndex:
    """What an installation with this database would tell after its next start; reads only. Raises InvalidKnowledge.

    Without a database, or where it cannot be read, what stands in the files.
    """
    topics = load_topics()
    if database is not None:
        try:
            with database.read() as session:
                return KnowledgeIndex(effective(session), topics, region_name)
        except SQLAlchemyError as error:
            log.warning("knowledge.database_away code=%s", type(error).__name__)
    return KnowledgeIndex(load(topics=topics), topics, region_name)
