"""The rules for an account's menu.

Source: 创建自定义菜单: 1 to 3 buttons with at most 5 below each; names up to 16 bytes, below 60; keys up to 128 bytes;
addresses up to 1,024 bytes.
"""

from __future__ import annotations

from typing import Any

from webhooks.standin.errors import ApiError

NAME_BYTES, SUB_NAME_BYTES, KEY_BYTES, URL_BYTES = 16, 60, 128, 1024
KEYED = {
    "click",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
}
MEDIA = {"media_id", "view_limited"}
LINKED = {"view", "miniprogram"}

Button = dict[str, Any]


def checked(menu: Any) -> list[Button]:
    """The buttons of a menu as WeChat would keep them; raises ApiError."""
    buttons = menu.get("button") if isinstance(menu, dict) else None
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
        raise ApiError(40016)
    return [_top(button) for button in buttons]


def _top(button: Any) -> Button:
    below = button.get("sub_button") if isinstance(button, dict) else None
    _check_name(button, NAME_BYTES, 40018)
    if not below:
        return {**_leaf(button, below=False), "sub_button": []}
    if not isinstance(below, list) or len(below) > 5:
        raise ApiError(40023)
    for child in below:
        _check_name(child, SUB_NAME_BYTES, 40025)
    return {"name": button["name"], "sub_button": [{**_leaf(c, below=True), "sub_button": []} for c in below]}


def _check_name(button: Any, limit: int, errcode: int) -> None:
    name = button.get("name") if isinstance(button, dict) else None
    if not isinstance(name, str) or not 1 <= len(name.encode()) <= limit:
        raise ApiError(errcode)


def _leaf(button: Button, below: bool) -> Button:
    type_ = button.get("type")
    kept: Button = {"type": type_, "name": button["name"]}
    if type_ in KEYED:
        _check_text(button.get("key"), KEY_BYTES, 40026 if below else 40019)
        return {**kept, "key": button["key"]}
    if type_ in LINKED:
        _check_text(button.get("url"), URL_BYTES, 40027 if below else 40020)
        if not button["url"].startswith(("http://", "https://")):
            raise ApiError(40054 if below else 40055)
        kept.update({name: button[name] for name in ("appid", "pagepath") if name in button})
        return {**kept, "url": button["url"]}
    if type_ in MEDIA:
        _check_text(button.get("media_id"), URL_BYTES, 40007)
        return {**kept, "media_id": button["media_id"]}
    raise ApiError(40024 if below else 40017)


def _check_text(value: Any, limit: int, errcode: int) -> None:
    if not isinstance(value, str) or not 1 <= len(value.encode()) <= limit:
        raise ApiError(errcode)
