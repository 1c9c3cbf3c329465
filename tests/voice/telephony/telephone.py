"""A softphone for tests: Debian's baresip, told over its control port what to do, recording what it hears."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.conftest import free_port

MODULES = Path("/usr/lib/baresip/modules")
RATE = 8000
_PROGRAM = "baresip"


class Telephone:
    """One telephone with one line. ``hum``: a steady tone into its microphone, in hertz, instead of silence;
    ``answers``: picks up by itself."""

    def __init__(
        self, folder: Path, number: str = "13800000000", *, hum: float | None = None, answers: bool = False
    ) -> None:
        self.folder, self.number = folder, number
        self.port, self._control_port = free_port(), free_port()
        self._events: list[dict[str, Any]] = []
        self._rest, self._said = b"", 0
        folder.mkdir(parents=True, exist_ok=True)
        self._configure(write_wav(folder / "microphone.wav", _sound(hum)), answers=answers)
        log = (folder / "log.txt").open("wb")
        self._process = subprocess.Popen(
            [str(shutil.which(_PROGRAM)), "-f", str(folder), "-v"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        log.close()
        self._control = self._connect()

    @property
    def uri(self) -> str:
        """Where this telephone can be rung."""
        return f"sip:{self.number}@127.0.0.1:{self.port}"

    def dial(self, uri: str, seconds: float = 20.0) -> None:
        """Ring somebody and wait until they answer; AssertionError when they don't."""
        self._command("dial", uri)
        self.wait_for("CALL_ESTABLISHED", seconds)

    def say(self, wav: Path) -> None:
        """Speak an 8 kHz recording into the line, then be silent."""
        with wave.open(str(wav)) as file:
            pcm = file.readframes(file.getnframes())
        # Where its file ends, the softphone stops sending altogether, keys included: let it be quiet instead.
        self._said += 1
        spoken = write_wav(self.folder / f"said-{self._said}.wav", pcm + _sound(None))
        self._command("ausrc", f"aufile,{spoken}")

    def press(self, key: str) -> None:
        """Press and let go of a key."""
        self._command("sndcode", key)

    def hang_up(self) -> None:
        """End the call."""
        self._command("hangup", "")

    def wait_for(self, event: str, seconds: float = 20.0) -> dict[str, Any]:
        """The next event of a type, as CALL_ESTABLISHED or CALL_CLOSED; AssertionError when it does not come."""
        self.until(lambda: any(e.get("type") == event for e in self._events), seconds, event)
        found = next(e for e in self._events if e.get("type") == event)
        self._events.remove(found)
        return found

    def until(self, comes: Callable[[], bool], seconds: float = 20.0, what: str = "it") -> None:
        """Wait, taking in the telephone's news, until something is so; AssertionError when it never is."""
        deadline = time.monotonic() + seconds
        while not comes():
            assert time.monotonic() < deadline, (
                f"{what} did not come; came: {[e.get('type') for e in self._events]}"
            )
            self._receive()

    def recorded(self, direction: str = "dec") -> np.ndarray:
        """What was heard (``dec``) or sent (``enc``) in the newest call: samples at 8 kHz, once it has ended."""
        newest = max(self.folder.glob(f"dump-*-{direction}.wav"))
        with wave.open(str(newest)) as file:
            return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")

    def heard_so_far(self) -> np.ndarray:
        """What was heard up to now, while the call goes on (its last moments may still be in a buffer)."""
        newest = max(self.folder.glob("dump-*-dec.wav"), default=None)
        raw = newest.read_bytes()[44:] if newest else b""
        return np.frombuffer(raw[: len(raw) // 2 * 2], dtype="<i2")

    def close(self) -> None:
        """Throw the telephone away."""
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)
        self._control.close()

    def _configure(self, microphone: Path, *, answers: bool) -> None:
        modules = "".join(f"module {name}.so\n" for name in ("g711", "aufile", "sndfile", "ctrl_tcp"))
        (self.folder / "config").write_text(
            f"sip_listen 127.0.0.1:{self.port}\nnet_interface 127.0.0.1\n"
            f"audio_source aufile,{microphone}\naudio_player aufile,{self.folder}/played.wav\naudio_alert aufile,none\n"
            f"module_path {MODULES}\n{modules}module_app account.so\nmodule_app menu.so\n"
            f"ctrl_tcp_listen 127.0.0.1:{self._control_port}\nsnd_path {self.folder}\njitter_buffer_delay 1-5\n"
        )
        mode = "auto" if answers else "manual"
        (self.folder / "accounts").write_text(
            f"<sip:{self.number}@127.0.0.1:{self.port};transport=udp>;regint=0;audio_codecs=pcma;answermode={mode}\n"
        )

    def _connect(self) -> socket.socket:
        deadline = time.monotonic() + 10
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self._control_port), timeout=0.2)
            except OSError:
                log = (self.folder / "log.txt").read_text(errors="replace")
                assert time.monotonic() < deadline, f"the telephone does not start:\n{log}"
                assert self._process.poll() is None, f"the telephone ended:\n{log}"

    def _command(self, name: str, parameters: str) -> None:
        message = json.dumps({"command": name, "params": parameters}).encode()
        self._control.sendall(b"%d:%s," % (len(message), message))

    def _receive(self) -> None:
        """Take in netstrings (``<length>:<json>,``) that have arrived within a short moment."""
        try:
            self._rest += self._control.recv(65536)
        except TimeoutError:
            return
        while b":" in self._rest:
            length, _, rest = self._rest.partition(b":")
            size = int(length)
            if len(rest) <= size:
                return
            self._events.append(json.loads(rest[:size]))
            self._rest = rest[size + 1 :]


def _sound(hum: float | None) -> bytes:
    """Two minutes of a tone, or of silence."""
    if hum is None:
        return bytes(2 * RATE * 120)
    wave_ = 8000 * np.sin(2 * np.pi * hum * np.arange(RATE * 120) / RATE)
    return wave_.astype("<i2").tobytes()


def write_wav(path: Path, pcm: bytes) -> Path:
    """A mono 8 kHz file of 16-bit samples."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(pcm)
    return path


def tone_share(samples: np.ndarray, hertz: float) -> float:
    """How much of a sound's energy lies within 20 Hz of a tone, 0..1."""
    if not len(samples):
        return 0.0
    spectrum = np.abs(np.fft.rfft(samples.astype(float))) ** 2
    frequencies = np.fft.rfftfreq(len(samples), 1 / RATE)
    near = spectrum[np.abs(frequencies - hertz) < 20].sum()
    return float(near / spectrum.sum()) if spectrum.sum() > 0 else 0.0


def hears(phone: Telephone, hertz: float) -> bool:
    """Whether the last half second is mostly one tone."""
    return tone_share(phone.heard_so_far()[-RATE // 2 :], hertz) > 0.9


def loud_seconds(samples: np.ndarray) -> float:
    """How long a sound is no silence."""
    blocks = samples[: len(samples) // 400 * 400].reshape(-1, 400).astype(float)
    return float((np.sqrt((blocks**2).mean(axis=1)) > 100).sum() * 400 / RATE)
