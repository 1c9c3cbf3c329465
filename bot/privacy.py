"""Personal data at rest and on screens: sealed, looked up by a keyed hash, masked."""

from __future__ import annotations

import hashlib
import hmac
import re

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.ports import YinlingError


class Unreadable(YinlingError):
    """A sealed value that none of the keys opens."""

    code = "privacy.unreadable"


class Vault:
    """Seals text with Fernet (AES-128-CBC and HMAC-SHA256) and makes look-up hashes.

    ``data_key`` may hold several keys separated by commas: the first seals, all of them open (rotation).
    """

    def __init__(self, data_key: str, index_key: str) -> None:
        self._fernet = MultiFernet([Fernet(key.strip()) for key in data_key.split(",")])
        self._index_key = index_key.encode()

    def seal(self, text: str) -> str:
        """The text encrypted; different each time."""
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        """The text of a sealed value. Raises Unreadable."""
        try:
            return self._fernet.decrypt(sealed.encode("ascii")).decode()
        except (InvalidToken, UnicodeError):
            raise Unreadable("A stored value cannot be read with the configured DATA_KEY.") from None

    def index(self, text: str) -> str:
        """The same hash for the same text, useless without the key: 64 hexadecimal digits."""
        return hmac.new(self._index_key, text.encode(), hashlib.sha256).hexdigest()


_PHONE = re.compile(r"(?<!\d)(1\d{2})\d{4}(\d{4})(?!\d)")
_ID_NUMBER = re.compile(r"(?<!\d)(\d{6})\d{8}(\d{3}[\dXx])(?!\d)")


def mask_phone(phone: str) -> str:
    """138****5678; a number of another length keeps its last two digits."""
    return (
        _PHONE.sub(r"\1****\2", phone)
        if _PHONE.fullmatch(phone)
        else "*" * max(0, len(phone) - 2) + phone[-2:]
    )


def mask_id_number(number: str) -> str:
    """370102********1234."""
    return _ID_NUMBER.sub(r"\1********\2", number) if _ID_NUMBER.fullmatch(number) else "*" * len(number)


def mask_name(name: str) -> str:
    """王** for 王天龙."""
    return name[:1] + "*" * (len(name) - 1)


def mask_text(text: str) -> str:
    """A sentence with its phone and ID numbers masked."""
    return _PHONE.sub(r"\1****\2", _ID_NUMBER.sub(r"\1********\2", text))
