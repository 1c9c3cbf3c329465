"""Calls at the desk: the lists, the timeline, taking a call, ringing back, hearing a recording."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.calendar import OfficeHours
from bot.calls import Calls
from bot.escalation import EscalationQueue
from bot.messages import Act, Channel, Reply
from bot.passes import Passes
from bot.recordings import Recordings
from bot.store.models import Agent, AuditEntry, Call, Callback, Escalation
from desk.app import create_desk
from desk.call_views import callback_window
from tests.desk.conftest import LogIn
from tests.desk.house import Clock, SmallHouse, call_for_help, say

CALLER = "13812345678"


class Caller:
    """Somebody on the line."""

    def __init__(self, house: SmallHouse, now: datetime, caller: str = CALLER) -> None:
        self.house, self.now = house, now
        self.calls = Calls(house.database, house.vault, house.events)
        self.row = self.calls.begin(f"call-{caller}-{now.isoformat()}", "sip", caller, "12393", now, "370800")
        self.calls.answered(self.row, now)
        words = f"异地备案怎么办？我电话{CALLER}"
        reply = Reply("要带身份证。", "要带身份证。", Act.ANSWER)
        user = caller or "withheld"
        self.conversation = say(house, user, words, now, reply=reply, channel=Channel.PHONE)
        with house.database.begin() as session:
            session.get_one(Call, self.row).conversation_id = self.conversation
        self.calls.note(self.row, "heard", now + timedelta(seconds=3), 2400, words, {"confidence": 0.82})
        self.calls.note(
            self.row,
            "understood",
            now + timedelta(seconds=3),
            45,
            data={"intent": "request_agent", "confidence": 0.9},
        )
        self.calls.note(self.row, "said", now + timedelta(seconds=4), 3100, "要带身份证。", {"heard": "要带"})
        self.calls.note(self.row, "key", now + timedelta(seconds=8), text="0")

    def wants_a_person(self) -> int:
        return call_for_help(self.house, self.conversation, self.now, summary=f"问备案，电话{CALLER}")

    def hangs_up(self, later: int = 60) -> None:
        self.calls.end(self.row, self.now + timedelta(seconds=later), "caller")


@pytest.fixture
def caller(house: SmallHouse, now: datetime) -> Caller:
    return Caller(house, now)


def audited(house: SmallHouse) -> list[tuple[str, str, str]]:
    with house.database.begin() as session:
        return [(e.actor, e.action, e.subject) for e in session.query(AuditEntry).order_by(AuditEntry.id)]


def test_a_live_call_stands_in_the_list_with_a_masked_number(log_in: LogIn, caller: Caller) -> None:
    page = log_in("wang").get("/calls").text
    for words in ("正在通话（1）", "机器人在接", "138****5678", "济宁市", "没有漏接的来电"):
        assert words in page
    assert CALLER not in page
    caller.wants_a_person()
    assert "在排队" in log_in("wang").get("/calls/list").text


def test_the_timeline_tells_what_happened_and_is_audited(
    log_in: LogIn, caller: Caller, house: SmallHouse
) -> None:
    caller.hangs_up()
    chief = log_in("chief")
    page = chief.get(f"/calls/{caller.row}").text
    for words in (
        "听到",
        "要找人工",
        "2.4 秒",
        "把握 82%",
        "45 毫秒",
        "来电人只听到：要带",
        "按键",
        "来电人挂断",
        "138****5678",
    ):
        assert words in page
    assert CALLER not in page
    assert audited(house)[-1] == ("chief", "view_call", f"call:{caller.row}")
    fields = chief.post(f"/calls/{caller.row}/reveal", script=True).json["fields"]  # type: ignore[index]
    assert fields["call-caller"] == CALLER
    assert any(CALLER in text for key, text in fields.items() if key.startswith("event-"))
    assert audited(house)[-1] == ("chief", "reveal_call", f"call:{caller.row}")


def test_only_who_took_the_caller_and_supervisors_read_the_timeline(log_in: LogIn, caller: Caller) -> None:
    wang, li = log_in("wang"), log_in("li")
    assert wang.get(f"/calls/{caller.row}").status_code == 403
    escalation = caller.wants_a_person()
    wang.post(f"/queue/{escalation}/accept")
    assert wang.get(f"/calls/{caller.row}").status_code == 200
    for path in ("", "/events", "/phase"):
        assert li.get(f"/calls/{caller.row}{path}").status_code == 403
    assert li.post(f"/calls/{caller.row}/reveal", script=True).status_code == 403
    assert li.get("/calls/999").status_code == 404


def test_an_agent_sees_who_calls_and_what_was_tried_before_saying_hello(
    log_in: LogIn, caller: Caller
) -> None:
    escalation = caller.wants_a_person()
    wang = log_in("wang")
    wang.post(f"/queue/{escalation}/accept")
    page = wang.get(f"/conversations/{escalation}").text
    for words in (
        "电话 · 138****5678",
        "济宁市",
        "异地备案怎么办",
        "要带身份证",
        "问备案",
        "接通",
        "talk.js",
    ):
        assert words in page
    assert CALLER not in page


def test_a_pass_to_speak_is_for_who_holds_the_call_and_while_it_lasts(
    log_in: LogIn, caller: Caller, house: SmallHouse, staff: dict[str, int]
) -> None:
    escalation = caller.wants_a_person()
    wang, chief = log_in("wang"), log_in("chief")
    path = f"/conversations/{escalation}/talk"
    assert wang.post(path, script=True).status_code == 409
    wang.post(f"/queue/{escalation}/accept")
    given = wang.post(path, script=True).json
    assert given is not None
    who = Passes(house.settings.session_secret).agent(given["pass"])
    assert (who.row, who.agent_id, who.escalation_id) == (caller.row, staff["wang"], escalation)
    assert given["url"] == "ws://localhost:8003/agent"
    assert ("wang", "talk", f"call:{caller.row}") in audited(house)
    assert chief.post(path, script=True).status_code == 409
    policy = wang.get("/").headers["Content-Security-Policy"]
    assert "connect-src 'self' ws://localhost:8003" in policy
    caller.hangs_up()
    assert wang.post(path, script=True).status_code == 409


def test_typed_words_are_spoken_and_told_how_far_they_got(
    log_in: LogIn, caller: Caller, house: SmallHouse, now: datetime
) -> None:
    escalation = caller.wants_a_person()
    wang = log_in("wang")
    wang.post(f"/queue/{escalation}/accept")
    turn = wang.post(f"/conversations/{escalation}/reply", script=True, text="您好").json["turn_id"]  # type: ignore[index]
    lines = f"/conversations/{escalation}/lines"
    assert "正在念给市民听" in wang.get(lines).text
    caller.calls.spoken(turn, now)
    assert "已念给市民听" in wang.get(lines).text
    wang.post(f"/conversations/{escalation}/reply", script=True, text="还在吗")
    caller.hangs_up()
    assert "没来得及念" in wang.get(lines).text
    late = wang.post(f"/conversations/{escalation}/reply", script=True, text="喂")
    assert late.status_code == 409
    assert "挂断" in late.json["message"]  # type: ignore[index]


def test_a_call_goes_to_the_agents_own_telephone_where_they_have_one(
    log_in: LogIn, caller: Caller, house: SmallHouse, staff: dict[str, int]
) -> None:
    escalation = caller.wants_a_person()
    wang = log_in("wang")
    assert "转到我的电话" not in wang.get("/queue").text
    wang.post(f"/queue/{escalation}/accept", line="phone")  # has none: the browser it is
    with house.database.begin() as session:
        assert session.get_one(Escalation, escalation).line == "browser"
        EscalationQueue(session, house.vault).take_back(caller.conversation, caller.now)
    assert "只能写数字" in wang.post("/me/phone", phone="call me").headers["Location"] + wang.get("/me").text
    wang.post("/me/phone", phone="0531-1234 5678")
    assert 'value="053112345678"' in wang.get("/me").text
    assert "转到我的电话" in wang.get("/queue").text
    wang.post(f"/queue/{escalation}/accept", line="phone")
    assert caller.calls.queue_state(caller.conversation, caller.now).agent_phone == "053112345678"
    assert "正在把电话转到您的" in wang.get(f"/conversations/{escalation}").text
    wang.post("/me/phone", phone="")
    with house.database.begin() as session:
        assert session.get_one(Agent, staff["wang"]).phone is None


def test_a_missed_caller_is_rung_back(log_in: LogIn, caller: Caller, house: SmallHouse) -> None:
    caller.wants_a_person()
    caller.hangs_up()
    wang = log_in("wang")
    page = wang.get("/calls").text
    assert "没等到人工的来电（1）" in page
    assert "问备案，电话138****5678" in page
    assert wang.post(f"/calls/{caller.row}/callback").headers["Location"] == "/calls"
    assert "没等到人工的来电（0）" in wang.get("/calls").text
    with house.database.begin() as session:
        (promised,) = session.query(Callback)
        assert (promised.phone, promised.status) == (CALLER, "pending")
        assert promised.window_end - promised.window_start == timedelta(hours=2)
    assert ("wang", "callback_arranged", f"call:{caller.row}") in audited(house)
    assert wang.post("/calls/999/callback").status_code == 404


def test_who_hides_the_number_cannot_be_rung_back(log_in: LogIn, house: SmallHouse, now: datetime) -> None:
    hidden = Caller(house, now, "")
    hidden.wants_a_person()
    hidden.hangs_up()
    wang = log_in("wang")
    assert "号码没有显示" in wang.get("/calls").text
    wang.post(f"/calls/{hidden.row}/callback")
    assert "没法回电" in wang.get("/calls").text
    with house.database.begin() as session:
        assert session.query(Callback).count() == 0


def test_outside_office_hours_the_call_comes_after_the_next_opening(house: SmallHouse, now: datetime) -> None:
    hours = OfficeHours(house.calendar)
    assert callback_window(now, hours)[0] == now
    evening = now.replace(hour=20)
    start, end = callback_window(evening, hours)
    assert start == (now + timedelta(days=1)).replace(hour=8, minute=30)
    assert end - start == timedelta(hours=2)


def test_a_recording_is_for_supervisors_and_audited(log_in: LogIn, caller: Caller, house: SmallHouse) -> None:
    recordings = Recordings(house.settings.recordings_dir, house.settings.data_key)
    writer = recordings.create(8000)
    writer.write(b"\1\0\2\0" * 8000)
    writer.close()
    caller.calls.recorded(caller.row, writer.name, writer.seconds)
    escalation = caller.wants_a_person()
    wang, chief = log_in("wang"), log_in("chief")
    wang.post(f"/queue/{escalation}/accept")
    assert wang.get(f"/calls/{caller.row}/recording.wav").status_code == 403
    assert "<audio" not in wang.get(f"/calls/{caller.row}").text
    assert "<audio" in chief.get(f"/calls/{caller.row}").text
    answer = chief.get(f"/calls/{caller.row}/recording.wav")
    assert (answer.status_code, answer.mimetype) == (200, "audio/wav")
    assert answer.data[:4] == b"RIFF"
    assert len(answer.data) == 44 + 32_000 == int(answer.headers["Content-Length"])
    assert audited(house)[-1] == ("chief", "play_recording", f"call:{caller.row}")
    for path in house.settings.recordings_dir.iterdir():
        path.unlink()
    assert chief.get(f"/calls/{caller.row}/recording.wav").status_code == 404


def test_the_days_calls_stand_in_the_report(log_in: LogIn, caller: Caller) -> None:
    caller.wants_a_person()
    caller.hangs_up(90)
    page = log_in("chief").get("/reports").text
    for words in ("来电", "没等到 1", "1分30秒", "45 <small>毫秒"):
        assert words in page


def test_open_pages_hear_of_calls(log_in: LogIn, caller: Caller, clock: Clock) -> None:
    wang = log_in("wang")
    escalation = caller.wants_a_person()
    wang.post(f"/queue/{escalation}/accept")

    def versions() -> dict[str, str]:
        news = wang.get(f"/live/now?escalation={escalation}&calls=1", script=True).json
        assert news is not None
        return {name: data["version"] for name, data in news.items()}

    before = versions()
    caller.calls.note(caller.row, "said", caller.now, 900, "请稍等")
    noted = versions()
    assert {name for name in before if before[name] != noted[name]} == {"call", "conversation"}
    caller.hangs_up()
    ended = versions()
    assert {name for name in noted if noted[name] != ended[name]} == {"calls", "call", "conversation"}


def test_a_proxied_voice_process_is_named_in_the_policy(house: SmallHouse, clock: Clock) -> None:
    proxied = replace(house, settings=replace(house.settings, voice_ws_url="wss://desk.example/voice"))
    answer = create_desk(proxied, clock).test_client().get("/login")
    assert "connect-src 'self' wss://desk.example;" in answer.headers["Content-Security-Policy"]
