"""Promises to ring back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from bot.escalation import EscalationQueue
from bot.ports import YinlingError
from bot.privacy import Vault
from bot.store.models import Callback


class NoSuchCallback(YinlingError):
    """The call-back does not exist or is settled."""

    code = "callback.unknown"
    spoken = "这个回电不存在，或者已经处理过了。"


class Callbacks:
    """The verbs of one unit of work."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session, self._vault = session, vault

    def book(
        self,
        citizen_id: int,
        conversation_id: int | None,
        phone: str,
        matter: str,
        window_start: datetime,
        window_end: datetime,
        now: datetime,
    ) -> Callback:
        """Promise a call; a pending one of the same citizen is replaced, so that nobody is rung twice.

        Who waits in the queue leaves it: the call comes instead.
        """
        pending = select(Callback).filter_by(citizen_id=citizen_id, status="pending")
        for older in self._session.scalars(pending):
            older.status, older.done_at = "cancelled", now
        callback = Callback(
            citizen_id=citizen_id,
            conversation_id=conversation_id,
            phone=phone,
            matter=matter,
            window_start=window_start,
            window_end=window_end,
            created_at=now,
        )
        self._session.add(callback)
        self._session.flush()
        if conversation_id is not None:
            EscalationQueue(self._session, self._vault).withdraw(conversation_id, now)
        return callback

    def pending(self, now: datetime) -> list[Callback]:
        """What is to be rung, soonest first; overdue ones included."""
        query = (
            select(Callback)
            .options(joinedload(Callback.citizen))
            .where(Callback.status == "pending")
            .order_by(Callback.window_start, Callback.id)
        )
        return list(self._session.scalars(query))

    def done(self, callback_id: int, agent_id: int, outcome: str, now: datetime) -> Callback:
        """The call was made. Raises NoSuchCallback."""
        callback = self._pending(callback_id)
        callback.status, callback.agent_id = "done", agent_id
        callback.outcome, callback.done_at = outcome, now
        return callback

    def cancel(self, callback_id: int, now: datetime) -> Callback:
        """The call is not wanted any more. Raises NoSuchCallback."""
        callback = self._pending(callback_id)
        callback.status, callback.done_at = "cancelled", now
        return callback

    def _pending(self, callback_id: int) -> Callback:
        """A pending call-back, locked: of two agents who settle it only one does."""
        query = select(Callback).filter_by(id=callback_id, status="pending")
        locked = query.with_for_update().execution_options(populate_existing=True)
        callback = self._session.scalar(locked)
        if callback is None:
            raise NoSuchCallback
        return callback
