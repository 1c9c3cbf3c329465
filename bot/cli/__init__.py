"""The command line. Exit status: 0 done, 1 failed (one clear sentence on stderr), 2 wrong usage."""

from __future__ import annotations

import logging
import sys
import warnings
from importlib import import_module

import click

from bot.ports import YinlingError

# Where each command is written. Its module is imported when the command is used: most bring the whole understanding along.
_COMMANDS = {
    "agent": "operate",
    "api-key": "keys",
    "ask": "converse",
    "chat": "converse",
    "db": "operate",
    "evaluate": "evaluate",
    "knowledge": "knowledge",
    "nlu": "nlu",
    "prompts": "prompts",
    "run": "running",
    "speech": "speech",
    "wechat": "operate",
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"bot.cli.{_COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def yinling() -> None:
    """Yinling 银龄医保通: answers old people's questions on medical security, with the source."""


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
