"""Figures of a span of time for supervisors."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.store.models import Agent, Conversation, Escalation, Rating


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of the conversations opened in a span.

    ``answered_by_bot`` never needed a person; ``median_wait`` is seconds between the call for a person and the
    acceptance, of those accepted; ``reasons`` (reason, times) and ``by_agent`` (name, accepted, finished) are
    sorted, the largest first; ``waiting`` is how many wait now.
    """

    conversations: int
    answered_by_bot: int
    handed_over: int
    waiting: int
    median_wait: float | None
    ratings: int
    average_stars: float | None
    reasons: tuple[tuple[str, int], ...]
    by_agent: tuple[tuple[str, int, int], ...]


def figures(session: Session, since: datetime, until: datetime) -> Figures:
    """The figures of ``since`` (included) to ``until`` (excluded)."""
    opened = session.scalars(
        select(Conversation.id).where(Conversation.opened_at >= since, Conversation.opened_at < until)
    ).all()
    helped = set(
        session.scalars(
            select(Escalation.conversation_id)
            .join(Conversation)
            .where(Conversation.opened_at >= since, Conversation.opened_at < until)
        )
    )
    calls = session.execute(
        select(
            Escalation.reason,
            Escalation.created_at,
            Escalation.accepted_at,
            Escalation.status,
            Agent.display_name,
        )
        .outerjoin(Agent, Agent.id == Escalation.agent_id)
        .where(Escalation.created_at >= since, Escalation.created_at < until)
    ).all()
    waits = [(call.accepted_at - call.created_at).total_seconds() for call in calls if call.accepted_at]
    accepted = Counter(call.display_name for call in calls if call.display_name)
    finished = Counter(
        call.display_name for call in calls if call.display_name and call.status in ("closed", "handed_back")
    )
    stars = session.execute(
        select(func.count(Rating.id), func.avg(Rating.stars)).where(
            Rating.created_at >= since, Rating.created_at < until
        )
    ).one()
    waiting = session.scalar(select(func.count(Escalation.id)).where(Escalation.status == "waiting"))
    return Figures(
        conversations=len(opened),
        answered_by_bot=len(opened) - len(helped),
        handed_over=len(calls),
        waiting=waiting or 0,
        median_wait=median(waits) if waits else None,
        ratings=stars[0],
        average_stars=float(stars[1]) if stars[1] is not None else None,
        reasons=tuple(Counter(call.reason for call in calls).most_common()),
        by_agent=tuple((name, times, finished[name]) for name, times in accepted.most_common()),
    )
