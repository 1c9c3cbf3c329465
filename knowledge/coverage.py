"""What became of each clause of the source documents: the entries that tell it, or why no citizen needs it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import yaml
from pydantic import Field, TypeAdapter, field_validator, model_validator

from knowledge.documents import DocumentTable
from knowledge.entry import NonEmpty, PolicyEntry, Strict
from knowledge.plainness import NUMBER, readings
from knowledge.statement import aspects

COVERAGE_FILE = Path(__file__).resolve().parent / "coverage.yaml"


class Fact(Strict):
    """A few words or a number of a clause, as an entry writes them and, where that differs, as it says them."""

    written: NonEmpty
    spoken: NonEmpty | None = None

    def told_by(self, entry: PolicyEntry) -> bool:
        """Whether an entry tells the fact in writing (answer or aspects) and in its spoken turns."""
        to_read = "\n".join((entry.written, *(text for _, text in aspects(entry))))
        return self.written in to_read and bool(
            _as_said(self.spoken or self.written).search("".join(entry.spoken))
        )


class Clause(Strict):
    """One clause of a document, or one measure in it."""

    clause: NonEmpty
    says: NonEmpty  # in about five words
    entries: tuple[NonEmpty, ...] = ()  # ids
    facts: tuple[Fact, ...] = ()  # what a citizen can use of it, each told by one of the entries
    left_out: Mapping[NonEmpty, NonEmpty] = Field(default_factory=dict)  # fact → why it is not told
    not_for_citizens: NonEmpty | None = None  # the reason

    @field_validator("facts", mode="before")
    @classmethod
    def _short_form(cls, facts: object) -> object:
        """A fact may stand as its words, or as the pair of what is written and what is said."""
        if not isinstance(facts, list | tuple):
            return facts
        return [_fact(item) for item in facts]

    @model_validator(mode="after")
    def _told_or_explained(self) -> Clause:
        if bool(self.entries) == bool(self.not_for_citizens):
            raise ValueError("name either the entries that tell it or the reason why none does")
        if self.facts and not self.entries:
            raise ValueError("facts are told by entries")
        return self


CoverageTable = dict[str, tuple[Clause, ...]]  # by document number


def load_coverage(path: Path = COVERAGE_FILE) -> CoverageTable:
    """Read the table of coverage. Raises pydantic.ValidationError or OSError for a broken installation."""
    return TypeAdapter(CoverageTable).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))


def gaps(coverage: CoverageTable, entries: Iterable[PolicyEntry], documents: DocumentTable) -> list[str]:
    """Where the table, the documents and the entries disagree, one sentence each.

    Unknown documents, clauses that a document does not have or the table lacks, entry ids that do not exist or do
    not cite the clause, citations that the table lacks, facts that no entry of their clause tells.
    """
    by_id = {entry.id: entry for entry in entries}
    cited = {(c.document, c.clause, e.id) for e in by_id.values() for c in e.citations}
    listed = {
        (document, clause.clause, key)
        for document, clauses in coverage.items()
        for clause in clauses
        for key in clause.entries
    }
    found = [
        f"{document} is not in the table of documents" for document in coverage if document not in documents
    ]
    found.extend(_clauses_missed(coverage, documents))
    for document, clause, key in sorted(listed):
        if key not in by_id:
            found.append(f"{document} {clause}: there is no entry {key}")
        elif (document, clause, key) not in cited:
            found.append(f"{document} {clause}: {key} does not cite it")
    for document, clause, key in sorted(cited - listed):
        found.append(f"{key} cites {document} {clause}, which the table does not list for it")
    found.extend(_facts_untold(coverage, by_id))
    return found


def _fact(item: object) -> object:
    if isinstance(item, str):
        return Fact(written=item)
    if isinstance(item, list | tuple) and len(item) == 2:
        return Fact(written=item[0], spoken=item[1])
    return item


def _as_said(words: str) -> re.Pattern[str]:
    """A pattern for words read aloud: every number in any usual reading."""
    pieces: list[str] = []
    end = 0
    for match in NUMBER.finditer(words):
        pieces.append(re.escape(words[end : match.start()]))
        pieces.append("(?:" + "|".join(map(re.escape, sorted(readings(match[0])))) + ")")
        end = match.end()
    return re.compile("".join((*pieces, re.escape(words[end:]))))


def _clauses_missed(coverage: CoverageTable, documents: DocumentTable) -> Iterator[str]:
    for number, document in documents.items():
        has = [clause.clause for clause in coverage.get(number, ())]
        for clause in document.clauses:
            if has.count(clause) != 1:
                yield f"{number} {clause} stands {has.count(clause)} times in the table"
        for clause in dict.fromkeys(has):
            if document.clauses and clause not in document.clauses:
                yield f"{number} has no clause {clause}"


def _facts_untold(coverage: CoverageTable, entries: Mapping[str, PolicyEntry]) -> Iterator[str]:
    for document, clauses in coverage.items():
        for clause in clauses:
            tellers = [entries[key] for key in clause.entries if key in entries]
            for fact in clause.facts:
                if not any(fact.told_by(entry) for entry in tellers):
                    yield f"{document} {clause.clause}: no entry both writes and says {fact.written}"
