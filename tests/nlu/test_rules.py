"""What must be caught without a model, and above all what must not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.normalize import normalize
from nlu.rules import match


def name(text: str) -> str | None:
    found = match(normalize(text))
    assert found is None or found.confidence == 1.0
    return found.name if found else None


SENTENCES = Path(__file__).with_name("rule_sentences.tsv")  # text, tab, intent; "-" where no rule may speak
ROWS = [line.split("\t") for line in SENTENCES.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(("text", "intent"), [(t, i) for t, i in ROWS if i != "-"])
def test_caught(text: str, intent: str) -> None:
    assert name(text) == intent


@pytest.mark.parametrize("text", [t for t, i in ROWS if i == "-"])
def test_left_to_the_model(text: str) -> None:
    assert name(text) is None


@pytest.mark.parametrize(
    "text", ["", " ", "?", "。。。", "12345", "😀", "医保" * 3000, "救" * 5000, "好" * 5000]
)
def test_odd_text_is_no_rule(text: str) -> None:
    assert name(text) in {None, "affirm"}


@given(st.text(max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_text_is_borne(text: str) -> None:
    match(text)
