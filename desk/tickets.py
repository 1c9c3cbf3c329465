"""Escalations as the desk's templates show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from bot.store.desk_reads import Ticket
from desk.house import house


@dataclass(frozen=True, slots=True)
class Row(Ticket):
    """A ticket with its region's name."""

    region_name: str


def region_name(region: str | None) -> str:
    """A region as agents read it; an unknown one is said to be so."""
    return house().knowledge.region_name(region) if region else "地区不明"


def rows(tickets: Iterable[Ticket]) -> list[Row]:
    """Tickets ready to be shown."""
    return [row(ticket) for ticket in tickets]


def row(ticket: Ticket) -> Row:
    """One ticket ready to be shown."""
    return Row(**asdict(ticket), region_name=region_name(ticket.region))
