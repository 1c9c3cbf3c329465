"""A child process that speaks: one pyttsx3 engine a job, one job at a time. Started and watched by voice.tts_pool.

pyttsx3 2.99 mixes up two jobs that are given to an engine at once, and its run loop can hang (always, when an engine that is
no longer used is collected while another speaks); so a child has one Engine for life, gets its jobs one after the other,
and can be killed. What goes over standard input and output is described by ``read_message`` and ``write_message``.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import struct
import sys
import tempfile
import wave
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO

from pyttsx3.engine import Engine

from voice.priority import let_sound_go_first

MAGIC = b"YV"
HEADER = struct.Struct("<2sII")  # magic, bytes of the JSON head, bytes of the sound after it
LONGEST = 64 * 1024 * 1024  # bytes of sound in one message
_WARM_UP_RATE = 180  # words a minute of the job that shows that the engine works


def write_message(stream: BinaryIO, head: dict[str, Any], sound: bytes = b"") -> None:
    """One message: header, JSON object, 16-bit mono samples."""
    body = json.dumps(head).encode()
    stream.write(HEADER.pack(MAGIC, len(body), len(sound)) + body + sound)
    stream.flush()


def read_message(stream: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """The next message; None where the stream ends."""
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    _, head_size, sound_size = HEADER.unpack(header)
    head: dict[str, Any] = json.loads(stream.read(head_size))
    return head, stream.read(sound_size)


class SynthesisFailed(Exception):
    """The engine made no sound of a text."""


class Speaker:
    """pyttsx3 with one driver and one voice."""

    def __init__(self, driver: str, voice: str, folder: Path) -> None:
        self._driver, self._voice, self._file = _known_driver(driver), voice, folder / "spoken.wav"
        self._errors: list[BaseException] = []
        self._engine = Engine(self._driver)
        self._engine.connect("error", lambda exception, **_: self._errors.append(exception))

    def speak(self, text: str, words_per_minute: int) -> tuple[int, bytes]:
        """Sample rate in hertz and 16-bit mono samples. Raises SynthesisFailed."""
        self._file.unlink(missing_ok=True)
        self._errors.clear()
        # The rate before and after the voice: espeak-ng takes one of the two for the job after next otherwise.
        self._engine.setProperty("rate", words_per_minute)
        if self._voice:
            self._engine.setProperty("voice", self._voice)
            self._engine.setProperty("rate", words_per_minute)
        self._engine.save_to_file(text, str(self._file))
        self._engine.runAndWait()
        if self._errors:
            raise SynthesisFailed(type(self._errors[0]).__name__)
        try:
            with wave.open(str(self._file)) as recorded:
                if recorded.getnchannels() != 1 or recorded.getsampwidth() != 2:
                    raise SynthesisFailed("not 16-bit mono")
                return recorded.getframerate(), recorded.readframes(recorded.getnframes())
        except (OSError, EOFError, wave.Error) as error:
            raise SynthesisFailed(type(error).__name__) from error
        finally:
            self._file.unlink(missing_ok=True)

    def describe(self) -> str:
        """Driver, voice and versions: what the sound depends on."""
        engine = f"pyttsx3 {version('pyttsx3')} {self._driver} {self._voice}"
        if self._driver == "espeak":
            from pyttsx3.drivers import _espeak  # noqa: PLC0415  (only where espeak is the driver)

            engine += f" espeak-ng {_espeak.Info(None).decode(errors='replace').split()[0]}"
        return engine


def serve(driver: str, voice: str, requests: BinaryIO, answers: BinaryIO) -> None:
    """Speak until the requests end."""
    with tempfile.TemporaryDirectory(prefix="yinling-tts-") as folder:
        speaker = Speaker(driver, voice, Path(folder))
        speaker.speak("ni3 hao3." if "pinyin" in voice else "您好。", _WARM_UP_RATE)
        write_message(answers, {"ready": speaker.describe()})
        while (message := read_message(requests)) is not None:
            job = message[0]
            try:
                rate, sound = speaker.speak(job["text"], job["rate"])
            except SynthesisFailed as failure:
                write_message(answers, {"job": job["job"], "failed": str(failure)})
            else:
                write_message(answers, {"job": job["job"], "rate": rate}, sound)


def _known_driver(name: str) -> str:
    """A driver's name for pyttsx3; a module path (voice.drivers.sherpa) is entered among its drivers first."""
    if "." not in name:
        return name
    short = name.rpartition(".")[2]
    sys.modules[f"pyttsx3.drivers.{short}"] = importlib.import_module(name)
    return short


def main() -> None:
    """``python -m voice.tts_worker DRIVER VOICE``."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to act on; it closes our input
    let_sound_go_first()
    answers = os.fdopen(os.dup(1), "wb")
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)  # pyttsx3's driver prints to standard output, which is ours for sound
    serve(sys.argv[1], sys.argv[2], sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
