"""The desk's words and colours."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.flows.person import PRIORITY
from bot.ports import KnowledgeBase
from desk import words
from desk.looks import as_reply, subject
from nlu.intents import FALLBACK, INTENTS
from webhooks.sending import WAITING

CSS = Path(words.__file__).parent / "static" / "desk.css"


def test_every_intent_has_a_chinese_name(knowledge: KnowledgeBase) -> None:
    for intent in (*INTENTS, FALLBACK):
        name = words.intent_name(intent, knowledge)
        assert name is not None
        assert re.search("[\u4e00-\u9fff]", name), intent
        assert not re.search("[a-z]_", name), intent
    assert words.intent_name(None, knowledge) is None
    assert words.intent_name("ask_of_another_version", knowledge) == "ask_of_another_version"


def test_every_reason_and_delivery_trouble_has_its_words() -> None:
    assert set(PRIORITY) <= set(words.REASONS)
    for code in WAITING:
        assert "自动补发" in words.delivery_failure(code)
    assert "打电话" in words.delivery_failure("wechat.12345")
    assert "打电话" in words.delivery_failure(None)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-3, "0秒"), (59.9, "59秒"), (60, "1分00秒"), (3599, "59分59秒"), (3660, "1小时1分")],
)
def test_lengths_of_time(seconds: float, shown: str) -> None:
    assert words.duration(seconds) == shown


def test_times_are_those_of_shanghai() -> None:
    now = datetime(2026, 11, 25, 16, 30, tzinfo=UTC)  # the 26th, 00:30 in Shanghai
    assert words.clock_time(datetime(2026, 11, 25, 16, 5, tzinfo=UTC), now) == "00:05"
    assert words.clock_time(datetime(2026, 11, 25, 15, 59, tzinfo=UTC), now) == "昨天 23:59"
    assert words.clock_time(datetime(2026, 11, 1, 2, 0, tzinfo=UTC), now) == "11月1日 10:00"
    assert words.day_name(date(2026, 11, 29)) == "11月29日 星期日"


def test_subjects_of_the_audit_are_named() -> None:
    assert subject("escalation:12") == "人工接待 12"
    assert subject("something else") == "something else"


def test_an_inserted_policy_names_its_source(knowledge: KnowledgeBase) -> None:
    entry = knowledge.lookup("remote_medical_filing", "370800", date(2026, 11, 25))
    assert entry is not None
    text = as_reply(entry)
    assert text.startswith(entry.written.strip())
    assert entry.citations[0].document in text
    assert f"{entry.authority}的规定" in text


def _luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    digits = colour.lstrip("#")
    digits = digits if len(digits) == 6 else "".join(c * 2 for c in digits)
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ("ink", "ground"), ("ink-soft", "paper"), ("ink-soft", "ground"), ("ink-soft", "brand-pale"),
        ("brand-dark", "paper"), ("brand-dark", "brand-pale"), ("paper", "brand"), ("paper", "brand-dark"),
        ("paper", "alarm"), ("alarm", "paper"), ("alarm", "alarm-pale"), ("warn", "warn-pale"),
        ("good", "good-pale"), ("alarm", "ground"), ("good", "ground"),
    ],
)  # fmt: skip
def test_text_stands_out_enough_for_weak_eyes(ink: str, ground: str) -> None:
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]+);", CSS.read_text(encoding="utf-8")))
    light, dark = sorted((_luminance(colours[ink]), _luminance(colours[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5
