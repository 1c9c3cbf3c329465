"""Secrets made on the spot at first start and kept readable by the owner only."""

from __future__ import annotations

import base64
import os
import secrets
import string
from pathlib import Path


class SecretsOnDisk:
    """A folder with one file per secret."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, name: str, kind: str = "token") -> str:
        """The secret's value, made now if it does not exist; ``kind`` is token | aes43 | fernet.

        Two processes that start together get the same value: only one creates the file.
        """
        path = self._folder / name
        try:
            return path.read_text(encoding="ascii")
        except FileNotFoundError:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = path.with_name(f".{name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(_make(kind))
        try:
            os.link(temporary, path)  # fails if another process was first: its value is the one kept
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
        return path.read_text(encoding="ascii")


def _make(kind: str) -> str:
    if kind == "aes43":  # WeChat's EncodingAESKey: 43 letters and digits
        return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(43))
    if kind == "fernet":
        return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii")
    return secrets.token_hex(16)
