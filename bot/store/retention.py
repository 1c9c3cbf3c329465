"""Deletes what may not be kept any longer. Audit entries stay: they name no citizen's words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, Delete, delete, exists, select
from sqlalchemy.orm import Session

from bot.store.models import (
    Appointment,
    AppointmentSlot,
    Callback,
    Citizen,
    Conversation,
    Escalation,
    OutboxMessage,
    Rating,
    Turn,
    WorkOrder,
)

_OPEN_ESCALATIONS = ("waiting", "accepted")


class Retention:
    """The verb of one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def forget(self, before: datetime) -> int:
        """Delete conversations last used before this moment with all that hangs on them; how many.

        What is still open stays: a waiting hand-off, a promised call, an open work order. Citizens of whom nothing
        is left are deleted too.
        """
        self._run(delete(Callback).where(Callback.status != "pending", Callback.window_end < before))
        self._run(delete(WorkOrder).where(WorkOrder.status != "open", WorkOrder.created_at < before))
        settled = OutboxMessage.status.in_(("sent", "dead"))
        self._run(delete(OutboxMessage).where(settled, OutboxMessage.created_at < before))
        past = select(AppointmentSlot.id).where(AppointmentSlot.starts_at < before)
        self._run(delete(Appointment).where(Appointment.slot_id.in_(past)))
        forgotten = self._conversations(before)
        self._citizens(before)
        return forgotten

    def _conversations(self, before: datetime) -> int:
        old = select(Conversation.id).where(
            Conversation.last_at < before,
            ~exists().where(
                Escalation.conversation_id == Conversation.id, Escalation.status.in_(_OPEN_ESCALATIONS)
            ),
            ~exists().where(Callback.conversation_id == Conversation.id),
            ~exists().where(WorkOrder.conversation_id == Conversation.id),
        )
        ids = list(self._session.scalars(old))
        for model in (Turn, Escalation, Rating):
            self._run(delete(model).where(model.conversation_id.in_(ids)))
        self._run(delete(Conversation).where(Conversation.id.in_(ids)))
        return len(ids)

    def _citizens(self, before: datetime) -> None:
        holds = [
            exists().where(model.citizen_id == Citizen.id)
            for model in (Conversation, Appointment, Callback, WorkOrder, OutboxMessage, Rating)
        ]
        self._run(delete(Citizen).where(Citizen.created_at < before, *(~hold for hold in holds)))

    def _run(self, statement: Delete) -> int:
        options = {"synchronize_session": False}
        result: CursorResult[Any] = self._session.execute(statement, execution_options=options)  # type: ignore[assignment]
        return result.rowcount
