"""A parent process that is killed: what becomes of its child."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

import psutil

from bot.settings import ROOT


def orphan(code: str, environment: Mapping[str, str] | None = None) -> psutil.Process:
    """The one child of a Python program that has said ``ready`` and was killed then."""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT, env=environment
    ) as parent:
        try:
            assert parent.stdout is not None
            assert parent.stdout.readline() == b"ready\n"
            (child,) = psutil.Process(parent.pid).children()
        finally:
            parent.kill()
    return child


def is_over(process: psutil.Process) -> bool:
    """Whether it has ended, waited for or not."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
