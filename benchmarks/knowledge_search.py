"""Entry search as the knowledge base grows: the real entries, multiplied with their words shuffled."""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Callable
from datetime import date
from functools import partial

from benchmarks.table import percentile, show
from knowledge.entry import PolicyEntry
from knowledge.index import KnowledgeIndex
from knowledge.loader import load
from knowledge.topics import load_topics

SIZES = (300, 3_000, 30_000)
QUESTIONS = (
    "糖尿病门诊怎么认定",
    "老人去外地看病要先备案吗",
    "药能不能送到家",
    "卡丢了去哪儿补",
    "有没有人上门来办",
)
_RUNS = 40
_TODAY = date(2026, 11, 25)


def main() -> None:
    """Print seconds to build, milliseconds to search and look up, and memory, for each size."""
    topics, entries = load_topics(), load()
    rows = []
    for size in SIZES:
        many = _multiplied(entries, size)
        started = time.perf_counter()
        index = KnowledgeIndex(many, topics)
        built = time.perf_counter() - started
        search = [
            _timed(partial(index.search, q, None, _TODAY)) for q in QUESTIONS * (_RUNS // len(QUESTIONS))
        ]
        lookup = [
            _timed(partial(index.lookup, "chronic_disease_certification", "370112", _TODAY))
            for _ in range(_RUNS)
        ]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        rows.append(
            (size, built, percentile(search, 0.5) * 1000, percentile(lookup, 0.5) * 1000, f"{peak:.0f}")
        )
    first = rows[0][2]
    table = [(*row, f"{row[0] / SIZES[0]:.0f}x entries, {row[2] / first:.1f}x time") for row in rows]
    header = ("entries", "build s", "search p50 ms", "lookup p50 ms", "peak MiB", "against the first")
    show("Knowledge base: time against size", header, table)


def _multiplied(entries: tuple[PolicyEntry, ...], size: int) -> list[PolicyEntry]:
    """As many entries as asked: copies for made-up regions, with characters of their text in another order."""
    generator, out = random.Random(7), list(entries)
    number = 0
    while len(out) < size:
        source = entries[number % len(entries)]
        code = f"{900_000 + number // len(entries):06}"
        letters = list(source.written)
        generator.shuffle(letters)
        changes = {"region": code, "id": f"{source.topic}.{code}", "written": "".join(letters)}
        out.append(source.model_copy(update=changes))
        number += 1
    return out[:size]


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
