"""One message or event as WeChat pushed it, checked for the fields it must have.

Source: developers.weixin.qq.com, 接收普通消息 and 接收事件推送. Messages are told apart by MsgId, events by
FromUserName + CreateTime.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from webhooks.refusals import Malformed

_NAME = re.compile(r"[\x21-\x25\x27-\x3b\x3d\x3f-\x5c\x5e-\x7e]{1,128}")  # printable, nothing that XML minds
_NEEDED = {
    "text": ("Content",),
    "voice": ("MediaId",),
    "location": ("Location_X", "Location_Y"),
    "event": ("Event",),
}


@dataclass(frozen=True, slots=True)
class Incoming:
    """``kind`` is the MsgType, or for events the Event, in lower case; ``key`` is an event's EventKey.

    ``text`` is a text's content or a location's label. ``created`` is WeChat's CreateTime in seconds.
    """

    account: str
    user: str
    created: int
    kind: str
    is_event: bool
    msg_id: str = ""
    text: str = ""
    media_id: str = ""
    key: str = ""
    latitude: float | None = None
    longitude: float | None = None


def to_incoming(fields: Mapping[str, str]) -> Incoming:
    """Raises Malformed where a needed field is missing or makes no sense."""
    kind = _need(fields, "MsgType").lower()
    for name in _NEEDED.get(kind, ()):
        if name not in fields:
            raise Malformed
    is_event = kind == "event"
    latitude, longitude = _place(fields) if kind == "location" else (None, None)
    return Incoming(
        account=_name(fields, "ToUserName"),
        user=_name(fields, "FromUserName"),
        created=_number(_need(fields, "CreateTime")),
        kind=_need(fields, "Event").lower() if is_event else kind,
        is_event=is_event,
        msg_id="" if is_event else _name(fields, "MsgId"),
        text=fields.get("Content", "") if kind == "text" else fields.get("Label", ""),
        media_id=fields.get("MediaId", ""),
        key=fields.get("EventKey", ""),
        latitude=latitude,
        longitude=longitude,
    )


def _need(fields: Mapping[str, str], name: str) -> str:
    value = fields.get(name, "")
    if not value:
        raise Malformed
    return value


def _name(fields: Mapping[str, str], name: str) -> str:
    value = _need(fields, name)
    if not _NAME.fullmatch(value):
        raise Malformed
    return value


def _number(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= 20):
        raise Malformed
    return int(value)


def _place(fields: Mapping[str, str]) -> tuple[float, float]:
    try:
        latitude, longitude = float(fields["Location_X"]), float(fields["Location_Y"])
    except ValueError as error:
        raise Malformed from error
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise Malformed
    return latitude, longitude
