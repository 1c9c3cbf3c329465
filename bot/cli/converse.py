"""`yinling ask` and `yinling chat`: the assistant at the terminal.

Both are rehearsals: they use the real understanding, knowledge and dialogue, and a database of their own, so that
trying a question out never puts anybody into the agents' queue or takes a place at a counter.
"""

from __future__ import annotations

import json
import secrets
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from bot.bootstrap import House, bootstrap, nlu_server, rehearsal_knowledge
from bot.messages import Channel, Reply, Utterance, UtteranceKind
from bot.settings import TIME_ZONE, Settings, load_settings


@dataclass(frozen=True, slots=True)
class Options:
    """Who asks, from where, when; each chat line may override them."""

    channel: Channel
    user: str
    region: str | None
    now: datetime | None

    def overridden(self, line: dict[str, Any]) -> Options:
        """These options with a line's own fields. Raises click.UsageError."""
        return Options(
            channel=_channel(line["channel"]) if "channel" in line else self.channel,
            user=str(line.get("user", self.user)),
            region=_region(line["region"]) if line.get("region") else self.region,
            now=_moment(line["now"]) if line.get("now") else self.now,
        )


def _channel(value: str) -> Channel:
    try:
        return Channel(value)
    except ValueError:
        raise click.UsageError(f"channel must be wechat or phone, not {value!r}") from None


def _region(value: str) -> str:
    code = str(value)
    if not (code.isdigit() and len(code) == 6):
        raise click.UsageError(f"region must be a six-digit GB/T 2260 code such as 370100, not {code!r}")
    return code


def _moment(value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise click.UsageError(
            f"now must be an ISO 8601 time such as 2026-11-25T10:00:00+08:00, not {value!r}"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=TIME_ZONE)


def _options(function: Any) -> Any:
    for option in (
        click.option("--channel", default="wechat", show_default=True, help="wechat or phone."),
        click.option("--region", default=None, help="GB/T 2260 code of the citizen's place, as 370100."),
        click.option(
            "--user", default=None, help="Who asks; the same user goes on with the same conversation."
        ),
        click.option("--now", default=None, help="The clock of the turn, ISO 8601."),
    ):
        function = option(function)
    return function


def _parse(channel: str, region: str | None, user: str | None, now: str | None) -> Options:
    return Options(
        channel=_channel(channel),
        user=user or f"visitor-{secrets.token_hex(6)}",
        region=_region(region) if region else None,
        now=_moment(now) if now else None,
    )


@click.command()
@click.argument("text")
@_options
@click.option("--json", "as_json", is_flag=True, help="Print the whole reply as one JSON object.")
def ask(
    text: str, channel: str, region: str | None, user: str | None, now: str | None, as_json: bool
) -> None:
    """Ask one question. With --user the conversation is kept for the next call."""
    options = _parse(channel, region, user, now)
    settings = load_settings()
    with rehearsal(settings, keep=user is not None) as house:
        reply = _turn(house, options, text)
    click.echo(json.dumps(reply.as_json(), ensure_ascii=False) if as_json else reply.text)


@click.command()
@_options
@click.option("--jsonl", is_flag=True, help="One JSON reply a line instead of plain text.")
def chat(channel: str, region: str | None, user: str | None, now: str | None, jsonl: bool) -> None:
    """Talk: one utterance a line on stdin, until its end."""
    options = _parse(channel, region, user, now)
    with rehearsal(load_settings(), keep=False) as house:
        for line in sys.stdin:
            if not line.strip():
                continue
            text, turn_options = _read(line, options)
            reply = _turn(house, turn_options, text)
            out = json.dumps(reply.as_json(), ensure_ascii=False) if jsonl else reply.text
            click.echo(out)
            sys.stdout.flush()


def _read(line: str, options: Options) -> tuple[str, Options]:
    stripped = line.strip()
    if not stripped.startswith("{"):
        return stripped, options
    try:
        value = json.loads(stripped)
    except json.JSONDecodeError:
        return stripped, options
    if not isinstance(value, dict) or "text" not in value:
        raise click.UsageError('a JSON line must be an object with "text"')
    return str(value["text"]), options.overridden(value)


def _turn(house: House, options: Options, text: str) -> Reply:
    key = options.channel is Channel.PHONE and len(text) == 1 and text in "0123456789*#"
    utterance = Utterance(
        channel=options.channel,
        user_id=options.user,
        text=text,
        external_id=secrets.token_hex(12),
        at=options.now or datetime.now(TIME_ZONE),
        kind=UtteranceKind.KEY if key else UtteranceKind.TEXT,
        region_hint=options.region,
    )
    return house.assistant.handle(utterance)


@contextmanager
def rehearsal(settings: Settings, *, keep: bool) -> Iterator[House]:
    """A house over a database of its own; kept in the state folder for `ask --user`, else thrown away."""
    url = nlu_server(settings, lambda line: click.echo(line, err=True))
    with tempfile.TemporaryDirectory(prefix="yinling-") as scratch:
        folder = settings.state_dir if keep else Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        own = replace(settings, database_url=f"sqlite:///{folder / 'rehearsal.db'}", nlu_url=url)
        house = bootstrap(own, alone=True, knowledge=rehearsal_knowledge(settings))
        try:
            house.database.upgrade()
            house.prepare(entries=False)
            yield house
        finally:
            house.close()
