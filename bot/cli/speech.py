"""`yinling speech …`: the recogniser's models."""

from __future__ import annotations

from pathlib import Path

import click

from bot.settings import load_settings
from bot.spoken import spoken_phrases
from voice import evaluate as evaluation
from voice import fetch as fetching
from voice.models import OFFICIAL, model_folder
from voice.recogniser import SpeechModel


def _progress(line: str) -> None:
    click.echo(line, err=True)


@click.group()
def speech() -> None:
    """Get and measure the models that hear callers."""


@speech.command()
@click.argument("which", type=click.Choice([m.short for m in OFFICIAL]), default="small")
@click.option(
    "--from", "site", default=fetching.SITE, show_default=True, help="Another address with the same archives."
)
def fetch(which: str, site: str) -> None:
    """Get an official model from alphacephei.com: small (42 MB, the default) or large (1.3 GB)."""
    model = next(m for m in OFFICIAL if m.short == which)
    folder = fetching.fetch(model, load_settings().state_dir / "models", _progress, site.rstrip("/"))
    click.echo(f"{folder}: used from the next start on, unless VOSK_MODEL names another model.")


@speech.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--model", default="", help="A model's folder or name instead of the configured one.")
@click.option(
    "--vocabulary/--no-vocabulary", default=False, help="With the product's sentences as its vocabulary."
)
def evaluate(folder: Path, model: str, vocabulary: bool) -> None:
    """Measure the model on WAVs with transcripts.tsv; the last line gives the character error rate in %."""
    settings = load_settings()
    path = model_folder(model or settings.voice.model, settings.state_dir / "models")
    loaded = SpeechModel.load(path, spoken_phrases() if vocabulary else ())
    _progress(f"{loaded.name}, {loaded.remark}")
    click.echo(evaluation.table(list(evaluation.evaluate(loaded, folder))))
