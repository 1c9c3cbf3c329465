"""The command line. Exit status: 0 done, 1 failed (one clear sentence on stderr), 2 wrong usage."""

from __future__ import annotations

import logging
import sys
import warnings

import click

from bot.cli.converse import ask, chat
from bot.cli.evaluate import evaluate
from bot.cli.keys import api_key
from bot.cli.knowledge import knowledge
from bot.cli.nlu import nlu
from bot.cli.operate import agent, db, run, wechat
from bot.cli.prompts import prompts
from bot.cli.speech import speech
from bot.ports import YinlingError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def yinling() -> None:
    """Yinling 银龄医保通: answers old people's questions on medical security, with the source."""


for command in (ask, chat, evaluate, knowledge, api_key, nlu, db, agent, wechat, run, prompts, speech):
    yinling.add_command(command)


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    warnings.simplefilter("ignore")
    try:
        status = yinling.main(args=arguments, prog_name="yinling", standalone_mode=False)
    except click.UsageError as error:
        error.show()
        return 2
    except click.ClickException as error:
        error.show()
        return 1
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        return 1
    except YinlingError as error:
        click.echo(f"Failed ({error.code}): {error}", err=True)
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    return status if isinstance(status, int) else 0
