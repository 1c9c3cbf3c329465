"""What stands around a message on its way: signature, freshness, encryption; in, and the same way out again.

The three modes of an account: plain (readable), compatible (readable and encrypted side by side, the encrypted
part counts), safe (encrypted only). An answer goes out as its message came in.
Source: developers.weixin.qq.com, 消息加解密说明.
"""

from __future__ import annotations

import base64
import binascii
import secrets
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from wechatpy.crypto import PrpCrypto, WeChatCrypto
from wechatpy.exceptions import WeChatException

from webhooks.fields import read_fields
from webhooks.refusals import BadSignature, Malformed, NotSealed
from webhooks.signature import FRESH_SECONDS, Seen, check, check_fresh, check_not_replayed

MODES = ("plain", "compatible", "safe")
_LONGEST_ECHO = 256  # characters; WeChat sends about twenty
_REUSE_SECONDS = 2.0  # in try-out mode a script that signs once a second may put several messages under it


@dataclass(frozen=True, slots=True)
class Account:
    """The Official Account's keys. ``aes_key`` has 43 characters; it may be empty in plain mode."""

    app_id: str
    token: str
    aes_key: str
    mode: str
    tryout: bool = False  # scripts may try the webhook: readable messages pass in every mode


@dataclass(frozen=True, slots=True)
class Opened:
    """A message out of its envelope."""

    fields: dict[str, str]
    sealed: bool


class Envelopes:
    """Opens and seals for one account."""

    def __init__(
        self,
        account: Account,
        seen: Seen,
        *,
        tolerance: float = FRESH_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if account.mode not in MODES:
            raise ValueError(f"WECHAT_MODE must be one of {', '.join(MODES)}, not {account.mode!r}")
        self._account, self._seen = account, seen
        self._tolerance, self._clock = tolerance, clock
        self._crypto: WeChatCrypto | None = None
        if account.mode != "plain" or account.aes_key:
            self._crypto = _crypto(account)

    def echo(self, query: Mapping[str, str]) -> str:
        """WeChat's question whether this is the right server; raises Refused."""
        self._check_query(query)
        echo = query.get("echostr", "")
        if not 1 <= len(echo) <= _LONGEST_ECHO:
            raise Malformed
        return echo

    def open(self, query: Mapping[str, str], body: bytes) -> Opened:
        """The message in a request; raises Refused."""
        sealed = query.get("encrypt_type") == "aes" or "msg_signature" in query
        if sealed:
            return Opened(self._open_sealed(query, body), sealed=True)
        self._check_query(query)
        if self._account.mode == "safe" and not self._account.tryout:
            raise NotSealed
        fields = read_fields(body)
        if "Encrypt" in fields and "MsgType" not in fields:
            raise NotSealed  # encrypted, but without the signature that covers it
        if not (self._account.tryout and self._age(query) <= _REUSE_SECONDS):
            check_not_replayed(self._seen, query["signature"].lower(), body)
        return Opened(fields, sealed=False)

    def seal(self, xml: str, opened: Opened) -> str:
        """An answer, encrypted where its message was."""
        if not opened.sealed or self._crypto is None:
            return xml
        sealed: str = self._crypto.encrypt_message(xml, secrets.token_hex(8), str(int(self._clock())))
        return sealed

    def _check_query(self, query: Mapping[str, str]) -> None:
        timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        if not (timestamp and nonce and query.get("signature")):
            raise BadSignature
        check(query["signature"], self._account.token, timestamp, nonce)
        check_fresh(timestamp, self._clock(), self._tolerance)

    def _open_sealed(self, query: Mapping[str, str], body: bytes) -> dict[str, str]:
        """The signature of an encrypted message covers its content: the same words again are a retry."""
        timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        encrypted = read_fields(body).get("Encrypt", "")
        if self._crypto is None or not (encrypted and timestamp and nonce):
            raise NotSealed
        check(query.get("msg_signature", ""), self._account.token, timestamp, nonce, encrypted)
        check_fresh(timestamp, self._clock(), self._tolerance)
        return read_fields(self._decrypt(encrypted))

    def _decrypt(self, encrypted: str) -> bytes:
        assert self._crypto is not None  # noqa: S101  (checked by the caller)
        try:
            base64.b64decode(encrypted, validate=True)
            text: str = PrpCrypto(self._crypto.key).decrypt(encrypted, self._account.app_id)
        except (WeChatException, binascii.Error, struct.error, ValueError, IndexError, TypeError) as error:
            raise NotSealed from error
        return text.encode()

    def _age(self, query: Mapping[str, str]) -> float:
        return abs(self._clock() - int(query["timestamp"]))


def _crypto(account: Account) -> WeChatCrypto:
    try:
        return WeChatCrypto(account.token, account.aes_key, account.app_id)
    except (AssertionError, binascii.Error) as error:
        raise ValueError("WECHAT_AES_KEY must have 43 characters, as WeChat's console shows it") from error
