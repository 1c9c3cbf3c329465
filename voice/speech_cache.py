"""Sound made once and kept: in memory for all, on disk only for what is no citizen's secret.

Files are named by the hash of what made them (text, voice, versions, rates), so a file is never wrong, only unused; the ones
unused for longest go when there are too many bytes.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path

log = logging.getLogger(__name__)

MEMORY_BYTES = 32 * 1024 * 1024  # some 35 minutes at 8 kHz
DISK_BYTES = 256 * 1024 * 1024
_SUFFIX = ".pcm"


def key_of(*parts: object) -> str:
    """The name of a sound: a hash over all that it depends on."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:40]


class SpeechCache:
    """Prepared 16-bit sound by key. A folder that cannot be written costs speed, nothing else.

    ``recall`` and ``remember`` touch memory only and belong to one thread; ``load`` and ``save`` touch the disk only and may run
    in others, so that a slow disk never holds up the calls.
    """

    def __init__(self, folder: Path, memory_bytes: int = MEMORY_BYTES, disk_bytes: int = DISK_BYTES) -> None:
        self._folder, self._memory_limit, self._disk_limit = folder, memory_bytes, disk_bytes
        self._memory: OrderedDict[str, bytes] = OrderedDict()
        self._in_memory = 0
        self._on_disk = 0
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._on_disk = sum(size for _, size, _ in self._files())

    def recall(self, key: str) -> bytes | None:
        """The sound of a key as far as it is in memory."""
        kept = self._memory.get(key)
        if kept is not None:
            self._memory.move_to_end(key)
        return kept

    def load(self, key: str) -> bytes | None:
        """The sound of a key as far as it is on disk."""
        path = self._path(key)
        try:
            pcm = path.read_bytes()
            os.utime(path)  # the file's date is its last use
        except OSError:
            return None
        if len(pcm) % 2:
            with suppress(OSError):
                path.unlink()
            return None
        return pcm

    def save(self, key: str, pcm: bytes) -> None:
        """Keep a sound on disk: only of words that are nobody's secret."""
        if len(pcm) > self._disk_limit // 4:
            return
        path = self._path(key)
        unfinished = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}")
        try:
            unfinished.write_bytes(pcm)
            unfinished.replace(path)
        except OSError as error:
            log.warning("the speech cache cannot be written", extra={"reason": type(error).__name__})
            with suppress(OSError):
                unfinished.unlink()
            return
        self._on_disk += len(pcm)
        if self._on_disk > self._disk_limit:
            self._make_room()

    def remember(self, key: str, pcm: bytes) -> None:
        """Keep a sound in memory; the one unused for longest goes."""
        if len(pcm) > self._memory_limit // 4:
            return
        self._in_memory += len(pcm) - len(self._memory.pop(key, b""))
        self._memory[key] = pcm
        while self._in_memory > self._memory_limit:
            self._in_memory -= len(self._memory.popitem(last=False)[1])

    def _make_room(self) -> None:
        """Remove what was unused for longest until a tenth is free, and count anew."""
        files = sorted(self._files())
        total = sum(size for _, size, _ in files)
        for _, size, path in files:
            if total <= self._disk_limit * 0.9:
                break
            with suppress(OSError):
                path.unlink()
                total -= size
        self._on_disk = total

    def _files(self) -> list[tuple[float, int, Path]]:
        """Last use, size and path of every file kept."""
        found = []
        with suppress(OSError):
            for path in self._folder.iterdir():
                if path.suffix == _SUFFIX:
                    with suppress(OSError):
                        status = path.stat()
                        found.append((status.st_mtime, status.st_size, path))
        return found

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}{_SUFFIX}"
