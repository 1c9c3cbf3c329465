"""The assistant and the record of calls in a process beside the calls; started and watched by voice.assistant_client.

Understanding, deciding and storing are Python's work, and Python lets one thread of a process run at a time: in the process
that sends a frame every 20 ms they would hold up the sound of every call. Here they cannot.
"""

from __future__ import annotations

import inspect
import logging
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection, Listener

from bot.bootstrap import bootstrap
from bot.calls import Calls
from bot.ports import YinlingError
from bot.settings import load_settings
from bot.trouble import report
from voice.assistant_wire import READY, AssistantFault
from voice.priority import let_sound_go_first

log = logging.getLogger(__name__)

Verbs = Mapping[str, Callable[..., object]]


def serve(listener: Listener, verbs: Verbs) -> None:
    """Take connections for ever, a thread for each."""
    while True:
        threading.Thread(target=_talk, args=(listener.accept(), verbs), daemon=True).start()


def _talk(connection: Connection, verbs: Verbs) -> None:
    """One request after the other: ``(verb, arguments)`` in, ``(done, result or error)`` out."""
    with connection, suppress(EOFError, ConnectionError):  # who asked is gone
        while True:
            verb, arguments = connection.recv()
            try:
                connection.send((True, verbs[verb](*arguments)))
            except YinlingError as error:
                connection.send((False, error))
            except Exception as error:
                report(log, f"assistant.{verb}", error)
                connection.send((False, AssistantFault()))


def verbs_of(calls: Calls) -> dict[str, Callable[..., object]]:
    """The public verbs of the record of calls, each under its name."""
    return {
        name: verb for name, verb in inspect.getmembers(calls, inspect.ismethod) if not name.startswith("_")
    }


def main() -> None:
    """``python -m voice.assistant_server SOCKET``; ends when standard input does, that is with its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to act on
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    let_sound_go_first()
    house = bootstrap(load_settings())
    try:
        house.warm_up()
        calls = Calls(house.database, house.vault, house.events)
        verbs: Verbs = {"handle": house.assistant.handle, "beat": lambda: None, **verbs_of(calls)}
        with Listener(sys.argv[1], "AF_UNIX") as listener:
            threading.Thread(target=serve, args=(listener, verbs), daemon=True).start()
            sys.stdout.buffer.write(READY)
            sys.stdout.buffer.flush()
            sys.stdin.buffer.read()
    finally:
        house.close()


if __name__ == "__main__":
    main()
