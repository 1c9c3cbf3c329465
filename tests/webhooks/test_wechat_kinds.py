"""Each kind of message and event: what reaches the conversation and what the user reads."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.messages import Channel, Transcript, UtteranceKind
from bot.store.models import Citizen, Turn
from tests.webhooks.echo import WELCOME
from tests.webhooks.pushes import LI, event, message, push, reply_in
from webhooks.media import SAMPLE_RATE
from webhooks.standin.audio import sample_voice


def test_text(client, house):
    assert reply_in(push(client, message(Content="  药费怎么报销  ")))["Content"] == "您说:药费怎么报销"
    (heard,) = house.assistant.heard
    assert (heard.channel, heard.kind, heard.user_id) == (Channel.WECHAT, UtteranceKind.TEXT, LI)
    assert heard.at.tzinfo is not None
    assert LI not in heard.external_id


@pytest.mark.parametrize("text", ["]]>", "a]]>b]]>", "<b>&amp;</b>", "😀\x07异地", "%s{0}", "]]"])
def test_any_text_survives_the_reply(text, client):
    cleaned = text.replace("\x07", "")
    assert reply_in(push(client, message(Content=cleaned)))["Content"] == f"您说:{cleaned}"


def test_control_characters_in_a_reply_are_dropped(client, house, monkeypatch):
    monkeypatch.setattr("tests.webhooks.echo.WELCOME", "您\x00好\x1b。")
    assert reply_in(push(client, event("subscribe", EventKey="")))["Content"] == "您好。"


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"MsgType": "image", "PicUrl": "u", "MediaId": "m"}, UtteranceKind.IMAGE),
        ({"MsgType": "video", "MediaId": "m", "ThumbMediaId": "t"}, UtteranceKind.OTHER),
        ({"MsgType": "shortvideo", "MediaId": "m", "ThumbMediaId": "t"}, UtteranceKind.OTHER),
        ({"MsgType": "link", "Title": "t", "Description": "d", "Url": "u"}, UtteranceKind.OTHER),
        ({"MsgType": "file", "Title": "t"}, UtteranceKind.OTHER),
        ({"MsgType": "text", "Content": "【收到不支持的消息类型,暂无法显示】"}, UtteranceKind.OTHER),
    ],
)
def test_what_cannot_be_read_gets_one_polite_sentence(fields, kind, client, house):
    assert reply_in(push(client, message(**fields)))["Content"] == "我还看不了这个。"
    assert house.assistant.heard[0].kind is kind


def test_location_is_its_address(client, house):
    place = {"MsgType": "location", "Location_X": "36.65", "Location_Y": "117.12", "Scale": "16"}
    push(client, message(**place, Label="济南市历下区"))
    push(client, message(**place, Label=""))
    named, bare = house.assistant.heard
    assert (named.kind, named.text) == (UtteranceKind.LOCATION, "济南市历下区")
    assert (named.latitude, named.longitude) == (36.65, 117.12)
    assert (bare.kind, bare.text, bare.latitude) == (UtteranceKind.OTHER, "", 36.65)


@pytest.mark.parametrize(
    "fields", [{"Event": "subscribe", "EventKey": "qrscene_hall"}, {"Event": "SCAN", "EventKey": "hall"}]
)
def test_following_and_scanning_are_welcomed(fields, client):
    assert reply_in(push(client, event(**{"name": fields["Event"], **fields})))["Content"] == WELCOME


def test_unfollowing_is_noted_and_not_answered(client, house):
    push(client, event("subscribe"))
    assert reply_in(push(client, event("unsubscribe"))) == {}
    with house.database.begin() as session:
        assert session.scalars(select(Citizen.followed)).one() is False
        assert set(session.scalars(select(Turn.status))) == {"delivered"}
    push(client, message(Content="又来了"))
    later = event("subscribe")
    push(client, later | {"CreateTime": later["CreateTime"] + 1})
    with house.database.begin() as session:
        assert session.scalars(select(Citizen.followed)).one() is True


def test_menu_taps_ask_their_question(client, house):
    push(client, event("CLICK", EventKey="BOOK"))
    tap = event("CLICK", EventKey="NO_SUCH_BUTTON")
    push(client, tap | {"CreateTime": tap["CreateTime"] + 1})
    known, old = house.assistant.heard
    assert (known.kind, known.text) == (UtteranceKind.MENU, "我想预约去大厅办事")
    assert (old.kind, old.text) == (UtteranceKind.MENU, "你好")


@pytest.mark.parametrize(
    "fields",
    [
        event("VIEW", EventKey="https://example.invalid/"),
        event("LOCATION", Latitude="36.6", Longitude="117.1", Precision="30"),
        event("TEMPLATESENDJOBFINISH", MsgID="1", Status="success"),
        event("scancode_push", EventKey="K", ScanCodeInfo={"ScanType": "qrcode", "ScanResult": "1"}),
        message("something_new", Content="x"),
    ],
)
def test_what_nobody_says_is_taken_with_success(fields, client, house):
    answer = push(client, fields)
    assert (answer.status_code, answer.text) == (200, "success")
    assert house.assistant.heard == []


def test_the_same_event_again_is_the_same(client, house):
    fields = event("CLICK", EventKey="BOOK")
    first, again = push(client, fields), push(client, fields)
    assert reply_in(first)["Content"] == reply_in(again)["Content"]
    assert len(house.assistant.heard) == 1


def test_two_users_may_share_a_message_id(client, house):
    fields = message(Content="报销")
    assert reply_in(push(client, fields))["ToUserName"] == LI
    assert reply_in(push(client, fields | {"FromUserName": "oWang"}))["ToUserName"] == "oWang"
    assert len(house.assistant.heard) == 2


def test_own_desk_takes_hand_offs_of_messages(make_house, make_web):
    client = make_web(make_house(WECHAT_TRANSFER_TO_OWN_DESK="1")).test_client()
    assert reply_in(push(client, message(Content="转人工")))["MsgType"] == "transfer_customer_service"
    assert reply_in(push(client, event("CLICK", EventKey="PERSON")))["Content"] == "正在为您转人工。"
    assert reply_in(push(client, message(Content="报销")))["MsgType"] == "text"


class Hears:
    """A transcriber that notes what it was given."""

    def __init__(self, text):
        self.text, self.seconds = text, None

    def transcribe(self, pcm, sample_rate):
        assert sample_rate == SAMPLE_RATE
        self.seconds = len(pcm) / 2 / sample_rate
        return Transcript(self.text, 0.9)


def voice(wechat, sound=None):
    media = wechat.keep_media("voice", sound or sample_voice(2.0))
    return message("voice", MediaId=media.media_id, Format="amr", Recognition="微信自己听的不算数")


def test_voice_is_fetched_decoded_and_transcribed(house, make_web, wechat):
    ears = Hears("药费怎么报销")
    client = make_web(house, transcriber=ears).test_client()
    assert reply_in(push(client, voice(wechat)))["Content"] == "您说:药费怎么报销"
    assert ears.seconds == pytest.approx(2.0, abs=0.1)
    assert house.assistant.heard[0].kind is UtteranceKind.VOICE
    with house.database.begin() as session:
        assert session.scalars(select(Turn.text)).one() == "药费怎么报销"


def test_voice_without_a_recogniser_is_declined_honestly(client, house, wechat):
    fields = voice(wechat)
    first = reply_in(push(client, fields))["Content"]
    assert "打字" in first
    assert "12393" in first
    assert reply_in(push(client, fields))["Content"] == first
    assert house.assistant.heard == []
    with house.database.begin() as session:
        (turn,) = session.scalars(select(Turn))
        assert (turn.kind, turn.status) == ("voice", "delivered")


def test_voice_that_cannot_be_had_or_heard(house, make_web, wechat):
    client = make_web(house, transcriber=Hears("")).test_client()
    gone = message("voice", MediaId="gone", Format="amr")
    for fields in (gone, voice(wechat)):
        assert "没有听清" in reply_in(push(client, fields))["Content"]


def test_notes_for_the_simulator_only_while_trying_out(client, make_house, make_web):
    assert not [n for n, _ in push(client, message(Content="报销")).headers if n.startswith("X-Yinling")]
    tryout = make_web(make_house(WECHAT_SECRET="")).test_client()
    headers = push(tryout, message(Content="报销")).headers
    assert (headers["X-Yinling-Act"], headers["X-Yinling-Intent"]) == ("answer", "ask_manual_reimbursement")
