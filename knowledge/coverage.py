"""What became of each clause of the source documents: the entries that tell it, or why no citizen needs it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import yaml
from pydantic import TypeAdapter, model_validator

from knowledge.documents import DocumentTable
from knowledge.entry import NonEmpty, PolicyEntry, Strict

COVERAGE_FILE = Path(__file__).resolve().parent / "coverage.yaml"


class Clause(Strict):
    """One clause of a document, or one measure in it."""

    clause: NonEmpty
    says: NonEmpty  # in about five words
    entries: tuple[NonEmpty, ...] = ()  # ids
    not_for_citizens: NonEmpty | None = None  # the reason

    @model_validator(mode="after")
    def _told_or_explained(self) -> Clause:
        if bool(self.entries) == bool(self.not_for_citizens):
            raise ValueError("name either the entries that tell it or the reason why none does")
        return self


CoverageTable = dict[str, tuple[Clause, ...]]  # by document number


def load_coverage(path: Path = COVERAGE_FILE) -> CoverageTable:
    """Read the table of coverage. Raises pydantic.ValidationError or OSError for a broken installation."""
    return TypeAdapter(CoverageTable).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))


def gaps(coverage: CoverageTable, entries: Iterable[PolicyEntry], documents: DocumentTable) -> list[str]:
    """Where the table and the entries disagree, one sentence each.

    Unknown documents, entry ids that do not exist or do not cite the clause, citations that the table lacks.
    Documents without any clause in the table are not reported: they are still to be read.
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
    for document, clause, key in sorted(listed):
        if key not in by_id:
            found.append(f"{document} {clause}: there is no entry {key}")
        elif (document, clause, key) not in cited:
            found.append(f"{document} {clause}: {key} does not cite it")
    for document, clause, key in sorted(cited - listed):
        if document in coverage:
            found.append(f"{key} cites {document} {clause}, which the table does not list for it")
    return found
