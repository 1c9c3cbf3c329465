"""What leaves the house: written with what caused it, sent by the worker, never twice for one cause."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, exists, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from bot.messages import Channel
from bot.privacy import Vault
from bot.store.conversations import stored_reply
from bot.store.models import OutboxMessage, Turn

_FIRST_RETRY, _LAST_RETRY = 2, 300  # seconds
_SCHEDULED = timedelta(minutes=1)  # an untried message due later than so is a reminder: nothing waits for it


class Outbox:
    """The verbs of one unit of work."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session, self._vault = session, vault

    def put(
        self,
        kind: str,
        citizen_id: int,
        payload: dict[str, Any],
        dedupe_key: str,
        now: datetime,
        due_at: datetime | None = None,
    ) -> OutboxMessage | None:
        """Write a message; None where one with the same key exists already."""
        message = OutboxMessage(
            kind=kind,
            citizen_id=citizen_id,
            payload=payload,
            dedupe_key=dedupe_key,
            due_at=due_at or now,
            created_at=now,
        )
        try:
            with self._session.begin_nested():
                self._session.add(message)
                self._session.flush()
        except IntegrityError:
            return None
        return message

    def claim(self, now: datetime, lease: timedelta, limit: int = 20) -> list[OutboxMessage]:
        """Take due messages for sending, until the lease ends; a crashed worker's lease runs out and is claimed again.

        A citizen's later message is not claimed while an earlier one is unsent, unless that one is a reminder for
        another time. The lease must be longer than sending takes: when it ends, another worker sends it too.
        """
        earlier = aliased(OutboxMessage)
        waits_for_earlier = exists().where(
            earlier.citizen_id == OutboxMessage.citizen_id,
            earlier.id < OutboxMessage.id,
            or_(
                earlier.status == "sending",
                (earlier.status == "pending")
                & ((earlier.due_at <= now + _SCHEDULED) | (earlier.attempts > 0)),
            ),
        )
        due = or_(
            (OutboxMessage.status == "pending") & (OutboxMessage.due_at <= now),
            (OutboxMessage.status == "sending") & (OutboxMessage.lease_until < now),
        )
        query = (
            select(OutboxMessage)
            .where(due, ~waits_for_earlier)
            .order_by(OutboxMessage.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        claimed = list(self._session.scalars(query))
        for message in claimed:
            message.status, message.lease_until = "sending", now + lease
            message.attempts += 1
        self._session.flush()
        return claimed

    def sent(self, message_id: int, now: datetime) -> None:
        """It went out."""
        change = update(OutboxMessage).where(OutboxMessage.id == message_id)
        self._session.execute(change.values(status="sent", sent_at=now, lease_until=None))

    def retry(self, message_id: int, code: str, now: datetime, due_at: datetime | None = None) -> None:
        """Try again later: at ``due_at``, else after 2, 4, 8 … at most 300 seconds."""
        message = self._session.get_one(OutboxMessage, message_id)
        wait = min(_LAST_RETRY, _FIRST_RETRY * 2 ** max(0, message.attempts - 1))
        when = due_at or now + timedelta(seconds=wait)
        self._failed(message_id, status="pending", code=code, due_at=when)

    def dead(self, message_id: int, code: str, now: datetime) -> None:
        """It cannot be sent; kept with the reason."""
        self._failed(message_id, status="dead", code=code)

    def revive(self, citizen_id: int, codes: tuple[str, ...], now: datetime) -> int:
        """Messages that died for one of these reasons are due again (the citizen wrote); how many."""
        change = (
            update(OutboxMessage)
            .where(
                OutboxMessage.citizen_id == citizen_id,
                OutboxMessage.status == "dead",
                OutboxMessage.code.in_(codes),
            )
            .values(status="pending", due_at=now, attempts=0)
        )
        result: CursorResult[Any] = self._session.execute(change)  # type: ignore[assignment]
        return result.rowcount

    def put_late_reply(self, turn_id: int, now: datetime) -> bool:
        """An answered turn becomes late and its reply a message; False where it was delivered or is late already.

        False too for a turn of the telephone: whoever rang off cannot be sent anything.
        """
        change = (
            update(Turn)
            .where(Turn.id == turn_id, Turn.status == "answered", Turn.channel == Channel.WECHAT.value)
            .values(status="late")
        )
        result: CursorResult[Any] = self._session.execute(change)  # type: ignore[assignment]
        if result.rowcount != 1:
            return False
        turn = self._session.get_one(Turn, turn_id)
        reply = stored_reply(turn)
        payload = {"text": reply.text, "choices": list(reply.choices), "turn_id": turn_id}
        self.put("wechat_text", turn.conversation.citizen_id, payload, f"turn:{turn_id}", now)
        return True

    def _failed(self, message_id: int, **values: Any) -> None:
        """What another worker sent in the meantime stays sent."""
        change = update(OutboxMessage).where(
            OutboxMessage.id == message_id, OutboxMessage.status == "sending"
        )
        self._session.execute(change.values(lease_until=None, **values))
