"""Telephone calls in real time: how soon they answer, how many a core holds, how evenly they are sent, what one costs.

The hotline runs in a process of its own (benchmarks.hotline_process): AudioSocket, detector, Vosk, the assistant with its
database and the keyword rules, pyttsx3. Callers here speak the test recordings in real time. Beside it, in the same run and
with the same sound, run bare Vosk decoders (threads that are fed the whole line and asked for the final text) and, where
VOSK_SERVER names its ``websocket/asr_server.py``, alphacep's vosk-server. What is compared is processor seconds per second
of a call: a core holds one divided by it.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import threading
import time
import uuid
import wave
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import vosk
from websockets.asyncio.client import connect

from benchmarks.table import percentile, show
from bot.settings import ROOT
from voice.audiosocket import FRAME_BYTES, MessageKind, encode
from voice.leg import FRAME_SECONDS
from voice.limits import EVENLY_PACED
from voice.models import TRIAL_MODEL
from voice.player import level

_RECORDINGS = ROOT / "tests" / "fixtures" / "speech"
_CALLS = 10  # at once, to compare what one costs
_SECONDS = 40.0  # of each comparison
_LISTENS = 9.0  # seconds in which a caller hears the answer to a sentence of some 3 s
_QUESTIONS = 6
_HOLD_SECONDS = 30.0
_SILENT = -60.0  # dB of full scale; quieter is no voice
# asr_server.py's handler takes (websocket, path), as websockets called it up to version 13.
_VOSK_SERVER = """
import runpy, sys, warnings
warnings.simplefilter("ignore")
import websockets, websockets.legacy.server
websockets.serve = websockets.legacy.server.serve
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


class Child:
    """The hotline's process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.hotline_process"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.port = int(self._read()["port"])

    async def tell(self, order: str) -> dict[str, float]:
        """Do something and get its answer, the voices' processor seconds included."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{order}\n")
        self._process.stdin.flush()
        answer = await asyncio.to_thread(self._read)
        voices = psutil.Process(self._process.pid).children(recursive=True)
        return answer | {"voices": sum(sum(child.cpu_times()[:2]) for child in voices)}

    def close(self) -> None:
        """End it."""
        self._process.communicate("end\n", timeout=60)

    def _read(self) -> dict[str, float]:
        assert self._process.stdout is not None
        answer: dict[str, float] = json.loads(self._process.stdout.readline())
        return answer


class Caller:
    """One caller in real time: 20 ms of a track every 20 ms; knows when the hotline's voice is heard."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._frames: list[bytes] = []
        self.voice_at: float | None = None  # when a voice was heard first since ``listen``
        self.quiet_since = time.perf_counter()
        self._tasks = [asyncio.create_task(self._hear()), asyncio.create_task(self._speak())]

    @classmethod
    async def ring(cls, port: int) -> Caller:
        """A call of its own."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(encode(MessageKind.ID, uuid.uuid4().bytes))
        return cls(reader, writer)

    def say(self, track: bytes) -> None:
        """Speak from now on."""
        self.voice_at = None
        self._frames = _frames(track)

    async def spoken(self) -> float:
        """Wait until all is said; when that was."""
        while self._frames:
            await asyncio.sleep(FRAME_SECONDS)
        return time.perf_counter()

    async def answered(self, patience: float = 20.0) -> float | None:
        """When the hotline's voice was heard, once it was heard and has been silent for a second."""
        ends = time.perf_counter() + patience
        while time.perf_counter() < ends:
            if self.voice_at is not None and time.perf_counter() - self.quiet_since > 1.0:
                return self.voice_at
            await asyncio.sleep(FRAME_SECONDS)
        return self.voice_at

    async def hang_up(self) -> None:
        """End."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._writer.close()

    async def _speak(self) -> None:
        due = time.perf_counter()
        while True:
            frame = self._frames.pop(0) if self._frames else bytes(FRAME_BYTES)
            self._writer.write(encode(MessageKind.AUDIO, frame))
            due += FRAME_SECONDS
            await asyncio.sleep(max(0.0, due - time.perf_counter()))

    async def _hear(self) -> None:
        while True:
            head = await self._reader.readexactly(3)
            pcm = await self._reader.readexactly(int.from_bytes(head[1:], "big"))
            if level(pcm) > _SILENT:
                self.quiet_since = time.perf_counter()
                self.voice_at = self.voice_at or self.quiet_since


def main() -> None:
    """Measure and print."""
    vosk.SetLogLevel(-1)
    asyncio.run(_measure())


async def _measure() -> None:
    sounds = [_samples(path) for path in sorted(_RECORDINGS.glob("*.wav"))]
    tracks = [_track(sounds, seed) for seed in range(_CALLS)]
    async with _hotline() as child:
        ours = await _calls(child, tracks)
    bare = await asyncio.to_thread(_bare, tracks)
    server = await _server(tracks)
    held = min(EVENLY_PACED, int((os.cpu_count() or 1) / ours["per_second"] * 0.85))
    _show_cost(ours, bare, server)
    async with _hotline() as child:
        await _full_load(child, sounds, held)
    async with _hotline() as child:
        await _reaction(child, sounds)


async def _reaction(child: Child, sounds: Sequence[bytes]) -> None:
    """One call after the other; every question once as new, once with its sentences kept."""
    rows = []
    for kind in ("new sentence", "cached sentence"):
        await child.tell("reset")
        waits = []
        for sound in sounds[:_QUESTIONS]:
            caller = await Caller.ring(child.port)
            await caller.answered()
            caller.say(_cut(sound))
            ended = await caller.spoken()
            heard = await caller.answered()
            waits += [heard - ended] if heard is not None else []
            await caller.hang_up()
        stats = await child.tell("stats")
        rows.append(
            (
                kind,
                len(waits),
                percentile(waits, 0.5),
                percentile(waits, 0.95),
                *(stats[f"{stage}_0.5"] for stage in ("asr", "answer", "voice")),
                stats["reaction_0.5"],
                stats["reaction_0.95"],
            )
        )
    header = (
        "answer",
        "turns",
        "last word to voice p50 s",
        "p95",
        "asr p50",
        "answer p50",
        "voice p50",
        "endpoint to first frame p50 s",
        "p95",
    )
    show(
        "Calls: from a caller's last word to the answer's first frame (keyword rules, no Rasa)", header, rows
    )


async def _calls(child: Child, tracks: Sequence[bytes]) -> dict[str, float]:
    """What calls cost: each caller says a sentence, hears the answer, says the next."""
    before = await child.tell("stats")
    callers = [await Caller.ring(child.port) for _ in tracks]
    await asyncio.sleep(1.0)
    start = await child.tell("reset") | await child.tell("stats")
    for caller, track in zip(callers, tracks, strict=True):
        caller.say(track)
    await asyncio.sleep(_SECONDS)
    stats = await child.tell("stats")
    for caller in callers:
        await caller.hang_up()
    stats["memory_per_call"] = (stats["memory"] - before["memory"]) / len(tracks)
    used = stats["cpu"] + stats["voices"] - start["voices"]
    return stats | {"per_second": used / _SECONDS / len(tracks)}


def _bare(tracks: Sequence[bytes]) -> float:
    """Processor seconds per second of a line that a thread with a Vosk decoder takes, fed in real time."""
    model = vosk.Model(str(TRIAL_MODEL))

    def decode(track: bytes) -> None:
        decoder, due = vosk.KaldiRecognizer(model, 8000), time.perf_counter()
        for frame in _frames(track)[: round(_SECONDS / FRAME_SECONDS)]:
            decoder.AcceptWaveform(frame)
            due += FRAME_SECONDS
            time.sleep(max(0.0, due - time.perf_counter()))
        decoder.FinalResult()

    threads = [threading.Thread(target=decode, args=(track,)) for track in tracks]
    started = time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (time.process_time() - started) / _SECONDS / len(tracks)


async def _server(tracks: Sequence[bytes]) -> float | None:
    """The same of alphacep's vosk-server, fed as its own clients do: 0.1 s a message; None where it is not here."""
    script = os.environ.get("VOSK_SERVER", "")
    if not script:
        return None
    port = random.randrange(20_000, 40_000)
    process = subprocess.Popen(
        [sys.executable, "-c", _VOSK_SERVER, script, str(TRIAL_MODEL)],
        env={**os.environ, "VOSK_SERVER_PORT": str(port), "VOSK_SERVER_INTERFACE": "127.0.0.1"},
        stderr=subprocess.DEVNULL,
    )
    try:
        await _until_listening(port)
        watched = psutil.Process(process.pid)
        before = sum(watched.cpu_times()[:2])
        await asyncio.gather(*(_stream(port, track) for track in tracks))
        return (sum(watched.cpu_times()[:2]) - before) / _SECONDS / len(tracks)
    finally:
        process.terminate()
        process.wait()


async def _stream(port: int, track: bytes) -> None:
    size, due = FRAME_BYTES * 5, time.perf_counter()
    async with connect(f"ws://127.0.0.1:{port}", compression=None) as line:
        for start in range(0, round(_SECONDS * 16_000), size):
            await line.send(track[start : start + size])
            await line.recv()
            due += 5 * FRAME_SECONDS
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
        await line.send('{"eof" : 1}')


async def _until_listening(port: int) -> None:
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        except OSError:
            await asyncio.sleep(0.1)
    raise TimeoutError("vosk-server did not start")


def _show_cost(ours: dict[str, float], bare: float, server: float | None) -> None:
    rows: list[tuple[object, ...]] = [
        ("calls of the hotline", ours["per_second"] * 100, 1 / ours["per_second"], bare / ours["per_second"]),
        ("bare Vosk decoders", bare * 100, 1 / bare, 1.0),
    ]
    if server is not None:
        rows.append(("alphacep's vosk-server", server * 100, 1 / server, bare / server))
    header = ("what", "% of a core each", "a core holds", "against bare decoders")
    show(f"Calls: {_CALLS} at once for {_SECONDS:.0f} s, {ours['turns']:.0f} turns answered", header, rows)
    if server is None:
        print("  vosk-server: not measured; VOSK_SERVER names no asr_server.py")
    print(f"  memory of one more call: {ours['memory_per_call'] / 2**20:.1f} MiB")


async def _full_load(child: Child, sounds: Sequence[bytes], calls: int) -> None:
    """Frames sent while the machine holds as many calls as it can; this process, which plays the callers, takes its share too."""
    callers = []
    for number in range(calls):
        caller = await Caller.ring(child.port)
        caller.say(_track(sounds, number))
        callers.append(caller)
        await asyncio.sleep(0.05)
    await child.tell("reset")
    await asyncio.sleep(_HOLD_SECONDS)
    stats = await child.tell("stats")
    for caller in callers:
        await caller.hang_up()
    row = (
        calls,
        stats["calls"],
        stats["deaf"],
        stats["late_p50"] * 1000,
        stats["late_p99"] * 1000,
        stats["late_most"] * 1000,
        stats["cpu"] / stats["seconds"],
    )
    header = ("calls rung", "held", "deaf", "off the grid p50 ms", "p99 ms", "most ms", "cores used")
    show("Calls: frames sent under full load", header, [row])


@asynccontextmanager
async def _hotline() -> AsyncIterator[Child]:
    child = await asyncio.to_thread(Child)
    try:
        yield child
    finally:
        await asyncio.to_thread(child.close)


def _track(sounds: Sequence[bytes], seed: int) -> bytes:
    """A caller's side of the line: sentences, with the time to hear the answers between them."""
    order = random.Random(seed).sample(list(sounds), len(sounds))
    silence = bytes(round(_LISTENS * 16_000))
    lead = bytes(16_000 * (seed % 10))
    whole = lead + b"".join(sound + silence for sound in order)
    while len(whole) < (_SECONDS + _HOLD_SECONDS) * 16_000:
        whole += whole
    return whole


def _cut(sound: bytes) -> bytes:
    """A recording without the silence at its end: what is measured begins with the last word."""
    frames = _frames(sound)
    loudest = max(level(frame) for frame in frames)
    last = max(i for i, frame in enumerate(frames) if level(frame) > loudest - 25)
    return b"".join(frames[: last + 1])


def _frames(pcm: bytes) -> list[bytes]:
    return [pcm[i : i + FRAME_BYTES].ljust(FRAME_BYTES, b"\0") for i in range(0, len(pcm), FRAME_BYTES)]


def _samples(path: Path) -> bytes:
    with wave.open(str(path)) as file:
        return file.readframes(file.getnframes())
