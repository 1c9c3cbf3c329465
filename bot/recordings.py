"""Recordings of calls at rest: encrypted piece by piece, so that they can be written and read as a stream.

A file holds a header (magic, sample rate, a key of its own sealed with DATA_KEY) and pieces, each sealed with AES-GCM
under a nonce that counts them and ends in whether it is the last: a piece that is missing, moved or cut off is noticed.
What a crash left behind can be heard up to there.
"""

from __future__ import annotations

import os
import re
import secrets
import struct
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.ports import YinlingError

CHANNELS = 2  # the caller on the left, we on the right
SAMPLE_BYTES = 2
LONGEST_PIECE = 4 * 1024 * 1024  # bytes
_MAGIC = b"YLR1"
_HEADER = struct.Struct("<4sIH")  # magic, hertz, bytes of the sealed key
_LENGTH = struct.Struct("<IB")  # bytes of a sealed piece, 1 for the last
_TAG = 16  # bytes that AES-GCM adds
_NAME = re.compile(r"[0-9a-f]{32}\.ylr")
_WAV_HEADER = 44  # bytes


class BadRecording(YinlingError):
    """A recording that is not there, or that none of the keys opens."""

    code = "recording.bad"


class Recordings:
    """The folder of recordings. ``data_key`` as for bot.privacy.Vault: the first key seals, all of them open."""

    def __init__(self, folder: Path, data_key: str) -> None:
        self._folder = folder
        self._fernet = MultiFernet([Fernet(key.strip()) for key in data_key.split(",")])

    def create(self, sample_rate: int) -> RecordingWriter:
        """A new recording under a name that tells nothing. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = f"{secrets.token_hex(16)}.ylr"
        key = AESGCM.generate_key(bit_length=256)
        handle = os.open(self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        file = os.fdopen(handle, "wb")
        sealed = self._fernet.encrypt(key)
        file.write(_HEADER.pack(_MAGIC, sample_rate, len(sealed)) + sealed)
        return RecordingWriter(name, file, AESGCM(key), sample_rate)

    def open(self, name: str) -> RecordingReader:
        """A recording by its name. Raises BadRecording."""
        path = self._folder / name
        if not _NAME.fullmatch(name) or not path.is_file():
            raise BadRecording("There is no such recording.")
        with path.open("rb") as file:
            head = file.read(_HEADER.size)
            if len(head) < _HEADER.size or not head.startswith(_MAGIC):
                raise BadRecording("This is no recording.")
            _, sample_rate, length = _HEADER.unpack(head)
            try:
                key = self._fernet.decrypt(file.read(length))
            except InvalidToken:
                raise BadRecording("The recording cannot be opened with the configured DATA_KEY.") from None
        return RecordingReader(path, _HEADER.size + length, AESGCM(key), sample_rate)

    def forget(self, before: datetime) -> int:
        """Delete what was last written before a moment; returns how many."""
        gone = 0
        for path in self._folder.glob("*.ylr"):
            if path.stat().st_mtime < before.timestamp():
                path.unlink(missing_ok=True)
                gone += 1
        return gone


class RecordingWriter:
    """Writes one recording; ``close`` seals its end."""

    def __init__(self, name: str, file: BinaryIO, cipher: AESGCM, sample_rate: int) -> None:
        self.name = name
        self._file, self._cipher, self._sample_rate = file, cipher, sample_rate
        self._pieces = 0
        self._bytes = 0

    @property
    def seconds(self) -> float:
        """How long it is so far."""
        return self._bytes / (self._sample_rate * CHANNELS * SAMPLE_BYTES)

    def write(self, pcm: bytes) -> None:
        """More sound: 16-bit little-endian, both channels interleaved. Raises OSError."""
        for start in range(0, len(pcm), LONGEST_PIECE):
            self._seal(pcm[start : start + LONGEST_PIECE], last=False)
        self._bytes += len(pcm)

    def close(self) -> None:
        """Nothing more comes; safe to repeat. Raises OSError."""
        if not self._file.closed:
            self._seal(b"", last=True)
            self._file.close()

    def abandon(self) -> None:
        """Let go of the file as it is. Raises OSError."""
        self._file.close()

    def _seal(self, pcm: bytes, *, last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._pieces, last), pcm, None)
        self._file.write(_LENGTH.pack(len(sealed), last) + sealed)
        self._file.flush()
        self._pieces += 1


class RecordingReader:
    """Reads one recording. ``whole`` tells whether its end is there; what comes before is good in any case."""

    def __init__(self, path: Path, start: int, cipher: AESGCM, sample_rate: int) -> None:
        self._path, self._start, self._cipher = path, start, cipher
        self.sample_rate = sample_rate
        self._lengths, self.whole = self._measure()

    @property
    def wav_bytes(self) -> int:
        """How long ``wav`` is."""
        return _WAV_HEADER + sum(self._lengths)

    def wav(self) -> Iterator[bytes]:
        """The recording as a WAV file, piece by piece."""
        yield wav_header(sum(self._lengths), self.sample_rate)
        yield from self.sound()

    def sound(self) -> Iterator[bytes]:
        """The samples, both channels interleaved. Raises BadRecording for a piece that was changed or moved."""
        with self._path.open("rb") as file:
            file.seek(self._start)
            for number, length in enumerate(self._lengths):
                size, last = _LENGTH.unpack(file.read(_LENGTH.size))
                try:
                    pcm = self._cipher.decrypt(_nonce(number, bool(last)), file.read(size), None)
                except InvalidTag:
                    raise BadRecording("The recording was changed.") from None
                if len(pcm) != length:
                    raise BadRecording("The recording was changed.")
                yield pcm

    def _measure(self) -> tuple[list[int], bool]:
        """Bytes of sound in each piece that is there whole, and whether the last one is among them."""
        lengths, whole = [], False
        size = self._path.stat().st_size
        with self._path.open("rb") as file:
            place = self._start
            while not whole and place + _LENGTH.size <= size:
                file.seek(place)
                length, last = _LENGTH.unpack(file.read(_LENGTH.size))
                place += _LENGTH.size + length
                if place > size or length < _TAG:
                    break
                lengths.append(length - _TAG)
                whole = bool(last)
        return lengths, whole


def wav_header(sound_bytes: int, sample_rate: int) -> bytes:
    """The 44 bytes before the samples of a WAV file (RIFF, PCM)."""
    frame = CHANNELS * SAMPLE_BYTES
    riff = struct.pack("<4sI4s", b"RIFF", 36 + sound_bytes, b"WAVE")
    form = struct.pack(
        "<4sIHHIIHH", b"fmt ", 16, 1, CHANNELS, sample_rate, sample_rate * frame, frame, 8 * SAMPLE_BYTES
    )
    return riff + form + struct.pack("<4sI", b"data", sound_bytes)


def _nonce(number: int, last: bool) -> bytes:
    """12 bytes: the piece's number, and whether it is the last."""
    return struct.pack(">QxxxB", number, last)
