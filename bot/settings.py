"""The one place that reads the environment. Everything else is handed a Settings."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

from bot.ports import YinlingError
from bot.secrets_on_disk import SecretsOnDisk
from bot.voice_settings import VoiceSettings, load_voice_settings

ROOT = Path(__file__).resolve().parent.parent
TIME_ZONE = ZoneInfo("Asia/Shanghai")


class BadSetting(YinlingError):
    """A variable of the environment makes no sense; the message says which."""

    code = "settings.bad"


@dataclass(frozen=True, slots=True)
class Settings:
    """Configuration of one installation. Paths are absolute, times are seconds unless the name says otherwise."""

    state_dir: Path
    database_url: str
    redis_url: str
    nlu_url: str
    nlu_token: str
    nlu_timeout: float
    host: str
    web_port: int
    desk_port: int
    nlu_port: int
    standin_port: int
    wechat_app_id: str
    wechat_secret: str
    wechat_token: str
    wechat_aes_key: str
    wechat_mode: str  # plain | compatible | safe
    wechat_api_url: str
    wechat_clock_tolerance: float  # older or younger requests are refused
    wechat_transfer_to_own_desk: bool  # True: "转人工" answers with transfer_customer_service
    passive_reply_budget: float
    agent_opens: time  # when agents come, local time
    agent_closes: time  # when they leave; time.max: at midnight
    agent_days: str  # working: the calendar's working days | all
    agent_silence_limit: float  # an agent unseen for longer gives the conversation back
    conversation_idle_minutes: int
    retention_days: int
    data_key: str  # Fernet key of personal data at rest
    index_key: str  # HMAC key for looking up encrypted columns
    session_secret: str
    installation: str  # the name under which knowledge packages leave
    api_rate: str  # calls of the read interface per key, as "120 per minute"
    package_key: str  # signs them: Ed25519, URL-safe base64 of 32 bytes
    voice_ws_port: int  # where the voice process takes browsers: callers' and agents'
    voice_ws_url: (
        str  # what browsers connect to behind a proxy, as wss://desk.example/voice; empty: the port above
    )
    voice_ws_origins: tuple[str, ...]  # further origins whose pages may connect, as https://desk.example
    browser_phone: bool  # whether the web process offers the phone page
    record_calls: bool
    recording_days: int  # never more than retention_days
    voice: VoiceSettings

    @property
    def tryout(self) -> bool:
        """Whether the stand-in for WeChat is in use instead of the real servers."""
        return not self.wechat_secret

    @property
    def recordings_dir(self) -> Path:
        """Where recordings of calls lie, encrypted."""
        return self.state_dir / "recordings"


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment; secrets that are not given are made once and kept in state_dir/secrets."""
    env = os.environ if environ is None else environ
    state_dir = Path(env.get("YINLING_STATE", ROOT / "var")).resolve()

    _one_of(env, "VOSK_VOCABULARY", ("auto", "on", "off"))
    secrets = SecretsOnDisk(state_dir / "secrets")
    return Settings(
        state_dir=state_dir,
        database_url=_with_driver(env.get("DATABASE_URL") or f"sqlite:///{state_dir / 'yinling.db'}"),
        redis_url=env.get("REDIS_URL") or f"unix://{_redis_socket(state_dir)}",
        nlu_url=env.get("NLU_URL") or f"http://127.0.0.1:{env.get('NLU_PORT', '5005')}",
        nlu_token=env.get("NLU_TOKEN") or secrets.get("nlu_token"),
        nlu_timeout=float(env.get("NLU_TIMEOUT", "2.0")),
        host=env.get("YINLING_HOST", "127.0.0.1"),
        web_port=int(env.get("WEB_PORT", "8000")),
        desk_port=int(env.get("DESK_PORT", "8001")),
        nlu_port=int(env.get("NLU_PORT", "5005")),
        standin_port=int(env.get("STANDIN_PORT", "8002")),
        wechat_app_id=env.get("WECHAT_APP_ID", "wx0000000000tryout"),
        wechat_secret=env.get("WECHAT_SECRET", ""),
        wechat_token=env.get("WECHAT_TOKEN") or secrets.get("wechat_token"),
        wechat_aes_key=env.get("WECHAT_AES_KEY") or secrets.get("wechat_aes_key", kind="aes43"),
        wechat_mode=env.get("WECHAT_MODE", "safe"),
        wechat_api_url=env.get("WECHAT_API_URL")
        or (
            "https://api.weixin.qq.com/"
            if env.get("WECHAT_SECRET")
            else f"http://127.0.0.1:{env.get('STANDIN_PORT', '8002')}/"
        ),
        wechat_clock_tolerance=float(env.get("WECHAT_CLOCK_TOLERANCE", "300")),
        wechat_transfer_to_own_desk=env.get("WECHAT_TRANSFER_TO_OWN_DESK", "") == "1",
        passive_reply_budget=float(env.get("PASSIVE_REPLY_BUDGET", "4.2")),
        agent_opens=_clock_time(env, "AGENT_OPENS", "08:30"),
        agent_closes=_clock_time(env, "AGENT_CLOSES", "17:30"),
        agent_days=_one_of(env, "AGENT_DAYS", ("working", "all")),
        agent_silence_limit=float(env.get("AGENT_SILENCE_LIMIT", "90")),
        conversation_idle_minutes=int(env.get("CONVERSATION_IDLE_MINUTES", "60")),
        retention_days=int(env.get("RETENTION_DAYS", "180")),
        data_key=env.get("DATA_KEY") or secrets.get("data_key", kind="fernet"),
        index_key=env.get("INDEX_KEY") or secrets.get("index_key"),
        session_secret=env.get("SESSION_SECRET") or secrets.get("session_secret"),
        installation=env.get("INSTALLATION_NAME") or "银龄医保通",
        api_rate=env.get("API_RATE") or "120 per minute",
        package_key=env.get("PACKAGE_KEY") or secrets.get("package_key", kind="fernet"),
        voice_ws_port=int(env.get("VOICE_WS_PORT", "8003")),
        voice_ws_url=env.get("VOICE_WS_URL", "").rstrip("/"),
        voice_ws_origins=tuple(env.get("VOICE_WS_ORIGINS", "").replace(",", " ").split()),
        browser_phone=env.get("BROWSER_PHONE", "0" if env.get("WECHAT_SECRET") else "1") == "1",
        record_calls=env.get("RECORD_CALLS", "") == "1",
        recording_days=min(int(env.get("RECORDING_DAYS", "30")), int(env.get("RETENTION_DAYS", "180"))),
        voice=load_voice_settings(env, env.get("YINLING_HOST", "127.0.0.1")),
    )


def _redis_socket(state_dir: Path) -> str:
    """Where the project's own Redis listens; a socket's path may have 107 bytes (unix(7)), so deep folders get a short one."""
    path = str(state_dir / "redis.sock")
    if len(path.encode()) > 100:
        digest = hashlib.sha256(path.encode()).hexdigest()[:12]
        path = f"{tempfile.gettempdir()}/yinling-{digest}/redis.sock"
    return quote(path, safe="/")


def _clock_time(env: Mapping[str, str], name: str, default: str) -> time:
    """A time of day as HH:MM; 24:00 is the day's end."""
    text = env.get(name) or default
    try:
        return time.max if text == "24:00" else time.fromisoformat(text)
    except ValueError:
        raise BadSetting(f"{name} must be a time as 08:30, not {text!r}.") from None


def _one_of(env: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    """One of the words allowed; the first is the default."""
    text = env.get(name) or choices[0]
    if text not in choices:
        raise BadSetting(f"{name} must be one of {', '.join(choices)}, not {text!r}.")
    return text


def _with_driver(url: str) -> str:
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url
