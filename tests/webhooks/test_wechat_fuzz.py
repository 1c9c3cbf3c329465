"""Whatever comes in from outside, the webhook answers with a clear status and never breaks."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.webhooks.pushes import message, push, push_readable, query, reply_in, sealed
from webhooks.fields import read_fields
from webhooks.refusals import Malformed

EXPECTED = {200, 400, 403, 413}
NAMES = [
    "ToUserName",
    "FromUserName",
    "CreateTime",
    "MsgType",
    "MsgId",
    "Content",
    "Event",
    "EventKey",
    "MediaId",
]
KINDS = ["text", "voice", "image", "location", "event", "link", "TEXT", "device_text", "", "xml"]
LOOSE = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
texts = st.text(max_size=60)
MARKUP = (
    "<xml> </xml> <MsgType> </MsgType> <![CDATA[ ]]> text &amp; &x; <?x?> <!ENTITY <!-- --> <Content/> </a>"
)
pieces = st.sampled_from(
    [*MARKUP.split(" "), "<a b='c'>", "<!ENTITY a 'b'>", "<!DOCTYPE a [", "]>", "\x00", "字", " "]
)


@pytest.fixture
def plain(make_house, make_web):
    return make_web(make_house(WECHAT_MODE="plain")).test_client()


@LOOSE
@given(
    body=st.binary(max_size=400) | st.lists(pieces, max_size=20).map(lambda found: "".join(found).encode())
)
def test_any_bytes(plain, client, body):
    assert plain.post("/wechat", query_string=query(), data=body).status_code == 400
    params, outer = sealed(message(Content="x"))
    assert client.post("/wechat", query_string=params, data=body).status_code in {400, 403}
    assert outer


@LOOSE
@given(
    fields=st.dictionaries(
        st.sampled_from(NAMES), st.sampled_from(KINDS) | texts | st.integers().map(str), max_size=9
    )
)
def test_any_fields(plain, client, fields):
    for answer in (push_readable(plain, fields), push(client, fields)):
        assert answer.status_code in EXPECTED, answer.text


@LOOSE
@given(
    query_string=st.dictionaries(
        st.sampled_from(["signature", "msg_signature", "timestamp", "nonce", "encrypt_type", "echostr"]),
        texts,
        max_size=6,
    )
)
def test_any_query(client, query_string):
    assert client.get("/wechat", query_string=query_string).status_code == 403
    answer = client.post("/wechat", query_string=query_string, data=b"<xml><A>1</A></xml>")
    assert answer.status_code == 403


@LOOSE
@given(text=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cn", "Cs", "Z"]), max_size=300))
def test_any_text_comes_back_whole(client, text):
    assert reply_in(push(client, message(Content=f"问{text}")))["Content"] == f"您说:问{text}"


@given(st.binary(max_size=300))
def test_reader_reads_or_refuses(body):
    try:
        fields = read_fields(body)
    except Malformed:
        return
    assert fields
    assert all(isinstance(value, str) for value in fields.values())
