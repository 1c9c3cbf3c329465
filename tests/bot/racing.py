"""Jobs that run at the same moment, in threads or in processes of their own."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

_PATIENCE = 60.0  # seconds for processes to start on a busy machine


def together(jobs: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run jobs at the same moment in threads; each one's result, or the exception it ended with."""
    barrier = threading.Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> Any:
        barrier.wait(_PATIENCE)
        try:
            return job()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def in_processes(job: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
    """Run a module's function at the same moment in one process for each argument list.

    Each one's result, or the name of the exception it ended with; results must be picklable.
    """
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(len(arguments)), context.Queue()
    processes = [
        context.Process(target=_run, args=(job, barrier, results, number, given))
        for number, given in enumerate(arguments)
    ]
    for process in processes:
        process.start()
    try:
        found = dict(results.get(timeout=_PATIENCE) for _ in processes)
    finally:
        for process in processes:
            process.join(_PATIENCE)
            if process.is_alive():
                process.kill()
                process.join()
            process.close()
        results.close()
        results.join_thread()
    return [found[number] for number in range(len(arguments))]


def _run(job: Callable[..., Any], barrier: Any, results: Any, number: int, given: tuple[Any, ...]) -> None:
    barrier.wait(_PATIENCE)
    try:
        results.put((number, job(*given)))
    except Exception as error:
        results.put((number, type(error).__name__))
