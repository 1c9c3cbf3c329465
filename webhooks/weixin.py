"""WeChat's API: an access token shared by all processes, and calls that end in a result or a named error.

Source: developers.weixin.qq.com, 获取稳定版接口调用凭据, 发送客服消息, 获取临时素材, 创建自定义菜单, 全局返回码说明.
"""

from __future__ import annotations

import json
import logging
from types import TracebackType
from typing import Any

import httpx

from bot.ephemeral.tokens import Tokens
from bot.ports import YinlingError
from bot.settings import Settings

log = logging.getLogger(__name__)

# Seconds. A send that hangs must end before the outbox row's lease does (webhooks.sending).
_TIMEOUT = httpx.Timeout(5.0, connect=3.0)
_BAD_TOKEN = {40001, 40014, 42001}
_LARGEST_MEDIA = 2 * 1024 * 1024  # bytes; WeChat's limit for a voice message


class WeixinUnreachable(YinlingError):
    """No answer, or one that is not WeChat's."""

    code = "wechat.unreachable"


class WeixinError(YinlingError):
    """WeChat refused; ``errcode`` is its number."""

    code = "wechat.refused"

    def __init__(self, errcode: int) -> None:
        super().__init__(f"WeChat answered with errcode {errcode}")
        self.errcode = errcode


class Weixin:
    """One account's API; safe to use from several threads."""

    def __init__(self, settings: Settings, tokens: Tokens) -> None:
        self._app_id = settings.wechat_app_id
        self._secret = settings.wechat_secret or "tryout"
        self._tokens = tokens
        logging.getLogger("httpx").setLevel(logging.WARNING)  # its lines hold access tokens
        self._client = httpx.Client(base_url=settings.wechat_api_url, timeout=_TIMEOUT, trust_env=False)

    def __enter__(self) -> Weixin:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The result of a call with a JSON body; raises WeixinError, WeixinUnreachable."""
        content = json.dumps(body, ensure_ascii=False).encode()  # WeChat shows \uXXXX as it is written
        answer = self._call("POST", path, content=content, headers={"Content-Type": "application/json"})
        return _result(answer)

    def send_text(self, openid: str, text: str) -> None:
        """One customer-service message of at most 2,048 bytes; raises WeixinError, WeixinUnreachable."""
        body = {"touser": openid, "msgtype": "text", "text": {"content": text}}
        self.post("cgi-bin/message/custom/send", body)

    def media(self, media_id: str) -> bytes:
        """A file that a user sent; raises WeixinError, WeixinUnreachable."""
        answer = self._call("GET", "cgi-bin/media/get", params={"media_id": media_id})
        if "json" in answer.headers.get("content-type", "") or answer.content[:1] == b"{":
            _result(answer)
        if not answer.content or len(answer.content) > _LARGEST_MEDIA:
            raise WeixinUnreachable
        return answer.content

    def _call(
        self, method: str, path: str, *, params: dict[str, str] | None = None, **rest: Any
    ) -> httpx.Response:
        """One call; a token that WeChat does not take any more is renewed once."""
        for last in (False, True):
            token = self._tokens.get(self._token_name, self._fetch_token)
            answer = self._request(method, path, params={**(params or {}), "access_token": token}, **rest)
            if last or _errcode(answer) not in _BAD_TOKEN:
                return answer
            log.info("wechat.token_renewed code=%d", _errcode(answer))
            self._tokens.forget(self._token_name, token)
        raise AssertionError("unreachable")

    @property
    def _token_name(self) -> str:
        return f"wechat:{self._app_id}"

    def _fetch_token(self) -> tuple[str, int]:
        """The stable token and its seconds of life; where that is not offered, the classic one."""
        who = {"grant_type": "client_credential", "appid": self._app_id, "secret": self._secret}
        answer = self._request("POST", "cgi-bin/stable_token", json=who, missing_is_fine=True)
        if answer.status_code == httpx.codes.NOT_FOUND:
            answer = self._request("GET", "cgi-bin/token", params=who)
        result = _result(answer)
        try:
            return str(result["access_token"]), int(result["expires_in"])
        except (KeyError, TypeError, ValueError) as error:
            raise WeixinUnreachable from error

    def _request(
        self, method: str, path: str, *, missing_is_fine: bool = False, **rest: Any
    ) -> httpx.Response:
        try:
            answer = self._client.request(method, path, **rest)
        except httpx.HTTPError as error:
            raise WeixinUnreachable from error
        fine = answer.status_code == httpx.codes.OK
        if not fine and not (missing_is_fine and answer.status_code == httpx.codes.NOT_FOUND):
            raise WeixinUnreachable
        return answer


def _errcode(answer: httpx.Response) -> int:
    if not answer.content.lstrip().startswith(b"{"):
        return 0
    try:
        return int(answer.json().get("errcode") or 0)
    except (ValueError, AttributeError, TypeError):
        return 0


def _result(answer: httpx.Response) -> dict[str, Any]:
    try:
        result = answer.json()
    except ValueError as error:
        raise WeixinUnreachable from error
    if not isinstance(result, dict):
        raise WeixinUnreachable
    if _errcode(answer):
        raise WeixinError(_errcode(answer))
    return result
