"""What `yinling knowledge …` does. Each function prints, and returns the exit status 0 (done) or 1 (failed)."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path

from bot.knowledge_desk import Severity
from bot.messages import PolicyAnswer
from bot.ports import KnowledgeBase
from bot.settings import TIME_ZONE
from knowledge.check import check
from knowledge.coverage import COVERAGE_PAGE, gaps, load_coverage, page
from knowledge.documents import load_documents
from knowledge.entry import PolicyEntry
from knowledge.exchange import pack, unpack
from knowledge.index import open_knowledge
from knowledge.loader import ENTRIES_FOLDER, InvalidKnowledge, load
from knowledge.topics import load_topics
from knowledge.writer import write

DONE, FAILED = 0, 1
STANDARD = "-"  # a file name that means standard input or output


def validate(today: date | None = None, folder: Path = ENTRIES_FOLDER, strict: bool = False) -> int:
    """Load and check all entries; faults on stderr. Failed: a fault, or with ``strict`` also a warning."""
    today = today or _now().date()
    try:
        entries = load(folder)
    except InvalidKnowledge as error:
        return _faults(error)
    findings = check(entries, today)
    for finding in findings:
        print(finding, file=sys.stderr)
    missing = gaps(load_coverage(), entries, load_documents()) if folder == ENTRIES_FOLDER else []
    for sentence in missing:
        print(f"warning: coverage: {sentence}", file=sys.stderr)
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    warnings = len(findings) - errors + len(missing)
    topics = len({entry.topic for entry in entries})
    print(f"{len(entries)} entries on {topics} topics: {errors} errors, {warnings} warnings")
    return FAILED if errors or (strict and warnings) else DONE


def export(target: str | Path, now: datetime | None = None, folder: Path = ENTRIES_FOLDER) -> int:
    """Write all entries as one JSON document to a file (``-``: stdout). ``now`` is aware."""
    try:
        entries = load(folder)
    except InvalidKnowledge as error:
        return _faults(error)
    text = pack(entries, now or _now())
    if str(target) == STANDARD:
        sys.stdout.write(text)
        return DONE
    try:
        Path(target).write_text(text, encoding="utf-8")
    except OSError as error:
        return _failed(f"cannot write {target}: {error.strerror}")
    print(f"{len(entries)} entries written to {target}")
    return DONE


def import_(source: str | Path, folder: Path = ENTRIES_FOLDER, replace: bool = False) -> int:
    """Read entries from a JSON document (``-``: stdin) into the folder of entries.

    An entry that differs from the one here is a conflict: it is listed and nothing at all is written, unless
    ``replace`` says that the incoming ones win. Equal entries are left alone.
    """
    try:
        text = sys.stdin.read() if str(source) == STANDARD else Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return _failed(f"cannot read {source}: {error}")
    try:
        incoming = unpack(text, str(source)).entries
        here = _existing(folder)
    except InvalidKnowledge as error:
        return _faults(error)
    topics = load_topics()
    foreign = [entry.id for entry in incoming if entry.topic not in topics]
    if foreign:
        return _failed(f"topics outside the table: {', '.join(foreign)}")
    differing = [entry for entry in incoming if entry.id in here and here[entry.id] != entry]
    if differing and not replace:
        for entry in differing:
            print(f"conflict: {entry.id}: {', '.join(_differences(here[entry.id], entry))}", file=sys.stderr)
        return _failed(f"{len(differing)} entries differ from the ones here; nothing was imported")
    fresh = [entry for entry in incoming if entry.id not in here]
    for entry in (*fresh, *differing):
        write(entry, folder)
    same = len(incoming) - len(fresh) - len(differing)
    print(f"{len(fresh)} entries added, {len(differing)} replaced, {same} unchanged")
    return DONE


def search(
    text: str,
    region: str | None = None,
    today: date | None = None,
    limit: int = 5,
    knowledge: KnowledgeBase | None = None,
) -> int:
    """Print the entries that fit a text: score, id, title. Failed: nothing fits, or broken entries.

    ``knowledge`` is the base to search; without it, the entries that come with the product.
    """
    try:
        base = knowledge or open_knowledge()
    except InvalidKnowledge as error:
        return _faults(error)
    found = base.search(text, region, today or _now().date(), limit)
    if not found:
        return _failed("no entry fits these words")
    for answer, score in found:
        print(f"{score:.3f}  {answer.entry_id}  {_headline(answer)}")
    return DONE


def coverage(target: str | Path = COVERAGE_PAGE) -> int:
    """Write the page that tells what became of each clause (``-``: stdout). Failed: a gap, told on stderr."""
    try:
        entries = load(ENTRIES_FOLDER)
    except InvalidKnowledge as error:
        return _faults(error)
    table, documents = load_coverage(), load_documents()
    text = page(table, documents)
    if str(target) == STANDARD:
        sys.stdout.write(text)
    else:
        try:
            Path(target).write_text(text, encoding="utf-8")
        except OSError as error:
            return _failed(f"cannot write {target}: {error.strerror}")
        print(f"{sum(map(len, table.values()))} clauses of {len(table)} documents written to {target}")
    missing = gaps(table, entries, documents)
    for sentence in missing:
        print(sentence, file=sys.stderr)
    return _failed(f"{len(missing)} gaps") if missing else DONE


def _now() -> datetime:
    return datetime.now(TIME_ZONE)


def _headline(answer: PolicyAnswer) -> str:
    return f"{answer.title}  ⚠ {answer.caveats[0]}" if answer.caveats else answer.title


def _existing(folder: Path) -> dict[str, PolicyEntry]:
    if not folder.is_dir() or not any(folder.rglob("*.yaml")):
        return {}
    return {entry.id: entry for entry in load(folder)}


def _differences(here: PolicyEntry, incoming: PolicyEntry) -> list[str]:
    return [name for name in type(here).model_fields if getattr(here, name) != getattr(incoming, name)]


def _faults(error: InvalidKnowledge) -> int:
    for problem in error.problems:
        print(problem, file=sys.stderr)
    return _failed(f"{len(error.problems)} faults")


def _failed(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return FAILED
