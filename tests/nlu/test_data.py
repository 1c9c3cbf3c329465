"""The written sentences: complete, well-formed, and never the same on both sides of training and test."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from nlu.intents import INTENTS
from nlu.normalize import normalize

RASA = Path(__file__).resolve().parents[2] / "nlu" / "rasa"
DATA_FILES = sorted((RASA / "data").glob("*.yml"))
TEST_FILES = {file.stem: file for file in sorted((RASA / "tests").glob("*.tsv"))}

LEAST_EXAMPLES = 40
LEAST_OUT_OF_SCOPE = 300
LEAST_MARKS = {"name": 150, "matter": 150}
MARKED_INTENTS = {"book_appointment", "inform", "correct"}
MARK = re.compile(r"\[([^\[\]()]+)\]\(([a-z]+)\)")
Row = tuple[str, str]

# zhconv leaves its dictionary file to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:.*zhcdict:pytest.PytestUnraisableExceptionWarning")


def plain(sentence: str) -> str:
    """What makes two sentences the same: marks, punctuation, case and fillers don't count."""
    normal = normalize(MARK.sub(r"\1", sentence))
    return re.sub(r"[\W_]", "", normal).lower() or normal or sentence.strip()


def read_tests(file: Path) -> list[Row]:
    rows = [tuple(line.split("\t")) for line in file.read_text(encoding="utf-8").splitlines()]
    assert all(len(row) == 2 for row in rows), f"{file.name}: a line is text, tab, intent"
    return [(text, intent) for text, intent in rows]


def read_training() -> list[Row]:
    rows: list[Row] = []
    for file in DATA_FILES:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        assert content["version"] == "3.1"
        for block in content["nlu"]:
            lines = block["examples"].splitlines()
            assert all(re.match(r"- \S", line) for line in lines), f"{file.name}: {block['intent']}"
            rows += [(line[2:].strip(), block["intent"]) for line in lines]
    return rows


@pytest.fixture(scope="module")
def training() -> list[Row]:
    return read_training()


@pytest.fixture(scope="module")
def tests() -> dict[str, list[Row]]:
    return {name: read_tests(file) for name, file in TEST_FILES.items()}


def test_every_intent_has_enough_examples(training: list[Row]) -> None:
    counts = Counter(intent for _, intent in {(plain(text), intent) for text, intent in training})
    assert set(counts) == set(INTENTS)
    few = {intent: n for intent, n in counts.items() if n < LEAST_EXAMPLES}
    assert not few
    assert counts["out_of_scope"] >= LEAST_OUT_OF_SCOPE


def test_no_sentence_has_two_intents(training: list[Row], tests: dict[str, list[Row]]) -> None:
    intents: dict[str, str] = {}
    clashes = []
    for text, intent in [*training, *(row for rows in tests.values() for row in rows)]:
        if intents.setdefault(plain(text), intent) != intent:
            clashes.append((text, intent, intents[plain(text)]))
    assert not clashes


def test_no_sentence_is_written_twice(training: list[Row]) -> None:
    counts = Counter(MARK.sub(r"\1", text) for text, _ in training)
    assert not [text for text, n in counts.items() if n > 1]


def test_training_and_tests_share_no_sentence(training: list[Row], tests: dict[str, list[Row]]) -> None:
    known = {plain(text): text for text, _ in training}
    shared = [(name, text) for name, rows in tests.items() for text, _ in rows if plain(text) in known]
    assert not shared


def test_marks_are_well_formed(training: list[Row]) -> None:
    odd = [text for text, _ in training if re.search(r"[\[\]()]", MARK.sub("", text))]
    assert not odd
    for text, intent in training:
        for value, kind in MARK.findall(text):
            assert kind in LEAST_MARKS, text
            assert intent in MARKED_INTENTS, text
            assert value == value.strip(), text
            assert re.search(r"\w", value), text


@pytest.mark.parametrize("kind", sorted(LEAST_MARKS))
def test_enough_different_values_are_marked(training: list[Row], kind: str) -> None:
    values = [value for text, _ in training for value, found in MARK.findall(text) if found == kind]
    assert len(values) >= LEAST_MARKS[kind]
    assert len(set(values)) >= LEAST_MARKS[kind] // 2


@pytest.mark.parametrize(
    ("name", "least_each", "least"),
    [
        ("typed", 4, 284),
        ("recognised", 3, 213),
        ("dialect", 0, 150),
        ("fresh", 2, 142),
        ("callers", 0, 100),
        ("callers_heard", 0, 100),
        ("sealed", 0, 100),
        ("sealed_heard", 0, 100),
    ],
)
def test_in_scope_test_sets_are_complete(
    tests: dict[str, list[Row]], name: str, least_each: int, least: int
) -> None:
    counts = Counter(intent for _, intent in tests[name])
    assert set(counts) <= set(INTENTS)
    assert not [intent for intent in INTENTS if counts[intent] < least_each]
    assert counts.total() >= least


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("near_domain", 120),
        ("out_of_scope", 80),
        ("fresh_foreign", 40),
        ("callers_uncovered", 40),
        ("callers_foreign", 60),
        ("sealed_uncovered", 40),
        ("sealed_foreign", 60),
    ],
)
def test_foreign_test_sets_hold_nothing_of_ours(tests: dict[str, list[Row]], name: str, least: int) -> None:
    assert {intent for _, intent in tests[name]} == {"out_of_scope"}
    assert len(tests[name]) >= least


@pytest.mark.parametrize("name", ["recognised", "callers_heard", "sealed_heard"])
def test_recognised_sentences_carry_no_punctuation(tests: dict[str, list[Row]], name: str) -> None:
    odd = [text for text, _ in tests[name] if re.search(r"[,，。.?？!！、;；]", text)]
    assert not odd
