"""What must be there before the processes start: the trained model, the database, the first log-in.

``python -m bot.cli.preparing``, a process that ends when it is done: what it needs in memory is gone before the others need
theirs. Progress goes to standard error, the first log-in (a JSON list or null) to standard output.
"""

from __future__ import annotations

import json
import logging
import sys

import click

from bot.bootstrap import bootstrap, first_login
from bot.ports import YinlingError
from bot.settings import Settings, load_settings
from nlu.training import TrainingPaths, train


def prepare(settings: Settings) -> tuple[str, str] | None:
    """Train, bring the database up to date; returns the first log-in (bot.bootstrap.first_login)."""
    _say("[1/3] understanding: training or loading the model")
    train(TrainingPaths(settings.state_dir), _say)
    _say("[2/3] database and knowledge base")
    house = bootstrap(settings, alone=True)
    try:
        house.database.upgrade()
        for entry_id in house.prepare():
            _say(f"      {entry_id}: its file and the desk have both changed it; decide at the desk (知识库)")
        return first_login(house)
    finally:
        house.close()


def _say(line: str) -> None:
    click.echo(line, err=True)


def main() -> int:
    """Prepare and tell."""
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    try:
        click.echo(json.dumps(prepare(load_settings())))
    except YinlingError as error:
        _say(f"Failed ({error.code}): {error}")
        return 1
    except KeyboardInterrupt:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
