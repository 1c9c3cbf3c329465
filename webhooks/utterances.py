"""From what WeChat pushed to what a person said."""

from __future__ import annotations

from datetime import datetime

from bot.messages import Channel, Utterance, UtteranceKind
from bot.privacy import Vault
from webhooks.incoming import Incoming
from webhooks.menu import question

_MESSAGES = {
    "text": UtteranceKind.TEXT,
    "voice": UtteranceKind.VOICE,
    "image": UtteranceKind.IMAGE,
    "location": UtteranceKind.LOCATION,
    "video": UtteranceKind.OTHER,
    "shortvideo": UtteranceKind.OTHER,
    "link": UtteranceKind.OTHER,
    "file": UtteranceKind.OTHER,
    "miniprogrampage": UtteranceKind.OTHER,
}
_EVENTS = {
    "subscribe": UtteranceKind.FOLLOW,
    "scan": UtteranceKind.FOLLOW,
    "unsubscribe": UtteranceKind.UNFOLLOW,
    "click": UtteranceKind.MENU,
}
_UNSUPPORTED = "【收到不支持的消息类型"  # WeChat sends stickers and the like as a text that begins so
_LONGEST_TEXT = 2000  # characters; WeChat's input field takes no more


def utterance_of(incoming: Incoming, vault: Vault, now: datetime) -> Utterance | None:
    """The utterance that an answer may be due to; None for events that nobody says anything with."""
    kind = (_EVENTS if incoming.is_event else _MESSAGES).get(incoming.kind)
    if kind is None:
        return None
    text = incoming.text.strip()[:_LONGEST_TEXT]
    if kind is UtteranceKind.MENU:
        text = question(incoming.key)
    elif (kind is UtteranceKind.LOCATION and not text) or text.startswith(_UNSUPPORTED):
        kind, text = UtteranceKind.OTHER, ""
    return Utterance(
        channel=Channel.WECHAT,
        user_id=incoming.user,
        text=text,
        external_id=_external_id(incoming, vault),
        at=now,
        kind=kind,
        latitude=incoming.latitude,
        longitude=incoming.longitude,
    )


def _external_id(incoming: Incoming, vault: Vault) -> str:
    """Events: FromUserName + CreateTime + Event; messages: MsgId, told apart by user too.

    MsgIds that several users shared have been seen (WxJava's issue 333). The user stands there as a hash.
    """
    user = vault.index(incoming.user)[:16]
    if incoming.is_event:
        return f"event:{user}:{incoming.created}:{incoming.kind}"
    return f"{incoming.msg_id}:{user}"
