"""Listeners of calls beside bare Vosk decoders: the same recordings, the same model, as many at once, in one run.

A bare decoder is a thread that feeds 20 ms frames to Vosk and asks for nothing but the final text. A listener does what
a call needs on top: partial results, an event loop, a queue. Both get each recording as fast as they take it; what is
compared is seconds of sound heard per second of the processor and per second of the clock.
"""

from __future__ import annotations

import asyncio
import threading
import time
import wave
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
import vosk

from benchmarks.table import show
from voice import asr
from voice.asr import Listener, SpeechModel
from voice.leg import frame_bytes
from voice.models import TRIAL_MODEL

_FOLDER = Path(__file__).parents[1] / "tests" / "fixtures" / "speech"
_AT_ONCE = (1, 2, 4, 8)
_ROUNDS = 3
_RECORDINGS = 8
_RATE = 8000
_HELD = 50  # recognisers kept open to see what one costs


def main() -> None:
    """Print throughput and its ratio for several numbers at once, and memory."""
    vosk.SetLogLevel(-1)
    asr.FINISH_SECONDS = 120.0  # all sound comes at once here, and an answer waits for all of it
    sounds = [_samples(path) for path in sorted(_FOLDER.glob("*.wav"))[:_RECORDINGS]]
    model, bare = SpeechModel.load(TRIAL_MODEL), vosk.Model(str(TRIAL_MODEL))
    rows = []
    for at_once in _AT_ONCE:
        # Interleaved, the best round of each counts: what else the machine does hits both alike.
        rounds = [
            (_timed(_bare, bare, sounds, at_once), _timed(_listening, model, sounds, at_once))
            for _ in range(_ROUNDS)
        ]
        bare_cpu, bare_wall = (max(r[0][i] for r in rounds) for i in (0, 1))
        cpu, wall = (max(r[1][i] for r in rounds) for i in (0, 1))
        rows.append((at_once, bare_cpu, cpu, cpu / bare_cpu, bare_wall, wall, wall / bare_wall))
    show(
        "Hearing: seconds of sound per second of one processor and of the clock",
        ("at once", "bare, cpu", "listeners, cpu", "ratio", "bare, clock", "listeners, clock", "ratio"),
        rows,
    )
    one, each, with_words, created = _memory(sounds[0])
    show(
        "Hearing: memory in MB and seconds to make a recogniser",
        ("model", "a recogniser", "with a vocabulary of 5000", "made in s, with it"),
        [(one, each, with_words, created)],
    )


def _timed(
    run: Callable[..., None], model: object, sounds: Sequence[bytes], at_once: int
) -> tuple[float, float]:
    """Seconds of sound per second of the processor, and per second of the clock."""
    sound = at_once * sum(len(pcm) for pcm in sounds) / 2 / _RATE
    cpu, wall = time.process_time(), time.perf_counter()
    run(model, sounds, at_once)
    return sound / (time.process_time() - cpu), sound / (time.perf_counter() - wall)


def _bare(model: vosk.Model, sounds: Sequence[bytes], at_once: int) -> None:
    def decode() -> None:
        recogniser = vosk.KaldiRecognizer(model, _RATE)
        recogniser.SetWords(True)
        for pcm in sounds:
            for frame in _frames(pcm):
                if recogniser.AcceptWaveform(frame):
                    recogniser.Result()
            recogniser.FinalResult()

    threads = [threading.Thread(target=decode) for _ in range(at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _listening(model: SpeechModel, sounds: Sequence[bytes], at_once: int) -> None:
    async def call() -> None:
        listener = Listener(model, _RATE, lambda _: None)
        for pcm in sounds:
            for frame in _frames(pcm):
                listener.feed(frame)
                await asyncio.sleep(0)
            await listener.finish()
        await listener.close()

    async def calls() -> None:
        await asyncio.gather(*(call() for _ in range(at_once)))

    asyncio.run(calls())


def _memory(pcm: bytes) -> tuple[float, float, float, float]:
    process = psutil.Process()
    before = process.memory_info().rss
    model = SpeechModel.load(TRIAL_MODEL)
    loaded = process.memory_info().rss
    each, _ = _held(model, pcm)
    words = (TRIAL_MODEL / "graph" / "words.txt").read_text(encoding="utf-8").splitlines()
    phrases = [line.split()[0] for line in words if len(line.split()[0]) > 1][:5000]
    with_words, created = _held(SpeechModel.load(TRIAL_MODEL, phrases), pcm)
    return (loaded - before) / 1e6, each, with_words, created


def _held(model: SpeechModel, pcm: bytes) -> tuple[float, float]:
    """MB and seconds that a recogniser takes, over many held at once that each heard something."""
    before, started = psutil.Process().memory_info().rss, time.perf_counter()
    held = [model.recogniser(_RATE) for _ in range(_HELD)]
    created = (time.perf_counter() - started) / _HELD
    for recogniser in held:
        recogniser.feed(pcm)
    used = (psutil.Process().memory_info().rss - before) / 1e6 / _HELD
    for recogniser in held:
        recogniser.close()
    return used, created


def _frames(pcm: bytes) -> list[bytes]:
    step = frame_bytes(_RATE)
    return [pcm[at : at + step] for at in range(0, len(pcm), step)]


def _samples(path: Path) -> bytes:
    with wave.open(str(path)) as file:
        return file.readframes(file.getnframes())
