"""The test sentences: which files there are, what each is for, and the misheard copies of some.

What each file holds and when it was written: nlu/rasa/tests/README.md.
"""

from __future__ import annotations

from pathlib import Path

from nlu.mishearing import mishear
from nlu.rasa_environment import RASA_FILES

TESTS = RASA_FILES / "tests"
OUT_OF_SCOPE = "out_of_scope"
WRITTEN = ("typed", "recognised", "dialect")
FRESH = ("fresh", "other_hand")
CALLERS = ("callers", "callers_heard")
SEALED = ("sealed", "sealed_heard")
NEAR = ("near_domain", "callers_uncovered", "sealed_uncovered")  # on insurance, and no topic answers them
STRANGE = ("out_of_scope", "fresh_foreign", "callers_foreign", "sealed_foreign")
INSIDE = (*WRITTEN, *FRESH, *CALLERS, *SEALED)
FOREIGN = (*NEAR, *STRANGE)
# Made from every second sentence of the written sets: the share of characters replaced.
MISHEARD = {"hom1": 0.14, "hom2": 0.33}

Row = tuple[str, str]  # text, intent


def read_sets(folder: Path = TESTS) -> dict[str, list[Row]]:
    """The sets by name, those in scope first, then the foreign ones, then the misheard copies."""
    sets = {name: read_set(folder / f"{name}.tsv") for name in (*INSIDE, *FOREIGN)}
    for name, share in MISHEARD.items():
        written = [row for base in WRITTEN for row in sets[base]]
        sets[name] = [(mishear(text, share, "test"), intent) for text, intent in written[::2]]
    return sets


def read_set(file: Path) -> list[Row]:
    """The rows of one file: text, tab, intent."""
    rows = [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [(text, intent.strip()) for text, intent in rows]
