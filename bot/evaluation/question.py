"""One written question of the evaluation and what a right reply to it holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "questions"
TUNED = ("covered", "misheard", "uncovered", "foreign", "actions", "conversations")
# Written when the rest was finished and looked at once: their figures flatter least.
FRESH = ("fresh_covered", "fresh_misheard", "fresh_uncovered", "fresh_foreign")
SETS = (*TUNED, *FRESH)
NO_POLICY, SILENT = "none", "silent"
_CONTINUES, _NO_REGION = "+", "-"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked and what is expected.

    ``acts`` are the right acts; instead of them ``none``: whatever is said, no policy is stated, or ``silent``: the
    matter is understood, and said that no document tells. ``entries`` are the right entries (or bare topics where
    any region's will do), ``facts`` the words that must all stand in the reply, each with its alternatives.
    ``continues`` goes on with the conversation of the question before.
    """

    set: str
    text: str
    acts: tuple[str, ...]
    region: str | None = None
    entries: tuple[str, ...] = ()
    facts: tuple[tuple[str, ...], ...] = ()
    continues: bool = False

    @property
    def topics(self) -> tuple[str, ...]:
        """The right topics."""
        return tuple(entry.partition(".")[0] for entry in self.entries)

    @property
    def no_policy(self) -> bool:
        """Whether every stated policy is wrong."""
        return self.acts == (NO_POLICY,)

    @property
    def silent(self) -> bool:
        """Whether the documents say nothing on what is asked, though they know the matter."""
        return self.acts == (SILENT,)


def read(folder: Path = FOLDER) -> tuple[Question, ...]:
    """All questions, set by set, in the order of the files. Raises ValueError naming a broken line."""
    found: list[Question] = []
    for name in SETS:
        lines = (folder / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, 1):
            if line.strip():
                found.append(_question(name, number, line))
    return tuple(found)


def _question(name: str, number: int, line: str) -> Question:
    cells = [cell.strip() for cell in line.split("\t")]
    if len(cells) != 5:
        raise ValueError(f"{name}.tsv:{number}: five columns are needed, there are {len(cells)}")
    place, text, acts, entries, facts = cells
    return Question(
        set=name,
        text=text,
        acts=tuple(acts.split("|")),
        region=None if place in (_CONTINUES, _NO_REGION) else place,
        entries=tuple(entry for entry in entries.split("/") if entry not in ("", _NO_REGION)),
        facts=tuple(tuple(fact.split("/")) for fact in facts.split(";") if fact),
        continues=place == _CONTINUES,
    )
