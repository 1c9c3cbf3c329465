"""Temporary media: what users send and what the account uploads, kept for three days.

Source: 新增临时素材: image up to 10 MB (PNG, JPEG, GIF), voice up to 2 MB and 60 seconds (AMR, MP3), video up to 10 MB
(MP4), thumb up to 64 KB (JPEG).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from webhooks.standin.audio import BadAudio, duration_of
from webhooks.standin.errors import ApiError

LIFE = 3 * 86_400.0  # seconds
KB, MB = 1024, 1024 * 1024
LIMITS = {"image": 10 * MB, "voice": 2 * MB, "video": 10 * MB, "thumb": 64 * KB}
LONGEST_VOICE = 60.0  # seconds
_FORMATS = {
    "image": {"png", "jpg", "gif"},
    "voice": {"amr", "mp3"},
    "video": {"mp4"},
    "thumb": {"jpg"},
}
_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "gif": "image/gif",
    "amr": "audio/amr",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
}


@dataclass(frozen=True)
class Media:
    """One file; ``format`` is its usual ending, ``seconds`` the length of a voice message."""

    media_id: str
    kind: str
    format: str
    data: bytes
    created_at: float
    seconds: float | None = None

    @property
    def content_type(self) -> str:
        """As sent in the HTTP header."""
        return _TYPES[self.format]


def format_of(data: bytes) -> str | None:
    """The format by its first bytes, or None."""
    if data.startswith(b"#!AMR\n"):
        return "amr"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return "gif"
    if data.startswith(b"ID3") or (len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0):
        return "mp3"
    if data[4:8] == b"ftyp":
        return "mp4"
    return None


def _voice_seconds(data: bytes) -> float:
    try:
        return duration_of(data)
    except BadAudio as error:
        raise ApiError(40005) from error


class MediaShelf:
    """All media of one account; not thread-safe by itself."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._media: dict[str, Media] = {}

    def add(self, kind: str, data: bytes) -> Media:
        """Keep a file; raises ApiError 40004, 44001, 40006/40009/40010, 40005 or 45007."""
        if kind not in LIMITS:
            raise ApiError(40004)
        if not data:
            raise ApiError(44001)
        if len(data) > LIMITS[kind]:
            raise ApiError({"image": 40009, "voice": 40010}.get(kind, 40006))
        format_ = format_of(data)
        if format_ is None or format_ not in _FORMATS[kind]:
            raise ApiError(40005)
        seconds = _voice_seconds(data) if kind == "voice" else None
        if seconds is not None and seconds > LONGEST_VOICE:
            raise ApiError(45007)
        now = self._clock()
        self._media = {i: m for i, m in self._media.items() if now - m.created_at < LIFE}
        media = Media(secrets.token_urlsafe(48), kind, format_, data, now, seconds)
        self._media[media.media_id] = media
        return media

    def get(self, media_id: str | None, kind: str | None = None) -> Media:
        """A file that still lives; raises ApiError 41006 or 40007."""
        if not media_id:
            raise ApiError(41006)
        media = self._media.get(media_id)
        if media is None or self._clock() - media.created_at >= LIFE or kind not in (None, media.kind):
            raise ApiError(40007)
        return media
