"""Where a browser finds the voice process, and the scripts with which it listens and speaks."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from bot.settings import ROOT, Settings

SOUND_SCRIPTS = ROOT / "voice" / "browser_sound"  # served by web and by the desk, each under its own roof
_HOST = re.compile(r"[A-Za-z0-9.\-]{1,253}|[0-9a-fA-F:]{2,45}")


def sockets_url(settings: Settings, page_url: str) -> str:
    """The voice process's address, seen from a page: as configured, or the same host's port for it."""
    if settings.voice_ws_url:
        return settings.voice_ws_url
    page = urlsplit(page_url)
    host = page.hostname or ""
    if not _HOST.fullmatch(host):
        host = "127.0.0.1"
    scheme = "wss" if page.scheme == "https" else "ws"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{settings.voice_ws_port}"


def sockets_origin(settings: Settings, page_url: str) -> str:
    """The same without a path, as a Content-Security-Policy names it."""
    address = urlsplit(sockets_url(settings, page_url))
    return f"{address.scheme}://{address.netloc}"
