"""Runs the hotline: every way in, one kind of call. Wires this room up, but for the assistant's process (voice.assistant_server)."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from bot.calendar import office_hours
from bot.passes import Passes
from bot.recordings import Recordings
from bot.settings import TIME_ZONE, Settings, load_settings
from bot.spoken import spoken_entries, spoken_phrases
from voice import call_words
from voice.agent_audio import AgentAudio
from voice.agent_line import AgentLines
from voice.arrivals import Arrivals
from voice.asr import BadSpeechModel, SpeechModel
from voice.assistant_client import AssistantClient
from voice.call import Parts
from voice.conversation import Manner
from voice.fastagi import FastAgi
from voice.health import Health
from voice.limits import Admission, capacity
from voice.metrics import Measures
from voice.models import is_trial, model_folder
from voice.pbx import Pbx
from voice.priority import let_sound_go_first
from voice.prompts import assistant_prompts, call_prompts, entry_prompts
from voice.server import AudioSocketServer, Hotline
from voice.sip import SipAgent, SipSettings, SipUnavailable
from voice.ticker import Ticker
from voice.tts import SpeechStyle, Voice
from voice.tts_pool import SpeakingUnavailable
from voice.vad import Detectors
from voice.websocket import ModelNotice, SocketSettings, VoiceSockets

log = logging.getLogger(__name__)

_SWITCH_SECONDS = 0.001  # that one thread may hold Python's lock while the clock waits for it
_THREADS = 48  # at once, for what waits: answers, the timeline
_DETECTORS = 4  # made ahead, so that the first callers are not waited for
_CALLS_UNMEASURED = 10
_LOAD_TICKS = 500  # between two looks at the load: 10 s


class Door:
    """Everything of the process that has to be started and stopped."""

    def __init__(
        self, settings: Settings, assistant: AssistantClient, voice: Voice, model: SpeechModel | None
    ) -> None:
        self._settings = settings
        self.measures = Measures()
        self.arrivals, lines = Arrivals(), AgentLines()
        calls = assistant.calls
        self.admission = Admission(_CALLS_UNMEASURED)
        self.health = Health(self.measures, self._status)
        self.ticker = Ticker(self._ticked)
        self._model, self._assistant = model, assistant
        self.parts = Parts(
            answer=assistant.answer,
            calls=calls,
            voice=voice,
            model=model,
            agents=AgentAudio(calls, lines, model, self.ticker, _now),
            ticker=self.ticker,
            detectors=Detectors(_DETECTORS),
            arrivals=self.arrivals,
            measures=self.measures,
            clock=_now,
            people_there=office_hours(settings).is_open,
            manner=Manner(office=settings.voice.office, recorded=settings.record_calls),
            fallback_number=settings.voice.fallback_number,
            recordings=(
                Recordings(settings.recordings_dir, settings.data_key) if settings.record_calls else None
            ),
        )
        self.hotline = Hotline(self.parts, self.admission)
        self._audiosocket = AudioSocketServer(
            self.hotline,
            self.parts,
            settings.host,
            settings.voice.audiosocket_port,
            pbx(settings).redirect if settings.voice.ami_host else None,
        )
        self._agi = FastAgi(self.arrivals, settings.host, settings.voice.agi_port)
        self._sockets = VoiceSockets(
            SocketSettings(
                settings.host,
                settings.voice_ws_port,
                (settings.web_port, settings.desk_port),
                settings.voice_ws_origins,
            ),
            Passes(settings.session_secret),
            self.hotline.take,
            lines,
            notice(model),
        )
        self._sip: SipAgent | None = None
        self._ticks, self._load_at = 0, (time.monotonic(), time.process_time())
        self._running: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Measure the machine and listen on every port. Raises OSError where one is taken."""
        self.admission.most = await self._calls_to_hold()
        self._running = [asyncio.create_task(self.ticker.run()), asyncio.create_task(self.hotline.beat())]
        self.health.start(self._settings.host, self._settings.voice.metrics_port)
        await self._agi.start()
        await self._audiosocket.start()
        await self._sockets.start()
        if self.settings_sip:
            agent = SipAgent(sip_settings(self._settings, self.admission.most), self.hotline.take)
            try:
                await agent.start()
                self._sip = agent
            except SipUnavailable as error:  # the other ways in still work
                log.error("voice.no_sip %s", error)
        log.warning("the hotline takes calls, at most %d at once", self.admission.most)

    async def close(self) -> None:
        """Let the calls end, then everything else."""
        await self.hotline.drain(self._settings.voice.drain)
        if self._sip is not None:
            await self._sip.stop()
        await self._audiosocket.stop()
        await self._sockets.close()
        await self._agi.stop()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self.health.stop()

    @property
    def settings_sip(self) -> bool:
        """Whether the built-in user agent is wanted."""
        return bool(self._settings.voice.sip_host)

    async def _calls_to_hold(self) -> int:
        if self._settings.voice.max_calls or self._model is None:
            return self._settings.voice.max_calls or _CALLS_UNMEASURED
        try:
            words = self.parts.voice.say(call_words.DEAF, SpeechStyle(), self._model.sample_rate)
            sound = b"".join([spoken.pcm async for spoken in words])
        except SpeakingUnavailable:
            return _CALLS_UNMEASURED
        return await asyncio.to_thread(capacity, self._model, sound, self._model.sample_rate)

    def _ticked(self, late: float) -> None:
        self.measures.late.observe(abs(late))
        self._ticks += 1
        if self._ticks % _LOAD_TICKS == 0:
            self._measure_load()
        self.admission.tick(late)
        self.health.tick()

    def _measure_load(self) -> None:
        """What this process has used of the machine since the last look."""
        now, used = time.monotonic(), time.process_time()
        seconds = (now - self._load_at[0]) * (os.cpu_count() or 1)
        self.measures.load.set((used - self._load_at[1]) / seconds if seconds else 0.0)
        self._load_at = (now, used)

    def _status(self) -> dict[str, object]:
        return {
            "calls": self.hotline.open,
            "most": self.admission.most,
            "answering": self._assistant.there,
            "hearing": self._model.name if self._model else None,
            "sip": self._sip is not None,
        }


def pbx(settings: Settings) -> Pbx:
    """Asterisk's manager as configured."""
    voice = settings.voice
    return Pbx(voice.ami_host, voice.ami_port, voice.ami_user, voice.ami_secret)


def sip_settings(settings: Settings, lines: int) -> SipSettings:
    """The built-in user agent as configured."""
    voice = settings.voice
    return SipSettings(
        host=voice.sip_host,
        port=voice.sip_port,
        numbers=voice.numbers,
        lines=lines,
        transfer_domain=voice.sip_transfer_domain,
        registrar=voice.sip_registrar,
        user=voice.sip_user,
        password=voice.sip_password,
    )


def notice(model: SpeechModel | None) -> ModelNotice:
    """What the phone page says of the ears behind it."""
    if model is None:
        return ModelNotice("无", "现在听不见您说话，只能按键。")
    return ModelNotice("试用模型" if model.trial else model.name, model.description)


def load_model(settings: Settings) -> SpeechModel | None:
    """The model as configured; None where it cannot be loaded: keys and people still work."""
    try:
        folder = model_folder(settings.voice.model, settings.state_dir / "models")
        wanted = settings.voice.vocabulary
        # The trial model's own language model holds these sentences already.
        with_phrases = wanted == "on" or (wanted == "auto" and not is_trial(folder))
        model = SpeechModel.load(folder, spoken_phrases() if with_phrases else ())
        log.info("voice.model %s, %s; %d phrases", model.name, model.remark, model.phrases)
        return model
    except BadSpeechModel as error:
        log.error("voice.no_model %s", error)
        return None


def _now() -> datetime:
    return datetime.now(TIME_ZONE)


async def serve(settings: Settings) -> int:
    """Run until a signal; exit status 1 where a port is taken."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    loop.set_default_executor(ThreadPoolExecutor(_THREADS, "waiting", let_sound_go_first))
    assistant = AssistantClient()
    await assistant.start()
    model = await asyncio.to_thread(load_model, settings)
    prompts = (*call_prompts(settings.voice.office), *assistant_prompts(), *entry_prompts(spoken_entries()))
    voice = await Voice.start(settings, prompts)
    door = Door(settings, assistant, voice, model)
    try:
        await door.open()
    except OSError as error:
        log.error("voice.no_port %s", error)
        await voice.close()
        await assistant.close()
        return 1
    try:
        await stopped.wait()
    finally:
        await door.close()
        await voice.close()
        await assistant.close()
    return 0


def main() -> int:
    """``python -m voice``."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    sys.setswitchinterval(_SWITCH_SECONDS)
    return asyncio.run(serve(load_settings()))


if __name__ == "__main__":
    sys.exit(main())
