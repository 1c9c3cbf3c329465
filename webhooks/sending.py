"""Sends what the outbox holds as customer-service messages, within WeChat's quota, once.

Source: developers.weixin.qq.com, 发送客服消息 and 客服消息下发规则: after a message of the user, five messages within
48 hours; after a tap on the menu, following or scanning, three within one minute.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.messages import UtteranceKind
from bot.outbox import Outbox
from bot.ports import YinlingError
from bot.store.models import Conversation, OutboxMessage, Turn
from webhooks.house import Clock, WebHouse, utc_now
from webhooks.split import split
from webhooks.trouble import report
from webhooks.weixin import Weixin, WeixinError

log = logging.getLogger(__name__)

KIND = "wechat_text"
NO_ALLOWANCE = "wechat.no_allowance"  # known here without asking WeChat
WINDOW_CLOSED, QUOTA_USED = "wechat.45015", "wechat.45047"
NOT_FOLLOWING = ("wechat.40003", "wechat.43004")
# What waits for the citizen's next message, or for following again.
WAITING = (NO_ALLOWANCE, WINDOW_CLOSED, QUOTA_USED, "wechat.43004")

# Longer than all pieces of one message may take, so that no other worker takes it while it is being sent.
LEASE = timedelta(seconds=60)

_MESSAGE_ALLOWANCE = (5, timedelta(hours=48))
_EVENT_ALLOWANCE = (3, timedelta(minutes=1))
_EVENTS = (UtteranceKind.MENU.value, UtteranceKind.FOLLOW.value)
_FATAL = {40003, 43004, 45002, 45015, 45047, 48001, 40008}  # trying again changes nothing


@dataclass(frozen=True, slots=True)
class _Letter:
    """An outbox row, taken for sending."""

    id: int
    citizen_id: int
    openid: str
    pieces: list[str]
    done: int  # pieces that went out earlier


class Sender:
    """Drains the outbox of one house. Safe with several workers: a row is leased to one of them."""

    def __init__(
        self, house: WebHouse, weixin: Weixin, clock: Clock = utc_now, lease: timedelta = LEASE
    ) -> None:
        self._house, self._weixin, self._clock, self._lease = house, weixin, clock, lease

    def drain(self, most: int = 500) -> int:
        """Send what is due, one row after the other; how many rows were taken."""
        for taken in range(most):
            letter = self._take()
            if letter is None:
                return taken
            self._send(letter)
        return most

    def _take(self) -> _Letter | None:
        now = self._clock()
        with self._house.database.begin() as session:
            claimed = Outbox(session, self._house.vault).claim(now, self._lease, limit=1)
            if not claimed:
                return None
            (row,) = claimed
            pieces = split(str(row.payload.get("text", ""))) if row.kind == KIND else []
            done = int(row.payload.get("done", 0))
            return _Letter(row.id, row.citizen_id, row.citizen.user_id, pieces, done)

    def _send(self, letter: _Letter) -> None:
        if not letter.pieces:
            self._settle(letter, "outbox.nothing_to_send")
            return
        for number, piece in enumerate(letter.pieces[letter.done :], start=letter.done + 1):
            if self._allowance(letter) <= 0:
                self._settle(letter, NO_ALLOWANCE)
                return
            try:
                self._weixin.send_text(letter.openid, piece)
            except WeixinError as error:
                self._refused(letter, error)
                return
            except YinlingError as error:
                report(log, f"outbox.retry id={letter.id}", error, logging.WARNING)
                self._again(letter, error.code)
                return
            self._note(letter, number)

    def _allowance(self, letter: _Letter) -> int:
        with self._house.database.read() as session:
            return allowance(session, letter.citizen_id, self._clock())

    def _note(self, letter: _Letter, number: int) -> None:
        """Remember that this piece went out: after a crash it is not sent again."""
        now = self._clock()
        with self._house.database.begin() as session:
            row = session.get_one(OutboxMessage, letter.id)
            row.payload = {**row.payload, "done": number, "at": [*row.payload.get("at", []), now.isoformat()]}
            if number == len(letter.pieces):
                session.flush()
                Outbox(session, self._house.vault).sent(letter.id, now)
        log.info("outbox.sent id=%d piece=%d", letter.id, number)

    def _refused(self, letter: _Letter, error: WeixinError) -> None:
        code = f"wechat.{error.errcode}"
        if error.errcode in _FATAL:
            self._settle(letter, code)
            return
        log.warning("outbox.retry id=%d code=%s", letter.id, code)
        self._again(letter, code)

    def _again(self, letter: _Letter, code: str) -> None:
        with self._house.database.begin() as session:
            Outbox(session, self._house.vault).retry(letter.id, code, self._clock())

    def _settle(self, letter: _Letter, code: str) -> None:
        """It cannot be sent now; what is in WAITING goes out when the citizen writes again."""
        log.warning("outbox.dead id=%d code=%s", letter.id, code)
        with self._house.database.begin() as session:
            Outbox(session, self._house.vault).dead(letter.id, code, self._clock())
            if code in NOT_FOLLOWING:
                session.get_one(OutboxMessage, letter.id).citizen.followed = False


def allowance(session: Session, citizen_id: int, now: datetime) -> int:
    """Messages that WeChat still takes for this citizen, as far as this house knows."""
    return sum(
        max(0, count - _sent_since(session, citizen_id, began))
        for count, began in _grants(session, citizen_id, now)
    )


def _grants(session: Session, citizen_id: int, now: datetime) -> list[tuple[int, datetime]]:
    """What the citizen's last message, or last tap within a minute, allows: how many, counted from when."""
    found = []
    for (count, window), is_event in ((_MESSAGE_ALLOWANCE, False), (_EVENT_ALLOWANCE, True)):
        kind = Turn.kind.in_(_EVENTS)
        last = session.scalar(
            select(Turn.received_at)
            .join(Conversation)
            .where(
                Conversation.citizen_id == citizen_id,
                Turn.speaker == "citizen",
                Turn.kind != UtteranceKind.UNFOLLOW.value,
                kind if is_event else ~kind,
                Turn.received_at > now - window,
            )
            .order_by(Turn.received_at.desc())
            .limit(1)
        )
        if last is not None:
            found.append((count, last))
    return found


def _sent_since(session: Session, citizen_id: int, since: datetime) -> int:
    """Pieces that went out to a citizen since then."""
    rows = session.scalars(
        select(OutboxMessage).where(
            OutboxMessage.citizen_id == citizen_id,
            OutboxMessage.kind == KIND,
            OutboxMessage.created_at > since - _MESSAGE_ALLOWANCE[1],
        )
    )
    return sum(1 for row in rows for at in _moments(row.payload) if at >= since)


def _moments(payload: dict[str, Any]) -> list[datetime]:
    return [datetime.fromisoformat(at) for at in payload.get("at", [])]
