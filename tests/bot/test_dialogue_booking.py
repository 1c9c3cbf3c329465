"""Booking, moving, cancelling: one question at a time, corrections, side questions, full slots."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.decision import AppointmentView, Book, BookCallback, Cancel, Escalate, Reschedule
from bot.messages import Act, Channel
from bot.settings import TIME_ZONE
from knowledge.index import KnowledgeIndex, open_knowledge
from tests.bot.talk import Talk, hall


@pytest.fixture(scope="module")
def knowledge() -> KnowledgeIndex:
    return open_knowledge()


def visit(id_: int = 7, day: str = "2026-11-26T09:00") -> AppointmentView:
    starts = datetime.fromisoformat(day).replace(tzinfo=TIME_ZONE)
    return AppointmentView(
        id_, f"48151{id_}", starts, "济南市医疗保障服务大厅", None, "hall", "报销", "张秀英", 1
    )


def booked_up_to_name(knowledge, **kwargs) -> Talk:
    talk = Talk(knowledge, known_region="370100", availability=hall(), **kwargs)
    talk.say("我想约个号", "book_appointment")
    talk.say("办报销", "inform", matter="报销")
    talk.say("明天", "inform", date="2026-11-26")
    talk.say("上午九点", "inform", time="09:00")
    return talk


def test_one_question_at_a_time_then_read_back_then_booked(knowledge):
    talk = Talk(knowledge, known_region="370100", availability=hall())
    assert talk.say("我想约个号", "book_appointment").act is Act.ASK_SLOT
    assert "哪一天" in talk.say("办报销", "inform", matter="报销").text
    assert "几点" in talk.say("明天", "inform", date="2026-11-26").text
    assert "名字" in talk.say("上午九点", "inform", time="09:00").text
    assert "手机" in talk.say("张秀英", "inform", name="张秀英").text
    read_back = talk.say("13812345678", "inform", phone="13812345678")
    assert read_back.act is Act.CONFIRM
    assert read_back.uninterruptible
    assert read_back.slots["date"] == "2026-11-26"
    booked = talk.say("对", "affirm")
    assert booked.act is Act.BOOKED
    assert "481516" in booked.text
    book = next(a for a in talk.actions if isinstance(a, Book))
    assert (book.name, book.phone, book.matter) == ("张秀英", "13812345678", "报销")


def test_everything_in_one_sentence_is_read_back_at_once(knowledge):
    talk = Talk(knowledge, known_region="370100", availability=hall())
    reply = talk.say(
        "我叫张秀英，想约明天上午九点办报销，电话13812345678",
        "book_appointment",
        name="张秀英",
        date="2026-11-26",
        time="09:00",
        matter="报销",
        phone="13812345678",
    )
    assert reply.act is Act.CONFIRM


def test_a_correction_in_mid_flow_replaces_the_date(knowledge):
    talk = booked_up_to_name(knowledge)
    talk.say("不对，是下周四", "correct", date="2026-12-03")
    assert (talk.state.slots["date"], talk.state.slots["time"]) == ("2026-12-03", "09:00")


def test_a_corrected_day_on_which_the_time_is_taken_offers_the_nearest(knowledge):
    talk = Talk(knowledge, known_region="370100", availability=hall(full={"2026-12-03": ("09:00",)}))
    talk.say("明天九点办报销", "book_appointment", date="2026-11-26", time="09:00", matter="报销")
    reply = talk.say("不对，是下周四", "correct", date="2026-12-03")
    assert reply.act is Act.ASK_SLOT
    assert "9点半" in reply.choices[0]


def test_opening_hours_ask_for_the_place_and_then_tell_them(knowledge):
    talk = Talk(knowledge)
    assert talk.say("几点上班", "ask_opening_hours").act is Act.CLARIFY
    talk.availability = hall()
    told = talk.say("济南", "inform", region="370100")
    assert told.act is Act.ANSWER
    assert "9:00到12:00" in told.text
    closed = talk.say("周六上班吗", "ask_opening_hours", date="2026-11-28")
    assert "不上班" in closed.text


def test_a_no_to_the_read_back_asks_what_is_wrong(knowledge):
    talk = booked_up_to_name(knowledge)
    talk.say("张秀英", "inform", name="张秀英")
    talk.say("13812345678", "inform", phone="13812345678")
    assert talk.say("不对", "deny").act is Act.ASK_SLOT
    again = talk.say("电话是13912345678", "inform", phone="13912345678")
    assert again.act is Act.CONFIRM
    assert "13912345678" in again.text


def test_a_side_question_is_answered_and_the_booking_goes_on(knowledge):
    talk = booked_up_to_name(knowledge)
    aside = talk.say("对了，慢病认定要多久", "ask_chronic_disease_certification")
    assert aside.act is Act.ANSWER
    assert "叫什么名字" in aside.text
    assert "手机" in talk.say("张秀英", "inform", name="张秀英").text


def test_a_weekend_is_said_to_be_closed_with_other_days(knowledge):
    talk = Talk(knowledge, known_region="370100", availability=hall())
    reply = talk.say("周六去办报销", "book_appointment", date="2026-11-28", matter="报销")
    assert reply.act is Act.ASK_SLOT
    assert "周末" in reply.text
    assert "11月30日" in reply.text
    assert "几点" in talk.press("1").text


def test_a_full_time_offers_the_nearest_ones(knowledge):
    talk = Talk(knowledge, known_region="370100", availability=hall(full={"2026-11-26": ("09:00",)}))
    reply = talk.say("明天九点办报销", "book_appointment", date="2026-11-26", time="09:00", matter="报销")
    assert reply.act is Act.ASK_SLOT
    assert "9点半" in reply.choices[0]


def test_the_last_place_taken_by_another_is_said_and_others_offered(knowledge):
    talk = booked_up_to_name(knowledge, refuse="appointment.full")
    talk.say("张秀英", "inform", name="张秀英")
    talk.say("13812345678", "inform", phone="13812345678")
    reply = talk.say("对", "affirm")
    assert reply.act is Act.ASK_SLOT
    assert "约满" in reply.text


def test_never_mind_ends_the_booking(knowledge):
    talk = booked_up_to_name(knowledge)
    assert talk.say("算了不约了", "cancel_appointment").act is Act.AFFIRM
    assert talk.state.flow is None


def test_two_answers_that_do_not_fit_bring_a_person(knowledge):
    talk = booked_up_to_name(knowledge)
    assert talk.say("哎呀这个这个那什么", "nlu_fallback", 0.0).act is Act.ASK_SLOT
    assert talk.say("哎呀这个这个那什么", "nlu_fallback", 0.0).act is Act.HANDOFF


def test_moving_a_visit(knowledge):
    talk = Talk(knowledge, known_region="370100", availability=hall(), upcoming=(visit(),))
    assert talk.say("我想改个时间", "reschedule_appointment").act is Act.ASK_SLOT
    talk.say("下周二", "inform", date="2026-12-01")
    read_back = talk.say("下午两点", "inform", time="14:00")
    assert read_back.act is Act.CONFIRM
    assert talk.say("对", "affirm").act is Act.RESCHEDULED
    moved = next(a for a in talk.actions if isinstance(a, Reschedule))
    assert (moved.appointment_id, f"{moved.starts_at:%m-%d %H:%M}") == (7, "12-01 14:00")


def test_cancelling_asks_first(knowledge):
    talk = Talk(knowledge, upcoming=(visit(),))
    assert talk.say("取消预约", "cancel_appointment").act is Act.CONFIRM
    assert talk.say("对", "affirm").act is Act.CANCELLED
    assert any(isinstance(a, Cancel) for a in talk.actions)


def test_with_two_visits_it_asks_which(knowledge):
    talk = Talk(knowledge, upcoming=(visit(7), visit(8, "2026-11-27T10:00")))
    assert talk.say("取消预约", "cancel_appointment").act is Act.ASK_SLOT
    assert talk.say("第二个", "inform").act is Act.CONFIRM
    talk.say("对", "affirm")
    assert next(a for a in talk.actions if isinstance(a, Cancel)).appointment_id == 8


def test_nothing_booked_is_said_and_a_yes_starts_a_booking(knowledge):
    talk = Talk(knowledge, known_region="370100", availability=hall())
    assert talk.say("我约的几点", "appointment_status").act is Act.BOOKING_STATUS
    assert talk.say("好", "affirm").act is Act.ASK_SLOT


def test_a_person_in_working_hours(knowledge):
    talk = Talk(knowledge)
    assert talk.say("转人工", "request_agent").act is Act.HANDOFF
    assert any(isinstance(a, Escalate) for a in talk.actions)


def test_zero_is_a_person_at_any_moment(knowledge):
    talk = booked_up_to_name(knowledge)
    talk.channel = Channel.PHONE
    assert talk.press("0").act is Act.HANDOFF


def test_after_hours_a_person_rings_back(knowledge):
    talk = Talk(knowledge, office_open=False)
    offered = talk.say("转人工", "request_agent")
    assert offered.act is Act.CALLBACK
    assert "11月26日" in offered.text
    promised = talk.say("13812345678", "inform", phone="13812345678")
    assert promised.act is Act.CALLBACK_BOOKED
    callback = next(a for a in talk.actions if isinstance(a, BookCallback))
    assert callback.phone == "13812345678"


def test_after_hours_a_callers_own_number_is_confirmed(knowledge):
    talk = Talk(knowledge, Channel.PHONE, office_open=False, caller_phone="13812345678")
    assert talk.say("转人工", "request_agent").act is Act.CALLBACK
    assert talk.say("可以", "affirm").act is Act.CALLBACK_BOOKED


def test_an_emergency_breaks_into_a_booking(knowledge):
    talk = booked_up_to_name(knowledge)
    reply = talk.say("我胸口疼喘不上气", "emergency", 1.0)
    assert reply.act is Act.EMERGENCY
    assert "120" in reply.text
    assert next(a for a in talk.actions if isinstance(a, Escalate)).priority == 3


def test_a_correction_after_the_booking_moves_it(knowledge):
    talk = Talk(knowledge, known_region="370100", availability=hall(), upcoming=(visit(),))
    reply = talk.say("不对，应该是下周二下午两点", "correct", date="2026-12-01", time="14:00")
    assert reply.act is Act.CONFIRM
    assert talk.say("对", "affirm").act is Act.RESCHEDULED
