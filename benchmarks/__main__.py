"""Runs the benchmarks named on the command line, or all of them."""

from __future__ import annotations

import sys

from benchmarks import calls, hearing, knowledge_search, nlu, speaking, webhook

BENCHMARKS = {
    "webhook": webhook.main,
    "nlu": nlu.main,
    "knowledge": knowledge_search.main,
    "hearing": hearing.main,
    "speaking": speaking.main,
    "calls": calls.main,
}


def main(names: list[str]) -> int:
    """Exit status 2 for an unknown name, else 0: a benchmark informs, it does not judge."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)}; there are: {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    for name in names or BENCHMARKS:
        BENCHMARKS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
