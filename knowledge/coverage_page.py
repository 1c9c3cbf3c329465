"""The page that tells what became of each clause, for people who look after the entries: docs/coverage.md."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence, Set
from pathlib import Path

from knowledge.coverage import Clause, CoverageTable, gaps, load_coverage
from knowledge.documents import DocumentTable, load_documents
from knowledge.entry import PolicyEntry
from knowledge.loader import InvalidKnowledge, load
from knowledge.regions import chain
from knowledge.topics import TopicTable, load_topics

COVERAGE_PAGE = Path(__file__).resolve().parent.parent / "docs" / "coverage.md"
STANDARD = "-"  # a file name that means standard output

_HEAD = """# What became of each clause

`yinling knowledge coverage` writes this page from `knowledge/coverage.yaml`, `documents.yaml` and the entries; edit those.
Each clause of each source document is told by entries, or it stands here why no citizen needs it. The facts of a
clause (numbers, dates, places, channels, exceptions) are found by a test in the written and in the spoken words of one
of its entries; a fact that is left out stands with its reason.
"""


def page(
    coverage: CoverageTable, documents: DocumentTable, entries: Sequence[PolicyEntry], topics: TopicTable
) -> str:
    """The table of coverage as a Markdown page: topic by region, then document by document, as in their tables."""
    parts = [_HEAD, *_matrix(entries, topics)]
    for number, document in documents.items():
        clauses = coverage.get(number, ())
        until = f", in force until {document.effective_until}" if document.effective_until else ""
        parts.append(f"## {number}\n\n{document.title}: {document.issuer}, {document.issued}{until}.\n")
        parts.append("| clause | says | told by | facts |\n|---|---|---|---|")
        parts.extend(_row(clause) for clause in clauses)
        told = sum(bool(clause.entries) for clause in clauses)
        parts.append(f"\n{told} of {len(clauses)} clauses are told to citizens.\n")
    return "\n".join(parts)


def write_page(target: str | Path = COVERAGE_PAGE) -> int:
    """Write the page to a file (``-``: stdout); returns the exit status 0, or 1 for broken entries or a gap, told on stderr."""
    try:
        entries = load()
    except InvalidKnowledge as error:
        print(error, file=sys.stderr)
        return 1
    coverage, documents = load_coverage(), load_documents()
    text = page(coverage, documents, entries, load_topics())
    if str(target) == STANDARD:
        sys.stdout.write(text)
    else:
        try:
            Path(target).write_text(text, encoding="utf-8")
        except OSError as error:
            print(f"cannot write {target}: {error.strerror}", file=sys.stderr)
            return 1
        print(f"{sum(map(len, coverage.values()))} clauses of {len(coverage)} documents written to {target}")
    missing = gaps(coverage, entries, documents)
    for sentence in missing:
        print(sentence, file=sys.stderr)
    return 1 if missing else 0


def _matrix(entries: Sequence[PolicyEntry], topics: TopicTable) -> Iterator[str]:
    """Which region has an entry of its own, and where it answers from without one."""
    told = {(entry.topic, entry.region) for entry in entries}
    regions = sorted({entry.region for entry in entries if entry.region})
    yield "## Topics by region\n"
    yield "● an entry of its own; else the region whose entry answers; empty: the documents are silent.\n"
    yield "| topic | " + " | ".join(regions) + " | general |"
    yield "|---" * (len(regions) + 2) + "|"
    for topic in topics:
        cells = [_answers(topic, region, told) for region in (*regions, None)]
        yield f"| {topic} | " + " | ".join(cells) + " |"
    yield f"\n{len(entries)} entries on {len({entry.topic for entry in entries})} topics.\n"


def _answers(topic: str, region: str | None, told: Set[tuple[str, str | None]]) -> str:
    nearest = next((code for code in chain(region) if (topic, code) in told), "")
    if nearest == "":
        return ""
    return "●" if nearest == region else nearest or "general"


def _row(clause: Clause) -> str:
    told = f"not for citizens: {clause.not_for_citizens}"
    if clause.entries:
        told = "<br>".join(f"`{key}`" for key in clause.entries)
    facts = "；".join(fact.written for fact in clause.facts)
    left = "；".join(f"{fact}（{reason}）" for fact, reason in clause.left_out.items())
    last = "<br>".join(part for part in (facts, f"left out: {left}" if left else "") if part)
    return f"| {clause.clause} | {clause.says} | {told} | {last} |"
