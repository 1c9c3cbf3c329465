"""The fields of what users send: messages and events as the webhook gets them.

Source: 接收普通消息, 接收事件推送, 自定义菜单事件推送.
"""

from __future__ import annotations

from typing import Any

from webhooks.standin.quota import Action

# What each kind grants the account (客服消息下发规则); kinds that are missing grant nothing.
GRANTS = {
    "text": Action.MESSAGE,
    "image": Action.MESSAGE,
    "voice": Action.MESSAGE,
    "video": Action.MESSAGE,
    "shortvideo": Action.MESSAGE,
    "location": Action.MESSAGE,
    "link": Action.MESSAGE,
    "click": Action.MENU,
    "subscribe": Action.FOLLOW,
    "scan": Action.SCAN,
}
# A tap on a msgmenu item comes as a text message but counts as a menu click.
MESSAGES = frozenset({"text", "image", "voice", "video", "shortvideo", "location", "link"})
EVENTS = frozenset({"subscribe", "unsubscribe", "scan", "click", "view", "position", "event"})


class BadOrder(ValueError):
    """A message that a user cannot send; the text says what is missing."""


def message_fields(kind: str, order: dict[str, Any]) -> dict[str, Any]:
    """The kind-specific fields of a message; raises BadOrder."""
    if kind == "text":
        fields = {"Content": _need(order, "text")}
        return {**fields, "bizmsgmenuid": str(order["menu_id"])} if order.get("menu_id") else fields
    if kind == "image":
        return {"PicUrl": order.get("url", ""), "MediaId": _need(order, "media_id")}
    if kind == "voice":
        fields = {"MediaId": _need(order, "media_id"), "Format": order.get("format", "amr")}
        return {**fields, "Recognition": order["recognition"]} if order.get("recognition") else fields
    if kind in ("video", "shortvideo"):
        return {"MediaId": _need(order, "media_id"), "ThumbMediaId": order.get("thumb_media_id", "")}
    if kind == "location":
        return {
            "Location_X": float(_need(order, "latitude")),
            "Location_Y": float(_need(order, "longitude")),
            "Scale": int(order.get("scale", 16)),
            "Label": order.get("label", ""),
        }
    if kind == "link":
        return {
            "Title": _need(order, "title"),
            "Description": order.get("description", ""),
            "Url": _need(order, "url"),
        }
    raise BadOrder(f"no such kind: {kind}")


def event_fields(kind: str, order: dict[str, Any]) -> dict[str, Any]:
    """The event-specific fields; raises BadOrder. ``event`` sends any other event with ``fields`` as given."""
    if kind == "subscribe":
        scene = order.get("scene")
        if scene:
            return {
                "Event": "subscribe",
                "EventKey": f"qrscene_{scene}",
                "Ticket": order.get("ticket", "TICKET"),
            }
        return {"Event": "subscribe", "EventKey": ""}
    if kind == "unsubscribe":
        return {"Event": "unsubscribe", "EventKey": ""}
    if kind == "scan":
        return {"Event": "SCAN", "EventKey": _need(order, "scene"), "Ticket": order.get("ticket", "TICKET")}
    if kind == "click":
        return {"Event": "CLICK", "EventKey": _need(order, "key")}
    if kind == "view":
        return {"Event": "VIEW", "EventKey": _need(order, "url")}
    if kind == "position":
        return {
            "Event": "LOCATION",
            "Latitude": float(_need(order, "latitude")),
            "Longitude": float(_need(order, "longitude")),
            "Precision": float(order.get("precision", 30)),
        }
    if kind == "event":
        return {"Event": _need(order, "event"), **order.get("fields", {})}
    raise BadOrder(f"no such kind: {kind}")


def _need(order: dict[str, Any], name: str) -> Any:
    value = order.get(name)
    if value in (None, ""):
        raise BadOrder(f"{name} is missing")
    return value
