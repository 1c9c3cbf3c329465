"""The API answers as WeChat's description says: tokens, messages and their quotas, media, menu, templates."""

from __future__ import annotations

import io
import threading
import time
import wave
from collections.abc import Callable
from typing import Any

import pytest
from wechatpy import WeChatClient
from wechatpy.exceptions import WeChatClientException

from tests.standin_fixture import APP_ID, SECRET
from webhooks.standin import Clock, StandIn
from webhooks.standin.audio import duration_of, sample_voice

LI = "oDaughterLi"
HOUR = 3600.0


@pytest.fixture
def stand_in(make_standin: Callable[..., StandIn], clock: Clock) -> StandIn:
    """A stand-in whose clock the test moves."""
    return make_standin(clock=clock)


@pytest.fixture
def api(stand_in: StandIn, make_api: Callable[[StandIn], Any]) -> Any:
    """The API with a fresh token."""
    return make_api(stand_in)


# -- tokens ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"grant_type": "password"}, 40002),
        ({"appid": ""}, 41002),
        ({"appid": "wx-other"}, 40013),
        ({"secret": ""}, 41004),
        ({"secret": "wrong"}, 40125),
    ],
)
def test_token_needs_the_right_credentials(change, errcode, stand_in, http):
    params = {"grant_type": "client_credential", "appid": APP_ID, "secret": SECRET, **change}
    assert http.get(stand_in.url + "cgi-bin/token", params=params).json()["errcode"] == errcode
    assert http.post(stand_in.url + "cgi-bin/stable_token", json=params).json()["errcode"] == errcode


def test_token_lives_two_hours(stand_in, api, clock):
    clock.advance(7199)
    assert "user_list" not in api.get("cgi-bin/user/get")
    assert api.get("cgi-bin/user/get")["total"] == 0
    clock.advance(1)
    assert api.get("cgi-bin/user/get")["errcode"] == 42001


def test_old_token_works_five_minutes_after_a_refresh(stand_in, api, clock):
    old = api.token
    new = api.fresh_token()
    assert old != new
    clock.advance(299)
    assert api.get("cgi-bin/user/get", access_token=old)["total"] == 0
    clock.advance(1)
    assert api.get("cgi-bin/user/get", access_token=old)["errcode"] == 40001
    assert api.get("cgi-bin/user/get")["total"] == 0


def test_missing_and_unknown_tokens(api):
    assert api.get("cgi-bin/user/get", access_token="")["errcode"] == 41001
    assert api.get("cgi-bin/user/get", access_token="made-up")["errcode"] == 40001


def stable(api: Any, force: bool = False) -> dict[str, Any]:
    body = {"grant_type": "client_credential", "appid": APP_ID, "secret": SECRET, "force_refresh": force}
    answer: dict[str, Any] = api.post("cgi-bin/stable_token", body)
    return answer


def test_stable_token_stays_until_five_minutes_before_its_end(api, clock):
    first = stable(api)
    clock.advance(6899)
    again = stable(api)
    assert (again["access_token"], again["expires_in"]) == (first["access_token"], 301)
    clock.advance(2)
    later = stable(api)
    assert later["access_token"] != first["access_token"]
    assert api.get("cgi-bin/user/get", access_token=first["access_token"])["total"] == 0, (
        "both work for a while"
    )


def test_forced_stable_token_drops_the_old_one_and_is_limited(api, clock):
    first = stable(api)["access_token"]
    second = stable(api, force=True)["access_token"]
    assert api.get("cgi-bin/user/get", access_token=first)["errcode"] == 40001
    assert stable(api, force=True)["access_token"] == second, "not twice within 30 seconds"
    for _ in range(19):
        clock.advance(30)
        second = stable(api, force=True)["access_token"]
    clock.advance(30)
    assert stable(api, force=True)["errcode"] == 45009
    assert stable(api)["access_token"] == second


def test_expired_on_order(stand_in, api):
    stand_in.expire_tokens()
    assert api.get("cgi-bin/user/get")["errcode"] == 42001
    api.fresh_token()
    assert api.get("cgi-bin/user/get")["total"] == 0


# -- customer-service messages --------------------------------------------------------------------------------


def test_five_messages_within_48_hours_of_a_message(stand_in, api, clock):
    assert stand_in.send(LI, text="在吗").wait(10)
    assert [api.text(LI, f"第{n}条") for n in range(6)] == [0, 0, 0, 0, 0, 45047]
    assert stand_in.send(LI, text="还在吗").wait(10)
    clock.advance(48 * HOUR - 1)
    api.fresh_token()
    assert api.text(LI, "最后一刻") == 0
    clock.advance(1)
    assert api.text(LI, "晚了") == 45015
    assert stand_in.texts(LI) == ["第0条", "第1条", "第2条", "第3条", "第4条", "最后一刻"]


@pytest.mark.parametrize(
    ("kind", "order"),
    [
        ("click", {"key": "K"}),
        ("subscribe", {}),
        ("scan", {"scene": "1"}),
        ("text", {"text": "选一", "menu_id": 1}),
    ],
)
def test_three_messages_within_a_minute_of_an_event(kind, order, stand_in, api, clock):
    assert stand_in.send(LI, kind, **order).wait(10)
    assert [api.text(LI, "好") for _ in range(4)] == [0, 0, 0, 45047]
    assert stand_in.send(LI, kind, **order).wait(10)
    clock.advance(59)
    assert api.text(LI, "好") == 0
    clock.advance(1)
    assert api.text(LI, "好") == 45015


def test_an_event_adds_to_a_message(stand_in, api, clock):
    assert stand_in.send(LI, text="在吗").wait(10)
    assert stand_in.send(LI, "click", key="K").wait(10)
    assert [api.text(LI, "好") for _ in range(9)] == [0] * 8 + [45047]


def test_looking_at_a_page_grants_nothing(stand_in, api):
    assert stand_in.send(LI, "view", url="http://127.0.0.1/").wait(10)
    assert api.text(LI, "好") == 45015


def test_unfollowing_ends_it(stand_in, api):
    assert stand_in.send(LI, text="在吗").wait(10)
    assert stand_in.send(LI, "unsubscribe").wait(10)
    assert api.text(LI, "别走") == 45015


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({"touser": "oNobody", "msgtype": "text", "text": {"content": "好"}}, 40003),
        ({"touser": LI, "msgtype": "text", "text": {"content": "长" * 682 + "ab"}}, 0),
        ({"touser": LI, "msgtype": "text", "text": {"content": "长" * 683}}, 45002),
        ({"touser": LI, "msgtype": "text", "text": {"content": " "}}, 44004),
        ({"touser": LI, "msgtype": "text", "text": {}}, 40035),
        ({"touser": LI, "msgtype": "text"}, 40035),
        ({"touser": LI, "msgtype": "poem", "poem": {}}, 40008),
        ({"touser": LI, "msgtype": "image", "image": {"media_id": "none"}}, 40007),
        ({"touser": LI, "msgtype": "voice", "voice": {}}, 41006),
        ({"touser": LI, "msgtype": "news", "news": {"articles": [{}, {}]}}, 45008),
        ({"touser": LI, "msgtype": "msgmenu", "msgmenu": {"head_content": "满意吗", "list": []}}, 45098),
    ],
)
def test_what_may_be_sent(body, errcode, stand_in, api):
    assert stand_in.send(LI, text="在吗").wait(10)
    assert api.post("cgi-bin/message/custom/send", body)["errcode"] == errcode
    left = stand_in.account.user(LI).quota.left(stand_in.clock())
    assert left == (4 if errcode == 0 else 5), "a refused message costs nothing"


def test_broken_requests(stand_in, api, http):
    address = f"{stand_in.url}cgi-bin/message/custom/send?access_token={api.token}"
    assert http.get(address).json()["errcode"] == 43002
    assert http.post(address).json()["errcode"] == 44002
    assert http.post(address, content=b"<xml/>").json()["errcode"] == 47001
    assert http.post(address, json=["a"]).json()["errcode"] == 47001
    assert http.post(f"{stand_in.url}cgi-bin/menu/get?access_token={api.token}").json()["errcode"] == 43001


def test_choices_come_back_as_a_text_with_their_id(stand_in, api, account_server):
    assert stand_in.send(LI, text="在吗").wait(10)
    items = [{"id": "s5", "content": "满意"}, {"id": "s1", "content": "不满意"}]
    body = {"head_content": "这次服务您满意吗？", "list": items, "tail_content": "谢谢您"}
    answer = api.post("cgi-bin/message/custom/send", {"touser": LI, "msgtype": "msgmenu", "msgmenu": body})
    assert answer["errcode"] == 0
    line = stand_in.messages(LI)[-1]
    assert (line["text"], line["choices"], line["tail"]) == ("这次服务您满意吗？", items, "谢谢您")
    assert stand_in.send(LI, text="满意", menu_id="s5").wait(10)
    assert account_server.received[-1]._data["bizmsgmenuid"] == "s5"


def test_typing(stand_in, api, clock):
    body = {"touser": LI, "command": "Typing"}
    assert stand_in.send(LI, text="在吗").wait(10)
    assert api.post("cgi-bin/message/custom/typing", {**body, "command": "Sing"})["errcode"] == 45072
    assert api.post("cgi-bin/message/custom/typing", body)["errcode"] == 0
    assert stand_in.account.is_typing(stand_in.account.user(LI))
    assert api.post("cgi-bin/message/custom/typing", body)["errcode"] == 45081
    assert api.text(LI, "来了") == 0
    assert not stand_in.account.is_typing(stand_in.account.user(LI))
    assert api.post("cgi-bin/message/custom/typing", body)["errcode"] == 0
    clock.advance(31)
    assert not stand_in.account.is_typing(stand_in.account.user(LI))
    assert api.post("cgi-bin/message/custom/typing", body)["errcode"] == 45080


# -- media ----------------------------------------------------------------------------------------------------


def test_voice_up_and_down_and_three_days(stand_in, api, clock, http):
    sound = sample_voice(2.0)
    uploaded = api.upload("voice", sound)
    assert (uploaded["type"], uploaded["created_at"]) == ("voice", int(clock()))
    params = {"access_token": api.token, "media_id": uploaded["media_id"]}
    answer = http.get(stand_in.url + "cgi-bin/media/get", params=params)
    assert (answer.content, answer.headers["Content-Type"]) == (sound, "audio/amr")
    assert uploaded["media_id"] in answer.headers["Content-Disposition"]
    clock.advance(3 * 24 * HOUR - 1)
    api.fresh_token()
    answer = http.get(stand_in.url + "cgi-bin/media/get", params={**params, "access_token": api.token})
    assert answer.content == sound
    clock.advance(1)
    assert api.get("cgi-bin/media/get", media_id=uploaded["media_id"])["errcode"] == 40007


@pytest.mark.parametrize(
    ("kind", "data", "errcode"),
    [
        ("poem", b"x", 40004),
        ("voice", b"", 44001),
        ("voice", b"RIFF....WAVE", 40005),
        ("voice", b"#!AMR\n" + b"\0" * (2 * 1024 * 1024), 40010),
        ("image", b"#!AMR\n", 40005),
        ("image", b"\xff\xd8\xff" + b"\0" * (10 * 1024 * 1024), 40009),
        ("thumb", b"\xff\xd8\xff" + b"\0" * (64 * 1024), 40006),
    ],
)
def test_media_limits(kind, data, errcode, api):
    assert api.upload(kind, data)["errcode"] == errcode


def test_a_voice_of_over_a_minute(api):
    assert api.upload("voice", sample_voice(59.5))["type"] == "voice"
    assert api.upload("voice", sample_voice(61))["errcode"] == 45007


def test_a_users_recording_becomes_amr(stand_in, api, account_server, http):
    wav = make_wav(seconds=1.5)
    media = stand_in.keep_media("voice", wav)
    assert stand_in.send(LI, "voice", media_id=media.media_id).wait(10)
    params = {"access_token": api.token, "media_id": account_server.received[-1].media_id}
    sound = http.get(stand_in.url + "cgi-bin/media/get", params=params).content
    assert sound.startswith(b"#!AMR\n")
    assert duration_of(sound) == pytest.approx(1.5, abs=0.1)


def make_wav(seconds: float) -> bytes:
    """A WAV of 48 kHz stereo, as browsers record."""
    sink = io.BytesIO()
    with wave.open(sink, "wb") as wav:
        wav.setnchannels(2)
        wav.setsampwidth(2)
        wav.setframerate(48_000)
        wav.writeframes(b"\x10\x00\x10\x00" * int(48_000 * seconds))
    return sink.getvalue()


# -- menu, templates, users -----------------------------------------------------------------------------------

CLICK = {"type": "click", "name": "问政策", "key": "ASK"}


def test_menu_is_kept_and_deleted(api):
    assert api.get("cgi-bin/menu/get")["errcode"] == 46003
    below = [{"type": "click", "name": f"第{n}个按钮", "key": f"K{n}"} for n in range(5)]
    buttons = [
        CLICK,
        {"name": "办事", "sub_button": below},
        {"type": "view", "name": "大字", "url": "https://a.cn"},
    ]
    assert api.post("cgi-bin/menu/create", {"button": buttons})["errcode"] == 0
    kept = api.get("cgi-bin/menu/get")["menu"]["button"]
    assert [b["name"] for b in kept] == ["问政策", "办事", "大字"]
    assert kept[0] == {**CLICK, "sub_button": []}
    assert [b["key"] for b in kept[1]["sub_button"]] == ["K0", "K1", "K2", "K3", "K4"]
    assert api.get("cgi-bin/menu/delete")["errcode"] == 0
    assert api.get("cgi-bin/menu/get")["errcode"] == 46003


@pytest.mark.parametrize(
    ("buttons", "errcode"),
    [
        ([], 40016),
        ([CLICK] * 4, 40016),
        ([{**CLICK, "name": "六个汉字太长"}], 40018),
        ([{**CLICK, "name": ""}], 40018),
        ([{**CLICK, "key": "k" * 129}], 40019),
        ([{**CLICK, "key": ""}], 40019),
        ([{**CLICK, "type": "sing"}], 40017),
        ([{"type": "view", "name": "看", "url": "ftp://a"}], 40055),
        ([{"type": "view", "name": "看", "url": ""}], 40020),
        ([{"name": "办", "sub_button": [CLICK] * 6}], 40023),
        ([{"name": "办", "sub_button": [{**CLICK, "name": "长" * 21}]}], 40025),
        ([{"name": "办", "sub_button": [{**CLICK, "key": "k" * 129}]}], 40026),
        ([{"name": "办", "sub_button": [{**CLICK, "type": "sing"}]}], 40024),
        ([{"name": "办", "sub_button": [{"type": "view", "name": "看", "url": "a"}]}], 40054),
    ],
)
def test_menu_rules(buttons, errcode, api):
    assert api.post("cgi-bin/menu/create", {"button": buttons})["errcode"] == errcode
    assert api.get("cgi-bin/menu/get")["errcode"] == 46003


def test_template_message(stand_in, api, account_server):
    stand_in.add_template("tpl-visit", "预约提醒", "事项：{{thing1.DATA}}\n时间：{{time2.DATA}}")
    body = {
        "touser": LI,
        "template_id": "tpl-visit",
        "data": {"thing1": {"value": "异地备案"}, "time2": {"value": "3月5日 09:00"}},
    }
    assert api.post("cgi-bin/message/template/send", body)["errcode"] == 40003
    assert stand_in.send(LI, "subscribe").wait(10)
    assert api.post("cgi-bin/message/template/send", {**body, "template_id": "x"})["errcode"] == 40037
    short = {**body, "data": {"thing1": {"value": "异地备案"}}}
    assert api.post("cgi-bin/message/template/send", short)["errcode"] == 47003
    answer = api.post("cgi-bin/message/template/send", body)
    assert answer["errcode"] == 0
    line = stand_in.messages(LI)[-1]
    assert (line["title"], line["text"]) == ("预约提醒", "事项：异地备案\n时间：3月5日 09:00")
    account_server_saw(account_server, "templatesendjobfinish")
    assert stand_in.send(LI, "unsubscribe").wait(10)
    assert api.post("cgi-bin/message/template/send", body)["errcode"] == 43004


def account_server_saw(account_server: Any, event: str) -> None:
    """Wait for an event that nobody's Delivery is at hand for."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if any(getattr(m, "event", "") == event for m in account_server.received):
            return
        threading.Event().wait(0.02)
    raise AssertionError(f"{event} did not arrive")


def test_user_info(stand_in, api, clock):
    assert api.get("cgi-bin/user/info", openid=LI)["errcode"] == 40003
    assert stand_in.send(LI, "subscribe").wait(10)
    info = api.get("cgi-bin/user/info", openid=LI)
    assert (info["subscribe"], info["subscribe_time"]) == (1, int(clock()))
    assert stand_in.send(LI, "unsubscribe").wait(10)
    assert api.get("cgi-bin/user/info", openid=LI) == {"subscribe": 0, "openid": LI}


def test_wechats_desk_over_the_api(stand_in, api):
    assert stand_in.send(LI, text="转人工").wait(10)
    session = {"openid": LI, "kf_account": "kf2001@yinling"}
    assert api.post("customservice/kfsession/create", session)["errcode"] == 65401
    stand_in.account.desk_accounts["kf2001@yinling"] = "小赵"
    assert api.get("cgi-bin/customservice/getkflist")["kf_list"][0]["kf_nick"] == "小赵"
    assert api.post("customservice/kfsession/create", session)["errcode"] == 0
    assert api.get("customservice/kfsession/getsession", openid=LI)["kf_account"] == "kf2001@yinling"
    other = {**session, "kf_account": "kf9@yinling"}
    assert api.post("customservice/kfsession/close", other)["errcode"] == 65402
    assert api.post("customservice/kfsession/close", session)["errcode"] == 0


# -- the library the product uses -----------------------------------------------------------------------------


class _Client(WeChatClient):
    """wechatpy fetches tokens from a fixed address, whatever API_BASE_URL says."""

    def fetch_access_token(self) -> Any:
        params = {"grant_type": "client_credential", "appid": self.appid, "secret": self.secret}
        return self._fetch_access_token(url=self.API_BASE_URL + "token", params=params)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_wechatpy_speaks_with_it(make_standin):
    stand_in = make_standin()
    client = _Client(APP_ID, SECRET)
    client.API_BASE_URL = stand_in.url + "cgi-bin/"
    assert stand_in.send(LI, text="在吗").wait(10)
    client.message.send_text(LI, "在的")
    client.menu.create({"button": [CLICK]})
    media_id = client.media.upload("voice", ("v.amr", sample_voice(1.0)))["media_id"]
    client.message.send_voice(LI, media_id)
    assert client.media.download(media_id).content.startswith(b"#!AMR\n")
    stand_in.expire_tokens()
    assert client.user.get(LI)["subscribe"] == 1, "wechatpy fetches a new token after 42001"
    with pytest.raises(WeChatClientException) as refused:
        client.message.send_text("oNobody", "在的")
    assert refused.value.errcode == 40003
    assert [line["kind"] for line in stand_in.messages(LI)] == ["text", "text", "voice"]
    client._http.close()
