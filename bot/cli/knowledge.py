"""`yinling knowledge …`: look after the policy entries."""

from __future__ import annotations

import getpass
from datetime import datetime
from pathlib import Path

import click

from bot.bootstrap import KnowledgeRoom, knowledge_room
from bot.entries import Choices
from bot.gaps import Gaps
from bot.settings import TIME_ZONE, load_settings
from knowledge import commands, coverage_page, training
from knowledge.loader import ENTRIES_FOLDER

_PACKAGE = click.Path(dir_okay=False, allow_dash=True, path_type=str)


@click.group()
def knowledge() -> None:
    """Check, search, publish, export and import policy entries."""


@knowledge.command()
@click.option("--strict", is_flag=True, help="Warnings fail too.")
def validate(strict: bool) -> int:
    """Check every file: file and line of whatever is wrong."""
    return commands.validate(strict=strict)


@knowledge.command()
@click.option("--strict", is_flag=True, help="Warnings fail too.")
@click.option("--files", is_flag=True, help="Check the files instead of what is published.")
def check(strict: bool, files: bool) -> int:
    """Check what is told: expiry, citations, speech, hard words, long sentences, contradictions.

    Fails on errors and on entries that contradict each other.
    """
    if files:
        return commands.check_all(strict=strict)
    with _room() as room:
        return commands.check_all(room.told(), strict=strict)


@knowledge.command()
@click.option(
    "--output", default=None, type=_PACKAGE, help="Instead of docs/coverage.md; - is standard output."
)
def coverage(output: str | None) -> int:
    """Write what became of each clause of the source documents."""
    return coverage_page.write_page(output or coverage_page.COVERAGE_PAGE)


@knowledge.command()
def due() -> int:
    """Entries that expired, end soon, or must be looked at again."""
    with _room() as room:
        return commands.due(room.desk)


@knowledge.command()
@click.argument("text")
@click.option("--region", default=None, help="GB/T 2260 code.")
def search(text: str, region: str | None) -> int:
    """Entries that fit some words."""
    with _room() as room:
        return commands.search(text, region, knowledge=room.base())


@knowledge.command()
def sync() -> None:
    """Take over what changed in the files; tells of files that the desk changed too."""
    with _room() as room:
        click.echo(room.synced)
        for entry_id in room.synced.conflicts:
            click.echo(
                f"conflict: {entry_id} changed in its file and at the desk; decide at the desk", err=True
            )


@knowledge.command()
@click.argument("file", type=_PACKAGE)
def export(file: str) -> int:
    """Write all that is published into one signed JSON package (-: standard output)."""
    with _room() as room:
        return commands.export(room.desk, file)


@knowledge.command("export-files")
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), default=ENTRIES_FOLDER)
def export_files(folder: Path) -> int:
    """Write all that is published back into the files that people edit."""
    with _room() as room:
        return commands.export_files(room.desk, folder)


@knowledge.command("import")
@click.argument("file", type=_PACKAGE)
@click.option("--take", multiple=True, metavar="ID", help="Of a conflict, take the package's entry.")
@click.option("--keep", multiple=True, metavar="ID", help="Of a conflict, keep the entry here.")
@click.option("--allow-untrusted", is_flag=True, help="Take a package that is not signed, or by a stranger.")
@click.option("--dry-run", is_flag=True, help="Only tell what would be taken.")
@click.option("--by", default=getpass.getuser, show_default="you", help="Who takes it in; cannot review it.")
def import_(
    file: str, take: tuple[str, ...], keep: tuple[str, ...], allow_untrusted: bool, dry_run: bool, by: str
) -> int:
    """Put the news of a package up for review (-: standard input); nothing where both sides changed the same."""
    with _room() as room:
        return commands.import_(
            room.desk,
            file,
            by,
            choices=Choices(frozenset(take), frozenset(keep)),
            untrusted=allow_untrusted,
            look_only=dry_run,
        )


@knowledge.group()
def key() -> None:
    """The keys that packages are signed with."""


@key.command("show")
def show_key() -> None:
    """This installation's public key, for others to trust."""
    with _room() as room:
        click.echo(f"{room.signer.name}\t{room.signer.public_key}")


@key.command("list")
def list_keys() -> None:
    """The installations whose packages are taken."""
    with _room() as room, room.database.read() as session:
        for trusted in room.packages(session).trusted():
            click.echo(
                f"{trusted.name}\t{trusted.public_key}\t{trusted.added_at:%Y-%m-%d}\t{trusted.added_by}"
            )


@key.command("trust")
@click.argument("name")
@click.argument("public_key")
def trust_key(name: str, public_key: str) -> None:
    """Take packages that are signed with a key."""
    with _room() as room, room.database.begin() as session:
        room.packages(session).trust(name, public_key, getpass.getuser(), _now())
    click.echo(f"Packages of {name} are taken from now on.")


@key.command("distrust")
@click.argument("name")
def distrust_key(name: str) -> None:
    """Take packages of an installation no longer."""
    with _room() as room, room.database.begin() as session:
        room.packages(session).distrust(name, getpass.getuser(), _now())
    click.echo(f"Packages of {name} are refused from now on.")


@knowledge.command()
@click.option(
    "--status",
    type=click.Choice(["open", "drafted", "trained", "dismissed"]),
    default="open",
    show_default=True,
)
@click.option("--limit", default=50, show_default=True)
@click.option("--dismiss", type=int, metavar="GROUP", help="Settle a group: nothing is to be done.")
@click.option(
    "--train", nargs=2, type=(int, str), metavar="GROUP INTENT", help="Print a group as training examples."
)
def gaps(status: str, limit: int, dismiss: int | None, train: tuple[int, str] | None) -> None:
    """What citizens asked in vain, grouped, the most asked first: group, times, last day, reason, question."""
    with _room() as room:
        _sort(room)
        _tell_gaps(room, status, limit, dismiss, train)


def _tell_gaps(
    room: KnowledgeRoom, status: str, limit: int, dismiss: int | None, train: tuple[int, str] | None
) -> None:
    with room.database.begin() as session:
        found = Gaps(session, room.vault)
        if dismiss is not None:
            found.decide(dismiss, "dismissed", getpass.getuser(), _now())
            click.echo(f"Group {dismiss} is dismissed.")
        elif train is not None:
            group_id, intent = train
            group = found.group(group_id)
            found.decide(group_id, "trained", getpass.getuser(), _now())
            click.echo(training.as_examples([(intent, group.texts)]), nl=False)
        else:
            for group in found.groups(status, limit):
                day = group.last_at.astimezone(TIME_ZONE).date()
                where = group.topic or "-"
                click.echo(f"{group.id}\t{group.count}\t{day}\t{group.reason}\t{where}\t{group.sample}")


def _sort(room: KnowledgeRoom) -> None:
    """All new questions, in several units of work."""
    more = True
    while more:
        with room.database.begin() as session:
            more = Gaps(session, room.vault).sort() > 0


def _room() -> KnowledgeRoom:
    return knowledge_room(load_settings())


def _now() -> datetime:
    return datetime.now(TIME_ZONE)
