"""Log-in, log-out, sessions and what keeps strangers out."""

from __future__ import annotations

import time

import pytest
from flask import Flask

from bot.store.models import Agent, AgentSession, AuditEntry
from bot.store.staff import Staff
from desk import passwords
from desk.app import create_desk
from desk.auth import COOKIE, token_hash
from tests.desk.conftest import LogIn
from tests.desk.house import PASSWORD, Clock, SmallHouse, hire
from tests.desk.visitor import Visitor


def logged_in(visitor: Visitor) -> bool:
    return visitor.get("/").status_code == 200


def test_a_right_password_opens_and_a_wrong_one_does_not(app: Flask, staff: dict[str, int]) -> None:
    visitor = Visitor(app)
    assert visitor.get("/").headers["Location"].startswith("/login")
    refused = visitor.login("wang", "not the password")
    assert refused.status_code == 401
    assert "用户名或密码不对" in refused.text
    assert not logged_in(visitor)
    assert visitor.login("WANG").headers["Location"] == "/"
    assert "王老师" in visitor.get("/").text


def test_an_unknown_name_is_refused_in_the_same_words_and_time(app: Flask, staff: dict[str, int]) -> None:
    def refusal(name: str, address: str) -> tuple[str, float]:
        visitor = Visitor(app, address)
        token = visitor.token("/login")
        started = time.perf_counter()
        answer = visitor.client.post("/login", data={"username": name, "password": "x", "csrf_token": token})
        return answer.text.replace(name, "NAME").replace(token, "TOKEN"), time.perf_counter() - started

    passwords.nobodys_hash()
    known = [refusal("wang", f"10.1.0.{i}") for i in range(4)]
    unknown = [refusal("zhou", f"10.1.1.{i}") for i in range(4)]
    assert "用户名或密码不对" in known[0][0]
    strip = [text.split("<form", 1)[1] for text in (known[0][0], unknown[0][0])]
    assert strip[0].split("csrf_token")[0] == strip[1].split("csrf_token")[0]
    assert min(seconds for _, seconds in unknown) > 0.4 * min(seconds for _, seconds in known)


def test_ten_tries_lock_a_name_for_one_address_only(app: Flask, staff: dict[str, int]) -> None:
    guesser = Visitor(app, "10.0.0.66")
    answers = [guesser.login("wang", f"guess {n}").status_code for n in range(11)]
    assert answers == [401] * 10 + [429]
    locked = guesser.login("wang", PASSWORD)
    assert locked.status_code == 429
    assert "15分钟" in locked.text
    assert Visitor(app, "10.0.0.7").login("wang", PASSWORD).status_code == 302


def test_tries_are_counted_while_redis_is_away(house_without_redis: SmallHouse, clock: Clock) -> None:
    hire(house_without_redis, "wang", "王老师")
    guesser = Visitor(create_desk(house_without_redis, clock))
    answers = [guesser.login("wang", f"guess {n}").status_code for n in range(12)]
    assert answers == [401] * 10 + [429] * 2


def test_a_strangers_word_about_their_address_counts_only_through_a_local_proxy(
    app: Flask, staff: dict[str, int]
) -> None:
    visitor = Visitor(app)
    token = visitor.token("/login")
    answers = [
        visitor.client.post(
            "/login",
            data={"username": "wang", "password": "x", "csrf_token": token},
            headers={"X-Forwarded-For": f"10.9.9.{n}", "Accept": "text/html"},
            environ_base={"REMOTE_ADDR": "203.0.113.5"},
        ).status_code
        for n in range(11)
    ]
    assert answers[-1] == 429


def test_without_csrf_token_nothing_is_done(app: Flask, staff: dict[str, int], log_in: LogIn) -> None:
    stranger = Visitor(app)
    forged = stranger.post("/login", token=False, username="wang", password=PASSWORD)
    assert forged.status_code == 400
    assert "刷新" in forged.text
    wang = log_in("wang")
    for path in ("/logout", "/state", "/heartbeat", "/queue/1/accept", "/conversations/1/reply"):
        assert wang.post(path, token=False, state="ready").status_code == 400
    assert wang.post("/state", token=False, script=True, state="ready").json == {
        "message": "页面放得太久了，或者内容不完整。请刷新页面再试一次。"
    }
    assert logged_in(wang)


def test_a_csrf_token_from_before_the_login_is_worth_nothing_after(app: Flask, staff: dict[str, int]) -> None:
    visitor = Visitor(app)
    before = visitor.token("/login")
    visitor.login("wang")
    answer = visitor.client.post("/state", data={"state": "ready"}, headers={"X-CSRFToken": before})
    assert answer.status_code == 400


def test_every_page_but_the_door_is_locked(app: Flask, staff: dict[str, int]) -> None:
    open_pages = {"door.login", "static", "live.healthz"}
    visitor = Visitor(app)
    locked = 0
    for rule in app.url_map.iter_rules():
        if rule.endpoint in open_pages:
            continue
        path = rule.rule
        for argument in rule.arguments:
            path = path.replace(f"<int:{argument}>", "1")
        method = visitor.get if "GET" in (rule.methods or ()) else visitor.post
        answer = method(path)
        assert answer.status_code == 302, path
        assert answer.headers["Location"].startswith("/login"), path
        assert method(path, script=True).status_code == 401
        locked += 1
    assert locked > 25


def test_the_cookie_is_out_of_reach_and_only_its_hash_is_stored(
    app: Flask, staff: dict[str, int], house: SmallHouse
) -> None:
    visitor = Visitor(app)
    answer = visitor.login("wang")
    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith(COOKIE))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    token = cookie.split("=", 1)[1].split(";", 1)[0]
    with house.database.begin() as session:
        stored = session.query(AgentSession).one()
        assert stored.token_hash == token_hash(token) != token


def test_pages_forbid_frames_and_foreign_scripts(app: Flask, log_in: LogIn) -> None:
    for answer in (Visitor(app).get("/login"), log_in("wang").get("/"), Visitor(app).get("/nothing")):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"


def test_an_idle_session_ends_after_half_an_hour(log_in: LogIn, clock: Clock) -> None:
    wang = log_in("wang")
    for _ in range(3):
        clock.forward(minutes=29)
        assert logged_in(wang)
    clock.forward(minutes=30)
    away = wang.get("/")
    assert away.status_code == 302
    assert "已经过期" in wang.get(away.headers["Location"]).text


def test_an_open_page_alone_does_not_keep_a_session(log_in: LogIn, clock: Clock) -> None:
    wang = log_in("wang")
    token = wang.token("/password")
    clock.forward(minutes=20)
    beat = wang.client.post("/heartbeat", data={"active": "0"}, headers={"X-CSRFToken": token, "X-Desk": "1"})
    assert beat.status_code == 200
    clock.forward(minutes=11)
    assert wang.get("/queue", script=True).status_code == 401


def test_a_moving_hand_keeps_a_session(log_in: LogIn, clock: Clock) -> None:
    wang = log_in("wang")
    token = wang.token("/password")
    for _ in range(3):
        clock.forward(minutes=20)
        beat = wang.client.post(
            "/heartbeat", data={"active": "1"}, headers={"X-CSRFToken": token, "X-Desk": "1"}
        )
        assert beat.json is not None
        assert beat.json["seconds_left"] == 30 * 60
    assert logged_in(wang)


def test_no_session_lasts_longer_than_twelve_hours(log_in: LogIn, clock: Clock) -> None:
    wang = log_in("wang")
    for _ in range(35):
        clock.forward(minutes=20)
        assert logged_in(wang)
    clock.forward(minutes=20)
    assert not logged_in(wang)


def test_after_logout_the_old_cookie_is_worth_nothing(app: Flask, log_in: LogIn) -> None:
    wang = log_in("wang")
    cookie = wang.client.get_cookie(COOKIE)
    assert cookie is not None
    assert wang.post("/logout").status_code == 302
    thief = Visitor(app)
    thief.client.set_cookie(COOKIE, cookie.value)
    assert not logged_in(thief)


def test_a_new_password_ends_the_other_sessions(log_in: LogIn, app: Flask) -> None:
    here, there = log_in("wang"), log_in("wang")
    for old, new, again, problem in (
        ("wrong", "a new password 9", "a new password 9", "现在的密码不对"),
        (PASSWORD, "a new password 9", "another one", "两次输入"),
        (PASSWORD, "short", "short", "太短"),
        (PASSWORD, "i am Wang, really", "i am Wang, really", "用户名"),
    ):
        refused = here.post("/password", old=old, new=new, again=again)
        assert refused.status_code == 400
        assert problem in refused.text
    done = here.post("/password", old=PASSWORD, new="梅花香自苦寒来 2026", again="梅花香自苦寒来 2026")
    assert done.status_code == 302
    assert logged_in(here)
    assert not logged_in(there)
    assert Visitor(app).login("wang").status_code == 401
    assert Visitor(app).login("wang", "梅花香自苦寒来 2026").status_code == 302


def test_the_old_password_cannot_be_guessed_on_an_open_desk(log_in: LogIn) -> None:
    wang = log_in("wang")
    answers = [wang.post("/password", old=f"guess {n}", new="x", again="x").status_code for n in range(11)]
    assert answers == [400] * 10 + [429]


def test_a_first_password_must_be_changed(app: Flask, house: SmallHouse) -> None:
    with house.database.begin() as session:
        first = passwords.add_agent(session, "sun", "孙老师", "agent", None)
    visitor = Visitor(app)
    visitor.login("sun", first)
    assert visitor.get("/").headers["Location"] == "/password"
    assert "第一次登录" in visitor.get("/password").text
    visitor.post("/password", old=first, new="一二三四五六七八九十", again="一二三四五六七八九十")
    assert logged_in(visitor)


def test_a_disabled_agent_is_out_at_once(app: Flask, log_in: LogIn, house: SmallHouse) -> None:
    wang = log_in("wang")
    with house.database.begin() as session:
        agent = Staff(session).by_username("wang")
        assert agent is not None
        agent.disabled = True
    assert not logged_in(wang)
    assert Visitor(app).login("wang").status_code == 401


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"]
)
def test_login_leads_to_no_other_site(app: Flask, staff: dict[str, int], target: str) -> None:
    assert Visitor(app).login("wang", next=target).headers["Location"] == "/"


def test_login_leads_to_the_page_that_was_asked_for(app: Flask, staff: dict[str, int]) -> None:
    visitor = Visitor(app)
    door = visitor.get("/appointments?day=2026-11-26").headers["Location"]
    assert "next=" in door
    answer = visitor.login("wang", next="/appointments?day=2026-11-26")
    assert answer.headers["Location"] == "/appointments?day=2026-11-26"


def test_comings_and_goings_are_in_the_audit(app: Flask, staff: dict[str, int], house: SmallHouse) -> None:
    visitor = Visitor(app, "10.0.0.9")
    visitor.login("wang", "wrong")
    visitor.login("wang")
    visitor.post("/logout")
    with house.database.begin() as session:
        entries = session.query(AuditEntry).order_by(AuditEntry.id).all()
        seen = [(entry.action, entry.subject) for entry in entries]
    assert seen == [
        ("login_failed", "address:10.0.0.9"),
        ("login", "address:10.0.0.9"),
        ("logout", f"agent:{staff['wang']}"),
    ]


def test_login_makes_ready_and_logout_away(app: Flask, house: SmallHouse, staff: dict[str, int]) -> None:
    def state() -> str:
        with house.database.begin() as session:
            return session.get_one(Agent, staff["wang"]).state

    wang = Visitor(app)
    wang.login("wang")
    assert state() == "ready"
    wang.post("/logout")
    assert state() == "offline"


@pytest.mark.parametrize(
    ("username", "name", "role"),
    [("x", "甲", "agent"), ("a b", "甲", "agent"), ("ok", "", "agent"), ("ok", "甲", "king")],
)
def test_a_bad_agent_is_not_added(house: SmallHouse, username: str, name: str, role: str) -> None:
    with house.database.begin() as session, pytest.raises(ValueError, match="。"):
        passwords.add_agent(session, username, name, role, None)


def test_a_user_name_is_given_once(house: SmallHouse) -> None:
    hire(house, "wang", "王老师")
    with house.database.begin() as session, pytest.raises(ValueError, match="已经有人"):
        passwords.add_agent(session, "Wang", "另一位", "agent", None)
