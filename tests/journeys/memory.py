"""How much memory the processes of an installation hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.journeys.installation import PROGRAMS, command_line


def memory(processes: list[psutil.Process]) -> Iterator[tuple[str, float, float]]:
    """Command, resident and proportional set size in MB of each process.

    Source: proc(5), smaps_rollup. Shared pages count once in the sum of Pss and many times in that of Rss.
    """
    for process in processes:
        sizes = dict(re.findall(r"^(Rss|Pss):\s+(\d+) kB", _rollup(process.pid), re.MULTILINE))
        name = next((n for n, mark in PROGRAMS.items() if any(mark in p for p in command_line(process))), "")
        yield name or process.name(), int(sizes.get("Rss", 0)) / 1024, int(sizes.get("Pss", 0)) / 1024


def _rollup(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:  # it ended meanwhile
        return ""
