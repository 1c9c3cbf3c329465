"""How a failure is logged: what kind and where, never the error's own text, which may quote a citizen."""

from __future__ import annotations

import logging
import traceback

from bot.ports import YinlingError

_FRAMES = 6


def report(log: logging.Logger, event: str, error: BaseException, level: int = logging.ERROR) -> None:
    """One line: the event, the error's code or class, and the last places it came through."""
    code = error.code if isinstance(error, YinlingError) else type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    where = " < ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in reversed(frames))
    log.log(level, "%s code=%s at=%s", event, code, where)
