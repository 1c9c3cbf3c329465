"""Signatures of packages: Ed25519 (RFC 8032), keys as URL-safe base64 of their 32 bytes."""

from __future__ import annotations

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ALGORITHM = "Ed25519"


class Signer:
    """This installation's key; ``secret`` is URL-safe base64 of 32 bytes, ``name`` says whose packages these are."""

    def __init__(self, secret: str, name: str) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(secret))
        self.name = name

    @property
    def public_key(self) -> str:
        """The key that others need to trust this installation."""
        return base64.urlsafe_b64encode(self._key.public_key().public_bytes_raw()).decode("ascii")

    def sign(self, message: bytes) -> str:
        """The signature of a message, URL-safe base64."""
        return base64.urlsafe_b64encode(self._key.sign(message)).decode("ascii")


def is_public_key(text: str) -> bool:
    """Whether a text can be a public key."""
    try:
        return len(base64.b64decode(text, altchars=b"-_", validate=True)) == 32
    except (binascii.Error, ValueError):
        return False


def is_signed(message: bytes, public_key: str, signature: str) -> bool:
    """Whether the owner of a public key signed exactly this message."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(public_key))
        key.verify(base64.urlsafe_b64decode(signature), message)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
