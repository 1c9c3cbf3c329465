"""Text to sound, sentence by sentence: a studio's recording, what was made before, or a child process that speaks."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

from bot.settings import Settings
from bot.speech import speakable
from voice.loudness import louder, prepare
from voice.pinyin import to_pinyin
from voice.priority import let_sound_go_first
from voice.prompts import Prompt, plain
from voice.speech_cache import SpeechCache, key_of
from voice.studio import BadRecording, Studio
from voice.tts_pool import SpeakingUnavailable, SpeechPool, worker_command

log = logging.getLogger(__name__)
_P = ParamSpec("_P")
_T = TypeVar("_T")

CHARACTERS_PER_SECOND = 3.5  # spoken by default, pauses included; a newsreader takes 4.5
LINE_RATES = (8000, 16000)  # hertz: telephones, browsers
SLOWEST, FASTEST = 0.5, 1.6  # shares of the default; what is asked beyond is not followed
_THREADS = 2
_VERSION = 1  # of what is done to the sound after the engine; part of every cached sound's name
# Seconds of quiet after a sentence and after a part of one, at the default rate.
_SENTENCE_PAUSE, _CLAUSE_PAUSE = 0.35, 0.15
_PIECE = re.compile(r"[^。！？；!?;\n]+[。！？；!?;\n]*|[。！？；!?;\n]+")
_CLAUSE = re.compile(r"[^，、：,:]*[，、：,:]+|[^，、：,:]+")
_LONG_PIECE = 40  # characters; a longer sentence is made in parts, so that its first sound comes early


@dataclass(frozen=True, slots=True)
class Spoken:
    """One sentence or clause of a text, and its sound: 16-bit little-endian mono at the rate asked for."""

    text: str
    pcm: bytes


@dataclass(frozen=True, slots=True)
class SpeechStyle:
    """How somebody wants to be spoken to: shares of the default rate and loudness."""

    rate: float = 1.0
    volume: float = 1.0


class Voice:
    """The voice of the hotline. One a process."""

    def __init__(self, pool: SpeechPool, cache: SpeechCache, studio: Studio, *, reads_pinyin: bool) -> None:
        self._pool, self._cache, self._studio = pool, cache, studio
        self._reads_pinyin = reads_pinyin
        self._engine = ""
        # Threads of its own: the process's others may all be waiting for the database.
        self._threads = ThreadPoolExecutor(_THREADS, "voice", let_sound_go_first)
        self._public: set[str] = set()
        self._warming: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, settings: Settings, prompts: Iterable[Prompt]) -> Voice:
        """The voice as configured; ``prompts`` are the fixed sentences: those said in every call are made in the background.

        Comes back without an error where no engine starts: what is recorded or cached is still spoken.
        """
        prompts = tuple(prompts)
        command = worker_command(settings.voice.tts_driver, settings.voice.tts_voice)
        pool = SpeechPool(command, settings.voice.tts_processes, settings.voice.tts_deadline)
        cache = await asyncio.to_thread(SpeechCache, settings.state_dir / "speech")
        studio = await asyncio.to_thread(Studio.open, prompts_folder(settings), prompts)
        voice = cls(pool, cache, studio, reads_pinyin="pinyin" in settings.voice.tts_voice)
        await asyncio.gather(pool.start(), asyncio.to_thread(to_pinyin, "您好"))
        voice._engine = await asyncio.to_thread(_engine_name, settings, pool.engine)
        voice._public = {plain(piece) for prompt in prompts for piece in pieces(prompt.text)}
        voice._warming = asyncio.create_task(voice.warm(prompts))
        return voice

    async def say(self, text: str, style: SpeechStyle, sample_rate: int) -> AsyncGenerator[Spoken, None]:
        """Sentence by sentence, the next one in the making while one is played.

        Raises SpeakingUnavailable at the first piece that cannot be spoken; what could be was given before.
        """
        style = SpeechStyle(min(FASTEST, max(SLOWEST, style.rate)), style.volume)
        parts = self._with_recordings(pieces(text))
        ahead: asyncio.Task[bytes] | None = None
        try:
            for number, part in enumerate(parts):
                work = ahead or asyncio.create_task(self._sound(part, style, sample_rate))
                ahead = None
                if number + 1 < len(parts):
                    ahead = asyncio.create_task(self._sound(parts[number + 1], style, sample_rate))
                pcm = await work
                if pcm:
                    yield Spoken(part, pcm)
        finally:
            if ahead is not None:
                ahead.cancel()
                await asyncio.gather(ahead, return_exceptions=True)

    async def warm(self, prompts: Iterable[Prompt]) -> None:
        """Make the sound of what is said in every call once: for telephones all of it, for browsers what the call itself says."""
        often = [
            prompt for prompt in prompts if prompt.where != "entry"
        ]  # entries are made when first asked for
        for sample_rate in LINE_RATES:
            if sample_rate != LINE_RATES[0]:
                often = [prompt for prompt in often if prompt.where in ("call", "agent")]
            for prompt in often:
                for part in self._with_recordings(pieces(prompt.text)):
                    try:
                        await self._sound(part, SpeechStyle(), sample_rate)
                    except SpeakingUnavailable:
                        log.warning("fixed sentences are not made in advance: no voice")
                        return

    async def warmed(self) -> None:
        """Wait until the fixed sentences are made."""
        if self._warming is not None:
            await asyncio.wait({self._warming})

    async def close(self) -> None:
        """Stop the children."""
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.gather(self._warming, return_exceptions=True)
        await self._pool.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _sound(self, part: str, style: SpeechStyle, sample_rate: int) -> bytes:
        """The sound of one piece at the loudness asked for; empty where nothing of it can be said."""
        pause = _pause_after(part, style.rate)
        pcm = None
        recording = self._studio.find(part)
        if recording is not None:
            pcm = await self._recorded(recording, style.rate, sample_rate, pause)
        if pcm is None:
            pcm = await self._synthetic(part, style.rate, sample_rate, pause)
        return pcm if style.volume == 1.0 else await self._aside(louder, pcm, style.volume)

    async def _recorded(self, path: Path, rate: float, sample_rate: int, pause: float) -> bytes | None:
        """A studio's recording; None where it cannot be played any more."""
        try:
            status = path.stat()
            key = key_of(
                "studio", path, status.st_mtime_ns, status.st_size, rate, sample_rate, pause, _VERSION
            )
            return await self._kept(key) or await self._make(
                key, True, self._studio.sound, path, sample_rate, rate, pause
            )
        except (OSError, BadRecording) as error:
            log.warning("a recording cannot be played: %s", path.name, extra={"reason": type(error).__name__})
            return None

    async def _synthetic(self, part: str, rate: float, sample_rate: int, pause: float) -> bytes:
        words = to_pinyin(part) if self._reads_pinyin else speakable(part)
        syllables = len(words.split()) if self._reads_pinyin else sum(map(str.isalnum, words))
        if not syllables:
            return b""
        key = key_of("spoken", self._engine, words, rate, sample_rate, pause, _VERSION)
        public = plain(part) in self._public
        kept = await self._kept(key) if public else self._cache.recall(key)
        if kept is not None:
            return kept
        sound = await self._pool.speak(words, words_per_minute(rate), syllables)
        return await self._make(key, public, prepare, sound.pcm, sound.sample_rate, sample_rate, pause)

    async def _kept(self, key: str) -> bytes | None:
        """What was made before, by this process or by one before it."""
        kept = self._cache.recall(key)
        if kept is None:
            kept = await self._aside(self._cache.load, key)
            if kept is not None:
                self._cache.remember(key, kept)
        return kept

    async def _make(
        self, key: str, public: bool, work: Callable[_P, bytes], *given: _P.args, **named: _P.kwargs
    ) -> bytes:
        """Make a sound and keep it; on disk only what is public."""
        pcm = await self._aside(work, *given, **named)
        self._cache.remember(key, pcm)
        if public:
            await self._aside(self._cache.save, key, pcm)
        return pcm

    async def _aside(self, work: Callable[_P, _T], *given: _P.args, **named: _P.kwargs) -> _T:
        """Work on samples and files, in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *given, **named))

    def _with_recordings(self, parts: list[str]) -> list[str]:
        """The pieces, neighbours joined where a recording says them in one go."""
        out: list[str] = []
        start = 0
        while start < len(parts):
            ends = range(len(parts), start + 1, -1)
            joined = ("".join(parts[start:end]) for end in ends)
            end = next(
                (e for e, text in zip(ends, joined, strict=True) if self._studio.find(text)), start + 1
            )
            out.append("".join(parts[start:end]))
            start = end
        return out


def prompts_folder(settings: Settings) -> Path:
    """Where an operator's recordings lie."""
    return settings.voice.prompts_dir or settings.state_dir / "prompts"


def pieces(text: str) -> list[str]:
    """A text cut at the ends of sentences, long sentences at their clauses; joined again they are the text."""
    out: list[str] = []
    for sentence in _PIECE.findall(text):
        if len(sentence) <= _LONG_PIECE:
            out.append(sentence)
            continue
        line = ""
        for clause in _CLAUSE.findall(sentence):
            if line and len(line) + len(clause) > _LONG_PIECE:
                out.append(line)
                line = ""
            line += clause
        out.append(line)
    return out


def words_per_minute(rate: float) -> int:
    """pyttsx3's rate for a share of the default rate.

    Measured with espeak-ng 1.51, cmn-latn-pinyin, over the product's own sentences: characters a second grow evenly
    with words a minute (benchmarks/speaking.py).
    """
    return round((CHARACTERS_PER_SECOND * rate + 0.43) / 0.0217)


def _pause_after(part: str, rate: float) -> float:
    whole = part.rstrip()[-1:] in tuple("。！？!?\n")
    return round((_SENTENCE_PAUSE if whole else _CLAUSE_PAUSE) / rate, 3)


def _engine_name(settings: Settings, now: str) -> str:
    """What the engine calls itself; where none runs, what it last did, so that what it said then is still found."""
    folder = settings.state_dir / "speech"
    file = folder / f"engine-{key_of(settings.voice.tts_driver, settings.voice.tts_voice)[:8]}.txt"
    try:
        if now:
            folder.mkdir(parents=True, exist_ok=True)
            file.write_text(now, encoding="utf-8")
        return now or file.read_text(encoding="utf-8")
    except OSError:
        return now
