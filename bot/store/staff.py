"""Agents and supervisors, and their log-ins at the desk."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, joinedload

from bot.store.models import Agent, AgentSession


class Staff:
    """The people of the desk, over one Session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(
        self, username: str, display_name: str, role: str, password_hash: str, *, must_change: bool
    ) -> Agent:
        """A new agent; ``must_change`` asks for a password of their own at the first log-in."""
        agent = Agent(
            username=username,
            display_name=display_name,
            role=role,
            password_hash=password_hash,
            must_change_password=must_change,
        )
        self._session.add(agent)
        self._session.flush()
        return agent

    def get(self, agent_id: int) -> Agent | None:
        """An agent by id."""
        return self._session.get(Agent, agent_id)

    def by_username(self, username: str) -> Agent | None:
        """An agent by user name, in any case of letters."""
        return self._session.scalar(select(Agent).where(func.lower(Agent.username) == username.lower()))

    def all(self) -> list[Agent]:
        """Everybody, the disabled last."""
        return list(self._session.scalars(select(Agent).order_by(Agent.disabled, Agent.id)))

    def open_session(
        self, agent_id: int, token_hash: str, now: datetime, lifetime: timedelta
    ) -> AgentSession:
        """A log-in that ends after ``lifetime`` at the latest."""
        opened = AgentSession(
            agent_id=agent_id,
            token_hash=token_hash,
            created_at=now,
            last_seen_at=now,
            expires_at=now + lifetime,
            revoked=False,
        )
        self._session.add(opened)
        self._session.flush()
        return opened

    def find_session(self, token_hash: str) -> AgentSession | None:
        """The log-in of a token, with its agent."""
        query = select(AgentSession).options(joinedload(AgentSession.agent))
        return self._session.scalar(query.where(AgentSession.token_hash == token_hash))

    def revoke(self, agent_id: int, keep: int | None = None) -> None:
        """End all log-ins of an agent, except the one with the id ``keep``."""
        ending = update(AgentSession).where(AgentSession.agent_id == agent_id)
        if keep is not None:
            ending = ending.where(AgentSession.id != keep)
        self._session.execute(ending.values(revoked=True))

    def end_session(self, session_id: int) -> None:
        """End one log-in."""
        self._session.execute(update(AgentSession).where(AgentSession.id == session_id).values(revoked=True))
