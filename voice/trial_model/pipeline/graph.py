"""The model's decoding graph: HCLr.fst (a lexicon tree with its sounds' states), Gr.fst (the language model), words.txt.

OpenFst's own tools compile them (Debian: libfst-tools). The tree has the type olabel_lookahead, so that Vosk can put
another language model, or a call's own vocabulary, in the place of Gr.fst.
"""

from __future__ import annotations

import math
import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from voice.trial_model.pipeline.language_model import BEGIN, END, ORDER, UNKNOWN, BackOff, History
from voice.trial_model.pipeline.phones import PHONE_ID, POSITIONED, transitions, word_phones

_SILENCE, _NO_SILENCE = -math.log(0.3), -math.log(0.7)
_STAY = _LEAVE = -math.log(0.5)
_LOOKAHEAD = "libfstlookahead.so.22"  # registers the type olabel_lookahead with the tools

Lexicon = list[tuple[str, tuple[int, ...]]]


class LexiconTree:
    """A deterministic prefix tree of the words' sounds.

    A state stands for a node together with the sound that led into it, so it can carry that sound's self-loop after
    the transition that leaves it (Kaldi's reordered convention).
    """

    def __init__(self, lexicon: Lexicon, ids: Mapping[str, int]) -> None:
        self.arcs: list[tuple[int, int, int, int, float]] = []
        self._states = 0
        self._ends: dict[int, int] = {}
        self._children: dict[tuple[int, int], int] = {}
        self.start, self.root, self.silence = self._state(), self._state(), self._state()
        stay, self._enter_silence = transitions(PHONE_ID["sil"])
        self.arcs += [
            (self.start, self.root, 0, 0, _NO_SILENCE),
            (self.start, self.silence, self._enter_silence, 0, _SILENCE + _LEAVE),
            (self.silence, self.silence, stay, 0, _STAY),
            (self.silence, self.root, 0, 0, 0.0),
        ]
        for word, phones in sorted(set(lexicon), key=lambda entry: (entry[1], entry[0])):
            self._add(ids[word], phones)

    def lines(self) -> Iterable[str]:
        """The tree as fstcompile reads it."""
        for source, target, sound, word, cost in self.arcs:
            yield f"{source}\t{target}\t{sound}\t{word}\t{cost:.5f}\n"
        for state in (self.start, self.root, self.silence, *self._ends.values()):
            yield f"{state}\t0\n"

    def _add(self, word: int, phones: tuple[int, ...]) -> None:
        state = self.root
        for phone in phones[:-1]:
            key = (state, phone)
            if key not in self._children:
                child = self._children[key] = self._state()
                stay, leave = transitions(phone)
                self.arcs += [(state, child, leave, 0, _LEAVE), (child, child, stay, 0, _STAY)]
            state = self._children[key]
        self.arcs.append((state, self._end(phones[-1]), transitions(phones[-1])[1], word, _LEAVE))

    def _end(self, phone: int) -> int:
        """The state after a word, shared by all words with the same last sound."""
        if phone not in self._ends:
            state = self._ends[phone] = self._state()
            self.arcs += [
                (state, state, transitions(phone)[0], 0, _STAY),
                (state, self.root, 0, 0, _NO_SILENCE),
                (state, self.silence, self._enter_silence, 0, _SILENCE + _LEAVE),
            ]
        return self._ends[phone]

    def _state(self) -> int:
        self._states += 1
        return self._states - 1


def language_model_lines(model: Mapping[History, BackOff], ids: Mapping[str, int]) -> Iterable[str]:
    """The language model as fstcompile reads it: a state per history, the first line at the start."""
    begin = (BEGIN,)
    histories = [begin, *sorted((h for h in model if h != begin), key=lambda h: (len(h), h))]
    states = {history: number for number, history in enumerate(histories)}

    def longest_known(history: History) -> int:
        while history not in states:
            history = history[1:]
        return states[history]

    for history in histories:
        state, given = states[history], model[history]
        for word, log in given.seen.items():
            if word == END:
                yield f"{state}\t{-log:.4f}\n"
            elif word != BEGIN:
                target = longest_known((*history, word)[-(ORDER - 1) :])
                yield f"{state}\t{target}\t{ids[word]}\t{ids[word]}\t{-log:.4f}\n"
        if given.back_off is not None:
            yield f"{state}\t{longest_known(history[1:])}\t0\t0\t{-given.back_off:.4f}\n"


def write(lexicon: Lexicon, model: Mapping[History, BackOff], folder: Path) -> None:
    """Fill a model's graph/ folder. Raises CalledProcessError when a tool of OpenFst fails."""
    (folder / "phones").mkdir(parents=True, exist_ok=True)
    words = sorted({word for word, _ in lexicon})
    ids = {word: number for number, word in enumerate(words, 1)}
    tree, grammar, relabel = (folder / name for name in ("tree.txt", "grammar.txt", "relabel.txt"))
    tree.write_text("".join(LexiconTree(lexicon, ids).lines()), encoding="ascii")
    grammar.write_text("".join(language_model_lines(model, ids)), encoding="ascii")
    _run(
        "fstcompile tree.txt | fstarcsort --sort_type=olabel"
        " | fstconvert --fst_type=olabel_lookahead --save_relabel_opairs=relabel.txt > HCLr.fst",
        folder,
    )
    _run(
        "fstcompile grammar.txt | fstrelabel --relabel_ipairs=relabel.txt --relabel_opairs=relabel.txt"
        " | fstarcsort --sort_type=ilabel | fstconvert --fst_type=const > Gr.fst",
        folder,
    )
    pairs = (line.split() for line in relabel.read_text(encoding="ascii").splitlines())
    numbers = {int(old): int(new) for old, new in pairs}
    table = sorted((numbers[ids[word]], word) for word in words)
    lines = ["<eps> 0\n", *(f"{word} {number}\n" for number, word in table)]
    (folder / "words.txt").write_text("".join(lines), encoding="utf-8")
    boundaries = (f"{PHONE_ID[phone.name]} {phone.boundary}\n" for phone in POSITIONED)
    (folder / "phones" / "word_boundary.int").write_text("".join(boundaries), encoding="ascii")
    (folder / "disambig_tid.int").write_text(f"{2 * len(POSITIONED) + 1}\n", encoding="ascii")
    for file in (tree, grammar, relabel):
        file.unlink()


def lexicon_of(readings: Mapping[str, Iterable[str]]) -> Lexicon:
    """Words with their sounds; the sound that is no word is one of them."""
    made = [(word, word_phones(reading)) for word, said in readings.items() for reading in said]
    return [*made, (UNKNOWN, (PHONE_ID["spn_S"],))]


def _run(pipeline: str, folder: Path) -> None:
    environment = {**os.environ, "LD_PRELOAD": _LOOKAHEAD}
    subprocess.run(["bash", "-o", "pipefail", "-ec", pipeline], cwd=folder, check=True, env=environment)  # noqa: S607
