"""`yinling knowledge …`: look after the policy entries."""

from __future__ import annotations

from pathlib import Path

import click

from knowledge import commands
from knowledge.coverage import COVERAGE_PAGE


@click.group()
def knowledge() -> None:
    """Validate, search, export and import policy entries."""


@knowledge.command()
def validate() -> int:
    """Check every entry: file and line of whatever is wrong."""
    return commands.validate()


@knowledge.command()
@click.argument("text")
@click.option("--region", default=None, help="GB/T 2260 code.")
def search(text: str, region: str | None) -> int:
    """Entries that fit some words."""
    return commands.search(text, region)


@knowledge.command()
@click.option(
    "--output",
    default=None,
    type=click.Path(dir_okay=False, allow_dash=True),
    help="Instead of docs/coverage.md; - is standard output.",
)
def coverage(output: str | None) -> int:
    """Write what became of each clause of the source documents."""
    return commands.coverage(output or COVERAGE_PAGE)


@knowledge.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export(file: Path) -> int:
    """Write all entries into one JSON document."""
    return commands.export(file)


@knowledge.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(file: Path) -> int:
    """Read entries from a JSON document into the entries' folder."""
    return commands.import_(file)
