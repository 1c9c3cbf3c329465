"""Asterisk's AudioSocket protocol as bytes: messages in, messages out, no connection.

A message is one byte of type, a big-endian 16-bit length and that many bytes of payload.
Source: docs.asterisk.org, "AudioSocket", checked against Asterisk 22.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from uuid import UUID

from bot.ports import YinlingError

SAMPLE_RATE = 8000  # hertz, of the kind of audio that Asterisk sends by default
FRAME_BYTES = 320  # 20 ms of it; Asterisk neither paces nor re-packs what it is sent
MAX_AUDIO_BYTES = 3200  # 200 ms: ten times what Asterisk sends; more is no telephone call

_HEADER = struct.Struct(">BH")
_KEYS = frozenset(b"0123456789*#ABCD")


class MessageKind(IntEnum):
    """The types of message that a call at 8 kHz consists of."""

    END = 0x00
    ID = 0x01
    KEY = 0x03
    AUDIO = 0x10
    ERROR = 0xFF


@dataclass(frozen=True, slots=True)
class Message:
    """One message; ``payload`` is a UUID's 16 bytes, one ASCII key, samples, or an error code."""

    kind: MessageKind
    payload: bytes = b""


class BadFrame(YinlingError):
    """These bytes are not AudioSocket; nothing after them can be trusted."""

    code = "audiosocket.bad_frame"


class FrameDecoder:
    """Bytes as they come off a connection into whole messages.

    Keeps at most one unfinished message (3.2 kB), whatever is sent.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._identified = False

    def feed(self, data: bytes) -> list[Message]:
        """The messages completed by these bytes, in order.

        Raises BadFrame at the first message that is malformed, of an unknown type, too long, or out of order
        (the call's UUID comes first, once).
        """
        buffer, start, messages = self._rest + data, 0, []
        while len(buffer) - start >= _HEADER.size:
            code, length = _HEADER.unpack_from(buffer, start)
            kind = self._checked(code, length)
            end = start + _HEADER.size + length
            if len(buffer) < end:
                break
            messages.append(_message(kind, buffer[start + _HEADER.size : end]))
            self._identified = True
            start = end
        self._rest = buffer[start:]
        return messages

    def _checked(self, code: int, length: int) -> MessageKind:
        """The kind of a message, judged by its header alone: what is not wanted is never waited for."""
        try:
            kind = MessageKind(code)
        except ValueError:
            raise BadFrame(f"message of unknown type 0x{code:02x}") from None
        if not _allowed(kind, length):
            raise BadFrame(f"{kind.name} of {length} bytes")
        if self._identified == (kind is MessageKind.ID) and kind not in (MessageKind.END, MessageKind.ERROR):
            raise BadFrame(f"{kind.name} out of order")
        return kind


def encode(kind: MessageKind, payload: bytes = b"") -> bytes:
    """One message as it goes over the wire. Raises BadFrame where the receiver would refuse it."""
    if not _allowed(kind, len(payload)):
        raise BadFrame(f"{kind.name} of {len(payload)} bytes")
    return _HEADER.pack(kind, len(payload)) + payload


def call_id(message: Message) -> str:
    """The UUID of an ID message as text."""
    return str(UUID(bytes=message.payload))


def _allowed(kind: MessageKind, length: int) -> bool:
    match kind:
        case MessageKind.ID:
            return length == 16
        case MessageKind.KEY:
            return length == 1
        case MessageKind.AUDIO:
            return length % 2 == 0 and length <= MAX_AUDIO_BYTES
        case _:  # END carries nothing, ERROR at most a code; both are short
            return length <= 16


def _message(kind: MessageKind, payload: bytes) -> Message:
    if kind is MessageKind.KEY and payload[0] not in _KEYS:
        raise BadFrame("key that no telephone has")
    return Message(kind, payload)
