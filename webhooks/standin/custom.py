"""message/custom/send: what a customer-service message may contain and how it appears in the chat.

Source: 发送客服消息. Text up to 2,048 bytes (45002); one article (45008); a msgmenu shows tappable choices.
"""

from __future__ import annotations

from typing import Any

from webhooks.standin.account import Account
from webhooks.standin.errors import ApiError

TEXT_BYTES = 2048
MENU_ITEMS = 10  # the description names no number for 45098; ten is ours


def shown(account: Account, kind: str, body: Any) -> dict[str, Any]:
    """The chat line's fields for a message body; raises ApiError."""
    if kind not in ("text", "image", "voice", "video", "music", "news", "msgmenu"):
        raise ApiError(40008)
    if not isinstance(body, dict):
        raise ApiError(40035)
    if kind == "text":
        return {"text": _text(body.get("content"))}
    if kind in ("image", "voice", "video"):
        media = account.media.get(body.get("media_id"), kind)
        return {"media_id": media.media_id, "seconds": media.seconds, "text": body.get("title", "")}
    if kind == "music":
        return {"text": body.get("title", ""), "url": body.get("musicurl", "")}
    return _news(body) if kind == "news" else _menu(body)


def _text(content: Any) -> str:
    if not isinstance(content, str):
        raise ApiError(40035)
    if not content.strip():
        raise ApiError(44004)
    if len(content.encode()) > TEXT_BYTES:
        raise ApiError(45002)
    return content


def _news(body: dict[str, Any]) -> dict[str, Any]:
    articles = body.get("articles")
    if not isinstance(articles, list) or not articles or not all(isinstance(a, dict) for a in articles):
        raise ApiError(40035)
    if len(articles) > 1:
        raise ApiError(45008)
    article = articles[0]
    return {
        "articles": [
            {
                "title": article.get("title", ""),
                "description": article.get("description", ""),
                "image": article.get("picurl", ""),
                "url": article.get("url", ""),
            }
        ]
    }


def _menu(body: dict[str, Any]) -> dict[str, Any]:
    items = body.get("list")
    if not isinstance(items, list) or not all(isinstance(i, dict) and i.get("content") for i in items):
        raise ApiError(40035)
    if not 1 <= len(items) <= MENU_ITEMS:
        raise ApiError(45098)
    head, tail = str(body.get("head_content", "")), str(body.get("tail_content", ""))
    choices = [{"id": str(i.get("id", "")), "content": str(i["content"])} for i in items]
    _text("\n".join([head, *(c["content"] for c in choices), tail]))
    return {"text": head, "tail": tail, "choices": choices}
