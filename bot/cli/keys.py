"""`yinling api-key …`: who may read from outside."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import click

from bot.api_keys import ApiKeys
from bot.bootstrap import open_database
from bot.settings import TIME_ZONE, load_settings


@click.group("api-key")
def api_key() -> None:
    """Keys of other systems that read what the hotline tells (/api/v1)."""


@api_key.command()
@click.argument("name")
def add(name: str) -> None:
    """A new key for a system; it is printed this once."""
    with _keys() as keys:
        click.echo(f"{name}\t{keys.add(name, getpass.getuser(), _now())}")


@api_key.command("list")
def list_() -> None:
    """All keys: name, first characters, made, last used, in use or revoked."""
    with _keys() as keys:
        for key in keys.all():
            used = f"{key.last_used_at.astimezone(TIME_ZONE):%Y-%m-%d %H:%M}" if key.last_used_at else "never"
            made = f"{key.created_at.astimezone(TIME_ZONE):%Y-%m-%d}"
            click.echo(
                f"{key.name}\t{key.hint}…\t{made}\t{used}\t{'revoked' if key.revoked_at else 'in use'}"
            )


@api_key.command()
@click.argument("name")
def revoke(name: str) -> None:
    """Refuse a system's key from now on."""
    with _keys() as keys:
        keys.revoke(name, getpass.getuser(), _now())
    click.echo(f"The key of {name} is refused from now on.")


@contextmanager
def _keys() -> Iterator[ApiKeys]:
    database = open_database(load_settings())
    try:
        database.upgrade()
        with database.begin() as session:
            yield ApiKeys(session)
    finally:
        database.close()


def _now() -> datetime:
    return datetime.now(TIME_ZONE)
