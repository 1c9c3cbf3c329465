"""What `yinling knowledge …` does. Each function prints, and returns the exit status 0 (done) or 1 (failed)."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path

from bot.entries import (
    BadPackage,
    Choices,
    Filter,
    Finding,
    Incoming,
    PackageReport,
    Severity,
)
from bot.knowledge_desk import KnowledgeDesk
from bot.messages import PolicyAnswer
from bot.ports import KnowledgeBase
from bot.settings import TIME_ZONE
from knowledge.check import check
from knowledge.content import from_body
from knowledge.contradictions import contradictions
from knowledge.coverage import gaps, load_coverage
from knowledge.documents import load_documents
from knowledge.due import ORDER
from knowledge.entry import PolicyEntry
from knowledge.index import open_knowledge
from knowledge.loader import ENTRIES_FOLDER, InvalidKnowledge, load
from knowledge.writer import write

DONE, FAILED = 0, 1
STANDARD = "-"  # a file name that means standard input or output


def validate(today: date | None = None, folder: Path = ENTRIES_FOLDER, strict: bool = False) -> int:
    """Load and check all files; faults on stderr. Failed: a fault, or with ``strict`` also a warning."""
    today = today or _now().date()
    try:
        entries = load(folder)
    except InvalidKnowledge as error:
        return _faults(error)
    missing = gaps(load_coverage(), entries, load_documents()) if folder == ENTRIES_FOLDER else []
    return _judge(entries, check(entries, today), missing, strict)


def check_all(
    entries: tuple[PolicyEntry, ...] | None = None,
    today: date | None = None,
    folder: Path = ENTRIES_FOLDER,
    strict: bool = False,
) -> int:
    """The full check: what validate finds, and entries that contradict each other, which fail too.

    ``entries`` are what is told; without them, the files are checked.
    """
    today = today or _now().date()
    missing: list[str] = []
    if entries is None:
        try:
            entries = load(folder)
        except InvalidKnowledge as error:
            return _faults(error)
        missing = gaps(load_coverage(), entries, load_documents()) if folder == ENTRIES_FOLDER else []
    against = contradictions(entries)
    findings = sorted([*check(entries, today), *against], key=lambda finding: finding.entry_id)
    return max(_judge(entries, findings, missing, strict), FAILED if against else DONE)


def due(desk: KnowledgeDesk, today: date | None = None) -> int:
    """Print the entries that must be looked at, the most pressing first: why, the day, id, title."""
    today = today or _now().date()
    rows = [(row, row.due) for row in desk.rows(Filter(due="any"), today) if row.due]
    for row, reason in sorted(rows, key=lambda pair: (ORDER.index(pair[1].kind), pair[1].day)):
        print(f"{reason.kind:<11}  {reason.day}  {row.entry_id}  {row.title}")
    print(f"{len(rows)} entries to look at", file=sys.stderr)
    return DONE


def export(desk: KnowledgeDesk, target: str | Path, now: datetime | None = None) -> int:
    """Write all that is told as one signed JSON package to a file (``-``: stdout). ``now`` is aware."""
    text = desk.pack(now or _now())
    if str(target) == STANDARD:
        sys.stdout.write(text)
        return DONE
    try:
        Path(target).write_text(text, encoding="utf-8")
    except OSError as error:
        return _failed(f"cannot write {target}: {error.strerror}")
    print(f"{len(desk.told())} entries written to {target}")
    return DONE


def export_files(desk: KnowledgeDesk, folder: Path = ENTRIES_FOLDER) -> int:
    """Write all that is told into the folder of entries; equal files are left alone, others are not removed."""
    here = {entry.id: entry for entry in load(folder)} if any(folder.rglob("*.yaml")) else {}
    changed = 0
    for content in desk.told():
        entry = from_body(dict(content))
        if here.get(entry.id) != entry:
            write(entry, folder)
            changed += 1
    print(f"{changed} files written to {folder}")
    return DONE


def import_(
    desk: KnowledgeDesk,
    source: str | Path,
    actor: str,
    now: datetime | None = None,
    *,
    choices: Choices | None = None,
    untrusted: bool = False,
    look_only: bool = False,
) -> int:
    """Put the news of a package (``-``: stdin) up for review; conflicts are listed and then nothing is taken."""
    choices = choices or Choices()
    try:
        text = sys.stdin.read() if str(source) == STANDARD else Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return _failed(f"cannot read {source}: {error}")
    try:
        report = desk.look_into(text, unsigned=untrusted)
        decided = choices.theirs | choices.ours
        for one in report.entries:
            if one.state == "conflict" and one.entry_id not in decided:
                _show_conflict(one)
        if look_only:
            return _told(report)
        report = desk.take(text, choices, actor, now or _now(), unsigned=untrusted)
    except BadPackage as error:
        return _failed(str(error))
    return _told(report)


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


def _now() -> datetime:
    return datetime.now(TIME_ZONE)


def _headline(answer: PolicyAnswer) -> str:
    return f"{answer.title}  ⚠ {answer.caveats[0]}" if answer.caveats else answer.title


def _judge(
    entries: tuple[PolicyEntry, ...], findings: list[Finding], missing: list[str], strict: bool
) -> int:
    for finding in findings:
        print(finding, file=sys.stderr)
    for sentence in missing:
        print(f"warning: coverage: {sentence}", file=sys.stderr)
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    warnings = len(findings) - errors + len(missing)
    topics = len({entry.topic for entry in entries})
    print(f"{len(entries)} entries on {topics} topics: {errors} errors, {warnings} warnings")
    return FAILED if errors or (strict and warnings) else DONE


def _show_conflict(one: Incoming) -> None:
    print(f"conflict: {one.entry_id}: {', '.join(one.clashes)}", file=sys.stderr)
    for change in one.changes:
        if change.field in one.clashes or one.clashes == ("open",):
            for mark, text in (("-", change.before), ("+", change.after)):
                for line in (text or "").splitlines():
                    print(f"  {change.field} {mark} {line}", file=sys.stderr)


def _told(report: PackageReport) -> int:
    states = [one.state for one in report.entries]
    said = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    who = report.signer or "nobody trusted"
    print(f"package of {report.issuer}, signed by {who}: {said or 'no entries'}")
    print(f"{len(report.taken)} entries put up for review")
    return DONE


def _faults(error: InvalidKnowledge) -> int:
    for problem in error.problems:
        print(problem, file=sys.stderr)
    return _failed(f"{len(error.problems)} faults")


def _failed(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return FAILED
