"""`yinling prompts …`: the sentences that are always the same, and an operator's recordings of them."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from pathlib import Path

import click

from bot.settings import load_settings
from knowledge.loader import load
from voice.prompts import Prompt, assistant_prompts, call_prompts, entry_prompts
from voice.studio import State, Studio
from voice.tts import prompts_folder

_COLUMNS = ("id", "text", "file", "from")
_WHERE = {
    "call": "电话开场、等待、故障",
    "queue": "排队位置",
    "agent": "转接工作人员",
    "assistant": "助手的固定句子",
    "entry": "政策条目",
}
_IN_CHINESE = {
    State.RECORDED: "有录音",
    State.MISSING: "没有录音",
    State.STALE: "录音过时",
    State.BAD: "录音坏了",
}


@click.group()
def prompts() -> None:
    """List the fixed sentences, and check the recordings of them."""


@prompts.command()
@click.option(
    "--output", default="-", type=click.Path(dir_okay=False, allow_dash=True), help="- is standard output."
)
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Also the spoken turns of the knowledge base and every queue position.",
)
def export(output: str, everything: bool) -> None:
    """Write every fixed sentence as CSV: id, text, file name expected, where it is said."""
    rows = [(p.id, p.text, p.file, _WHERE[p.where]) for p in _prompts(everything)]
    if output == "-":
        csv.writer(sys.stdout, lineterminator="\n").writerows([_COLUMNS, *rows])
        return
    with Path(output).open("w", encoding="utf-8-sig", newline="") as file:  # the mark lets Excel see UTF-8
        csv.writer(file).writerows([_COLUMNS, *rows])
    click.echo(
        f"{len(rows)} sentences in {output}. Put the recordings into {prompts_folder(load_settings())}."
    )


@prompts.command()
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Also the spoken turns of the knowledge base and every queue position.",
)
@click.option("--missing", is_flag=True, help="List the sentences without a recording too.")
def check(everything: bool, missing: bool) -> int:
    """Say which recordings are missing, stale or bad. Exit status 1 where one is stale or bad."""
    folder = prompts_folder(load_settings())
    findings = Studio.open(folder, _prompts(everything=True)).findings
    wanted = {p.id for p in _prompts(everything)}
    told: Counter[State] = Counter()
    for finding in findings:
        if finding.state is State.MISSING and (finding.prompt is None or finding.prompt.id not in wanted):
            continue
        told[finding.state] += 1
        if finding.state is State.RECORDED or (finding.state is State.MISSING and not missing):
            continue
        words = finding.prompt.text if finding.prompt else ""
        reason = f"（{finding.reason}）" if finding.reason else ""
        expected = f" → {finding.prompt.file}" if finding.state is State.STALE and finding.prompt else ""
        click.echo(f"{_IN_CHINESE[finding.state]} {finding.file.name}{expected}{reason} {words}".rstrip())
    click.echo(f"{folder}: " + "，".join(f"{_IN_CHINESE[state]}{told[state]}" for state in State))
    return 1 if told[State.STALE] or told[State.BAD] else 0


def _prompts(everything: bool) -> tuple[Prompt, ...]:
    office = load_settings().voice.office
    call = call_prompts(office)
    if not everything:
        return (*(p for p in call if p.where != "queue"), *assistant_prompts())
    return (*call, *assistant_prompts(), *entry_prompts((entry.id, entry.spoken) for entry in load()))
