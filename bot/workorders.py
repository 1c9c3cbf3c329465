"""Work orders 工单 (complaints, fraud reports, emergencies) and ratings 好差评."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from bot.ports import YinlingError
from bot.privacy import Vault
from bot.settings import TIME_ZONE
from bot.store.models import Rating, WorkOrder

_STARS = range(1, 6)
_NUMBER_TRIES = 20


class WorkOrders:
    """The verbs of one unit of work."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session, self._vault = session, vault

    def open(
        self, citizen_id: int, conversation_id: int | None, kind: str, text: str, now: datetime
    ) -> WorkOrder:
        """Write down a complaint | fraud_report | emergency; its number is the day and four digits: 2611254821."""
        order = WorkOrder(
            citizen_id=citizen_id,
            conversation_id=conversation_id,
            kind=kind,
            text=text,
            created_at=now,
        )
        day = f"{now.astimezone(TIME_ZONE):%y%m%d}"
        for attempt in range(_NUMBER_TRIES):
            digits = 4 if attempt < _NUMBER_TRIES // 2 else 6  # a day with thousands of orders
            order.number = f"{day}{secrets.randbelow(10**digits):0{digits}}"
            try:
                with self._session.begin_nested():
                    self._session.add(order)
                    self._session.flush()
            except IntegrityError:
                continue
            return order
        raise YinlingError("no free work order number was found")

    def unsettled(self) -> list[WorkOrder]:
        """Open work orders, oldest first."""
        query = (
            select(WorkOrder)
            .options(joinedload(WorkOrder.citizen))
            .filter_by(status="open")
            .order_by(WorkOrder.created_at, WorkOrder.id)
        )
        return list(self._session.scalars(query))

    def settle(self, order_id: int, now: datetime) -> WorkOrder:
        """Mark one as done."""
        order = self._session.get_one(WorkOrder, order_id)
        order.status, order.done_at = "done", now
        return order


class Ratings:
    """The verbs of one unit of work."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session, self._vault = session, vault

    def rate(self, citizen_id: int, conversation_id: int, stars: int, now: datetime) -> Rating:
        """One to five stars for a conversation; a second rating replaces the first. Raises ValueError."""
        if stars not in _STARS:
            raise ValueError("a rating has one to five stars")
        rating = self._session.scalar(select(Rating).filter_by(conversation_id=conversation_id))
        if rating is None:
            rating = Rating(
                citizen_id=citizen_id, conversation_id=conversation_id, stars=stars, created_at=now
            )
            self._session.add(rating)
        rating.stars, rating.created_at = stars, now
        self._session.flush()
        return rating
