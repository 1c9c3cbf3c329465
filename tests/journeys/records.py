"""What an installation's database holds, for the questions that no citizen can answer."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from bot.privacy import Vault
from bot.settings import TIME_ZONE, Settings
from bot.store.conversations import stored_reply
from bot.store.database import Database
from bot.store.models import (
    Appointment,
    AppointmentSlot,
    Citizen,
    Conversation,
    Escalation,
    OutboxMessage,
    Turn,
)
from webhooks.split import split


@dataclass(frozen=True, slots=True)
class SeenTurn:
    """A turn as the records have it."""

    text: str
    status: str
    source: str | None
    act: str | None


@dataclass(frozen=True, slots=True)
class SeenVisit:
    """A visit as the records have it; ``starts_at`` as YYYY-MM-DD HH:MM, local."""

    reference: str
    status: str
    starts_at: str
    slot_id: int


class Records:
    """Reads one installation's database with its own keys."""

    def __init__(self, settings: Settings) -> None:
        self._vault = Vault(settings.data_key, settings.index_key)
        self._database = Database(settings.database_url, self._vault)

    def close(self) -> None:
        """Let go of the connections."""
        self._database.close()

    def turns(self, openid: str) -> list[SeenTurn]:
        """A citizen's turns, the oldest first."""
        with self._database.read() as session:
            rows = session.scalars(self._of_citizen(openid).where(Turn.speaker == "citizen"))
            return [SeenTurn(row.text, row.status, row.source, row.act) for row in rows]

    def due(self, openid: str) -> list[str]:
        """Every piece of text that a citizen should have got: the assistant's answers and the agents' words."""
        with self._database.read() as session:
            texts: list[str] = []
            for turn in session.scalars(self._of_citizen(openid)):
                if turn.speaker == "agent":
                    texts += split(turn.text)
                elif turn.reply is not None and not (reply := stored_reply(turn)).silent:
                    texts += split(reply.text)
            return texts

    def settled(self) -> bool:
        """Whether nothing is under way any more: every turn finished, nothing left to send."""
        try:
            with self._database.read() as session:
                turns = select(func.count()).where(
                    Turn.status.in_(("received", "answered")), Turn.speaker == "citizen"
                )
                letters = select(func.count()).where(OutboxMessage.status.in_(("pending", "sending")))
                return not session.scalar(turns) and not session.scalar(letters)
        except SQLAlchemyError:  # the database is away, as a story may want it
            return False

    def outbox(self, openid: str) -> list[str]:
        """The states of what was put into the outbox for a citizen."""
        with self._database.read() as session:
            query = (
                select(OutboxMessage.status)
                .join(Citizen)
                .where(Citizen.user_index == self._vault.index(openid))
            )
            return list(session.scalars(query.order_by(OutboxMessage.id)))

    def unsent(self) -> int:
        """Messages that never left, or not yet."""
        with self._database.read() as session:
            query = select(func.count()).where(OutboxMessage.status != "sent")
            return session.scalar(query) or 0

    def escalation(self, openid: str) -> tuple[int, str] | None:
        """Id and state of a citizen's last hand-off."""
        with self._database.read() as session:
            query = select(Escalation).join(Conversation).join(Citizen)
            query = query.where(Citizen.user_index == self._vault.index(openid)).order_by(
                Escalation.id.desc()
            )
            found = session.scalars(query).first()
            return (found.id, found.status) if found else None

    def visits(self, openid: str) -> list[SeenVisit]:
        """A citizen's visits, the oldest first."""
        with self._database.read() as session:
            query = select(Appointment).join(Citizen).where(Citizen.user_index == self._vault.index(openid))
            rows = session.scalars(query.order_by(Appointment.id))
            return [
                SeenVisit(
                    row.reference,
                    row.status,
                    f"{row.slot.starts_at.astimezone(TIME_ZONE):%Y-%m-%d %H:%M}",
                    row.slot_id,
                )
                for row in rows
            ]

    def taken(self, slot_id: int) -> int:
        """Places taken at a time and place."""
        with self._database.read() as session:
            return session.get_one(AppointmentSlot, slot_id).booked

    def _of_citizen(self, openid: str):  # type: ignore[no-untyped-def]
        query = select(Turn).join(Conversation).join(Citizen)
        return query.where(Citizen.user_index == self._vault.index(openid)).order_by(Turn.id)
