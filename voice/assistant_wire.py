"""What the assistant's process and its client agree on."""

from __future__ import annotations

from bot.ports import YinlingError

READY = b"ready\n"  # what the process writes once it listens


class AssistantFault(YinlingError):
    """A verb failed for a reason that the process has logged: an exception of the database, say, which may quote a citizen."""

    code = "assistant.fault"


class AssistantLost(YinlingError):
    """The assistant's process is gone or does not answer."""

    code = "assistant.lost"
