"""What WeChat remembers of one Official Account: its users, their chats, its menu, tokens, media and templates.

Everything happens under one lock; whoever waits for news in a chat waits on ``news``.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from webhooks.standin.errors import ApiError
from webhooks.standin.media import MediaShelf
from webhooks.standin.menu import Button
from webhooks.standin.quota import SendQuota
from webhooks.standin.tokens import AccessTokens

# 下发客服输入状态: lasts 15 seconds, and needs a message exchanged within the last 30.
TYPING_LIFE, TYPING_NEEDS_MESSAGE_WITHIN = 15.0, 30.0

Line = dict[str, Any]


@dataclass
class User:
    """One follower and the chat with the account."""

    openid: str
    follows: bool = True
    quota: SendQuota = field(default_factory=SendQuota)
    lines: list[Line] = field(default_factory=list)
    typing_until: float = 0.0
    last_message_at: float = float("-inf")
    last_event_at: int = 0
    desk_account: str | None = None  # the customer-service account that holds the chat on WeChat's own desk
    waits_for_desk: bool = False
    followed_at: int = 0


@dataclass(frozen=True)
class Template:
    """A message template; ``content`` has lines such as ``{{thing1.DATA}}``."""

    template_id: str
    title: str
    content: str


class Account:
    """The state. ``lock`` guards all of it; ``revision`` grows with every change of a chat."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.news = threading.Condition(self.lock)
        self.users: dict[str, User] = {}
        self.tokens = AccessTokens(clock)
        self.media = MediaShelf(clock)
        self.menu: list[Button] | None = None
        self.templates: dict[str, Template] = {}
        self.desk_accounts: dict[str, str] = {}  # account -> nickname
        self.revision = 0
        self._last_msg_id = 0

    def user(self, openid: str) -> User:
        """A known user; raises ApiError 40003."""
        with self.lock:
            user = self.users.get(openid)
            if user is None:
                raise ApiError(40003)
            return user

    def meet(self, openid: str) -> User:
        """A user, made as a follower of long standing where nobody knows them yet."""
        with self.lock:
            if openid not in self.users:
                self.users[openid] = User(openid, followed_at=int(self.clock()))
            return self.users[openid]

    def next_msg_id(self) -> int:
        """A 64-bit message id, growing also over restarts."""
        with self.lock:
            self._last_msg_id = max(self._last_msg_id + 1, int(self.clock() * 1000) * 1_000_000)
            return self._last_msg_id

    def next_event_time(self, user: User) -> int:
        """CreateTime of an event, in seconds. Events are told apart by user and second, and no person makes
        two within one second; a fast test does, so its clock is pushed on."""
        with self.lock:
            user.last_event_at = max(int(self.clock()), user.last_event_at + 1)
            return user.last_event_at

    def add_line(self, user: User, sender: str, kind: str, **fields: Any) -> Line:
        """Add to a chat: sender is user | account | desk | system."""
        with self.news:
            self.revision += 1
            line: Line = {
                "id": secrets.token_hex(8),
                "rev": self.revision,
                "at": self.clock(),
                "from": sender,
                "kind": kind,
                **fields,
            }
            user.lines.append(line)
            if sender in {"account", "desk"}:
                user.typing_until = 0.0
            user.last_message_at = self.clock()
            self.news.notify_all()
            return line

    def change_line(self, line: Line, **fields: Any) -> None:
        """Change a line that is already in a chat."""
        with self.news:
            self.revision += 1
            line.update(fields, rev=self.revision)
            self.news.notify_all()

    def lines_after(self, openid: str, revision: int) -> list[Line]:
        """Copies of the lines that are new or changed since a revision, in chat order."""
        with self.lock:
            user = self.users.get(openid)
            return [] if user is None else [dict(line) for line in user.lines if line["rev"] > revision]

    def set_typing(self, user: User, on: bool) -> None:
        """The account types, or not; raises ApiError 45080 or 45081."""
        with self.news:
            now = self.clock()
            if on and now - user.last_message_at > TYPING_NEEDS_MESSAGE_WITHIN:
                raise ApiError(45080)
            if on and user.typing_until > now:
                raise ApiError(45081)
            user.typing_until = now + TYPING_LIFE if on else 0.0
            self.revision += 1
            self.news.notify_all()

    def is_typing(self, user: User) -> bool:
        """Whether the user sees "对方正在输入…" now."""
        with self.lock:
            return user.typing_until > self.clock()
