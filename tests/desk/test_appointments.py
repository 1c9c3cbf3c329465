"""Visits, call-backs and work orders at the desk."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.appointments import AppointmentBook
from bot.callbacks import Callbacks
from bot.store.models import Appointment, AuditEntry, Callback, WorkOrder
from bot.workorders import WorkOrders
from tests.desk.conftest import LogIn
from tests.desk.house import Clock, SmallHouse, introduce, say


@pytest.fixture
def visit(house: SmallHouse, now: datetime) -> Appointment:
    """A visit in Jinan this afternoon."""
    conversation = say(house, "o1", "我要预约", now)
    with house.database.begin() as session:
        book = AppointmentBook(session, house.vault, house.calendar)
        (point,) = book.service_points("370100")
        starts_at = now.replace(hour=14, minute=0)
        made = book.book(
            conversation, point.id, starts_at, "hall", "门诊慢特病认定", "王秀兰", "13812345678", now
        )
        _ = made.slot
        return made


def status(house: SmallHouse, visit: Appointment) -> str:
    with house.database.begin() as session:
        return session.get_one(Appointment, visit.id).status


def day_page(visit: Appointment) -> str:
    return f"/appointments?day=2026-11-25&point={visit.slot.service_point_id}"


def test_the_day_shows_who_comes_masked(log_in: LogIn, visit: Appointment) -> None:
    page = log_in("wang").get(day_page(visit)).text
    for words in ("11月25日 星期三", "14:00", visit.reference, "王**", "138****5678", "门诊慢特病认定"):
        assert words in page
    assert "13812345678" not in page
    assert "王秀兰" not in page


def test_who_came_and_who_did_not_is_noted_only_after_the_time(
    log_in: LogIn, house: SmallHouse, visit: Appointment, clock: Clock
) -> None:
    wang = log_in("wang")
    wang.post(f"/appointments/{visit.id}/mark", status="fulfilled")
    assert status(house, visit) == "booked"
    assert "还没到预约的时间" in wang.get(day_page(visit)).text
    clock.forward(hours=4.5)
    wang = log_in("wang")
    wang.post(f"/appointments/{visit.id}/mark", status="noshow")
    assert status(house, visit) == "noshow"
    wang.post(f"/appointments/{visit.id}/mark", status="fulfilled")
    assert status(house, visit) == "noshow"
    assert "已经有变化" in wang.get(day_page(visit)).text


def test_cancelling_is_asked_twice_and_audited(log_in: LogIn, house: SmallHouse, visit: Appointment) -> None:
    wang = log_in("wang")
    asked = wang.post(f"/appointments/{visit.id}/mark", status="cancelled")
    assert "取消这个预约吗" in asked.text
    assert status(house, visit) == "booked"
    done = wang.post(f"/appointments/{visit.id}/mark", status="cancelled", sure="1")
    assert done.headers["Location"].startswith("/appointments?day=2026-11-25")
    assert status(house, visit) == "cancelled"
    with house.database.begin() as session:
        entry = session.query(AuditEntry).filter_by(action="appointment_cancelled").one()
        assert (entry.actor, entry.subject) == ("wang", f"appointment:{visit.id}")


def test_a_visitors_number_is_revealed_with_an_entry(
    log_in: LogIn, house: SmallHouse, visit: Appointment
) -> None:
    answer = log_in("wang").post(f"/appointments/{visit.id}/reveal", script=True).json
    assert answer == {
        "fields": {f"visit-name-{visit.id}": "王秀兰", f"visit-phone-{visit.id}": "13812345678"}
    }
    with house.database.begin() as session:
        assert session.query(AuditEntry).filter_by(action="reveal_appointment").count() == 1


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?day=2026-11-28", "休息，大厅不办公"),
        ("?day=2027-10-01", "国庆节，大厅不办公"),
        ("?day=nonsense", "11月25日"),
        ("?point=999", "云南省"),
    ],
)
def test_any_day_can_be_looked_at(log_in: LogIn, query: str, words: str) -> None:
    assert words in log_in("wang").get(f"/appointments{query}").text


def test_unknown_things_are_not_found(log_in: LogIn) -> None:
    wang = log_in("wang")
    for path in (
        "/appointments/99/mark",
        "/appointments/99/reveal",
        "/callbacks/99/reveal",
        "/work-orders/99/done",
    ):
        assert wang.post(path, status="fulfilled").status_code == 404
    assert wang.post("/callbacks/99/done", outcome="reached").status_code == 404


@pytest.fixture
def call(house: SmallHouse, now: datetime) -> int:
    conversation = say(house, "o1", "请给我回电话", now)
    introduce(house, conversation, "赵国强", "13812345678", "370800")
    with house.database.begin() as session:
        booked = Callbacks(session, house.vault).book(
            conversation, conversation, "13812345678", "异地备案", now - timedelta(hours=1), now + timedelta(hours=1), now
        )  # fmt: skip
        return booked.id


def test_a_promised_call_is_due_then_overdue_then_done(
    log_in: LogIn, house: SmallHouse, call: int, clock: Clock, staff: dict[str, int]
) -> None:
    wang = log_in("wang")
    page = wang.get("/callbacks").text
    for words in ("现在该打", "赵**", "138****5678", "异地备案", "09:00 到 11:00"):
        assert words in page
    assert "13812345678" not in page
    clock.forward(hours=2)
    wang = log_in("wang")
    assert "已经过时" in wang.get("/callbacks").text
    revealed = wang.post(f"/callbacks/{call}/reveal", script=True).json
    assert revealed == {"fields": {f"callback-phone-{call}": "13812345678"}}
    wang.post(f"/callbacks/{call}/done", outcome="nonsense")
    assert "请先选打电话的结果" in wang.get("/callbacks").text
    wang.post(f"/callbacks/{call}/done", outcome="reached")
    after = wang.get("/callbacks").text
    assert "打通了，已解决" in after
    assert "现在没有要打的电话" in after
    log_in("li").post(f"/callbacks/{call}/done", outcome="no_answer")
    with house.database.begin() as session:
        row = session.get_one(Callback, call)
        assert (row.status, row.outcome, row.agent_id) == ("done", "reached", staff["wang"])
        actions = [entry.action for entry in session.query(AuditEntry).order_by(AuditEntry.id)]
        assert actions.count("reveal_callback") == 1
        assert actions.count("callback_done") == 1


def test_work_orders_are_listed_and_settled(log_in: LogIn, house: SmallHouse, now: datetime) -> None:
    conversation = say(house, "o1", "我要投诉", now)
    with house.database.begin() as session:
        order = WorkOrders(session, house.vault).open(
            conversation, conversation, "complaint", "窗口没人，电话13812345678", now
        )
    wang = log_in("wang")
    page = wang.get("/work-orders").text
    for words in (order.number, "投诉", "窗口没人，电话138****5678", "待处理"):
        assert words in page
    wang.post(f"/work-orders/{order.id}/done")
    assert "已办结" in wang.get("/work-orders").text
    with house.database.begin() as session:
        assert session.get_one(WorkOrder, order.id).status == "done"
