"""AudioSocket's bytes: whole messages, split ones, and everything that is no AudioSocket."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.audiosocket import (
    FRAME_BYTES,
    MAX_AUDIO_BYTES,
    BadFrame,
    FrameDecoder,
    Message,
    MessageKind,
    call_id,
    encode,
)

ID = uuid.UUID("40325ec2-5efd-4bd3-805f-53576e581d13")
FIRST = encode(MessageKind.ID, ID.bytes)
AUDIO = bytes(range(256)) + bytes(64)

later = st.one_of(
    st.binary(max_size=MAX_AUDIO_BYTES // 2).map(lambda half: Message(MessageKind.AUDIO, half + half)),
    st.sampled_from("0123456789*#").map(lambda key: Message(MessageKind.KEY, key.encode())),
    st.just(Message(MessageKind.END)),
    st.just(Message(MessageKind.ERROR, b"\x01")),
)


@given(st.lists(later, max_size=20), st.data())
def test_messages_survive_any_split(messages: list[Message], data: st.DataObject) -> None:
    wire = FIRST + b"".join(encode(m.kind, m.payload) for m in messages)
    decoder, got, at = FrameDecoder(), [], 0
    while at < len(wire):
        size = data.draw(st.integers(1, 700))
        got += decoder.feed(wire[at : at + size])
        at += size
    assert got == [Message(MessageKind.ID, ID.bytes), *messages]


@given(st.binary(max_size=5000), st.booleans())
def test_anything_else_is_refused_or_read_never_worse(garbage: bytes, identified: bool) -> None:
    decoder = FrameDecoder()
    if identified:
        decoder.feed(FIRST)
    try:
        messages = decoder.feed(garbage)
    except BadFrame:
        return
    assert sum(3 + len(m.payload) for m in messages) <= len(garbage)
    assert all(isinstance(m.kind, MessageKind) for m in messages)


@pytest.mark.parametrize(
    ("wire", "words"),
    [
        (FIRST + b"\x02\x00\x00", "unknown type 0x02"),
        (FIRST + b"\x12\x02\x80", "unknown type 0x12"),
        (FIRST + b"\x10\xff\xff", "AUDIO of 65535 bytes"),
        (FIRST + b"\x10\x01\x41", "AUDIO of 321 bytes"),
        (FIRST + b"\x03\x00\x02", "KEY of 2 bytes"),
        (FIRST + b"\x03\x00\x01x", "no telephone"),
        (FIRST + FIRST, "ID out of order"),
        (encode(MessageKind.AUDIO, AUDIO), "AUDIO out of order"),
        (encode(MessageKind.KEY, b"0"), "KEY out of order"),
        (b"\x01\x00\x08", "ID of 8 bytes"),
        (b"GET / HTTP/1.1\r\n\r\n", "unknown type 0x47"),
        (b"\x00\xff\xff", "END of 65535 bytes"),
    ],
)
def test_what_is_no_call_is_named(wire: bytes, words: str) -> None:
    with pytest.raises(BadFrame, match=words):
        FrameDecoder().feed(wire)


def test_a_bad_header_is_refused_before_its_payload_comes() -> None:
    decoder = FrameDecoder()
    decoder.feed(FIRST)
    with pytest.raises(BadFrame):
        decoder.feed(b"\x10\xff\xff")


def test_an_end_before_the_id_is_an_end() -> None:
    assert FrameDecoder().feed(encode(MessageKind.END)) == [Message(MessageKind.END)]


def test_an_unfinished_message_waits() -> None:
    decoder, wire = FrameDecoder(), FIRST + encode(MessageKind.AUDIO, AUDIO)
    assert [m.kind for m in decoder.feed(wire[:-1])] == [MessageKind.ID]
    assert decoder.feed(wire[-1:]) == [Message(MessageKind.AUDIO, AUDIO)]


def test_the_wire_is_as_asterisk_writes_it() -> None:
    assert encode(MessageKind.AUDIO, AUDIO)[:3] == b"\x10\x01\x40"
    assert len(AUDIO) == FRAME_BYTES
    assert encode(MessageKind.KEY, b"5") == b"\x03\x00\x015"
    assert call_id(FrameDecoder().feed(FIRST)[0]) == str(ID)


def test_what_would_be_refused_is_not_sent() -> None:
    with pytest.raises(BadFrame):
        encode(MessageKind.AUDIO, bytes(MAX_AUDIO_BYTES + 2))
