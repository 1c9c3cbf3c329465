"""Puts a passive reply into the user's chat."""

from __future__ import annotations

from typing import Any

from webhooks.standin.account import Account, User
from webhooks.standin.errors import ApiError
from webhooks.standin.replies import BadReply, PassiveReply


def receive(account: Account, user: User, reply: PassiveReply, is_event: bool) -> None:
    """Show a reply to the user; raises BadReply for media that does not exist or an article list without articles."""
    if reply.kind == "transfer_customer_service":
        # 消息转发到客服 works for messages only; after an event it does nothing.
        if not is_event:
            with account.lock:
                user.waits_for_desk = True
        return
    fields = _shown(account, reply)
    account.add_line(user, "account", reply.kind, via="passive", **fields)


def _shown(account: Account, reply: PassiveReply) -> dict[str, Any]:
    if reply.kind == "text":
        return {"text": reply.text}
    if reply.kind in ("image", "voice", "video"):
        part = _part(reply, reply.kind.capitalize())
        with account.lock:
            try:
                media = account.media.get(part.get("MediaId"), reply.kind)
            except ApiError as error:
                raise BadReply("no such MediaId") from error
        return {"media_id": media.media_id, "seconds": media.seconds, "text": part.get("Title") or ""}
    if reply.kind == "news":
        return {"articles": _articles(_part(reply, "Articles"))}
    part = _part(reply, "Music")
    return {"text": part.get("Title") or "", "url": part.get("MusicUrl") or ""}


def _part(reply: PassiveReply, name: str) -> dict[str, Any]:
    part = reply.fields.get(name)
    if not isinstance(part, dict):
        raise BadReply(f"no {name}")
    return part


def _articles(part: dict[str, Any]) -> list[dict[str, str]]:
    items = part.get("item")
    found = [item for item in (items if isinstance(items, list) else [items]) if isinstance(item, dict)]
    if not found:
        raise BadReply("no article")
    # A reply to a message shows one article; more than eight were never allowed.
    return [
        {
            "title": item.get("Title") or "",
            "description": item.get("Description") or "",
            "image": item.get("PicUrl") or "",
            "url": item.get("Url") or "",
        }
        for item in found[:8]
    ]
