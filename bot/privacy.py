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


class BadKey(YinlingError):
    """A key that cannot be used; the message says which, never the key."""

    code = "privacy.bad_key"


class Vault:
    """Seals text with Fernet (AES-128-CBC and HMAC-SHA256) and makes look-up hashes.

    ``data_key`` may hold several keys separated by commas: the first seals, all of them open (rotation). Raises
    BadKey.
    """

    def __init__(self, data_key: str, index_key: str) -> None:
        try:
            keys = [Fernet(key.strip()) for key in data_key.split(",")]
        except ValueError:
            raise BadKey(
                "DATA_KEY must hold Fernet keys (32 bytes in URL-safe base64), separated by commas"
            ) from None
        if not index_key:
            raise BadKey("INDEX_KEY must not be empty")
        self._fernet = MultiFernet(keys)
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


# People group digits: 138 1234 5678, 138-1234-5678; recognisers put spaces between them. \d knows full width.
_GAP = r"[ \-–—·]?"
_PHONE = re.compile(rf"(?<!\d)([1１]{_GAP}[3-9３-９]{_GAP}\d)((?:{_GAP}\d){{4}})((?:{_GAP}\d){{4}})(?!\d)")
_ID_NUMBER = re.compile(r"(?<!\d)(\d(?: ?\d){5})((?: ?\d){8})((?: ?\d){3} ?[\dXx])(?![\dXx])")
# A bank card's or a medical-security number's digits say who somebody is just as well.
_LONG_NUMBER = re.compile(r"(?<!\d)((?:\d ?){4})((?:\d ?){7,14})(\d(?: ?\d){3})(?!\d)")
_DIGIT = re.compile(r"\d")


def mask_phone(phone: str) -> str:
    """138****5678; a number of another length keeps its last two digits."""
    if _PHONE.fullmatch(phone):
        return _PHONE.sub(_starred, phone)
    return "*" * max(0, len(phone) - 2) + phone[-2:]


def mask_id_number(number: str) -> str:
    """370102********1234; whatever is no ID number is hidden altogether."""
    return _ID_NUMBER.sub(_starred, number) if _ID_NUMBER.fullmatch(number) else "*" * len(number)


def mask_name(name: str) -> str:
    """王** for 王天龙."""
    return name[:1] + "*" * (len(name) - 1)


def mask_text(text: str) -> str:
    """A sentence with its phone numbers, ID numbers and other numbers of 15 digits or more masked."""
    for pattern in (_ID_NUMBER, _LONG_NUMBER, _PHONE):
        text = pattern.sub(_starred, text)
    return text


def _starred(found: re.Match[str]) -> str:
    begins, hidden, ends = found.groups()
    return f"{begins}{_DIGIT.sub('*', hidden)}{ends}"
