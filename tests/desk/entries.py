"""A few entries for the knowledge pages, and a form that an editor filled in."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from knowledge.entry import PolicyEntry
from knowledge.filesync import sync
from knowledge.writer import write
from tests.desk.house import SmallHouse

ID = "priority_window.370100"


def entry(**changes: Any) -> PolicyEntry:
    """An entry without any fault; keyword arguments replace its fields."""
    topic = changes.get("topic", "priority_window")
    content: dict[str, Any] = {
        "id": f"{topic}.370100",
        "topic": topic,
        "region": "370100",
        "title": "济南：老年人优先窗口",
        "written": "老年人在优先窗口办事，原则上不用排队。至少有2个窗口。",
        "spoken": ["老年人在优先窗口办事，原则上不用排队。", "至少有两个窗口。"],
        "citations": [{"document": "济医保发〔2021〕1号", "clause": "二(一)", "issued": date(2021, 1, 13)}],
        "validity": {"effective_from": date(2021, 1, 13), "review_by": date(2027, 1, 31)},
        "status": "published",
        "review": {"author": "甲", "reviewer": "乙", "reviewed_on": date(2026, 11, 23)},
        "questions": [f"{topic}第{n}问" for n in range(5)],
    }
    return PolicyEntry.model_validate(content | changes)


def fill(house: SmallHouse, folder: Path, now: datetime, *entries: PolicyEntry) -> None:
    """The entries as files, and the database brought up to date with them."""
    for one in entries:
        write(one, folder)
    with house.database.begin() as session:
        sync(session, now, folder)


def form(seen: int, **changes: str) -> dict[str, object]:
    """What a browser sends for the entry above; keyword arguments replace boxes."""
    boxes = {
        "topic": "priority_window",
        "region": "370100",
        "title": "济南：老年人优先窗口",
        "written": "老年人在优先窗口办事，原则上不用排队。\r\n至少有2个窗口。",
        "spoken": "老年人在优先窗口办事，原则上不用排队。\r\n至少有两个窗口。",
        "citations": "济医保发〔2021〕1号 二(一)",
        "effective_from": "2021-01-13",
        "review_by": "2027-01-31",
        "questions": "\r\n".join(f"第{n}问" for n in range(5)),
    }
    return {"seen": seen, "fixed": "1", **boxes, **changes}
