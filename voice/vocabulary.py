"""A call's own vocabulary: sentences that a caller may say, in the words that a model knows.

Vosk builds a language model of pairs of words from such phrases; words divided by spaces. It drops a word that the
model does not know with no more than a line in its own log, so phrases are cut into known words here, and what
cannot be cut is counted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

UNKNOWN = "[unk]"  # what Vosk writes for a sound that is no word of its vocabulary
_NOT_HAN = re.compile(r"[^\u4e00-\u9fff]+")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """``grammar`` is Vosk's JSON list of phrases; ``phrases`` and ``dropped`` count the given ones that a model can
    hear, and those with a character it lacks."""

    grammar: str
    phrases: int
    dropped: int


class Words:
    """The words of a model."""

    def __init__(self, known: Iterable[str]) -> None:
        self._known = frozenset(known)
        self._longest = max(map(len, self._known), default=0)

    @classmethod
    def of_model(cls, model: Path) -> Words:
        """From a model's folder; no words where it has no list of them."""
        file = model / "graph" / "words.txt"
        if not file.is_file():
            return cls(())
        with file.open(encoding="utf-8") as lines:
            return cls(line.split(" ", 1)[0] for line in lines)

    @property
    def characters(self) -> list[str]:
        """The single characters among the words."""
        return sorted(word for word in self._known if len(word) == 1 and not _NOT_HAN.match(word))

    def cut(self, text: str) -> list[str] | None:
        """A text of Chinese characters as known words, as few as possible; None where that cannot be."""
        best: list[tuple[float, list[str]] | None] = [(0.0, [])] + [None] * len(text)
        for end in range(1, len(text) + 1):
            for start in range(max(0, end - self._longest), end):
                before, word = best[start], text[start:end]
                if before is None or word not in self._known:
                    continue
                cost = before[0] + 1 + 0.01 / len(word)  # of equally many words, rather long ones
                now = best[end]
                if now is None or cost < now[0]:
                    best[end] = (cost, [*before[1], word])
        found = best[-1]
        return found[1] if found else None


def takes_vocabulary(model: Path) -> bool:
    """Whether a model's graph can be built for a call; large models come with a graph that is finished."""
    graph = model / "graph"
    return (graph / "HCLr.fst").is_file() and (graph / "Gr.fst").is_file()


def vocabulary(phrases: Iterable[str], words: Words) -> Vocabulary:
    """Phrases as a model can be given them; what is no Chinese character parts them.

    The model's single characters are added, so that a name or an unheard-of word can still be heard.
    """
    cut, dropped = set(), 0
    for phrase in phrases:
        for piece in filter(None, _NOT_HAN.split(phrase)):
            known = words.cut(piece)
            if known is None:
                dropped += 1
            else:
                cut.add(" ".join(known))
    listed = [*sorted(cut), *words.characters, UNKNOWN]
    return Vocabulary(json.dumps(listed, ensure_ascii=False), len(cut), dropped)
