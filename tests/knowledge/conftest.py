"""The real entries, the real index, and a way to make an entry that differs in one point."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from knowledge.entry import PolicyEntry
from knowledge.index import KnowledgeIndex
from knowledge.loader import load
from knowledge.topics import load_topics

TODAY = date(2026, 11, 23)

MakeEntry = Callable[..., PolicyEntry]


@pytest.fixture(scope="session")
def entries() -> tuple[PolicyEntry, ...]:
    return load()


@pytest.fixture(scope="session")
def index(entries: tuple[PolicyEntry, ...]) -> KnowledgeIndex:
    return KnowledgeIndex(entries, load_topics())


@pytest.fixture
def make_entry() -> MakeEntry:
    """An entry without any fault; keyword arguments replace its fields."""

    def make(**changes: Any) -> PolicyEntry:
        topic = changes.get("topic", "priority_window")
        region = changes.get("region", "370100")
        content: dict[str, Any] = {
            "id": f"{topic}.{region or 'general'}",
            "topic": topic,
            "region": region,
            "title": "济南：老年人优先窗口",
            "written": "老年人在优先窗口办事，原则上不用排队。至少有2个窗口。",
            "spoken": ["老年人在优先窗口办事，原则上不用排队。", "至少有两个窗口。"],
            "citations": [
                {"document": "济医保发〔2021〕1号", "clause": "二(一)", "issued": date(2021, 1, 13)}
            ],
            "validity": {"effective_from": date(2021, 1, 13), "review_by": date(2027, 1, 31)},
            "status": "published",
            "review": {"author": "甲", "reviewer": "乙", "reviewed_on": date(2026, 11, 23)},
            "questions": ["要排队吗", "有老人窗口吗", "能先办吗", "站不住咋办", "绿色通道在哪"],
        }
        return PolicyEntry.model_validate(content | changes)

    return make
