"""Looks through the entries for what must not reach the public, and for what an editor should look at."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import yaml

from bot.entries import Finding, Severity
from knowledge.documents import DocumentTable, load_documents
from knowledge.entry import NonEmpty, PolicyEntry, Status, Strict
from knowledge.plainness import (
    Jargon,
    half_width,
    hard_words,
    load_jargon,
    long_sentences,
    numbers,
    tells_number,
    unspeakable,
)
from knowledge.statement import aspects, last_day
from knowledge.topics import TopicTable, load_topics

CONTACTS_FILE = Path(__file__).resolve().parent / "contacts.yaml"
MAX_SPOKEN = 80  # characters of a spoken turn (outside contract)
MUCH_TO_SAY = 320  # characters of all spoken turns: a minute and a half at a calm pace
FEW_QUESTIONS = 5
REVIEW_SOON = timedelta(days=30)
ENDS_SOON = timedelta(days=180)  # time an editor needs to find what follows an ending rule

# Mobile numbers, area code + number, and the bare local numbers of seven or eight figures.
_PHONE = re.compile(r"(?<!\d)(?:1\d{10}|0\d{2,3}[-—–]?\d{7,8}|\d{7,8})(?!\d)")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_CONTACT_LABEL = re.compile(r"联系人|报送邮箱|电子邮箱")


class Contacts(Strict):
    """What may never be told (names of persons), and the only numbers that may."""

    persons: tuple[NonEmpty, ...]
    public_numbers: tuple[NonEmpty, ...]


def load_contacts(path: Path = CONTACTS_FILE) -> Contacts:
    """Read the table of contacts. Raises pydantic.ValidationError or OSError for a broken installation."""
    return Contacts.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


class Checker:
    """The rules, with the tables they need."""

    def __init__(
        self, documents: DocumentTable, topics: TopicTable, jargon: Jargon, contacts: Contacts
    ) -> None:
        self._documents = documents
        self._topics = topics
        self._jargon = jargon
        self._contacts = contacts

    def check(self, entries: Iterable[PolicyEntry], today: date) -> list[Finding]:
        """Everything to mend in the entries that are not retired, on a day; sorted by entry."""
        living = [entry for entry in entries if entry.status is not Status.RETIRED]
        found = [finding for entry in living for finding in self._entry(entry, today)]
        found.extend(_questions_shared(living))
        return sorted(found, key=lambda f: (f.entry_id, f.severity is Severity.WARNING, f.code, f.message))

    def _entry(self, entry: PolicyEntry, today: date) -> Iterator[Finding]:
        for rule in (
            self._sources,
            self._contacts_told,
            _review,
            _speech,
            self._words,
            _figures,
            _punctuation,
        ):
            for fault in rule(entry):
                yield _finding(entry, fault)
        for fault in _dates(entry, today):
            yield _finding(entry, fault)

    def _sources(self, entry: PolicyEntry) -> Iterator[_Fault]:
        if not entry.citations:
            yield "no_citation", Severity.ERROR, "the entry names no source", ""
        for cited in entry.citations:
            document = self._documents.get(cited.document)
            if document is None:
                yield (
                    "unknown_document",
                    Severity.ERROR,
                    f"{cited.document} is not in the table of documents",
                    cited.document,
                )
                continue
            if cited.issued != document.issued:
                message = f"{cited.document} was issued on {document.issued}, not {cited.issued}"
                yield "wrong_date", Severity.ERROR, message, cited.document
            if document.effective_until and cited.effective_until != document.effective_until:
                message = f"{cited.document} ends on {document.effective_until}: effective_until is missing or wrong"
                yield "wrong_end", Severity.ERROR, message, cited.document
        topic = self._topics.get(entry.topic)
        if entry.region is None and topic is not None and not topic.national:
            message = f"a general entry, but {entry.topic} is not a national matter"
            yield "not_national", Severity.WARNING, message, ""

    def _contacts_told(self, entry: PolicyEntry) -> Iterator[_Fault]:
        text = _all_text(entry)
        phones = set(_PHONE.findall(text)) - set(self._contacts.public_numbers)
        persons = [name for name in self._contacts.persons if name in text]
        hits = [*sorted(phones), *_EMAIL.findall(text), *persons, *_CONTACT_LABEL.findall(text)]
        for hit in hits:
            message = f"an internal contact ({len(hit)} characters) stands in the entry"
            yield "internal_contact", Severity.ERROR, message, ""

    def _words(self, entry: PolicyEntry) -> Iterator[_Fault]:
        for word in hard_words(entry.written, self._jargon):
            yield (
                "hard_word",
                Severity.WARNING,
                f"{word} is not explained: {self._jargon[word].say}",
                f"{word}，可以说“{self._jargon[word].say}”",
            )
        for sentence in long_sentences(entry.written):
            yield (
                "long_sentence",
                Severity.WARNING,
                f"too long to follow: {sentence[:20]}… ({len(sentence)})",
                f"{sentence[:20]}…（{len(sentence)}字）",
            )


_Fault = tuple[str, Severity, str, str]  # code, severity, message, detail


def _finding(entry: PolicyEntry, fault: _Fault) -> Finding:
    return Finding(entry.id, *fault)


def check(entries: Sequence[PolicyEntry], today: date) -> list[Finding]:
    """The findings of all rules, with the tables that come with the product."""
    checker = Checker(load_documents(), load_topics(), load_jargon(), load_contacts())
    return checker.check(entries, today)


def _review(entry: PolicyEntry) -> Iterator[_Fault]:
    if entry.status is Status.PUBLISHED and (not entry.review.reviewer or not entry.review.reviewed_on):
        yield "no_reviewer", Severity.ERROR, "published without a reviewer and the day of the review", ""
    if entry.review.reviewer == entry.review.author:
        yield "own_reviewer", Severity.ERROR, "author and reviewer are the same", ""
    if len(entry.questions) < FEW_QUESTIONS:
        message = f"only {len(entry.questions)} question variants, {FEW_QUESTIONS} are wanted"
        yield "few_questions", Severity.WARNING, message, str(len(entry.questions))


def _speech(entry: PolicyEntry) -> Iterator[_Fault]:
    for number, turn in enumerate(entry.spoken, 1):
        if len(turn) > MAX_SPOKEN:
            yield (
                "long_turn",
                Severity.ERROR,
                f"spoken turn {number} has {len(turn)} characters",
                f"第{number}句，{len(turn)}字",
            )
        for trouble in unspeakable(turn):
            yield (
                "unspeakable",
                Severity.ERROR,
                f"spoken turn {number} holds {trouble}",
                f"第{number}句：{trouble.partition(': ')[2]}",
            )
    said = sum(len(turn) for turn in entry.spoken)
    if said > MUCH_TO_SAY:
        yield (
            "much_to_say",
            Severity.WARNING,
            f"{said} characters to be spoken, {MUCH_TO_SAY} are wanted",
            f"{said}字",
        )


def _punctuation(entry: PolicyEntry) -> Iterator[_Fault]:
    for place in half_width(_all_text(entry)):
        yield "half_width", Severity.WARNING, f"half-width punctuation at {place}", place


def _figures(entry: PolicyEntry) -> Iterator[_Fault]:
    told = "\n".join((*entry.spoken, *(text for _, text in aspects(entry))))
    for number in numbers(entry.written):
        if not tells_number(told, number):
            message = f"{number} is written, but neither spoken nor told in an aspect"
            yield "number_not_told", Severity.ERROR, message, number


def _dates(entry: PolicyEntry, today: date) -> Iterator[_Fault]:
    end = last_day(entry)
    if end is not None and today > end:
        yield "expired", Severity.ERROR, f"ended on {end}", str(end)
    elif end is not None and end - today <= ENDS_SOON:
        yield "ends_soon", Severity.WARNING, f"ends on {end}", str(end)
    review_by = entry.validity.review_by
    if review_by is None:
        yield "no_review_date", Severity.WARNING, "no day by which it must be looked at again", ""
    elif today > review_by:
        yield "review_due", Severity.ERROR, f"should have been looked at again by {review_by}", str(review_by)
    elif review_by - today <= REVIEW_SOON:
        yield "review_soon", Severity.WARNING, f"must be looked at again by {review_by}", str(review_by)
    starts = [clause.effective_from or clause.issued for clause in entry.citations]
    if starts and entry.validity.effective_from < min(starts):
        yield (
            "too_early",
            Severity.ERROR,
            "in force before its source was issued",
            str(entry.validity.effective_from),
        )


def _questions_shared(entries: Sequence[PolicyEntry]) -> Iterator[Finding]:
    """A question that points at two topics cannot find the right one."""
    asked: defaultdict[str, list[PolicyEntry]] = defaultdict(list)
    for entry in entries:
        for question in entry.questions:
            asked[question].append(entry)
    for question, owners in asked.items():
        if len({entry.topic for entry in owners}) > 1:
            ids = "、".join(entry.id for entry in owners)
            yield Finding(
                owners[0].id,
                "shared_question",
                Severity.WARNING,
                f"{question} stands in {ids}",
                f"“{question}”：{ids}",
            )
        for entry in {e.id: e for e in owners if e.questions.count(question) > 1}.values():
            yield Finding(
                entry.id, "repeated_question", Severity.WARNING, f"{question} stands there twice", question
            )


def _all_text(entry: PolicyEntry) -> str:
    parts: list[str | None] = [
        entry.title,
        entry.written,
        *entry.spoken,
        *entry.steps,
        *entry.materials,
        *entry.channels,
        entry.time_limit,
        entry.eligibility,
        entry.cost,
        entry.unknowns,
        entry.validity.caveat,
        *entry.questions,
    ]
    return "\n".join(part for part in parts if part)
