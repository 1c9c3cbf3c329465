"""Errors as other programs read them: application/problem+json (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response

from webhooks.api_models import Problem

_DETAILS = {
    400: ("api.bad_request", "请求不对。"),
    401: ("api.no_key", "没有密钥，或者密钥不能用。请把密钥放在 X-API-Key 里。"),
    404: ("api.not_found", "没有这个地址，或者没有这一条。"),
    405: ("api.wrong_method", "这个地址不是这样用的。"),
    413: ("api.too_large", "内容太长。"),
    415: ("api.not_json", "请发 JSON。"),
    429: ("api.too_many", "问得太快了，请过一会儿再来。"),
    503: ("api.unavailable", "系统暂时不可用，请过一会儿再来。"),
}
_BROKEN = ("api.broken", "系统出了点问题，请过一会儿再来。")


def problem(status: int, detail: str | None = None) -> Response:
    """The response for an HTTP status; ``detail`` says more than the usual sentence."""
    code, sentence = _DETAILS.get(status, _BROKEN)
    told = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail or sentence, code=code)
    response = Response(told.model_dump_json(), status, mimetype="application/problem+json")
    if status == 401:
        response.headers["WWW-Authenticate"] = 'ApiKey realm="yinling"'
    return response
