"""`yinling evaluate`: the written questions through the whole assistant, and how right its replies are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import count
from pathlib import Path

import click

from bot.assistant import Assistant
from bot.cli.converse import rehearsal
from bot.evaluation.question import Question, read
from bot.evaluation.report import Ask, as_table, ask_all, below_floor, figures, recorded_floors
from bot.messages import Channel, Reply, Utterance
from bot.settings import TIME_ZONE, Settings, load_settings

_NOW = datetime(2026, 11, 25, 10, 0, tzinfo=TIME_ZONE)  # a Wednesday with agents at their desks
_PATIENCE = 20.0  # seconds for one understanding: figures must not depend on how busy the machine is


@click.command()
@click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write the figures here.",
)
def evaluate(json_file: Path | None) -> int:
    """Ask the written questions and judge the replies; fails below the recorded floors."""
    with asking(load_settings()) as ask:
        verdicts = ask_all(read(), ask)
    found = figures(verdicts)
    click.echo(as_table(found, verdicts))
    if json_file is not None:
        json_file.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    complaints = below_floor(found, recorded_floors())
    for complaint in complaints:
        click.echo(complaint, err=True)
    return 1 if complaints else 0


@contextmanager
def asking(settings: Settings) -> Iterator[Ask]:
    """A whole assistant over a database of its own, to put questions to."""
    with rehearsal(replace(settings, nlu_timeout=_PATIENCE), keep=False) as house:
        yield Interview(house.assistant).ask


class Interview:
    """Puts one question after another; each is a citizen of its own unless it goes on with the one before."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._numbers = count(1)
        self._citizen = ""

    def ask(self, question: Question) -> Reply:
        """The assistant's reply."""
        number = next(self._numbers)
        if not question.continues:
            self._citizen = f"citizen-{number}"
        return self._assistant.handle(
            Utterance(
                channel=Channel.WECHAT,
                user_id=self._citizen,
                text=question.text,
                external_id=f"question-{number}",
                at=_NOW,
                region_hint=None if question.continues else question.region,
            )
        )
