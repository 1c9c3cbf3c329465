"""Passwords: hashed with argon2id, never stored or logged in the clear."""

from __future__ import annotations

import re
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.orm import Session

from bot.store.staff import Staff
from desk.words import ROLES

SHORTEST = 10  # characters of a password that a person chooses
LONGEST = 200  # characters; a longer one would only cost hashing time
_USERNAME = re.compile(r"[A-Za-z0-9._-]{2,32}")
# Without look-alikes (0 O 1 l I), because a supervisor reads a first password out aloud.
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"

_hasher = PasswordHasher()  # the library's defaults follow RFC 9106's low-memory profile


def hashed(password: str) -> str:
    """The argon2id hash of a password, with its parameters."""
    return _hasher.hash(password)


def matches(stored: str, password: str) -> bool:
    """Whether a password fits a stored hash; False for a broken hash too."""
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def outdated(stored: str) -> bool:
    """Whether a hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def first_password() -> str:
    """A new password of four groups, about 79 bits, that can be read out aloud: kx7m-9qwe-…"""
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(4))


def weakness(password: str, username: str) -> str | None:
    """What is wrong with a chosen password, in Chinese; None where it will do."""
    if len(password) < SHORTEST:
        return f"新密码太短，至少要 {SHORTEST} 个字符。"
    if len(password) > LONGEST:
        return f"新密码太长，最多 {LONGEST} 个字符。"
    if username.casefold() in password.casefold():
        return "新密码里不要带用户名。"
    if len(set(password)) < 5:
        return "新密码太简单，请多用几个不同的字符。"
    return None


def add_agent(session: Session, username: str, display_name: str, role: str, password: str | None) -> str:
    """Add a person who may log in; returns the password.

    Where None is given, one is made now, which the person must change at the first log-in.

    Raises ValueError, with a sentence for the person at the keyboard, for a bad name, role or taken user name.
    """
    username = username.strip()
    display_name = display_name.strip()
    if not _USERNAME.fullmatch(username):
        raise ValueError("用户名只能用2到32个字母、数字、点、横线或下划线。")
    if not 1 <= len(display_name) <= 32:
        raise ValueError("姓名要有1到32个字。")
    if role not in ROLES:
        raise ValueError("身份只能是 agent 或 supervisor。")
    staff = Staff(session)
    if staff.by_username(username) is not None:
        raise ValueError("这个用户名已经有人用了。")
    chosen = password if password is not None else first_password()
    staff.add(username, display_name, role, hashed(chosen), must_change=password is None)
    return chosen


@cache
def nobodys_hash() -> str:
    """A hash that no password fits: checked for unknown names, so that they take as long as known ones."""
    return hashed(secrets.token_urlsafe(24))
