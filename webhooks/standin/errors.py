"""WeChat's error codes, as far as the stand-in gives them.

Source: 全局返回码说明 and each interface's own table on developers.weixin.qq.com.
"""

from __future__ import annotations

import secrets

MESSAGES = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40004: "invalid media type",
    40005: "invalid file type",
    40006: "invalid media size",
    40007: "invalid media_id",
    40008: "invalid message type",
    40009: "invalid image size",
    40010: "invalid voice size",
    40013: "invalid appid",
    40016: "invalid button size",
    40017: "invalid button type",
    40018: "invalid button name size",
    40019: "invalid button key size",
    40020: "invalid button url size",
    40023: "invalid sub button size",
    40024: "invalid sub button type",
    40025: "invalid sub button name size",
    40026: "invalid sub button key size",
    40027: "invalid sub button url size",
    40035: "invalid parameter",
    40037: "invalid template_id",
    40054: "invalid sub button url domain",
    40055: "invalid button url domain",
    40066: "invalid url",
    40125: "invalid appsecret",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41005: "media data missing",
    41006: "media_id missing",
    42001: "access_token expired",
    43001: "require GET method",
    43002: "require POST method",
    43004: "require subscribe",
    44001: "empty media data",
    44002: "empty post data",
    44004: "empty content",
    45002: "content size out of limit",
    45007: "playtime out of limit",
    45008: "article size out of limit",
    45009: "reach max api daily quota limit",
    45015: "response out of time limit or subscription is canceled",
    45047: "out of response count limit",
    45072: "invalid command",
    45080: "need sending message to user in recent 30 seconds",
    45081: "user is already in typing status, do not repeat",
    45098: "msgmenu list size is out of limit",
    46003: "menu no exist",
    47001: "data format error",
    47003: "argument invalid!",
    65401: "invalid custom service account",
    65402: "custom service account is not exist in the session",
}


class ApiError(Exception):
    """An error code as WeChat's API would answer it; the HTTP status stays 200."""

    def __init__(self, errcode: int) -> None:
        super().__init__(f"{errcode} {MESSAGES.get(errcode, 'error')}")
        self.errcode = errcode


def result(errcode: int = 0) -> dict[str, object]:
    """The JSON body for a code; errors carry a request id behind the text, as WeChat's do."""
    if errcode == 0:
        return {"errcode": 0, "errmsg": "ok"}
    text = MESSAGES.get(errcode, "error")
    rid = "-".join(secrets.token_hex(4) for _ in range(3))
    return {"errcode": errcode, "errmsg": f"{text} rid: {rid}"}
