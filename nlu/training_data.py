"""Reads the written training examples and prepares what Rasa is trained on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from nlu.mishearing import mishear
from nlu.normalize import normalize

_MARK = re.compile(r"\[([^\]]+)\]\(([a-z_]+)\)")
_PUNCTUATION = re.compile(r"[^\w\s\[\]()]")


@dataclass(frozen=True, slots=True)
class Example:
    """One sentence with its intent; ``pieces`` are (text, entity type or None) in order."""

    intent: str
    pieces: tuple[tuple[str, str | None], ...]

    @property
    def text(self) -> str:
        """The sentence without marks."""
        return "".join(text for text, _ in self.pieces)

    @property
    def has_marks(self) -> bool:
        """Whether a name or a matter is marked in it."""
        return any(type_ is not None for _, type_ in self.pieces)

    def marked(self) -> str:
        """The sentence in Rasa's notation, entities as [text](type)."""
        return "".join(text if type_ is None else f"[{text}]({type_})" for text, type_ in self.pieces)

    def normalized(self) -> Example:
        """The same as citizens' texts arrive at Rasa."""
        pieces = tuple((normalize(text), type_) for text, type_ in self.pieces)
        return Example(self.intent, tuple(piece for piece in pieces if piece[0]))

    def misheard(self, share: float, salt: str) -> Example:
        """As a recogniser may write it (no punctuation, ``share`` of the characters by homophones), normalised."""
        pieces = [(_PUNCTUATION.sub("", text), type_) for text, type_ in self.pieces]
        heard = mishear("".join(text for text, _ in pieces), share, salt)
        ends = [0]
        for text, _ in pieces:
            ends.append(ends[-1] + len(text))
        cut = tuple((heard[ends[i] : ends[i + 1]], type_) for i, (_, type_) in enumerate(pieces))
        return Example(self.intent, cut).normalized()


def parse_example(intent: str, marked: str) -> Example:
    """An example from Rasa's notation."""
    pieces: list[tuple[str, str | None]] = []
    at = 0
    for mark in _MARK.finditer(marked):
        if mark.start() > at:
            pieces.append((marked[at : mark.start()], None))
        pieces.append((mark.group(1), mark.group(2)))
        at = mark.end()
    if at < len(marked):
        pieces.append((marked[at:], None))
    return Example(intent, tuple(pieces))


def read_examples(data: Path) -> tuple[Example, ...]:
    """All examples of the *.yml files of a folder, sorted by file. Raises ValueError for an odd entry."""
    examples: list[Example] = []
    for file in sorted(data.glob("*.yml")):
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        for entry in content.get("nlu", ()):
            if set(entry) != {"intent", "examples"}:
                raise ValueError(
                    f"{file.name}: only entries of intent and examples are used, not {set(entry)}"
                )
            lines = (line.strip() for line in entry["examples"].splitlines())
            examples += [
                parse_example(entry["intent"], line[1:].strip()) for line in lines if line[:1] == "-"
            ]
    return tuple(examples)


def for_training(
    examples: Iterable[Example], shares: Sequence[float], marked_shares: Sequence[float] = ()
) -> Iterator[Example]:
    """Each example normalised, and a misheard copy of it for each share; nothing twice.

    Examples with marks get a copy for each of ``marked_shares`` too: there are few of them to learn names from.
    """
    seen: set[tuple[str, str]] = set()
    for example in examples:
        plain = example.normalized()
        copies = (*shares, *marked_shares) if example.has_marks else shares
        for candidate in (plain, *(example.misheard(share, f"train{i}") for i, share in enumerate(copies))):
            key = (candidate.intent, candidate.text)
            if candidate.text and key not in seen:
                seen.add(key)
                yield candidate


def write_examples(examples: Iterable[Example], path: Path, lookups: Mapping[str, Iterable[str]]) -> int:
    """Write a Rasa training file with lookup tables (words by name); returns the number of examples."""
    by_intent: dict[str, list[str]] = {}
    for example in examples:
        by_intent.setdefault(example.intent, []).append(example.marked())
    nlu: list[dict[str, str]] = [
        {"intent": intent, "examples": "".join(f"- {line}\n" for line in lines)}
        for intent, lines in by_intent.items()
    ]
    nlu += [
        {"lookup": name, "examples": "".join(f"- {word}\n" for word in words)}
        for name, words in lookups.items()
    ]
    document = {"version": "3.1", "nlu": nlu}
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return sum(len(lines) for lines in by_intent.values())
