"""The signature of WeChat's requests: who sent it, when, and whether it came before.

Source: developers.weixin.qq.com, 接入指南 and 消息加解密说明. WeChat's own retries may carry a new nonce or the old one
(the documentation is silent), so the same content under the same signature is always let through: a retry is
recognised by its MsgId.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections import OrderedDict
from typing import Protocol

from bot.ephemeral.connection import RedisConnection
from webhooks.refusals import BadSignature, Replayed, Stale

FRESH_SECONDS = 300.0  # a clock may be off by this much, in both directions
_PREFIX = "yinling:wechat:seen:"
_MOST_REMEMBERED = 50_000  # signatures kept in memory while Redis is away


def sign(*parts: str) -> str:
    """SHA-1 in hexadecimal over the sorted and joined parts: token, timestamp, nonce (and the ciphertext)."""
    joined = "".join(sorted(parts)).encode()
    return hashlib.sha1(joined, usedforsecurity=False).hexdigest()


def check(given: str, *parts: str) -> None:
    """Compare in constant time; raises BadSignature."""
    if not hmac.compare_digest(sign(*parts).encode(), given.encode("utf-8", "replace")):
        raise BadSignature


def check_fresh(timestamp: str, now: float, tolerance: float = FRESH_SECONDS) -> None:
    """``timestamp`` is seconds since 1970 as WeChat writes it; raises Stale."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise Stale
    if abs(now - int(timestamp)) > tolerance:
        raise Stale


class Seen(Protocol):
    """Remembers for a while which content came under a signature."""

    def first_content(self, signature: str, content: str) -> str:
        """The content that came first under this signature; it is ``content`` when there was none."""
        ...


class SeenHere:
    """In this process's memory; the oldest is forgotten first."""

    def __init__(self) -> None:
        self._contents: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def first_content(self, signature: str, content: str) -> str:
        """See Seen."""
        with self._lock:
            if len(self._contents) >= _MOST_REMEMBERED:
                self._contents.popitem(last=False)
            return self._contents.setdefault(signature, content)


class SeenInRedis:
    """Shared by all web processes; while Redis is away each process remembers for itself."""

    def __init__(self, connection: RedisConnection, keep_seconds: float = 2 * FRESH_SECONDS) -> None:
        self._connection = connection
        self._keep = int(keep_seconds)
        self._here = SeenHere()

    def first_content(self, signature: str, content: str) -> str:
        """See Seen."""
        first = self._here.first_content(signature, content)
        key = f"{_PREFIX}{signature}"
        # Not SET with NX and GET at once: only Redis 7 knows that, and the server that comes with the product is older.
        earlier = self._connection.ask(
            lambda client: None if client.set(key, first, nx=True, ex=self._keep) else client.get(key),
            otherwise=None,
        )
        return first if earlier is None else str(earlier)


def check_not_replayed(seen: Seen, signature: str, content: bytes) -> None:
    """Raises Replayed when another content came under this signature.

    Needed for readable messages only: their signature does not cover the content, so whoever read it in a log
    could put other words under it.
    """
    digest = hashlib.sha256(content).hexdigest()
    if seen.first_content(signature, digest) != digest:
        raise Replayed
