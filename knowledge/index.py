"""The knowledge base in memory: the entry of a topic for a region, or the entries that fit a text."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from bot.messages import PolicyAnswer
from knowledge.documents import DocumentTable, load_documents
from knowledge.entry import PolicyEntry, Status
from knowledge.loader import load
from knowledge.regions import RegionNamer, RegionNames, chain
from knowledge.retrieval import Passages
from knowledge.statement import NATIONAL_AUTHORITY, state
from knowledge.topics import TopicTable, load_topics

NAMED_TOPIC = 0.5  # share of the remaining distance to 1 that a topic named in the question gains


class KnowledgeIndex:
    """bot.ports.KnowledgeBase over published entries. Built once, then only read: safe in several threads.

    ``region_name`` names regions beyond the built-in ones (given by the wiring); ``documents`` are the source
    documents, by default those that come with the product.
    """

    def __init__(
        self,
        entries: Iterable[PolicyEntry],
        topics: TopicTable,
        region_name: RegionNamer | None = None,
        documents: DocumentTable | None = None,
    ) -> None:
        self._topics = topics
        self._documents = load_documents() if documents is None else documents
        self._names = RegionNames(region_name)
        self._entries = tuple(entry for entry in entries if entry.status is Status.PUBLISHED)
        self._by_place = {(entry.topic, entry.region): entry for entry in self._entries}
        texts: list[str] = []
        owners: list[int] = []
        for number, entry in enumerate(self._entries):
            passages = (entry.title, self._official(entry.topic), *entry.questions, entry.written)
            texts.extend(passages)
            owners.extend([number] * len(passages))
        numbers: dict[str, int] = {}
        groups = [numbers.setdefault(entry.topic, len(numbers)) for entry in self._entries]
        self._passages = Passages(texts, owners, groups)

    def lookup(self, topic: str, region: str | None, on: date) -> PolicyAnswer | None:
        """The entry of a topic for a region: district → city → province → general; None where nothing is said."""
        entry = self._nearest(topic, region, on)
        return self._state(entry, region, on) if entry else None

    def regions(self, topic: str) -> tuple[str | None, ...]:
        """The regions with a published entry of their own on a topic, by code; None (general) comes last."""
        found = (region for known, region in self._by_place if known == topic)
        return tuple(sorted(found, key=lambda region: (region is None, region or "")))

    def search(
        self, text: str, region: str | None, on: date, limit: int = 3
    ) -> tuple[tuple[PolicyAnswer, float], ...]:
        """The entries whose words fit a text, best first, one a topic, each with a score 0..1.

        With a region, each topic answers through its entry for that region (as lookup finds it), and topics
        of which nothing is said for it are left out; without one, through its best-fitting entry.
        """
        best = [(self._entries[match.owner], match.score) for match in self._passages.best(text)]
        ranked = sorted(
            ((self._boosted(entry.topic, score, text), entry) for entry, score in best if score > 0),
            key=lambda pair: (-pair[0], pair[1].id),
        )
        found: list[tuple[PolicyAnswer, float]] = []
        for score, entry in ranked:
            told = self._nearest(entry.topic, region, on) if region else entry
            if told is not None and told.validity.effective_from <= on:
                found.append((self._state(told, region, on), score))
            if len(found) == limit:
                break
        return tuple(found)

    def topic_name(self, topic: str) -> str:
        """A topic's name as a citizen would say it. Raises KeyError for an unknown id."""
        return self._topics[topic].name

    def region_name(self, region: str | None) -> str:
        """A region's name (370100 → 济南市; None → 全国)."""
        return self._names.name(region)

    def _nearest(self, topic: str, region: str | None, on: date) -> PolicyEntry | None:
        for code in chain(region):
            entry = self._by_place.get((topic, code))
            if entry is not None and entry.validity.effective_from <= on:
                return entry
        return None

    def _state(self, entry: PolicyEntry, asked: str | None, on: date) -> PolicyAnswer:
        authority = NATIONAL_AUTHORITY if entry.region is None else self._names.name(entry.region)
        return state(entry, authority, self._source(entry), asked, on)

    def _source(self, entry: PolicyEntry) -> str | None:
        """Whose documents an entry cites, where none of them is of the entry's own region."""
        cited = (self._documents.get(clause.document) for clause in entry.citations)
        regions = tuple(dict.fromkeys(document.region for document in cited if document))
        if not regions or entry.region in regions:
            return None
        return "、".join(self._names.name(region) for region in regions)

    def _boosted(self, topic: str, score: float, text: str) -> float:
        named = topic in self._topics and any(
            word in text
            for word in (self._topics[topic].name, self._topics[topic].official, *self._topics[topic].words)
        )
        return score + (1 - score) * NAMED_TOPIC if named else score

    def _official(self, topic: str) -> str:
        return self._topics[topic].official if topic in self._topics else topic


def open_knowledge(region_name: RegionNamer | None = None) -> KnowledgeIndex:
    """The index over the entries that come with the product. Raises InvalidKnowledge."""
    topics = load_topics()
    return KnowledgeIndex(load(topics=topics), topics, region_name)
