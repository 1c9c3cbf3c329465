"""Commands of the operator: the database, the agents, the menu, and running everything."""

from __future__ import annotations

import click

from bot.bootstrap import add_agent, open_database
from bot.settings import load_settings
from webhooks.menu import publish_menu


@click.group()
def db() -> None:
    """The database."""


@db.command()
def upgrade() -> None:
    """Bring the database to this version's shape."""
    database = open_database(load_settings())
    try:
        database.upgrade()
    finally:
        database.close()
    click.echo("The database is up to date.")


@click.group()
def agent() -> None:
    """The human agents."""


@agent.command()
@click.argument("username")
@click.option("--name", default=None, help="The name shown at the desk; the user name if not given.")
@click.option("--role", type=click.Choice(["agent", "supervisor"]), default="agent", show_default=True)
def add(username: str, name: str | None, role: str) -> None:
    """Add an agent and print the first password."""
    password = add_agent(load_settings(), username, name or username, role)
    click.echo(f"{username}\t{password}")


@click.group()
def wechat() -> None:
    """The WeChat Official Account."""


@wechat.command()
def menu() -> None:
    """Publish the account's menu."""
    publish_menu(load_settings())
    click.echo("The menu is published.")
