"""Signature and encryption of pushed messages, written from WeChat's description, not from wechatpy.

Being a second implementation, it notices when the product's library and the description disagree.
Source: 消息加解密说明, developers.weixin.qq.com/doc/subscription/guide/dev/push/encryption.html.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32  # bytes; WeChat pads to its key length, not to the cipher's 16


class BadEnvelope(ValueError):
    """A signature, a padding, a length or an app id that is not ours."""


def signature(*parts: str) -> str:
    """SHA-1 over the sorted, joined parts: token, timestamp, nonce (and the ciphertext)."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def same(left: str, right: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())


class Envelope:
    """Seals and opens message bodies with one account's EncodingAESKey (43 characters)."""

    def __init__(self, aes_key: str, app_id: str) -> None:
        self._key = base64.b64decode(aes_key + "=")
        if len(self._key) != BLOCK:
            raise ValueError("an EncodingAESKey has 43 characters")
        self._app_id = app_id.encode()

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16]))

    def seal(self, text: str) -> str:
        """Base64 of AES-256-CBC over 16 random bytes, the length, the text and the app id."""
        body = text.encode()
        plain = secrets.token_bytes(16) + struct.pack(">I", len(body)) + body + self._app_id
        fill = BLOCK - len(plain) % BLOCK
        encryptor = self._cipher().encryptor()
        return base64.b64encode(
            encryptor.update(plain + bytes([fill]) * fill) + encryptor.finalize()
        ).decode()

    def open(self, sealed: str) -> str:
        """The text back; raises BadEnvelope."""
        try:
            raw = base64.b64decode(sealed, validate=True)
            decryptor = self._cipher().decryptor()
            plain = decryptor.update(raw) + decryptor.finalize()
        except ValueError as error:
            raise BadEnvelope("not a ciphertext") from error
        if not plain or not 1 <= plain[-1] <= BLOCK or len(plain) < 20 + plain[-1]:
            raise BadEnvelope("wrong padding")
        content = plain[16 : -plain[-1]]
        (length,) = struct.unpack(">I", content[:4])
        body, app_id = content[4 : 4 + length], content[4 + length :]
        if len(body) != length or app_id != self._app_id:
            raise BadEnvelope("another app id")
        try:
            return body.decode()
        except UnicodeDecodeError as error:
            raise BadEnvelope("not UTF-8") from error
