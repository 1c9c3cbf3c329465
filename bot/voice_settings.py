"""Configuration of the hotline; read by bot.settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class VoiceSettings:
    """How the hotline is reached and what it may use. Empty strings: not configured."""

    office: str  # whose hotline it is, as the greeting says it
    numbers: tuple[str, ...]  # that the hotline is reached under
    audiosocket_port: int
    agi_port: int
    metrics_port: int
    max_calls: int  # at once; 0: as many as this machine was measured to hold
    drain: float  # seconds that calls in progress get when the process is to stop
    model: (
        str  # a Vosk model's folder, its name in models/ of the state folder, or trial; empty: the best there
    )
    vocabulary: str  # on | off | auto: the product's own sentences as the recogniser's vocabulary
    fallback_number: str  # where callers without a PBX go when the assistant is down
    sip_host: str  # where the built-in SIP user agent listens; empty: it does not
    sip_port: int
    sip_transfer_domain: str
    sip_registrar: str
    sip_user: str
    sip_password: str
    ami_host: str  # Asterisk's manager interface, for transfers; empty: the dialplan transfers
    ami_port: int
    ami_user: str
    ami_secret: str
    tts_driver: str  # pyttsx3's driver: espeak, or a module's path (voice.drivers.sherpa)
    tts_voice: str  # the driver's voice; one with "pinyin" in its name is given pinyin instead of characters
    tts_processes: int  # sentences made at once
    tts_deadline: float  # seconds in which a sentence must be made
    prompts_dir: (
        Path | None
    )  # an operator's recordings of fixed sentences; None: prompts/ in the state folder


def load_voice_settings(env: Mapping[str, str], host: str) -> VoiceSettings:
    """The hotline's settings from the environment; ``host`` is where the other processes listen."""
    return VoiceSettings(
        office=env.get("OFFICE_NAME", "医保服务热线"),
        numbers=tuple(env.get("HOTLINE_NUMBERS", "12393 12345").replace(",", " ").split()),
        audiosocket_port=int(env.get("AUDIOSOCKET_PORT", "9092")),
        agi_port=int(env.get("FASTAGI_PORT", "4573")),
        metrics_port=int(env.get("VOICE_METRICS_PORT", "9108")),
        max_calls=int(env.get("VOICE_MAX_CALLS", "0")),
        drain=float(env.get("VOICE_DRAIN_SECONDS", "10")),
        model=env.get("VOSK_MODEL", ""),
        vocabulary=env.get("VOSK_VOCABULARY") or "auto",
        fallback_number=env.get("VOICE_FALLBACK_NUMBER", ""),
        sip_host="" if env.get("SIP", "1") == "0" else env.get("SIP_HOST", host),
        sip_port=int(env.get("SIP_PORT", "5060")),
        sip_transfer_domain=env.get("SIP_TRANSFER_DOMAIN", ""),
        sip_registrar=env.get("SIP_REGISTRAR", ""),
        sip_user=env.get("SIP_USER", ""),
        sip_password=env.get("SIP_PASSWORD", ""),
        ami_host=env.get("AMI_HOST", ""),
        ami_port=int(env.get("AMI_PORT", "5038")),
        ami_user=env.get("AMI_USER", "yinling"),
        ami_secret=env.get("AMI_SECRET", ""),
        tts_driver=env.get("TTS_DRIVER") or "espeak",
        tts_voice=env.get("TTS_VOICE") or ("" if env.get("TTS_DRIVER") else "cmn-latn-pinyin"),
        tts_processes=int(env.get("TTS_PROCESSES", "2")),
        tts_deadline=float(env.get("TTS_DEADLINE", "3")),
        prompts_dir=Path(env["PROMPTS_DIR"]).resolve() if env.get("PROMPTS_DIR") else None,
    )
