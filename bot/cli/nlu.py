"""`yinling nlu …`: the understanding's model."""

from __future__ import annotations

from pathlib import Path

import click

from bot.settings import load_settings
from nlu import evaluate as evaluation
from nlu.training import TrainingPaths
from nlu.training import train as train_model


def _progress(line: str) -> None:
    click.echo(line, err=True)


@click.group()
def nlu() -> None:
    """Train and measure the understanding."""


@nlu.command()
def train() -> None:
    """Train the model; returns at once where the data has not changed."""
    click.echo(train_model(TrainingPaths(load_settings().state_dir), _progress))


@nlu.command()
@click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write the figures here.",
)
@click.option(
    "--docs",
    type=click.Path(file_okay=False, path_type=Path),
    help="Also write the report page and its pictures into this folder.",
)
def evaluate(json_file: Path | None, docs: Path | None) -> int:
    """Measure the model on the written test sets; fails below the recorded floors."""
    return evaluation.run(load_settings(), json_file, docs, _progress)
