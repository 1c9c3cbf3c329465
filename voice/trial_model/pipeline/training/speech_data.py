"""Training speech: sentences by many espeak-ng voices, with the sound that is said at each moment.

python -m voice.trial_model.pipeline.training.speech_data OUT.npz COUNT SEED
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

from voice.trial_model.pipeline.callers import Callers
from voice.trial_model.pipeline.held_out import HELD_OUT_VOICES, spoken_syllables
from voice.trial_model.pipeline.phones import PDF, syllable
from voice.trial_model.pipeline.product_text import measured_sentences, weighted_sentences
from voice.trial_model.pipeline.training.espeak import PHONEME, WORD, Espeak, Event
from voice.trial_model.pipeline.words import Cutter

VOICES = (
    "m1",
    "m2",
    "m3",
    "m4",
    "m5",
    "m6",
    "m8",
    "f1",
    "f2",
    "f3",
    "f5",
    "Alex",
    "Alicia",
    "Andrea",
    "Andy",
    "Annie",
    "Denis",
    "Diogo",
    "Gene",
    "Gene2",
    "Henrique",
    "Jacky",
    "Lee",
    "Marco",
    "Mario",
    "Michael",
    "adam",
    "anika",
    "antonio",
    "aunty",
    "benjamin",
    "boris",
    "david",
    "ed",
    "edward",
    "grandma",
    "grandpa",
    "iven",
    "iven2",
    "john",
    "linda",
    "max",
    "michel",
    "miguel",
    "norbert",
    "pablo",
    "pedro",
    "quincy",
    "rob",
    "robert",
    "steph",
    "steph2",
    "travis",
    "zac",
    "klatt",
    "klatt2",
    "klatt4",
    "klatt6",
    "Storm",
    "Hugo",
)
# Speech of other languages is the sound that is no word of ours.
FOREIGN = {
    "en": [
        "the",
        "weather",
        "report",
        "for",
        "tomorrow",
        "is",
        "cloudy",
        "with",
        "some",
        "rain",
        "in",
        "the",
        "north",
    ],
    "ru": [
        "погода",
        "завтра",
        "будет",
        "хорошая",
        "и",
        "солнечная",
        "мы",
        "поедем",
        "в",
        "деревню",
        "к",
        "бабушке",
    ],
    "vi": [
        "hôm",
        "nay",
        "trời",
        "đẹp",
        "quá",
        "chúng",
        "ta",
        "đi",
        "chợ",
        "mua",
        "rau",
        "và",
        "cá",
        "rồi",
        "về",
        "nhà",
    ],
    "de": ["das", "wetter", "wird", "morgen", "schön", "und", "wir", "fahren", "in", "die", "berge"],
}
RATE = 16_000
_FOREIGN_SHARE = 0.1
_LONGEST = 26  # characters of a sentence
_LEAST_INITIAL, _LEAST_FINAL, _GLIDE = 0.015, 0.02, 0.035  # seconds
_GLIDES = ("j", "w", ";")  # espeak's sounds that stand for no initial
_PAUSE = 0.04  # seconds between syllables that count as silence


@dataclass(frozen=True, slots=True)
class Labelled:
    """Sound at RATE, and what is said in it: rows of (pdf, samples)."""

    sound: npt.NDArray[np.int16]
    labels: npt.NDArray[np.int64]


class Speakers:
    """Says sentences in voices of the training."""

    def __init__(self, rng: random.Random) -> None:
        self._rng, self._espeak = rng, Espeak()
        if set(VOICES) & set(HELD_OUT_VOICES):
            raise ValueError("a voice is in both training and measuring")

    def sentence(self, words: list[str]) -> Labelled | None:
        """Mandarin, in one of the voices; None where espeak's events do not fit the syllables."""
        said, text = [], ""
        for number, word in enumerate(words):
            for part in spoken_syllables(word):
                said.append(part)
                text += part.replace("v", "ü") + " "
            if number < len(words) - 1 and self._rng.random() < 0.06:
                text = text.rstrip() + ", "
        variant = f"+{self._rng.choice(VOICES)}" if self._rng.random() > 0.12 else ""
        draw = self._rng.randint
        sound, events = self._espeak.say(
            text,
            f"cmn-latn-pinyin{variant}",
            draw(130, 330),
            draw(10, 80),
            draw(20, 80),
            self._rng.choice((0, 0, 0, 1, 2)),
        )
        marks = self._marks(said, sound, events)
        return self._finished(sound, marks) if marks else None

    def foreign(self) -> Labelled | None:
        """Speech that is no Mandarin."""
        language = self._rng.choice(sorted(FOREIGN))
        text = " ".join(self._rng.choices(FOREIGN[language], k=self._rng.randint(1, 8)))
        draw = self._rng.randint
        sound, events = self._espeak.say(
            text, f"{language}+{self._rng.choice(VOICES)}", draw(120, 220), draw(10, 80)
        )
        ends = [event.sample for event in events if event.type == PHONEME]
        return self._finished(sound[: max(ends)], [(0, PDF["spn"])]) if ends else None

    def _marks(
        self, said: list[str], sound: npt.NDArray[np.int16], events: list[Event]
    ) -> list[tuple[int, int]] | None:
        """(sample, pdf) where each sound begins."""
        begins = [
            i for i, event in enumerate(events) if event.type == WORD and _is_spoken(events[i + 1 : i + 3])
        ]
        if len(begins) != len(said) or not len(sound):
            return None
        marks: list[tuple[int, int]] = []
        for part, (at, following) in zip(said, pairwise([*begins, len(events)]), strict=True):
            end_of_part = events[following].sample if following < len(events) else len(sound)
            sounds = [event for event in events[at + 1 : following] if event.type == PHONEME]
            real = [event for event in sounds if not event.phoneme.startswith("_")]
            if not real:
                return None
            silent = [e.sample for e in sounds if e.phoneme.startswith("_") and e.sample >= real[-1].sample]
            end = silent[0] if silent else end_of_part
            initial, final = syllable(part)
            start = events[at].sample
            marks += [(start, PDF[initial]), (self._cut(initial, real, start, end), PDF[final])]
            if end_of_part - end > _PAUSE * self._espeak.rate:
                marks.append((end, PDF["sil"]))
        return [(0, PDF["sil"]), *marks] if marks[0][0] > 0 else marks

    def _cut(self, initial: str, real: list[Event], start: int, end: int) -> int:
        """Where a syllable's final begins."""
        rate = self._espeak.rate
        if len(real) >= 2 and (initial != "^" or real[0].phoneme in _GLIDES):
            cut = real[1].sample
        else:
            cut = start + min(int(_GLIDE * rate), (end - start) // 3)
        return min(max(cut, start + int(_LEAST_INITIAL * rate)), end - int(_LEAST_FINAL * rate))

    def _finished(self, sound: npt.NDArray[np.int16], marks: list[tuple[int, int]]) -> Labelled | None:
        """Padded with silence, at RATE, level brought up."""
        rate = self._espeak.rate
        before, after = (int(self._rng.uniform(0.1, 0.35) * rate) for _ in range(2))
        sound = np.concatenate([np.zeros(before, np.int16), sound, np.zeros(after, np.int16)])
        times = [0, *(at + before for at, _ in marks), len(sound) - after, len(sound)]
        pdfs = [PDF["sil"], *(pdf for _, pdf in marks), PDF["sil"]]
        divisor = int(np.gcd(RATE, rate))
        up, down = RATE // divisor, rate // divisor
        wide = resample_poly(sound.astype(np.float32), up, down)
        ends = np.round(np.array(times) * up / down).astype(np.int64)
        ends[-1] = len(wide)
        lengths = np.diff(ends)
        if (lengths < 0).any():
            return None
        labels = np.stack([np.array(pdfs), lengths], 1)
        peak = float(np.abs(wide).max()) or 1.0
        return Labelled((wide * (30_000 / peak)).astype(np.int16), labels[labels[:, 1] > 0])


def main(out: str, count: str, seed: str) -> None:
    """Write so many sentences and a tenth of foreign speech."""
    rng = random.Random(int(seed))  # noqa: S311
    speakers, sentences = Speakers(rng), _sentences(rng)
    made = [speakers.sentence(rng.choice(sentences)) for _ in range(int(count))]
    made += [speakers.foreign() for _ in range(int(_FOREIGN_SHARE * int(count)))]
    kept = [one for one in made if one is not None]
    np.savez(
        out,
        sound=np.concatenate([one.sound for one in kept]),
        labels=np.concatenate([one.labels for one in kept]),
        sound_lengths=np.array([len(one.sound) for one in kept]),
        label_lengths=np.array([len(one.labels) for one in kept]),
    )
    print(f"{len(kept)} of {len(made)} kept, {sum(len(one.sound) for one in kept) / RATE / 60:.0f} minutes")


def _sentences(rng: random.Random) -> list[list[str]]:
    callers = Callers(rng)
    cut = Cutter((), callers.slots["星期"])
    texts = {*callers.sentences(4000), *(text for _, text in weighted_sentences())} - measured_sentences()
    return [cut(text) for text in sorted(texts) if len(text) <= _LONGEST]


def _is_spoken(events: list[Event]) -> bool:
    return any(event.type == PHONEME and not event.phoneme.startswith("_") for event in events)


if __name__ == "__main__":
    main(*sys.argv[1:4])
