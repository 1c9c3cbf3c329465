"""Speech to text with Vosk: one model for the process, one recogniser for a call.

A model is a folder as alphacephei.com offers them (am/, conf/, graph/). Vosk's own log is silenced: it would print what
people say.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import vosk

from bot.messages import Transcript
from bot.ports import YinlingError
from voice.models import TRIAL, is_trial, worth
from voice.resample import Resampler
from voice.vocabulary import UNKNOWN, Words, takes_vocabulary, vocabulary

# How much new sound is worth asking for a partial result: the network works in pieces of 210 ms anyway.
PARTIAL_SECONDS = 0.1
_WARM_UP_SECONDS = 0.5
_RATE = re.compile(r"^--sample-frequency=(\d+)", re.MULTILINE)
_NEEDED = ("am/final.mdl", "conf/mfcc.conf", "conf/model.conf")


log = logging.getLogger(__name__)


class BadSpeechModel(YinlingError):
    """A folder that cannot be used as a speech model; the message says why."""

    code = "asr.bad_model"
    spoken = "我现在听不见您说话。您可以按键，按零找人工。"


class RecognitionUnavailable(YinlingError):
    """Nobody is listening on this call: the recogniser died or cannot keep up."""

    code = "asr.unavailable"
    spoken = "我现在听不见您说话。您可以按键，按零找人工。"


class SpeechModel:
    """A loaded model, shared by all calls of a process.

    ``name`` is its folder's; ``description`` says in Chinese what it is worth, ``remark`` in English; ``trial`` whether
    it hears synthetic voices only; ``phrases`` how many of the given vocabulary its recognisers listen for.
    """

    def __init__(self, path: Path, model: vosk.Model, sample_rate: int) -> None:
        self.path = path
        self.trial = is_trial(path)
        self.name = TRIAL if self.trial else path.name
        self.description, self.remark = worth(path)
        self.sample_rate = sample_rate  # of what the model was trained on, in hertz
        self.phrases = 0
        self._grammar: str | None = None
        self._model = model

    @classmethod
    def load(cls, path: Path, vocabulary: Sequence[str] = ()) -> SpeechModel:
        """Load a model's folder and let it hear half a second of silence. Raises BadSpeechModel.

        ``vocabulary``: sentences that callers may say; used by models that can be given one.
        """
        sample_rate = _checked(path)
        vosk.SetLogLevel(-1)
        try:
            model = cls(path, vosk.Model(str(path)), sample_rate)
            model._listen_for(vocabulary)
            ear = model.recogniser(sample_rate)
            ear.feed(bytes(2 * int(_WARM_UP_SECONDS * sample_rate)))
            ear.finish()
        except Exception as error:  # Vosk raises bare Exceptions
            raise BadSpeechModel(f"Vosk cannot load the speech model in {path}.") from error
        return model

    def recogniser(self, sample_rate: int) -> Recogniser:
        """A recogniser for one call whose sound comes at ``sample_rate`` hertz."""
        more = () if self._grammar is None else (self._grammar,)
        kaldi = vosk.KaldiRecognizer(self._model, self.sample_rate, *more)
        kaldi.SetWords(True)
        return Recogniser(kaldi, Resampler(sample_rate, self.sample_rate))

    def _listen_for(self, phrases: Sequence[str]) -> None:
        if not phrases:
            return
        if not takes_vocabulary(self.path):
            log.warning("asr.no_vocabulary %s has a finished graph and takes no vocabulary.", self.name)
            return
        made = vocabulary(phrases, Words.of_model(self.path))
        self._grammar, self.phrases = made.grammar, made.phrases
        if made.dropped:
            log.warning(
                "asr.unknown_words %d of the vocabulary's phrases have a word the model lacks.", made.dropped
            )


class Recogniser:
    """One caller's ear. Blocking; used by one thread at a time.

    Vosk closes a segment at every pause of its own measure; an utterance lasts until finish() all the same.
    """

    def __init__(self, kaldi: vosk.KaldiRecognizer, resampler: Resampler) -> None:
        self._kaldi: vosk.KaldiRecognizer | None = kaldi
        self._resampler = resampler
        self._enough = int(PARTIAL_SECONDS * resampler.target) * 2
        self._segments: list[_Segment] = []
        self._partial = ""
        self._unread = 0  # bytes heard since the last partial result

    def feed(self, pcm: bytes) -> str:
        """Hear some sound; gives the text of the utterance so far, without spaces. Raises RecognitionUnavailable."""
        kaldi = self._alive()
        samples = self._resampler.feed(pcm)
        if samples and kaldi.AcceptWaveform(samples):
            self._segments.append(_segment(kaldi.Result()))
            self._partial = ""
            self._unread = 0
        else:
            self._unread += len(samples)
            if self._unread >= self._enough:
                self._partial = _joined(json.loads(kaldi.PartialResult())["partial"].split())
                self._unread = 0
        return "".join(s.text for s in self._segments) + self._partial

    def finish(self) -> Transcript:
        """The utterance is over: its text and how sure of it. The next feed begins another."""
        kaldi = self._alive()
        rest = self._resampler.finish()
        if rest and kaldi.AcceptWaveform(rest):
            self._segments.append(_segment(kaldi.Result()))
        self._segments.append(_segment(kaldi.FinalResult()))
        segments = self._segments
        self._clear()
        text = "".join(s.text for s in segments)
        weight = sum(s.weight for s in segments)
        sure = sum(s.sure for s in segments) / weight if text else 0.0
        return Transcript(text, round(min(1.0, max(0.0, sure)), 4))

    def reset(self) -> None:
        """Forget the utterance so far."""
        self._alive().Reset()
        self._resampler.reset()
        self._clear()

    def close(self) -> None:
        """Give the memory back; safe to repeat. Afterwards every other verb raises RecognitionUnavailable."""
        self._kaldi = None
        self._clear()

    def _alive(self) -> vosk.KaldiRecognizer:
        if self._kaldi is None:
            raise RecognitionUnavailable("The recogniser is closed.")
        return self._kaldi

    def _clear(self) -> None:
        self._segments, self._partial, self._unread = [], "", 0


@dataclass(frozen=True, slots=True)
class _Segment:
    """A piece between two pauses. ``sure`` is the sum of the words' confidences, weighted by their length."""

    text: str
    sure: float
    weight: float


def _segment(result: str) -> _Segment:
    """What Vosk's JSON of a segment says; a sound that is no word counts as one unsure character."""
    words = json.loads(result).get("result", [])
    sure = weight = 0.0
    for word in words:
        known = word["word"] != UNKNOWN
        length = len(word["word"]) if known else 1
        weight += length
        sure += length * word["conf"] if known else 0.0
    return _Segment(_joined(w["word"] for w in words), sure, weight)


def _joined(words: Iterable[str]) -> str:
    return "".join(word for word in words if word != UNKNOWN)


def _checked(path: Path) -> int:
    """The model's sample rate, in hertz, after a look at its folder. Raises BadSpeechModel.

    An empty file must not reach Vosk: some end the whole process.
    """
    if not path.is_dir():
        raise BadSpeechModel(f"There is no speech model in {path}.")
    for name in _NEEDED:
        file = path / name
        if not file.is_file() or file.stat().st_size == 0:
            raise BadSpeechModel(f"The speech model in {path} is incomplete: {name} is missing or empty.")
    for file in (path / "conf").iterdir():
        if file.is_file() and file.stat().st_size == 0:
            raise BadSpeechModel(f"The speech model in {path} is incomplete: {file.name} is empty.")
    found = _RATE.search((path / "conf" / "mfcc.conf").read_text(encoding="utf-8", errors="replace"))
    if found is None or not 4000 <= int(found.group(1)) <= 48_000:
        raise BadSpeechModel(f"The speech model in {path} does not tell its sample rate.")
    return int(found.group(1))
