"""Alembic's environment: runs on the connection that bot.store.database hands over."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

from bot.store.models import Base
from bot.store.types import Moment, Sealed, SealedJson


def plain_type(kind: str, item: Any, _: object) -> str | Literal[False]:
    """Migrations name the database's own types, so that they outlive the classes of today."""
    if kind == "type" and isinstance(item, Moment):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Sealed | SealedJson):
        return "sa.Text()"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_item=plain_type,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
