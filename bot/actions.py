"""Doing what was decided, inside the turn's transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bot.appointments import AppointmentBook
from bot.callbacks import Callbacks
from bot.decision import (
    Action,
    Book,
    BookCallback,
    Cancel,
    Done,
    Escalate,
    NoteGap,
    OpenWorkOrder,
    Rate,
    Refused,
    RememberRegion,
    RememberSpeech,
    Reschedule,
)
from bot.escalation import EscalationQueue
from bot.flows.manner import rate_after, volume_after
from bot.gaps import Gaps
from bot.ports import Calendar, YinlingError
from bot.privacy import Vault
from bot.store.models import Citizen, Conversation
from bot.workorders import Ratings, WorkOrders


class Actions:
    """The actions of one turn, over one Session."""

    def __init__(
        self,
        session: Session,
        vault: Vault,
        calendar: Calendar,
        citizen: Citizen,
        conversation: Conversation,
        now: datetime,
    ) -> None:
        self._session, self._vault, self._now = session, vault, now
        self._citizen, self._conversation = citizen, conversation
        self._book = AppointmentBook(session, vault, calendar)

    def perform(self, action: Action) -> Done | Refused:
        """Do one action; a refusal by the rules (a full slot) leaves the transaction as it was before."""
        try:
            with self._session.begin_nested():
                return Done(action, self._do(action))
        except YinlingError as error:
            return Refused(action, error.code)

    def _do(self, action: Action) -> dict[str, str]:
        now, citizen, conversation = self._now, self._citizen, self._conversation
        match action:
            case Book():
                booked = self._book.book(
                    citizen.id,
                    action.service_point_id,
                    action.starts_at,
                    action.kind,
                    action.matter,
                    action.name,
                    action.phone,
                    now,
                )
                return {"reference": booked.reference}
            case Reschedule():
                return {
                    "reference": self._book.reschedule(action.appointment_id, action.starts_at, now).reference
                }
            case Cancel():
                return {"reference": self._book.cancel(action.appointment_id, now).reference}
            case Escalate():
                queue = EscalationQueue(self._session, self._vault)
                opened = queue.open(conversation.id, action.reason, action.priority, action.summary, now)
                return {"escalation": str(opened.id)}
            case BookCallback():
                promised = Callbacks(self._session, self._vault).book(
                    citizen.id,
                    conversation.id,
                    action.phone,
                    action.matter,
                    action.window_start,
                    action.window_end,
                    now,
                )
                return {"callback": str(promised.id)}
            case OpenWorkOrder():
                orders = WorkOrders(self._session, self._vault)
                return {
                    "number": orders.open(citizen.id, conversation.id, action.kind, action.text, now).number
                }
            case Rate():
                Ratings(self._session, self._vault).rate(citizen.id, conversation.id, action.stars, now)
                return {}
            case RememberRegion():
                citizen.region = conversation.region = action.region
                return {}
            case RememberSpeech():
                citizen.speech_rate = rate_after(action.change, citizen.speech_rate)
                citizen.speech_volume = volume_after(action.change, citizen.speech_volume)
                return {}
            case NoteGap():
                Gaps(self._session, self._vault).note(
                    action.text,
                    action.reason,
                    action.topic,
                    action.region,
                    action.intent,
                    action.confidence,
                    now,
                    names=action.names,
                )
                return {}
