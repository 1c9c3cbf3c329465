"""What a webhook may answer to a pushed message, checked as WeChat checks it.

Source: 被动回复用户消息 and 消息加解密说明. An empty body or ``success`` means "nothing now"; anything that is neither
that nor a correct reply shows the user the failure notice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from webhooks.standin import xml
from webhooks.standin.crypto import BadEnvelope, same, signature
from webhooks.standin.identity import Identity

TEXT_BYTES = 2048
KINDS = {"text", "image", "voice", "video", "music", "news", "transfer_customer_service"}


class BadReply(ValueError):
    """An answer WeChat cannot use; the text says why, for the developer."""


@dataclass(frozen=True)
class PassiveReply:
    """A usable reply: its kind, its fields, and whether it came encrypted."""

    kind: str
    fields: dict[str, Any]
    encrypted: bool

    @property
    def text(self) -> str:
        """The text of a text reply."""
        return str(self.fields.get("Content") or "")


def read_reply(body: bytes, openid: str, identity: Identity) -> PassiveReply | None:
    """The reply in a 200 answer; None for ``success`` or nothing; raises BadReply."""
    try:
        text = body.decode().strip()
    except UnicodeDecodeError as error:
        raise BadReply("not UTF-8") from error
    if text in ("", "success"):
        return None
    fields = _fields(text)
    encrypted = "Encrypt" in fields
    if encrypted:
        fields = _fields(_open(fields, identity))
    elif identity.mode == "safe":
        raise BadReply("plain reply in safe mode")
    return _checked(fields, openid, identity.original_id, encrypted)


def _fields(text: str) -> dict[str, Any]:
    try:
        return xml.read(text)
    except xml.BadXml as error:
        raise BadReply(str(error)) from error


def _open(fields: dict[str, Any], identity: Identity) -> str:
    if identity.envelope is None:
        raise BadReply("encrypted reply in plain mode")
    sealed, given = str(fields["Encrypt"]), str(fields.get("MsgSignature"))
    expected = signature(identity.token, str(fields.get("TimeStamp")), str(fields.get("Nonce")), sealed)
    if not same(expected, given):
        raise BadReply("wrong MsgSignature")
    try:
        return identity.envelope.open(sealed)
    except BadEnvelope as error:
        raise BadReply(f"cannot decrypt: {error}") from error


def _checked(fields: dict[str, Any], openid: str, account: str, encrypted: bool) -> PassiveReply:
    kind = str(fields.get("MsgType"))
    if kind not in KINDS:
        raise BadReply("unknown MsgType")
    if fields.get("ToUserName") != openid or fields.get("FromUserName") != account:
        raise BadReply("ToUserName or FromUserName do not match the message")
    if not str(fields.get("CreateTime") or "").isdigit():
        raise BadReply("CreateTime is no number")
    if kind == "text":
        content = fields.get("Content")
        if not isinstance(content, str) or not content.strip():
            raise BadReply("empty Content")
        if len(content.encode()) > TEXT_BYTES:
            raise BadReply("Content over 2048 bytes")
    return PassiveReply(kind, fields, encrypted)
