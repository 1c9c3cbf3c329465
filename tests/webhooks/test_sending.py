"""The outbox against the stand-in: once, in order, within the quota, and after every kind of failure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.messages import Channel, Utterance, UtteranceKind
from bot.outbox import Outbox
from bot.store.conversations import Conversations
from bot.store.models import Citizen, OutboxMessage
from tests.webhooks.echo import IDLE
from tests.webhooks.pushes import message, sealed
from webhooks.sending import Sender, allowance
from webhooks.weixin import Weixin, WeixinUnreachable

LI = "oDaughterLi"
SEND = "message/custom/send"


@pytest.fixture
def house_url(database_url):
    """On both databases."""
    return database_url


@pytest.fixture
def weixin(house):
    with Weixin(house.settings, house.tokens) as api:
        yield api


class Post:
    """The outbox of one citizen, a clock, and the sender."""

    def __init__(self, house, weixin, wechat):
        self.house, self.weixin, self.wechat = house, weixin, wechat
        self.late = timedelta()
        self._number = 0

    def clock(self):
        return datetime.now(UTC) + self.late

    def pass_time(self, **time):
        self.late += timedelta(**time)
        self.wechat.clock.advance(timedelta(**time).total_seconds())

    @property
    def sender(self):
        return Sender(self.house, self.weixin, self.clock)

    def says(self, kind=UtteranceKind.TEXT, user=LI):
        """The citizen does something; WeChat and the house both know."""
        self._number += 1
        orders = {
            UtteranceKind.TEXT: ("text", {"text": "在吗"}),
            UtteranceKind.MENU: ("click", {"key": "BOOK"}),
            UtteranceKind.FOLLOW: ("subscribe", {}),
            UtteranceKind.UNFOLLOW: ("unsubscribe", {}),
        }
        name, order = orders[kind]
        self.wechat.send(user, name, **order).wait(10)
        said = Utterance(Channel.WECHAT, user, "在吗", f"x{self._number}", self.clock(), kind)
        with self.house.database.begin() as session:
            conversation, _, _ = Conversations(session, self.house.vault).receive(said, IDLE)
            return conversation.citizen_id

    def writes(self, citizen_id, *texts):
        with self.house.database.begin() as session:
            for text in texts:
                self._number += 1
                Outbox(session, self.house.vault).put(
                    "wechat_text", citizen_id, {"text": text}, f"k{self._number}", self.clock()
                )

    def rows(self):
        with self.house.database.begin() as session:
            query = select(OutboxMessage.status, OutboxMessage.code).order_by(OutboxMessage.id)
            return [tuple(row) for row in session.execute(query)]

    def arrived(self, user=LI):
        return [line["text"] for line in self.wechat.messages(user) if line.get("via") == "custom"]


@pytest.fixture
def post(house, weixin, wechat):
    return Post(house, weixin, wechat)


def test_sent_once_and_in_order(post):
    li = post.says()
    post.writes(li, "第一条", "第二条", "第三条")
    assert post.sender.drain() == 3
    assert post.sender.drain() == 0
    assert post.arrived() == ["第一条", "第二条", "第三条"]
    assert post.rows() == [("sent", None)] * 3


def test_long_text_goes_in_pieces(post):
    li = post.says()
    post.writes(li, "带上身份证和社保卡。" * 150)
    post.sender.drain()
    assert len(post.arrived()) == 3
    assert "".join(post.arrived()) == "带上身份证和社保卡。" * 150


def test_piece_that_went_out_is_not_sent_again(post):
    li = post.says()
    post.writes(li, "带上身份证和社保卡。" * 150)
    post.weixin.send_text = _failing_at(post.weixin.send_text, 2)
    post.sender.drain()
    assert len(post.arrived()) == 1
    post.pass_time(seconds=3)
    post.sender.drain()
    assert "".join(post.arrived()) == "带上身份证和社保卡。" * 150


def _failing_at(send, number):
    calls = []

    def failing(openid, text):
        calls.append(text)
        if len(calls) == number:
            raise WeixinUnreachable
        send(openid, text)

    return failing


def test_quota_is_known_here_and_the_rest_waits_for_the_citizen(post, house):
    li = post.says()
    post.writes(li, *(f"第{n}条" for n in range(1, 8)))
    post.sender.drain()
    assert post.arrived() == [f"第{n}条" for n in range(1, 6)]
    assert post.rows()[5:] == [("dead", "wechat.no_allowance")] * 2
    assert [c["errcode"] for c in post.wechat.calls if c["path"] == f"cgi-bin/{SEND}"] == [0] * 5, (
        "no hopeless call"
    )
    post.says()
    with house.database.begin() as session:
        assert Outbox(session, house.vault).revive(li, ("wechat.no_allowance",), post.clock()) == 2
    post.sender.drain()
    assert post.arrived() == [f"第{n}条" for n in range(1, 8)]


def test_the_next_message_flushes_what_waits(post, house, make_web, wechat):
    li = post.says()
    post.pass_time(hours=49)
    post.writes(li, "坐席两天前的回答")
    post.sender.drain()
    assert post.rows() == [("dead", "wechat.no_allowance")]
    wechat.send(LI, text="还在吗").wait(10)
    params, body = sealed(message(Content="还在吗"), at=post.clock().timestamp())
    client = make_web(house, clock=post.clock).test_client()
    assert client.post("/wechat", query_string=params, data=body).status_code == 200
    post.sender.drain()
    assert post.arrived() == ["坐席两天前的回答"]


def test_window_that_closed_without_our_knowing(post):
    li = post.says()
    post.wechat.clock.advance(49 * 3600)
    post.writes(li, "您好")
    post.sender.drain()
    assert post.rows() == [("dead", "wechat.45015")]


def test_quota_used_up_by_somebody_else(post):
    li = post.says()
    post.wechat.faults.set(api=[{"path": SEND, "errcode": 45047}])
    post.writes(li, "您好")
    post.sender.drain()
    assert post.rows() == [("dead", "wechat.45047")]


@pytest.mark.parametrize(("kind", "count"), [(UtteranceKind.MENU, 3), (UtteranceKind.FOLLOW, 3)])
def test_taps_and_following_allow_three_for_a_minute(kind, count, post, house):
    li = post.says(kind)
    with house.database.begin() as session:
        assert allowance(session, li, post.clock()) == count
    post.writes(li, "一", "二", "三", "四")
    post.sender.drain()
    assert post.arrived() == ["一", "二", "三"]
    post.pass_time(seconds=61)
    with house.database.begin() as session:
        assert allowance(session, li, post.clock()) == 0


def test_unfollowed(post, house):
    li = post.says()
    post.wechat.send(LI, "unsubscribe").wait(10)
    post.wechat.faults.set(api=[{"path": SEND, "errcode": 43004}])
    post.writes(li, "您好")
    post.sender.drain()
    assert post.rows() == [("dead", "wechat.43004")]
    with house.database.begin() as session:
        assert session.get_one(Citizen, li).followed is False


@pytest.mark.parametrize("fault", [{"errcode": -1}, {"errcode": 45009}, {"status": 502}])
def test_passing_faults_are_tried_again(fault, post):
    li = post.says()
    post.wechat.faults.set(api=[{"path": SEND, "times": 2, **fault}])
    post.writes(li, "您好", "还有")
    post.sender.drain()
    assert post.arrived() == []
    assert [row[0] for row in post.rows()] == ["pending", "pending"]
    for seconds in (3, 5):
        post.pass_time(seconds=seconds)
        post.sender.drain()
    assert post.arrived() == ["您好", "还有"]


def test_wechat_out_of_reach(post, wechat):
    li = post.says()
    post.writes(li, "您好")
    port = wechat.url.rsplit(":", 1)[1].strip("/")
    wechat._server.shutdown()
    wechat._server.server_close()
    post.sender.drain()
    assert post.rows() == [("pending", "wechat.unreachable")]
    wechat._address = ("127.0.0.1", int(port))
    wechat.start()
    post.pass_time(seconds=3)
    post.sender.drain()
    assert post.arrived() == ["您好"]


@pytest.mark.parametrize("errcode", [40001, 42001, 40014])
def test_token_that_is_not_taken_is_renewed_once(errcode, post):
    li = post.says()
    post.writes(li, "一")
    post.sender.drain()
    post.wechat.faults.set(api=[{"path": SEND, "errcode": errcode}])
    post.writes(li, "二")
    post.sender.drain()
    assert post.arrived() == ["一", "二"]
    assert [row[0] for row in post.rows()] == ["sent", "sent"]


def test_expired_token(post):
    li = post.says()
    post.writes(li, "一")
    post.sender.drain()
    post.wechat.expire_tokens()
    post.writes(li, "二")
    post.sender.drain()
    assert post.arrived() == ["一", "二"]


def test_processes_share_one_token(make_house, wechat):
    wechat.send(LI, text="在吗").wait(10)
    for _ in range(3):
        house = make_house()
        with Weixin(house.settings, house.tokens) as api:
            api.send_text(LI, "您好")
    paths = [call["path"] for call in wechat.calls]
    assert paths.count("cgi-bin/stable_token") == 1
    assert paths.count(f"cgi-bin/{SEND}") == 3


def test_message_of_a_sender_that_died_is_sent_when_its_lease_ends(post):
    li = post.says()
    post.writes(li, "您好")
    with post.house.database.begin() as session:
        assert Outbox(session, post.house.vault).claim(post.clock(), timedelta(seconds=60))
    post.sender.drain()
    assert post.arrived() == []
    post.pass_time(seconds=61)
    post.sender.drain()
    assert post.arrived() == ["您好"]


def test_unsendable_rows_do_not_block(post):
    li, wang = post.says(), post.says(user="oWang")
    post.writes(li, "   ")
    post.writes(wang, "您好")
    post.sender.drain()
    assert post.rows()[0] == ("dead", "outbox.nothing_to_send")
    assert post.arrived("oWang") == ["您好"]


def test_no_words_in_the_log(post, caplog):
    caplog.set_level("DEBUG")
    li = post.says()
    post.wechat.faults.set(api=[{"path": SEND, "errcode": -1}])
    post.writes(li, "王天龙的电话13812345678")
    post.sender.drain()
    post.pass_time(seconds=3)
    post.sender.drain()
    ours = "\n".join(
        r.getMessage() for r in caplog.records if not r.name.startswith(("sqlalchemy", "webhooks.standin"))
    )
    assert "outbox.sent" in ours
    for secret in ("王天龙", "13812345678", LI, "access_token="):
        assert secret not in ours
