"""How fast the voice is there, beside the bare command; how fast it speaks, how evenly loud, and whether a recogniser follows."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

import numpy as np

from benchmarks.table import percentile, show
from bot.settings import load_settings
from knowledge.loader import load
from voice.asr import SpeechModel
from voice.loudness import active_level
from voice.models import TRIAL_MODEL
from voice.pinyin import syllables, to_pinyin
from voice.prompts import assistant_prompts, entry_prompts
from voice.tts import CHARACTERS_PER_SECOND, SpeechStyle, Voice, pieces, words_per_minute
from voice.tts_pool import Sound, SpeechPool, worker_command

RATE = 8000
_SENTENCES = 60
_RATES = (0.55, 0.7, 1.0, 1.15, 1.45)
# pyttsx3 as its documentation shows it: a process, an engine, a file.
_NAIVE = """
import sys, pyttsx3
engine = pyttsx3.init(driverName="espeak")
engine.setProperty("voice", "cmn-latn-pinyin")
engine.save_to_file(sys.argv[1], sys.argv[2])
engine.runAndWait()
"""


def main() -> None:
    """Measure and print."""
    every = [p.text for p in (*assistant_prompts(), *entry_prompts((e.id, e.spoken) for e in load()))]
    sentences = list(dict.fromkeys(part for text in every for part in pieces(text) if len(part) > 5))
    chosen = sentences[:: max(1, len(sentences) // _SENTENCES)][:_SENTENCES]
    asyncio.run(_measure(chosen))


async def _measure(sentences: Sequence[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="yinling-bench-") as folder:
        voice = await Voice.start(load_settings({"YINLING_STATE": folder}), ())
        try:
            new, cached = [], []
            for times in (new, cached):
                for sentence in sentences:
                    times.append(await _first_sound(voice, sentence))
            bare = [
                _run("espeak-ng", "-v", "cmn-latn-pinyin", "-w", f"{folder}/bare.wav", to_pinyin(s))
                for s in sentences
            ]
            naive = [
                _run(sys.executable, "-c", _NAIVE, to_pinyin(s), f"{folder}/naive.wav")
                for s in sentences[:10]
            ]
            _show_times(new, cached, bare, naive)
            await _show_rates(voice, sentences)
            await _show_understood(voice, sentences)
        finally:
            await voice.close()
        await _show_loudness(sentences)


def _show_times(new: list[float], cached: list[float], bare: list[float], naive: list[float]) -> None:
    base = percentile(bare, 0.5)
    rows = [
        (name, percentile(times, 0.5) * 1000, percentile(times, 0.95) * 1000, percentile(times, 0.5) / base)
        for name, times in (
            ("ours, sentence never said before", new),
            ("ours, said before", cached),
            ("espeak-ng command", bare),
            ("pyttsx3 in a process of its own", naive),
        )
    ]
    show(f"Text to first sound, {len(new)} sentences", ("", "p50 ms", "p95 ms", "p50 / bare command"), rows)


async def _first_sound(voice: Voice, sentence: str) -> float:
    began = time.perf_counter()
    async for _ in voice.say(sentence, SpeechStyle(), RATE):
        return time.perf_counter() - began
    return float("nan")


def _run(*command: str) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


async def _show_rates(voice: Voice, sentences: Sequence[str]) -> None:
    rows = []
    count = sum(len(syllables(s)) for s in sentences)
    for rate in _RATES:
        seconds = 0.0
        for sentence in sentences:
            seconds += len(await _spoken(voice, sentence, SpeechStyle(rate))) / 2 / RATE
        rows.append((rate, CHARACTERS_PER_SECOND * rate, count / seconds))
    show("Characters a second, pauses included", ("share of the default", "wanted", "spoken"), rows)


async def _show_loudness(sentences: Sequence[str]) -> None:
    pool = SpeechPool(worker_command("espeak", "cmn-latn-pinyin"), 1, 5.0)
    await pool.start()
    before: list[float] = []
    try:
        for sentence in sentences:
            sound: Sound = await pool.speak(
                to_pinyin(sentence), words_per_minute(1.0), len(syllables(sentence))
            )
            before.append(_level(sound.pcm, sound.sample_rate))
    finally:
        await pool.close()
    with tempfile.TemporaryDirectory(prefix="yinling-bench-") as folder:
        voice = await Voice.start(load_settings({"YINLING_STATE": folder}), ())
        after = [_level(await _spoken(voice, s, SpeechStyle()), RATE) for s in sentences]
        await voice.close()
    rows = [
        (name, float(np.mean(levels)), float(np.std(levels)), max(levels) - min(levels))
        for name, levels in (("espeak-ng", before), ("ours", after))
    ]
    show("Active speech level, dB below full scale", ("", "mean", "deviation", "loudest - faintest"), rows)


async def _show_understood(voice: Voice, sentences: Sequence[str]) -> None:
    model = SpeechModel.load(TRIAL_MODEL)
    rows = []
    for rate in (0.7, 1.0, 1.3):
        wrong = total = 0
        for sentence in sentences:
            recogniser = model.recogniser(RATE)
            recogniser.feed(bytes(4800) + await _spoken(voice, sentence, SpeechStyle(rate)) + bytes(4800))
            heard = recogniser.finish().text
            recogniser.close()
            wrong += _distance(syllables(sentence), syllables(heard))
            total += len(syllables(sentence))
        rows.append((rate, 100 * wrong / total))
    show("Syllables that the trial recogniser gets wrong", ("share of the default rate", "%"), rows)


def _distance(wanted: Sequence[str], heard: Sequence[str]) -> int:
    """Syllables to change, to add or to leave out (Levenshtein), tones not looked at."""
    row = list(range(len(heard) + 1))
    for i, a in enumerate(wanted, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(heard, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a[:-1] != b[:-1]))
    return row[-1]


def _level(pcm: bytes, sample_rate: int) -> float:
    level = active_level((np.frombuffer(pcm, "<i2") / 32768).astype(np.float32), sample_rate)
    return float("nan") if level is None else level


async def _spoken(voice: Voice, sentence: str, style: SpeechStyle) -> bytes:
    return b"".join([piece.pcm async for piece in voice.say(sentence, style, RATE)])
