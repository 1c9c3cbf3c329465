"""Entry search as the knowledge base grows, beside bm25s with all passages of every word and beside SQLite's FTS5.

All three index the same entries and answer the same questions in one run. The other two are left out where they would
take minutes or gigabytes.
"""

from __future__ import annotations

import math
import resource
import sqlite3
import time
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

import bm25s  # type: ignore[import-untyped]

from benchmarks.corpus import many_entries, question
from benchmarks.table import percentile, show
from knowledge.index import KnowledgeIndex
from knowledge.loader import load
from knowledge.retrieval import K1, B, tokens
from knowledge.topics import load_topics

SIZES = (300, 3_000, 30_000, 100_000)
_FTS5_UP_TO, _WHOLE_UP_TO = 3_000, 30_000
_QUESTIONS = 60
_TODAY = date(2026, 11, 25)
Search = Callable[[str], object]


def main() -> None:
    """Print seconds to build, milliseconds of CPU to search and look up, and memory, for each size."""
    topics, real = load_topics(), load()
    questions = [question(entry, seed) for seed, entry in enumerate(real)][:_QUESTIONS]
    rows = []
    for size in SIZES:
        entries = many_entries(real, size)
        started = time.process_time()
        index = KnowledgeIndex(entries, topics)
        built = time.process_time() - started
        ours = _milliseconds(partial(index.search, region=None, on=_TODAY), questions)
        looked_up = _milliseconds(partial(_look_up, index), questions)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        texts = [text for entry in entries for text in (entry.title, *entry.questions, entry.written)]
        whole = _milliseconds(_all_passages(texts), questions) if size <= _WHOLE_UP_TO else float("nan")
        fts5 = _milliseconds(_fts5(texts), questions) if size <= _FTS5_UP_TO else float("nan")
        rows.append((size, built, ours, whole, fts5, looked_up, f"{peak:.0f}"))
        print(f"{size} entries: {ours:.3f} ms a search", flush=True)
        del index
    first = rows[0]
    table = [(*row, _growth(row[0], first[0]), row[2] / first[2], row[3] / first[3]) for row in rows]
    header = ("entries", "build s", "search ms", "bm25s whole ms", "FTS5 ms", "lookup ms", "peak MiB")
    ratios = ("log would be x", "search x", "bm25s whole x")
    show(
        "Entry search, p50 of CPU time: against size, and as multiples of the first",
        (*header, *ratios),
        table,
    )


def _look_up(index: KnowledgeIndex, _: str) -> object:
    return index.lookup("chronic_disease_certification", "370112", _TODAY)


def _growth(size: int, first: int) -> float:
    """By how much a logarithm grows from the first size to this one."""
    return math.log(size) / math.log(first)


def _milliseconds(search: Search, questions: Sequence[str]) -> float:
    """Median CPU time of one search: what other programs on the machine do is not counted."""
    search(questions[0])
    times = []
    for text in questions:
        started = time.process_time()
        search(text)
        times.append(time.process_time() - started)
    return percentile(times, 0.5) * 1000


def _all_passages(texts: Sequence[str]) -> Search:
    """bm25s as it comes: every passage gets a score."""
    model = bm25s.BM25(k1=K1, b=B, method="lucene")
    model.index([tokens(text) or [""] for text in texts], show_progress=False)
    known = model.vocab_dict
    return lambda text: model.get_scores([token for token in tokens(text) if token in known]).max()


def _fts5(texts: Sequence[str]) -> Search:
    """SQLite's full-text index over the same words, best hundred by its BM25."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE passage USING fts5(words)")
    database.executemany("INSERT INTO passage VALUES (?)", ((" ".join(tokens(text)),) for text in texts))
    query = "SELECT rowid FROM passage WHERE passage MATCH ? ORDER BY rank LIMIT 100"
    return partial(_matched, database, query)


def _matched(database: sqlite3.Connection, query: str, text: str) -> list[tuple[int]]:
    words = " OR ".join(f'"{token}"' for token in tokens(text))
    return database.execute(query, (words,)).fetchall()
